"""`fairwell run` as processes on Slack: what is not acknowledged, how they end, and several at once."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.slack.test_killed import PATIENCE, POST, Town
from tests.configs import small_config
from tests.servers.slack import LocalSlack, Message, Waits

PIPE = asyncio.subprocess.PIPE


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_config(tmp_path_factory.mktemp("processes") / "config")


@pytest.fixture
async def town(config: Path, tmp_path: Path) -> AsyncIterator[Town]:
    async with LocalSlack(limited=False) as slack:  # its clock stands still, theirs do not
        yield Town(slack, config, tmp_path / "slack.db")


async def goes_on(town: Town, root: Message) -> None:
    """The bot answers once more in a thread: by its answer, all before is through. It said one thing before, once."""
    await town.told(root, 1)
    await town.slack.says(town.robin, town.general, "And then?", thread=root)
    await town.told(root, 2)
    assert len(town.said(root)) == 2


async def ended(town: Town, code: int) -> str:
    """What one more process says to its operator, which ends by itself with this exit code."""
    process = await asyncio.create_subprocess_exec(*town.command, env=town.env, stdout=PIPE, stderr=PIPE)
    _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == code
    assert b"Traceback" not in said
    return " ".join(said.decode().split())


async def test_killed_before_it_was_acknowledged_it_comes_again_and_is_answered_once(town: Town) -> None:
    async with town.running() as process:
        process.send_signal(signal.SIGSTOP)  # it hears nothing any more
        root = await town.slack.mentions(town.robin, town.general, "Good evening.")
        process.kill()
    assert not any(each.acked for each in town.slack.deliveries.sent)
    async with town.running():
        town.slack.passes(3)
        await goes_on(town, root)
    assert max(each.acks for each in town.slack.deliveries.sent) == 1


async def test_killed_when_it_was_acknowledged_it_is_answered_once_though_slack_sends_it_again(town: Town) -> None:
    async with town.running() as process:
        root = await town.slack.mentions(town.robin, town.general, "Good evening.")
        await town.slack.until(lambda: all(each.acked for each in town.slack.deliveries.sent), PATIENCE)
        process.kill()
    before = list(town.slack.deliveries.sent[:2])  # as a message, and as a mention
    async with town.running():
        for each in before:  # as if nobody had acknowledged it
            town.slack.deliveries.again(each)
        await goes_on(town, root)
        await town.slack.until(lambda: all(each.acks == 2 for each in before), PATIENCE)
    assert len(town.said(root)) == 2


async def test_told_to_stop_it_finishes_what_it_says_and_leaves_the_rest_to_the_next(town: Town) -> None:
    go_on = asyncio.Event()
    town.slack.fault(POST, Waits(until=go_on))
    async with town.running() as process:
        first = await town.slack.mentions(town.robin, town.general, "Good evening.")
        await town.slack.until(lambda: town.slack.requests(POST), PATIENCE)
        process.terminate()
        second = await town.slack.mentions(town.robin, town.general, "And a question.")
        go_on.set()
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
        assert len(town.said(first)) == 1
    async with town.running():
        town.slack.passes(3)  # what was not acknowledged comes again
        await goes_on(town, second)
        await goes_on(town, first)


@pytest.mark.parametrize(
    ("name", "token", "hint"),
    [
        ("SLACK_APP_TOKEN", "xapp-another", "App-Level Tokens, with the scope connections:write"),
        ("SLACK_APP_TOKEN", "xoxb-another", "which begins with xapp-"),
        ("SLACK_BOT_TOKEN", "xoxb-another", "copy the Bot User OAuth Token again"),
    ],
)
async def test_with_a_token_that_is_none_it_says_what_to_do(town: Town, name: str, token: str, hint: str) -> None:
    town.env[name] = token
    said = await ended(town, 2)
    assert f"{name}: " in said
    assert hint in said
    assert token not in said


async def test_socket_mode_that_is_turned_off_ends_it_with_a_sentence(town: Town) -> None:
    town.slack.app.socket_mode = False
    assert "Socket Mode is off. Turn it on" in await ended(town, 2)


async def test_a_second_process_on_the_same_database_is_turned_away_and_the_first_answers_once(town: Town) -> None:
    async with town.running():
        assert "is in use" in await ended(town, 1)
        root = await town.slack.mentions(town.robin, town.general, "Good evening.")
        await goes_on(town, root)


async def test_two_with_databases_of_their_own_share_what_happens_and_answer_each_event_once(
    town: Town, tmp_path: Path
) -> None:
    dm = town.slack.dm(town.robin)
    async with town.running(), town.running(tmp_path / "another.db"):
        sockets = list(town.slack.sockets.open)
        asked: list[Message] = []
        for each in (*sockets, *sockets):
            town.slack.sockets.chosen.append(each)
            asked.append(await town.slack.says(town.robin, dm, f"Question {len(asked)}"))
        for root in asked:
            await town.told(root, 1)
        await town.slack.until(lambda: all(each.acked for each in town.slack.deliveries.sent), PATIENCE)
        assert [len(town.said(root)) for root in asked] == [1] * 8


async def test_the_next_is_turned_away_while_the_last_still_finishes_and_then_goes_on(town: Town) -> None:
    go_on = asyncio.Event()
    town.slack.fault(POST, Waits(until=go_on))
    async with town.running() as old:
        first = await town.slack.mentions(town.robin, town.general, "Good evening.")
        await town.slack.until(lambda: town.slack.requests(POST), PATIENCE)
        old.terminate()
        assert "is in use" in await ended(town, 1)
        second = await town.slack.mentions(town.robin, town.general, "And a question.")
        go_on.set()
        assert await asyncio.wait_for(old.wait(), PATIENCE) == 0
    async with town.running():
        town.slack.passes(3)
        await goes_on(town, second)
        await goes_on(town, first)


async def test_when_the_one_takes_over_from_the_other_each_event_is_answered_once(town: Town) -> None:
    async with town.running() as first:
        asked = [await town.slack.mentions(town.robin, town.general, "Good evening.")]
        await town.told(asked[0], 1)
        first.terminate()
        asked += [await town.slack.mentions(town.robin, town.general, f"Question {number}") for number in range(5)]
        assert await asyncio.wait_for(first.wait(), PATIENCE) == 0
    async with town.running():
        town.slack.passes(3)
        for root in asked:
            await goes_on(town, root)

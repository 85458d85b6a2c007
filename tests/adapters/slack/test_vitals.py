"""Whether Slack answers while its connections stand, whether what came is worked off, and who would be called."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.hearing.vitals import EVERY, LATE, SILENT
from bot.configuration import Configuration
from tests.adapters.slack.community import Community, community
from tests.servers.slack import Breaks, Drops, Fails, Limits

MINUTE = timedelta(minutes=1)


class Looks:
    """The pauses between two looks, each of which lasts until it is let pass."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(0)
        self.begun = 0

    async def pause(self, seconds: float) -> None:
        """A pause between two looks."""
        assert seconds == EVERY
        self.begun += 1
        await self._turns.acquire()

    async def look(self, town: Community, times: int = 1) -> None:
        """Let it look so often, a minute apart."""
        for _ in range(times):
            town.slack.passes(MINUTE.total_seconds())
            before = self.begun
            self._turns.release()
            await town.so(lambda before=before: self.begun > before)  # type: ignore[misc]


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
async def town(everything: Configuration, tmp_path: Path, looks: Looks) -> AsyncIterator[Community]:
    """One in which time passes between two looks only if the test says so."""
    async with community(everything, tmp_path) as made:
        made.looks = looks.pause
        yield made


def lacks(town: Community) -> list[str]:
    """What the bot lacks, as whoever watches over it is told."""
    return [f"{each.part}: {each.why}" for each in town.adapter.condition().lacks]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fails(error="internal_error"), "internal_error"),
        (Fails(error="fatal_error"), "fatal_error"),
        (Breaks(status=503), "out of order"),
        (Drops(), ""),
    ],
)
async def test_a_web_api_that_does_not_answer_is_a_lack_though_the_connections_stand(
    town: Community, looks: Looks, fault: Any, why: str
) -> None:
    async with town.running():
        await looks.look(town)
        assert lacks(town) == []
        town.slack.fault("auth.test", fault, times=4)
        await looks.look(town, 2)
        assert lacks(town) == []  # not for every hiccup
        await looks.look(town, 2)
        (lack,) = lacks(town)
        assert lack.startswith(f"slack web api: it does not answer ({why}")
        assert town.adapter.condition().notes["sockets"] == 2
        assert town.adapter.condition().notes["answered_s"] >= SILENT.total_seconds()
        await looks.look(town)
        assert lacks(town) == []
        assert town.adapter.condition().notes["answered_s"] < 1


async def test_that_slack_has_had_too_many_requests_is_an_answer(town: Community, looks: Looks) -> None:
    async with town.running():
        town.slack.fault("auth.test", Limits(), times=9)
        await looks.look(town, 5)
        assert lacks(town) == []


async def test_a_token_that_is_revoked_is_noticed_though_nobody_says_anything(town: Community, looks: Looks) -> None:
    async with town.running():
        town.slack.fault("auth.test", Fails(error="token_revoked"), Drops())
        await looks.look(town)
        assert lacks(town) == ["slack: the token is not taken any more: token_revoked"]
        await looks.look(town)
        assert lacks(town) == ["slack: the token is not taken any more: token_revoked"]
        await looks.look(town)
        assert lacks(town) == []  # it was a mistake of Slack's


async def test_what_is_not_worked_off_is_a_lack(town: Community, looks: Looks) -> None:
    held = town.voice.waits["Good evening."] = asyncio.Event()
    async with town.running():
        await town.asks("Good evening.")
        await town.so(lambda: town.voice.asked)
        await looks.look(town)
        assert town.adapter.condition().notes["waiting"] == 1
        await looks.look(town, int(LATE / MINUTE) - 1)
        assert lacks(town) == []
        await looks.look(town)
        assert lacks(town) == ["slack inbox: what has come is not worked off"]
        held.set()
        await town.settled()
        await looks.look(town)
        assert lacks(town) == []
        assert town.adapter.condition().notes["waiting"] == 0


async def test_much_that_is_worked_off_is_no_lack(town: Community, looks: Looks) -> None:
    async with town.running():
        thread = await town.asks("Good evening.")
        await town.settled()
        for number in range(int(LATE / MINUTE) + 3):
            held = town.voice.waits[f"question {number}"] = asyncio.Event()
            await town.says(f"question {number}", thread)
            await town.so(lambda number=number: len(town.voice.asked) > number + 1)  # type: ignore[misc]
            await looks.look(town)
            held.set()
            await town.settled()
        assert lacks(town) == []


async def test_whom_nobody_would_call_is_told_at_the_start(town: Community, caplog: pytest.LogCaptureFixture) -> None:
    async with town.running():
        assert "no moderators' channel" not in caplog.text
    town.set_up(moderators=None)
    async with town.running():
        assert f"{town.team}: nobody is told where somebody may be in danger" in caplog.text


async def test_a_token_that_was_refused_by_mistake_is_no_lack_for_long(town: Community, looks: Looks) -> None:
    async with town.running():
        town.slack.fault("auth.test", Fails(error="invalid_auth"))
        await looks.look(town)
        assert lacks(town) == ["slack: the token is not taken any more: invalid_auth"]
        await looks.look(town)
        assert lacks(town) == []

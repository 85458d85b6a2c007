"""A verdict and the cards of its ending: all say what was found, wherever it was given and whatever broke meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.domain.conversation import Member
from bot.domain.ending import EndingState
from bot.domain.event import Judged
from bot.ports import Transcript
from tests.adapters.slack.outgoing import START
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers.slack import Fails, Limits, LocalSlack, Message, Waits

ONLY = "Only moderators can do that."


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


async def appealed(here: Town, words: str = "please") -> Message:
    """A conversation of robin's that was ended, and whose ending they appeal: its root."""
    root, _ = await here.closed()
    await here.types(here.robin, "appeal")
    await here.sends(here.robin, here.shown(here.robin), words)
    return root


async def verdict(here: Town, root: Message, *, upheld: bool) -> Judged:
    """A verdict as the command line gives it."""
    found = await here.transcript(root)
    return Judged(
        key=f"cli:{found.ending.id}:{here.slack.clock.now}",
        conversation=found.ending.conversation,
        place=found.place,
        member=Member("cli:mira", "mira"),
        at=here.now(),
        ending=found.ending.id,
        upheld=upheld,
    )


async def judged(here: Town, root: Message, *, upheld: bool) -> None:
    """Such a verdict is given, and all that follows is done."""
    assert await here.bot.receive(await verdict(here, root, upheld=upheld))
    await here.settled()


async def test_every_card_of_an_ending_says_what_was_found(here: Town) -> None:
    await appealed(here)
    ending, appeal = here.own(here.desk)
    await here.presses(here.mo, ending, "Overturn")
    await here.sends(here.mo, here.shown(here.mo))
    for card, begins in ((ending, "I closed conversation"), (appeal, "robin asks you to look again")):
        assert read(card).startswith(begins)
        assert read(card).endswith(f"<@{here.mo.id}> has looked at this: overturned.")
        assert list(labels(card)) == ["Open transcript"]


async def test_a_verdict_from_the_command_line_stands_on_the_cards_too(here: Town) -> None:
    root, _ = await here.closed()
    await judged(here, root, upheld=True)
    (card,) = here.own(here.desk)
    assert read(card).endswith("mira has looked at this: upheld.")
    await here.presses(here.mo, card, "Open transcript")
    assert "mira has looked at this: upheld." in read(here.shown(here.mo))


async def test_after_an_appeal_the_cards_say_what_was_found_last(here: Town) -> None:
    root = await appealed(here)
    await judged(here, root, upheld=True)
    assert all(read(card).endswith("mira has looked at this: upheld.") for card in here.own(here.desk))
    await here.types(here.robin, "appeal")
    await here.sends(here.robin, here.shown(here.robin), "once more")
    *_, new = here.own(here.desk)
    assert list(labels(new)) == ["Uphold", "Overturn", "Open transcript"]
    await judged(here, root, upheld=False)
    assert all(read(card).count("has looked at this: overturned.") == 1 for card in here.own(here.desk))


@pytest.mark.parametrize("fault", [Limits(after=30), Fails(error="internal_error")])
async def test_the_cards_are_tried_again_until_slack_takes_them(here: Town, fault: Limits | Fails) -> None:
    root, _ = await here.closed()
    here.slack.fault("chat.update", fault, times=4)
    await judged(here, root, upheld=True)
    assert read(here.own(here.desk)[0]).endswith("mira has looked at this: upheld.")


async def test_a_card_that_slack_does_not_change_keeps_its_buttons_and_tells_whoever_presses(here: Town) -> None:
    root, _ = await here.closed()
    here.slack.fault("chat.update", Fails(error="edit_window_closed"))
    await judged(here, root, upheld=True)
    (card,) = here.own(here.desk)
    await here.presses(here.mo, card, "Overturn")
    assert read(here.shown(here.mo)) == "mira has already looked at this: upheld."
    assert (await here.ending(root)).state is EndingState.UPHELD


async def test_killed_after_a_verdict_the_next_process_changes_the_cards(
    everything: Configuration, tmp_path: Path
) -> None:
    async with LocalSlack(start=START, limited=False) as slack:
        here, gone = Town(slack, tmp_path / "slack.db", everything), asyncio.Event()
        async with here.running(killed=True):
            root, _ = await here.closed()
            slack.fault("chat.update", Waits(until=gone))
            assert await here.bot.receive(await verdict(here, root, upheld=True))
            await slack.until(lambda: slack.requests("chat.update"))
        (card,) = here.own(here.desk)
        assert "has looked at this" not in read(card)
        async with here.running():
            await here.settled()
        gone.set()
        assert read(card).endswith("mira has looked at this: upheld.")


async def test_buttons_outlive_the_process_that_made_them(everything: Configuration, tmp_path: Path) -> None:
    async with LocalSlack(start=START, limited=False) as slack:
        here = Town(slack, tmp_path / "slack.db", everything)
        async with here.running(killed=True):
            root, _ = await here.closed()
            await here.presses(here.mo, here.own(here.desk)[0], "Overturn")
        async with here.running():
            await here.sends(here.mo, here.shown(here.mo), "It was a quotation.")
            assert (await here.ending(root)).state is EndingState.OVERTURNED
            await here.presses(here.mo, here.own(here.desk)[0], "Open transcript")
            assert "It was a quotation." in read(here.shown(here.mo))


async def test_nobody_judges_what_is_about_themselves(here: Town) -> None:
    here.keepers.users.append(here.robin)
    here.desk.members[here.robin.id] = here.robin
    root, _ = await here.closed()
    (card,) = here.own(here.desk)
    await here.presses(here.robin, card, "Overturn")
    assert read(here.shown(here.robin)) == "Somebody else has to look at this one: it is about you."
    assert (await here.ending(root)).state is EndingState.STANDING


@pytest.mark.parametrize("label", ["Uphold", "Overturn", "Open transcript"])
async def test_a_moderator_has_no_say_over_an_ending_of_another_workspace(here: Town, label: str) -> None:
    await here.closed()
    store = here.bot.store

    class Elsewhere:
        """A store in which every ending is one of another workspace's."""

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        async def ending(self, ending: str) -> Transcript | None:
            found = await store.ending(ending)
            return found and replace(found, place=replace(found.place, space="T0OTHER"))

    here.bot.store = Elsewhere()  # type: ignore[assignment]
    (card,) = here.own(here.desk)
    for who in (here.mo, here.ada):  # ada is an admin here, and over there nobody is named
        await here.presses(who, card, label)
        assert read(here.shown(who)) == ONLY


async def test_a_form_that_was_shown_is_worth_nothing_once_the_group_is_gone(here: Town) -> None:
    root, _ = await here.closed()
    (card,) = here.own(here.desk)
    await here.presses(here.mo, card, "Overturn")
    here.keepers.disabled = True
    await here.sends(here.mo, here.shown(here.mo))
    assert read(here.shown(here.mo)) == ONLY
    assert (await here.ending(root)).state is EndingState.STANDING


async def test_a_verdict_that_is_sent_twice_counts_once(here: Town) -> None:
    root, _ = await here.closed()
    (card,) = here.own(here.desk)
    await here.presses(here.mo, card, "Overturn")
    form = here.shown(here.mo)
    sent = [await here.slack.submits(here.mo, form, {}) for _ in range(2)]
    for each in sent:
        await here.answers(each)
    assert len((await here.transcript(root)).verdicts) == 1


async def test_moderators_read_an_appeal_and_a_reason_whole_and_as_it_is_written(here: Town) -> None:
    nasty = f"<!channel> *bold* <@{here.sam.id}> " + "why? " * 300
    typed = nasty.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    await appealed(here, nasty)
    *_, appeal = here.own(here.desk)
    assert "why?" not in read(appeal)
    assert appeal.pings == frozenset()
    await here.presses(here.mo, appeal, "Open transcript")
    blocks = [block["text"] for block in here.shown(here.mo).content["blocks"] if block["type"] == "section"]
    assert nasty.strip() in [each["text"] for each in blocks if each["type"] == "plain_text"]
    marked = "".join(each["text"] for each in blocks if each["type"] == "mrkdwn")
    assert "<!channel>" not in marked
    assert typed[:40] in marked

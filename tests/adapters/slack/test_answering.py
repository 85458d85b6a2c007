"""How answers reach whoever asked: where Slack takes none by the way that it gave, by another."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.domain.record import Person
from bot.ports import Store
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers.slack import Breaks, Fails, Limits

LATER = "I can't answer just now."
ADDRESS = "response_url"


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


@pytest.mark.parametrize("fault", [Limits(after=2), Breaks(status=500)])
async def test_an_answer_comes_as_soon_as_slack_takes_it(here: Town, fault: Limits | Breaks) -> None:
    here.slack.fault(ADDRESS, fault)
    assert (await here.types(here.robin, "help")).startswith("*What you can type*")
    assert len(here.slack.requests(ADDRESS)) == 2


@pytest.mark.parametrize("word", ["expired_url", "used_url"])
async def test_where_the_address_is_used_up_they_alone_are_told_in_the_channel(here: Town, word: str) -> None:
    here.slack.fault(ADDRESS, Fails(error=word))
    assert (await here.types(here.robin, "help")).startswith("*What you can type*")
    assert not here.own(here.general)


class Slow:
    """A store that takes its time to tell who somebody is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.over = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def person(self, member: str, space: str) -> Person:
        """When it is over."""
        await self.over.wait()
        return await self._store.person(member, space)


async def test_an_answer_that_takes_longer_than_half_an_hour_arrives_all_the_same(here: Town) -> None:
    slow = here.bot.store = Slow(here.bot.store)  # type: ignore[assignment]
    typed = await here.slack.commands(here.robin, here.general, "/fairwell", "help")
    await here.slack.until(lambda: typed.acked)
    here.slack.passes(1_801)
    slow.over.set()
    await here.answers(typed)
    assert [one.error for one in here.slack.requests(ADDRESS)] == ["expired_url"]
    assert read(here.general.ephemerals[-1]).startswith("*What you can type*")


async def test_where_the_bot_is_not_in_the_channel_they_are_told_directly(here: Town) -> None:
    here.slack.fault(ADDRESS, Fails(error="expired_url"))
    del here.general.members[here.me.id]
    assert await here.types(here.robin, "help") == ""
    (told,) = here.own(here.slack.dm(here.robin))
    assert read(told).startswith("*What you can type*")


async def test_a_form_that_comes_too_late_is_made_up_for_by_words(here: Town) -> None:
    here.slack.fault("views.open", Fails(error="expired_trigger_id"))
    assert (await here.types(here.robin, "appeal")).startswith(LATER)


async def test_nobody_waits_for_a_form_longer_than_it_can_be_shown(here: Town) -> None:
    here.slack.fault("views.open", Limits(after=30))
    assert (await here.types(here.robin, "appeal")).startswith(LATER)
    assert len(here.slack.requests("views.open")) == 1


@pytest.mark.parametrize("fault", [Limits(after=20), Breaks(status=500)])
async def test_a_form_turns_into_the_answer_as_soon_as_slack_takes_it(here: Town, fault: Limits | Breaks) -> None:
    await here.closed()
    here.slack.fault("views.update", fault)
    (card,) = here.own(here.desk)
    here.naps.held = True  # Bolt looks each hundredth of a second whether to acknowledge: no pause is shorter than that
    pressed = await here.slack.presses(here.mo, card, labels(card)["Open transcript"])
    await here.slack.until(lambda: pressed.over)
    here.naps.held = False
    here.slack.passes(20)
    await here.answers(pressed)
    assert "What it rests on" in read(here.shown(here.mo))


async def test_a_form_is_in_the_language_of_whoever_asks(here: Town) -> None:
    await here.types(here.robin, "language de")
    await here.types(here.robin, "appeal")
    assert here.shown(here.robin).content["title"]["text"] == "Ein zweiter Blick"
    await here.types(here.sam, "appeal")
    assert here.shown(here.sam).content["title"]["text"] == "Ask for another look"


async def test_a_form_waits_for_no_store(here: Town) -> None:
    here.bot.store = Slow(here.bot.store)  # type: ignore[assignment]
    await here.types(here.robin, "appeal")
    assert here.shown(here.robin).content["title"]["text"] == "Ask for another look"


async def test_what_fails_in_the_home_tab_is_told_directly(here: Town) -> None:
    home = await here.opens_home(here.robin)
    here.slack.fault("views.open", Fails(error="expired_trigger_id"))
    await here.presses(here.robin, home, "Start a new conversation")
    (told,) = here.own(here.slack.dm(here.robin))
    assert read(told).startswith(LATER)
    assert list(labels(home)) == list(labels(here.slack.world.homes[here.robin.id]))

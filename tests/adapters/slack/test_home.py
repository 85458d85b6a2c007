"""The home tab: what members see there, and what moderators see beside."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.domain.ending import EndingState
from bot.errors import StoreError
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers.slack import Fails, User
from tests.servers.slack_blocks import elements
from tests.servers.slack_state import Json


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


async def test_a_member_reads_what_it_is_what_is_kept_and_who_helps(here: Town) -> None:
    shown = read(await here.opens_home(here.robin))
    assert shown.startswith("*I'm Fairwell, a bot.*")
    assert "I keep messages of open conversations for 30 days." in shown
    assert "I have closed no conversation with you." in shown
    directory = here.everything.directory
    assert directory.international.website in shown
    assert all(number in shown for number in directory.anywhere[:2])
    assert "Tell me which country you are in" in shown
    assert "For moderators" not in shown


async def test_who_helps_is_of_the_workspaces_country_and_rather_of_ones_own(here: Town) -> None:
    here.set_up(country="NZ")
    countries = here.everything.directory.countries
    shown = read(await here.opens_home(here.robin))
    assert countries["NZ"].lines[0].phone in shown
    assert "These services are for New Zealand." in shown
    home = here.slack.world.homes[here.robin.id]
    await here.presses(here.robin, home, "Choose a country", value="DE")
    assert "help (Germany)" in read(here.shown(here.robin))
    again = read(here.slack.world.homes[here.robin.id])
    assert "These services are for Germany." in again
    assert countries["DE"].lines[0].name in again


async def test_only_numbers_of_the_directory_are_shown(here: Town) -> None:
    for code in ("NZ", "DE", "US", "BR"):
        here.set_up(country=code)
        shown = read(await here.opens_home(here.robin))
        known = here.everything.directory.countries[code]
        assert any(line.name in shown for line in known.lines)
        assert here.everything.directory.emergency(code)[0].phone in shown


async def test_ones_own_endings_can_be_appealed_there(here: Town) -> None:
    root, _ = await here.closed()
    home = await here.opens_home(here.robin)
    assert "because of insults · not looked at yet" in read(home)
    assert "because of insults" not in read(await here.opens_home(here.sam))
    await here.presses(here.robin, home, "Ask for another look")
    await here.sends(here.robin, here.shown(here.robin), "It was a quotation.")
    assert (await here.ending(root)).state is EndingState.APPEALED
    again = here.slack.world.homes[here.robin.id]
    assert "Ask for another look" not in labels(again)
    assert "because of insults · appealed" in read(again)


async def test_words_of_the_command_are_buttons_there(here: Town) -> None:
    home = await here.opens_home(here.robin)
    await here.presses(here.robin, home, "What counts for me")
    assert read(here.shown(here.robin)).startswith("I know of no conversation with you here")
    await here.presses(here.robin, home, "Forget me")
    await here.presses(here.robin, here.shown(here.robin), "Keep it")
    assert read(here.shown(here.robin)) == "All right, I've erased nothing."
    await here.presses(here.robin, home, "What is kept about me")
    assert read(here.shown(here.robin)).startswith("This is everything I keep about you.")


async def test_a_conversation_can_be_begun_there_in_private(here: Town) -> None:
    home = await here.opens_home(here.robin)
    await here.presses(here.robin, home, "Start a new conversation")
    asked = json.dumps(here.shown(here.robin).content)
    assert "I answer in our direct messages." in asked
    assert "channel can read" not in asked
    await here.sends(here.robin, here.shown(here.robin), "about bees")
    (new,) = (each for each in here.own(here.slack.dm(here.robin)) if each.thread_ts is None)
    assert read(new) == "> about bees"
    assert (await here.answered(new, 1))[0].text.startswith("answer to about bees")


async def test_moderators_see_what_waits_and_open_it(here: Town) -> None:
    await here.closed()
    home = await here.opens_home(here.mo)
    shown = read(home)
    assert "*For moderators.* Waiting to be looked at: 1" in shown
    assert shown.endswith("Upheld: 0 · Overturned: 0")
    await here.presses(here.mo, home, "Open transcript")
    await here.presses(here.mo, here.shown(here.mo), "Overturn")
    await here.sends(here.mo, here.shown(here.mo))
    await here.slack.until(lambda: "Waiting to be looked at: 0" in read(here.slack.world.homes[here.mo.id]))
    assert read(here.slack.world.homes[here.mo.id]).endswith("Upheld: 0 · Overturned: 1")


async def test_the_queue_is_shown_to_moderators_alone_and_pressed_by_them_alone(here: Town) -> None:
    await here.closed()
    home = await here.opens_home(here.mo)
    assert "For moderators" not in read(await here.opens_home(here.sam))
    here.keepers.users.clear()
    here.slack.passes(61)
    await here.presses(here.mo, home, "Open transcript")
    assert read(here.shown(here.mo)) == "Only moderators can do that."
    assert "For moderators" not in read(here.slack.world.homes[here.mo.id])


async def test_who_helps_is_shown_though_nothing_else_can_be_told(here: Town) -> None:
    store = here.bot.store

    class Gone:
        """A store that cannot be asked."""

        async def person(self, *_: str) -> None:
            raise StoreError("told to fail")

    here.bot.store = Gone()  # type: ignore[assignment]
    here.slack.fault("usergroups.users.list", Fails(), times=9)
    shown = read(await here.opens_home(here.mo))
    here.bot.store = store
    assert here.everything.directory.international.website in shown


PROMPTS, SESSION = "assistant.threads.setSuggestedPrompts", "agents.sessions.setStatus"


async def opens_messages(here: Town, who: User, times: int) -> None:
    """Somebody opens the tab in which they write to the bot. times: that it has set by then what can be asked."""
    await here.slack.opens_home(who, "messages")
    await here.slack.until(lambda: len(here.slack.requests(PROMPTS)) >= times)
    await here.settled()
    await here.people.settled()


async def test_who_opens_the_messages_is_shown_what_can_be_asked_in_their_language(here: Town) -> None:
    await opens_messages(here, here.robin, 1)
    dm = here.slack.dm(here.robin)
    assert [one["title"] for one in dm.prompts[""]][-1] == "What are your boundaries?"
    root = await here.slack.takes_prompt(here.robin, dm, "What are your boundaries?")
    assert (await here.answered(root, 1))[0].text.startswith("answer to What do you do when a conversation goes too")
    here.set_up(language="de")
    await opens_messages(here, here.sam, 2)
    assert here.slack.dm(here.sam).prompts[""][0]["title"] == "Etwas erklären"
    assert not here.slack.requests("views.publish")


async def test_what_can_be_asked_is_set_once_an_hour(here: Town) -> None:
    for passing, times in ((0, 1), (3500, 1), (200, 2)):
        here.slack.passes(passing)
        await opens_messages(here, here.robin, times)
    assert len(here.slack.requests(PROMPTS)) == 2


async def test_where_slack_shows_nothing_that_can_be_asked_it_is_not_tried_again(here: Town) -> None:
    here.slack.fault(PROMPTS, Fails(error="unknown_method"))
    await opens_messages(here, here.robin, 1)
    await opens_messages(here, here.sam, 1)
    assert len(here.slack.requests(PROMPTS)) == 1
    assert read(await here.opens_home(here.robin)).startswith("*I'm Fairwell, a bot.*")


async def test_stop_where_slack_has_no_sessions_is_harmless(here: Town) -> None:
    here.slack.world.app.agent = "feature_disabled"
    root = await here.asks("about bees")
    await here.answered(root, 1)
    for _ in range(2):
        await here.slack.stops(here.robin, root)
        await here.slack.until(lambda: here.slack.requests(SESSION))
        await here.settled()
        await here.people.settled()
    assert len(here.slack.requests(SESSION)) == 1
    await here.says("and wasps", root)
    assert len(await here.answered(root, 2)) == 2


async def test_however_many_endings_there_are_slack_takes_the_home(here: Town) -> None:
    for _ in range(12):
        await here.closed()
    home = await here.opens_home(here.mo)
    assert len(home.content["blocks"]) <= 100
    assert "and 2 more" in read(home)
    assert len((await here.opens_home(here.robin)).content["blocks"]) <= 100
    await here.presses(here.mo, home, "Show all that wait")
    assert read(here.shown(here.mo)).count("because of insults · not looked at yet") == 12


async def test_a_thousand_endings_are_counted_and_all_of_them_can_be_reached(here: Town) -> None:
    await here.closed()
    with closing(sqlite3.connect(here.database, timeout=30)) as database, database:
        (columns,) = (",".join(row[1] for row in database.execute("pragma table_info(ending)")),)
        (row,) = database.execute("select * from ending").fetchall()
        place = dict(zip(columns.split(","), range(len(row)), strict=True))
        for number in range(1_000):
            new = list(row)
            new[place["id"]], new[place["at"]] = f"old{number:04}", row[place["at"]] - number
            new[place["state"]] = ("standing", "appealed", "upheld", "overturned")[number % 4]
            new[place["reason"]] = "request" if number % 8 == 0 else row[place["reason"]]
            marks = ",".join("?" * len(row))
            database.execute(f"insert into ending ({columns}) values ({marks})", new)  # noqa: S608  its own columns
    home = await here.opens_home(here.mo)
    assert len(home.content["blocks"]) <= 100
    assert "Waiting to be looked at: 376" in read(home)
    assert "and 366 more" in read(home)
    assert read(home).endswith("Upheld: 250 · Overturned: 250")
    await here.presses(here.mo, home, "Show all that wait")
    seen = list[str]()
    while True:
        shown = here.shown(here.mo)
        seen += [one["value"] for block in shown.content["blocks"] for one in elements(block) if _opens(one)]
        if "Read on" not in labels(shown):
            break
        await here.presses(here.mo, shown, "Read on")
    assert len(seen) == len(set(seen)) == 376
    assert seen[:2] == ["old0997", "old0993"]  # appeals come first, and of these the oldest
    await here.presses(here.mo, here.shown(here.mo), "Open transcript", value=seen[-1])


def _opens(element: Json) -> bool:
    return str(element.get("action_id")) == "fairwell:transcript"


async def test_of_what_is_done_in_a_form_the_home_tab_tells_at_once(here: Town) -> None:
    root, _ = await here.closed()
    (card,) = here.own(here.desk)
    await here.opens_home(here.mo)
    await here.presses(here.mo, card, "Uphold")
    await here.sends(here.mo, here.shown(here.mo))
    await here.slack.until(lambda: "Waiting to be looked at: 0" in read(here.slack.world.homes[here.mo.id]))
    assert read(here.slack.world.homes[here.mo.id]).endswith("Upheld: 1 · Overturned: 0")
    home = await here.opens_home(here.robin)
    assert "because of insults · upheld" in read(home)
    await here.presses(here.robin, home, "Forget me")
    await here.presses(here.robin, here.shown(here.robin), "Erase it all")
    assert "I have closed no conversation with you." in read(here.slack.world.homes[here.robin.id])
    assert (await here.ending(root)).state is EndingState.UPHELD

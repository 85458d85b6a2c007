"""What nobody can send from Slack, sent all the same: nothing comes of it, and whoever waits is told."""

import copy
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.configuration import Configuration
from bot.domain.ending import EndingState
from tests.adapters.slack.community import EXPLICIT, INSULTS
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers.slack import Message
from tests.servers.slack_deliveries import Delivery
from tests.servers.slack_state import Json

LATER = "I can't answer just now."


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


async def again(here: Town, was: Delivery, change: Json) -> Delivery:
    """Something is sent once more, with parts of it changed: by the keys of what they stand in."""
    payload = copy.deepcopy(was.payload)
    for where, what in change.items():
        inner: Any = payload
        *path, last = where.split(".")
        for name in path:
            inner = inner[int(name) if name.isdigit() else name]
        inner[last] = what
    trigger = here.slack.world.trigger(here.slack.world.users[payload["user"]["id"]], here.workspace)
    delivery = Delivery(sort="interactive", payload=payload | {"trigger_id": trigger.id}, envelope="env-forged")
    here.slack.deliveries.send(delivery)
    await here.answers(delivery)
    return delivery


async def opened(here: Town) -> tuple[Message, Delivery]:
    """An ending's root, and what was sent when mo opened its transcript."""
    root, _ = await here.closed()
    (card,) = here.own(here.desk)
    pressed = await here.slack.presses(here.mo, card, labels(card)["Open transcript"])
    await here.answers(pressed)
    return root, pressed


@pytest.mark.parametrize(
    "action", ["fairwell:unknown", "fairwell:", "fairwell:verdict", "fairwell:appealed", "fairwell:asked"]
)
async def test_an_action_that_there_is_not_does_nothing(here: Town, action: str) -> None:
    root, pressed = await opened(here)
    await again(here, pressed, {"actions.0.action_id": action})
    assert (await here.ending(root)).state is EndingState.STANDING


@pytest.mark.parametrize("value", ["", ":", "x:y", "-1:", "1", "²:", "9" * 1_500 + ":"])
async def test_a_page_that_there_is_not_is_of_no_ending(here: Town, value: str) -> None:
    _, pressed = await opened(here)
    await again(here, pressed, {"actions.0.action_id": "fairwell:page:on", "actions.0.value": value})
    assert read(here.shown(here.mo)) == "I know of no ending there."


async def test_a_page_too_far_is_the_last(here: Town) -> None:
    root, pressed = await opened(here)
    value = f"99:{(await here.ending(root)).id}"
    await again(here, pressed, {"actions.0.action_id": "fairwell:page:on", "actions.0.value": value})
    assert f"    | {INSULTS[3]}" in read(here.shown(here.mo))


@pytest.mark.parametrize(
    "about", ["", "no json", "[]", "null", "{}", '{"ending":""}', '{"ending":"x","verdict":"upheld"}']
)
async def test_a_verdict_about_nothing_is_none(here: Town, about: str) -> None:
    root, _ = await here.closed()
    await here.presses(here.mo, here.own(here.desk)[0], "Uphold")
    sent = await here.slack.submits(here.mo, here.shown(here.mo), {})
    await here.answers(sent)
    assert (await here.ending(root)).state is EndingState.UPHELD
    told = await again(here, sent, {"view.private_metadata": about})
    assert "I know of no ending there." in str(told.answer)


async def test_a_verdict_that_there_is_not_is_none(here: Town) -> None:
    root, _ = await here.closed()
    await here.presses(here.mo, here.own(here.desk)[0], "Uphold")
    form = here.shown(here.mo)
    ending = (await here.ending(root)).id
    form.content["private_metadata"] = f'{{"ending":"{ending}","verdict":"standing"}}'
    await here.sends(here.mo, form)
    assert read(form).startswith(LATER)
    assert (await here.ending(root)).state is EndingState.STANDING


async def test_an_appeal_for_somebody_else_is_none(here: Town) -> None:
    root, _ = await here.closed()
    ending = (await here.ending(root)).id
    await here.types(here.sam, "appeal")
    form = here.shown(here.sam)
    form.content["private_metadata"] = f'{{"ending":"{ending}"}}'
    await here.sends(here.sam, form, "me too")
    assert read(form) == "There's no ending here to look at again."
    assert (await here.ending(root)).state is EndingState.STANDING


@pytest.mark.parametrize(("action", "says"), [("country", "I don't know that country"), ("language", "I don't have")])
async def test_what_is_not_on_a_list_cannot_be_chosen(here: Town, action: str, says: str) -> None:
    home = await here.opens_home(here.robin)
    pressed = await here.slack.presses(here.robin, home, labels(home)["Choose a country"], value="NZ")
    await here.answers(pressed)
    option = {"text": {"type": "plain_text", "text": "?"}, "value": "zz"}
    change = {"actions.0.action_id": f"fairwell:{action}", "actions.0.selected_option": option}
    await again(here, pressed, change)
    assert read(here.shown(here.robin)).startswith(says)
    person = await here.store.person(f"slack:{here.team}:{here.robin.id}", here.team)
    assert (person.country, person.language) == ("NZ", "")


@pytest.mark.parametrize("typed", [EXPLICIT, f"appeal {EXPLICIT}", f"country {EXPLICIT}", f"standing {EXPLICIT}"])
async def test_what_means_nothing_to_the_command_is_read_for_risk(here: Town, typed: str) -> None:
    await here.types(here.robin, typed)
    await here.settled()
    assert here.everything.directory.international.website in "".join(map(read, here.own(here.slack.dm(here.robin))))
    assert any("What I noticed" in read(each) for each in here.own(here.desk))
    assert not any("kill" in read(each) for each in (*here.own(here.desk), *here.own(here.general)))


async def test_of_whoever_is_forgotten_no_id_stays(here: Town) -> None:
    said = await here.slack.says(here.sam, here.general, "something bad")
    await here.answers(await here.slack.uses_shortcut(here.robin, "fairwell:report", said))
    home = await here.opens_home(here.robin)
    await here.presses(here.robin, home, "Choose a country", value="NZ")
    await here.presses(here.robin, home, "Forget me")
    await here.presses(here.robin, here.shown(here.robin), "Erase it all")
    await here.settled()
    with closing(sqlite3.connect(here.database)) as database:
        assert here.robin.id not in "\n".join(database.iterdump())

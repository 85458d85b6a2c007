"""Moderators look again: cards with buttons, verdicts with notes, what was said."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.domain.assessment import Reading
from bot.domain.ending import EndingState
from tests.adapters.slack.community import INSULTS
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers.slack import Fails, Message, User

ONLY = "Only moderators can do that."


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


def card(here: Town) -> Message:
    """The card before the moderators."""
    (found,) = here.own(here.desk)
    return found


async def judges(here: Town, who: User, label: str, note: str = "") -> str:
    """Somebody presses a verdict's button and sends the form. Out: what they are told."""
    await here.presses(who, card(here), label)
    await here.sends(who, here.shown(who), note)
    return read(here.shown(who))


async def state(here: Town, root: Message) -> EndingState:
    """What has become of the ending in a thread."""
    return (await here.ending(root)).state


async def test_an_ending_lies_before_the_moderators_with_buttons(here: Town) -> None:
    await here.closed()
    assert list(labels(card(here))) == ["Uphold", "Overturn", "Open transcript"]
    assert read(card(here)).startswith("I closed conversation ")


async def test_a_verdict_is_kept_with_its_note_and_told_to_all_moderators(here: Town) -> None:
    root, _ = await here.closed()
    assert await judges(here, here.mo, "Overturn", "It was a quotation.") == "It's on record: overturned."
    found = await here.transcript(root)
    assert [(by, verdict, note) for by, verdict, note, _ in found.verdicts] == [
        (f"slack:{here.team}:{here.mo.id}", "overturned", "It was a quotation.")
    ]
    assert read(card(here)).endswith(f"<@{here.mo.id}> has looked at this: overturned.")
    assert read(card(here)).startswith("I closed conversation ")
    assert list(labels(card(here))) == ["Open transcript"]
    assert here.own(here.general, root)[-1].text.startswith("A moderator has looked at this again")


@pytest.mark.parametrize("label", ["Uphold", "Overturn"])
async def test_whoever_gives_a_verdict_is_told_that_the_member_can_read_why(here: Town, label: str) -> None:
    await here.closed()
    await here.presses(here.mo, card(here), label)
    assert "The member can read it in what I keep about them." in json.dumps(here.shown(here.mo).content)
    await here.sends(here.mo, here.shown(here.mo), "Mo's words.")
    kept = await here.store.export_member(f"slack:{here.team}:{here.robin.id}")
    assert [row["note"] for row in kept["review"]] == ["Mo's words."]


async def test_upholding_leaves_it_closed(here: Town) -> None:
    root, _ = await here.closed()
    await judges(here, here.mo, "Uphold")
    assert await state(here, root) is EndingState.UPHELD
    assert len(here.own(here.general, root)) == 4


async def test_of_two_verdicts_at_once_the_first_counts_and_the_second_is_told_so(here: Town) -> None:
    ida = here.slack.member(here.workspace, "ida")
    here.keepers.users.append(ida)
    here.desk.members[ida.id] = ida
    root, _ = await here.closed()
    for who, label in ((here.mo, "Overturn"), (ida, "Uphold")):
        await here.presses(who, card(here), label)
    forms = [await here.slack.submits(who, here.shown(who), {}) for who in (here.mo, ida)]
    await asyncio.gather(*(here.answers(form) for form in forms))
    found = await here.transcript(root)
    ((by, verdict, *_),) = found.verdicts
    told = {who: read(here.shown(who)) for who in (here.mo, ida)}
    first, late = (here.mo, ida) if by.endswith(here.mo.id) else (ida, here.mo)
    assert told[first] == f"It's on record: {verdict}."
    assert told[late] in {
        "Somebody was quicker than you, so your verdict doesn't count.",
        f"<@{first.id}> has already looked at this: {verdict}.",
    }


async def test_a_verdict_that_comes_later_is_told_who_was_first(here: Town) -> None:
    ida = here.slack.member(here.workspace, "ida")
    here.keepers.users.append(ida)
    here.desk.members[ida.id] = ida
    root, _ = await here.closed()
    await here.presses(ida, card(here), "Overturn")
    await judges(here, here.mo, "Uphold")
    await here.sends(ida, here.shown(ida), "no")
    assert read(here.shown(ida)) == f"<@{here.mo.id}> has already looked at this: upheld."
    assert await state(here, root) is EndingState.UPHELD
    assert read(card(here)).count("has looked at this") == 1


@pytest.mark.parametrize("label", ["Uphold", "Overturn", "Open transcript"])
async def test_nobody_without_the_role_can_press(here: Town, label: str) -> None:
    root, _ = await here.closed()
    await here.presses(here.sam, card(here), label)
    assert read(here.shown(here.sam)) == ONLY
    assert await state(here, root) is EndingState.STANDING


async def test_the_role_is_looked_at_again_when_the_form_is_sent(here: Town) -> None:
    root, _ = await here.closed()
    await here.presses(here.mo, card(here), "Overturn")
    here.keepers.users.clear()
    await here.sends(here.mo, here.shown(here.mo))
    assert read(here.shown(here.mo)) == ONLY
    assert await state(here, root) is EndingState.STANDING


async def test_people_can_be_named_as_well_as_groups(here: Town) -> None:
    root, _ = await here.closed()
    here.set_up(moderator_roles=(here.sam.id,))
    await here.presses(here.mo, card(here), "Uphold")
    assert read(here.shown(here.mo)) == ONLY
    await judges(here, here.sam, "Uphold")
    assert await state(here, root) is EndingState.UPHELD


async def test_where_nobody_is_named_admins_may(here: Town) -> None:
    root, _ = await here.closed()
    here.set_up(moderator_roles=())
    await here.presses(here.mo, card(here), "Uphold")
    assert read(here.shown(here.mo)) == ONLY
    await judges(here, here.ada, "Uphold")
    assert await state(here, root) is EndingState.UPHELD


async def test_an_admin_of_another_workspace_is_nobody_here(here: Town) -> None:
    other = here.slack.workspace("The Archive", installed=False)
    zoe = here.slack.member(other, "zoe", admin=True)
    here.slack.shares(here.desk, other, zoe)
    root, _ = await here.closed()
    here.set_up(moderator_roles=())
    delivery = await here.slack.presses(zoe, card(here), labels(card(here))["Overturn"])
    await here.answers(delivery)
    assert await state(here, root) is EndingState.STANDING
    assert not any("Overturn" in str(view.content) for view in here.slack.world.modals.get(zoe.id, []))


async def test_who_may_is_not_guessed_while_slack_does_not_tell(here: Town) -> None:
    root, _ = await here.closed()
    here.slack.fault("usergroups.users.list", Fails(error="internal_error"), times=9)
    await here.presses(here.mo, card(here), "Overturn")
    assert read(here.shown(here.mo)).startswith("I can't answer just now.")
    assert await state(here, root) is EndingState.STANDING


async def test_the_transcript_says_what_it_rests_on_and_what_was_said(here: Town) -> None:
    await here.closed()
    await here.presses(here.mo, card(here), "Open transcript")
    shown = read(here.shown(here.mo))
    assert "What it rests on" in shown
    assert "Message 4: closed, because of insults" in shown
    assert all(f"    | {insult}" in shown for insult in INSULTS)
    assert f"<#{here.general.id}>" in shown
    assert {"Uphold", "Overturn"} <= labels(here.shown(here.mo)).keys()


async def test_what_members_write_is_no_markup_in_a_transcript(here: Town) -> None:
    nasty = f"<!channel> <@{here.sam.id}> <https://elsewhere.example|bank> & more"
    for text, reading in list(here.reader.readings.items()):
        assert isinstance(reading, Reading)
        concerns = tuple(replace(each, words=nasty) for each in reading.concerns)
        here.reader.readings[text] = replace(reading, concerns=concerns)
    await here.closed()
    await here.presses(here.mo, card(here), "Open transcript")
    texts = [block["text"] for block in here.shown(here.mo).content["blocks"] if "text" in block]
    marked = "".join(each["text"] for each in texts if each["type"] == "mrkdwn")
    assert "&lt;!channel&gt;" in marked
    assert not {"<!channel>", f"<@{here.sam.id}>", "<https://elsewhere.example"} & set(marked.split())
    assert nasty in "".join(each["text"] for each in texts if each["type"] == "plain_text")


async def test_a_long_transcript_has_pages(here: Town) -> None:
    root = await here.slack.mentions(here.robin, here.general, "hello")
    await here.answered(root, 1)
    for number in range(2, 26):
        here.slack.passes(60)
        await here.slack.says(here.robin, here.general, f"{number} " + "word " * 700, thread=root)
        await here.answered(root, number)
    for number, text in enumerate(INSULTS, 26):
        here.slack.passes(60)
        await here.slack.says(here.robin, here.general, text, thread=root)
        await here.answered(root, number)
    await here.presses(here.mo, card(here), "Open transcript")
    first = read(here.shown(here.mo))
    assert list(labels(here.shown(here.mo))) == ["Uphold", "Overturn", "Read on"]
    await here.presses(here.mo, here.shown(here.mo), "Read on")
    while "Read on" in labels(here.shown(here.mo)):
        await here.presses(here.mo, here.shown(here.mo), "Read on")
    last = read(here.shown(here.mo))
    assert first != last
    assert f"    | {INSULTS[3]}" in last
    await here.presses(here.mo, here.shown(here.mo), "Back")


async def test_the_menu_of_any_message_of_a_thread_leads_to_its_ending(here: Town) -> None:
    root, said = await here.closed()
    here.general.members[here.mo.id] = here.mo
    await here.answers(await here.slack.uses_shortcut(here.mo, "fairwell:review", said[-1]))
    assert "What it rests on" in read(here.shown(here.mo))
    await here.presses(here.mo, here.shown(here.mo), "Overturn")
    await here.sends(here.mo, here.shown(here.mo))
    assert await state(here, root) is EndingState.OVERTURNED


async def test_the_menu_of_a_card_leads_to_its_ending(here: Town) -> None:
    await here.closed()
    await here.answers(await here.slack.uses_shortcut(here.mo, "fairwell:review", card(here)))
    assert "What it rests on" in read(here.shown(here.mo))
    await here.answers(await here.slack.uses_shortcut(here.sam, "fairwell:review", card(here)))
    assert read(here.shown(here.sam)) == ONLY


async def test_the_menu_is_no_use_to_others_nor_where_nothing_ended(here: Town) -> None:
    _, said = await here.closed()
    await here.answers(await here.slack.uses_shortcut(here.sam, "fairwell:review", said[-1]))
    assert read(here.shown(here.sam)) == ONLY
    other = await here.slack.says(here.robin, here.general, "something else")
    await here.answers(await here.slack.uses_shortcut(here.mo, "fairwell:review", other))
    assert read(here.shown(here.mo)) == "I know of no ending there."


async def test_endings_are_listed_for_moderators_alone(here: Town) -> None:
    assert await here.types(here.mo, "endings") == "There are no endings to show."
    await here.closed()
    assert await here.types(here.sam, "endings") == ONLY
    listed = await here.types(here.mo, "endings")
    assert f"<@{here.robin.id}>" in listed
    assert "because of insults · not looked at yet" in listed
    (list_,) = (
        each for each in here.general.ephemerals if each.only is here.mo and "Look at one of them" in labels(each)
    )
    ending = (await here.store.endings())[0].id
    await here.presses(here.mo, list_, "Look at one of them", value=ending)
    assert "What it rests on" in read(here.shown(here.mo))


async def test_where_no_form_can_be_shown_any_more_it_is_told(here: Town) -> None:
    root, _ = await here.closed()
    here.slack.fault("views.open", Fails(error="expired_trigger_id"))
    await here.presses(here.mo, card(here), "Overturn")
    (told,) = here.desk.ephemerals
    assert read(told).startswith("I can't answer just now.")
    assert await state(here, root) is EndingState.STANDING


async def test_whoever_sends_a_form_is_told_though_it_takes_long(everything: Configuration, tmp_path: Path) -> None:
    """Slack hears of it in time, and the verdict is shown as soon as it is kept."""
    async with peopled(everything, tmp_path, soon=0.05) as here:
        root, _ = await here.closed()
        await here.presses(here.mo, card(here), "Overturn")
        store, slow = here.bot.store, asyncio.Event()

        class Slow:
            """A store that takes its time."""

            def __getattr__(self, name: str) -> object:
                return getattr(store, name)

            async def ending(self, ending: str) -> object:
                await slow.wait()
                return await store.ending(ending)

        here.bot.store = Slow()  # type: ignore[assignment]
        form = here.shown(here.mo)
        sent = await here.slack.submits(here.mo, form, {})
        await here.slack.until(lambda: sent.over)
        assert sent.acked
        assert read(form) == "One moment …"
        slow.set()
        await here.answers(sent)
        assert read(form) == "It's on record: overturned."
        assert await state(here, root) is EndingState.OVERTURNED

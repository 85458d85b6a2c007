"""Moderators look again: cards with buttons, verdicts with notes, what was said."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain import conversation
from bot.domain.conversation import Place
from bot.domain.ending import EndingState
from bot.domain.event import Judged
from bot.domain.record import Person
from tests.adapters.discord.asking import answered, attended, buttons, hidden, shown
from tests.adapters.discord.community import INSULTS, Community
from tests.servers.discord import Channel, Member, Permission, Thread
from tests.servers.discord_state import Interaction, Message


async def card(town: Community, number: int = 1) -> Message:
    """A card before the moderators."""
    return (await town.told(town.desk, number))[number - 1]


async def form(town: Community, who: Member, message: Message, label: str) -> Interaction:
    """Somebody presses a verdict's button, and is shown its form."""
    asked = await town.server.press(who, message, buttons(message)[label])
    await shown(town, asked)
    return asked


async def judges(town: Community, who: Member, message: Message, label: str, note: str = "") -> Message:
    """Somebody gives a verdict. Out: what they are told."""
    sent = await town.server.modal(await form(town, who, message, label), {"words": note} if note else {})
    return await answered(town, sent)


async def appeals(town: Community, who: Member, where: Channel, words: str = "") -> Message:
    """Somebody appeals. Out: what they are told."""
    asked = await town.server.slash(who, where, "appeal")
    await shown(town, asked)
    return await answered(town, await town.server.modal(asked, {"words": words} if words else {}))


async def state(town: Community, thread: Thread) -> EndingState:
    """What has become of the ending in a thread."""
    ending = await town.store.latest_ending(f"discord:{thread.id}")
    assert ending is not None
    return ending.state


async def test_an_ending_lies_before_the_moderators_with_buttons(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        told = await card(town)
    assert told.content.startswith(f"I closed conversation <#{thread.id}> with robin ")
    assert list(buttons(told)) == ["Uphold", "Overturn", "Open transcript"]
    assert all(len(custom_id) <= 100 for custom_id in buttons(told).values())


async def test_a_verdict_is_kept_with_its_note_and_told_to_all_moderators(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        told = await card(town)
        answer = await judges(town, town.mo, told, "Overturn", "It was a quotation.")
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        assert ending is not None
        found = await town.store.ending(ending.id)
        notice = town.own(thread)[-1]
    assert found is not None
    assert [(by, verdict, note) for by, verdict, note, _ in found.verdicts] == [
        (f"discord:{town.mo.id}", "overturned", "It was a quotation.")
    ]
    assert hidden(answer)
    assert answer.content == "It's on record: overturned."
    assert told.content.endswith(f"<@{town.mo.id}> has looked at this: overturned.")
    assert told.pings == set()
    assert list(buttons(told)) == ["Open transcript"]
    assert not thread.locked
    assert notice.content.startswith("A moderator has looked at this again and found that I should not have stopped.")


async def test_upholding_leaves_it_closed(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        await judges(town, town.mo, await card(town), "Uphold")
        assert await state(town, thread) is EndingState.UPHELD
    assert thread.locked


async def test_of_two_verdicts_at_once_the_first_counts_and_the_second_is_told_so(town: Community) -> None:
    ida = town.server.member(town.guild, "ida", town.keepers)
    async with attended(town):
        thread, _ = await town.ended()
        told = await card(town)
        forms = [await form(town, town.mo, told, "Overturn"), await form(town, ida, told, "Uphold")]
        # neither verdict is carried out before both are given
        held = Held(town.bot.store)
        town.bot.store = held
        sent = [await town.server.modal(each, {}) for each in forms]
        await town.server.until(lambda: all(each.answer for each in sent))
        await held.asked(2)
        held.release()
        answers = [(await answered(town, each)).content for each in sent]
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        assert ending is not None
        found = await town.store.ending(ending.id)
    assert found is not None
    ((by, verdict, *_),) = found.verdicts
    first, late = ("overturned", answers[1]) if by == f"discord:{town.mo.id}" else ("upheld", answers[0])
    assert verdict == first
    assert f"It's on record: {first}." in answers
    assert late in {
        "Somebody was quicker than you, so your verdict doesn't count.",
        f"<@{by.removeprefix('discord:')}> has already looked at this: {first}.",
    }


async def test_a_verdict_that_comes_later_is_told_who_was_first(town: Community) -> None:
    ida = town.server.member(town.guild, "ida", town.keepers)
    async with attended(town):
        thread, _ = await town.ended()
        told = await card(town)
        late = await form(town, ida, told, "Overturn")
        await judges(town, town.mo, told, "Uphold")
        answer = await answered(town, await town.server.modal(late, {"words": "no"}))
        assert await state(town, thread) is EndingState.UPHELD
    assert answer.content == f"<@{town.mo.id}> has already looked at this: upheld."
    assert told.content.count("has looked at this") == 1


@pytest.mark.parametrize("label", ["Uphold", "Overturn", "Open transcript"])
async def test_nobody_without_the_role_can_press(town: Community, label: str) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        told = await card(town)
        asked = await town.server.press(town.sam, told, buttons(told)[label])
        answer = await answered(town, asked)
        assert await state(town, thread) is EndingState.STANDING
    assert hidden(answer)
    assert answer.content == "Only moderators can do that."
    assert asked.modal is None


async def test_nobody_judges_what_is_about_themselves(town: Community) -> None:
    town.server.give(town.robin, town.keepers)
    async with attended(town):
        thread, _ = await town.ended()
        told = await judges(town, town.robin, await card(town), "Overturn")
        assert await state(town, thread) is EndingState.STANDING
        await judges(town, town.mo, await card(town), "Overturn")
        assert await state(town, thread) is EndingState.OVERTURNED
    assert told.content == "Somebody else has to look at this one: it is about you."


async def test_a_role_that_was_taken_away_counts_when_the_form_is_sent(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        asked = await form(town, town.mo, await card(town), "Overturn")
        town.server.give(town.mo)
        answer = await answered(town, await town.server.modal(asked, {}))
        assert await state(town, thread) is EndingState.STANDING
    assert answer.content == "Only moderators can do that."


async def test_where_no_role_is_set_those_may_who_can_manage_threads_there(town: Community) -> None:
    guild = str(town.guild.id)
    local = replace(town.everything.settings.at(Place("discord", guild, "")), moderator_roles=())
    settings = replace(town.everything.settings, locals={(f"discord:{guild}", ""): local})
    town.everything = replace(town.everything, settings=settings)
    helpers = town.server.role(town.guild, "helpers")
    ida = town.server.member(town.guild, "ida", helpers)
    async with attended(town):
        thread, _ = await town.ended()
        told = await card(town)
        # in the desk alone, which is not where the thread is
        town.server.overwrite(town.desk, ida, allow=Permission.MANAGE_THREADS)
        await town.settled()
        refused = await answered(town, await town.server.press(ida, told, buttons(told)["Overturn"]))
        town.server.overwrite(town.general, ida, allow=Permission.MANAGE_THREADS)
        await town.settled()
        await judges(town, ida, told, "Overturn")
        assert await state(town, thread) is EndingState.OVERTURNED
    assert refused.content == "Only moderators can do that."


async def test_endings_in_direct_messages_are_looked_at_where_their_moderators_are_called(town: Community) -> None:
    desk = Place("discord", "dm", str(town.desk.id), private=True)
    direct = replace(town.everything.settings.everywhere, moderators=desk)
    settings = replace(town.everything.settings, locals={("discord:dm", ""): direct})
    town.everything = replace(town.everything, settings=settings)
    there = town.server.dm(town.robin)
    async with attended(town):
        for insult in INSULTS:
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            await town.server.says(town.robin, there, insult)
        await town.settled()
        told = await card(town)
        refused = await answered(town, await town.server.press(town.sam, told, buttons(told)["Overturn"]))
        listing = await answered(town, await town.server.slash(town.mo, town.general, "endings"))
        await judges(town, town.mo, told, "Overturn")
        ending = await town.store.latest_ending(f"discord:{there.id}")
    assert refused.content == "Only moderators can do that."
    assert listing.content == "There are no endings to show."  # they belong to no server
    assert ending is not None
    assert ending.state is EndingState.OVERTURNED


async def test_buttons_and_forms_outlive_the_process_that_made_them(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        told = await card(town)
        open_form = await form(town, town.mo, told, "Overturn")
    async with attended(town):
        pressed = await town.server.press(town.mo, told, buttons(told)["Open transcript"])
        read = await answered(town, pressed)
        sent = await answered(town, await town.server.modal(open_form, {"words": "asked before the restart"}))
        assert await state(town, thread) is EndingState.OVERTURNED
    assert read.content.startswith("I closed conversation")
    assert sent.content == "It's on record: overturned."


async def test_forms_of_two_members_are_not_mixed_up(town: Community) -> None:
    ida = town.server.member(town.guild, "ida", town.keepers)
    async with attended(town):
        await town.ended()
        told = await card(town)
        mos, idas = await form(town, town.mo, told, "Overturn"), await form(town, ida, told, "Overturn")
        assert mos.modal is not None
        assert idas.modal is not None
        assert mos.modal["custom_id"] != idas.modal["custom_id"]
        await answered(town, await town.server.modal(mos, {"words": "from mo"}))
        await answered(town, await town.server.modal(idas, {"words": "from ida"}))
        ending = next(iter(await town.store.endings()))
        found = await town.store.ending(ending.id)
    assert found is not None
    assert [(by, note) for by, _, note, _ in found.verdicts] == [(f"discord:{town.mo.id}", "from mo")]


async def test_a_transcript_says_why_and_has_all_that_was_said(town: Community) -> None:
    async with attended(town):
        thread, said = await town.ended()
        told = await card(town)
        read = await answered(town, await town.server.press(town.mo, told, buttons(told)["Open transcript"]))
    (file,) = read.attachments
    text = file.content.decode()
    assert hidden(read)
    assert f"<#{thread.id}> with robin because of insults" in read.content
    assert "not looked at yet" in read.content
    assert "• Message 1: steered to something else, because of insults “as read”" in read.content
    assert "warned" in read.content
    assert file.name.endswith(".txt")
    for message in said:
        assert f"| {message.content.removeprefix(f'<@{town.server.bot.id}> ')}" in text
    assert "scripted reader: insults “as read”" in text
    assert "> I'm closing this conversation because of insults." in text
    assert "scripted voice" in text


async def test_nothing_a_member_wrote_is_markup_in_a_transcript(town: Community) -> None:
    nick = "**@everyone** [x](https://y.z)"
    async with attended(town):
        town.robin.nick = nick
        await town.ended()
        told = await card(town)
        read = await answered(town, await town.server.press(town.mo, told, buttons(told)["Open transcript"]))
    assert "**" not in read.content.replace("\\*\\*", "")
    assert "@everyone" not in read.content
    assert "](https" not in read.content


async def test_a_message_leads_to_the_latest_ending_of_its_thread(town: Community) -> None:
    async with attended(town):
        thread, said = await town.ended()
        in_it = await answered(town, await town.server.context(town.mo, town.own(thread)[-1], "Review this ending"))
        above = await answered(town, await town.server.context(town.mo, said[0], "Review this ending"))
        other = await town.server.says(town.sam, town.general, "Lovely weather.")
        none = await answered(town, await town.server.context(town.mo, other, "Review this ending"))
        await judges(town, town.mo, above, "Uphold")
        assert await state(town, thread) is EndingState.UPHELD
    assert buttons(in_it) == {}  # in a locked thread nobody can press any
    assert in_it.content.startswith(above.content)
    assert in_it.content.endswith("In any other channel /endings leads to them.")
    assert none.content == "I know of no ending in that conversation."


async def test_moderators_list_endings_and_choose_one(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        await judges(town, town.mo, await card(town), "Uphold")
        listing = await answered(town, await town.server.slash(town.mo, town.general, "endings", {"state": "upheld"}))
        none = await answered(town, await town.server.slash(town.mo, town.general, "endings", {"state": "standing"}))
        (row,) = listing.components
        (select,) = row["components"]
        (option,) = select["options"]
        chosen = await town.server.press(town.mo, listing, select["custom_id"], [option["value"]])
        read = await answered(town, chosen)
    assert f"<@{town.robin.id}> · <#{thread.id}> · because of insults · upheld" in listing.content
    assert option["label"].endswith("because of insults · upheld")
    assert read.content.startswith("I closed conversation")
    assert f"<@{town.mo.id}> has looked at this: upheld." in read.content
    assert buttons(read) == {}
    assert none.content == "There are no endings to show."


async def test_another_servers_moderators_see_nothing_of_it(town: Community) -> None:
    elsewhere = town.server.guild("The Garden")
    room = town.server.channel(elsewhere, "general")
    max_ = town.server.member(elsewhere, "max", town.server.role(elsewhere, "gardeners", Permission.MANAGE_THREADS))
    async with attended(town):
        await town.ended()
        listing = await answered(town, await town.server.slash(max_, room, "endings"))
    assert listing.content == "There are no endings to show."


async def test_an_appeal_from_any_channel_is_looked_at_again_once_and_once_more_after_a_verdict(
    town: Community,
) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        await judges(town, town.mo, await card(town), "Uphold")
        answer = await appeals(town, town.robin, town.general, "I was quoting.")
        again = await appeals(town, town.robin, town.server.dm(town.robin), "Really.")
        told = await card(town, 2)
        read = await answered(town, await town.server.press(town.mo, told, buttons(told)["Open transcript"]))
        verdict = await judges(town, town.mo, told, "Overturn")
        assert await state(town, thread) is EndingState.OVERTURNED
        over = await appeals(town, town.robin, town.general)
        cards = town.own(town.desk)
    assert hidden(answer)
    assert answer.content == again.content == "Thank you. Your request is on its way to the moderators."
    assert told.content.startswith("robin asks you to look again at an ending")
    assert "asked to look at it again. “I was quoting.”" in read.content
    assert "robin asked to look at it again. “I was quoting.”" in read.attachments[0].content.decode()
    assert "Really." not in read.content
    assert verdict.content == "It's on record: overturned."
    assert over.content == "There's no ending here to look at again."
    assert len(cards) == 2


async def test_a_verdict_stands_on_every_card_wherever_it_was_given(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        await appeals(town, town.robin, town.general, "I was quoting.")
        cards = [await card(town), await card(town, 2)]
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        assert ending is not None
        found = await town.store.ending(ending.id)
        assert found is not None
        event = Judged(
            key="cli:verdict",
            conversation=ending.conversation,
            place=found.place,
            member=conversation.Member("cli:mira", "mira"),
            at=ending.at + timedelta(minutes=5),
            ending=ending.id,
            upheld=True,
        )
        assert await town.bot.receive(event)
        await town.bot.settled()
    for each in cards:
        assert each.content.endswith("\n\nmira has looked at this: upheld.")
        assert list(buttons(each)) == ["Open transcript"]


async def test_whose_conversation_was_not_closed_has_nothing_to_appeal(town: Community) -> None:
    async with attended(town):
        await town.ended()
        answer = await appeals(town, town.sam, town.general)
        assert len(town.own(town.desk)) == 1
    assert answer.content == "There's no ending here to look at again."


async def test_an_appeal_that_was_begun_before_a_restart_arrives(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        asked = await town.server.slash(town.robin, town.general, "appeal")
        await shown(town, asked)
    async with attended(town):
        await answered(town, await town.server.modal(asked, {"words": "please"}))
        assert await state(town, thread) is EndingState.APPEALED


async def test_cards_and_forms_are_in_the_languages_of_those_who_read_them(town: Community) -> None:
    guild = str(town.guild.id)
    local = replace(town.everything.settings.at(Place("discord", guild, "")), language="de")
    settings = replace(town.everything.settings, locals={(f"discord:{guild}", ""): local})
    town.everything = replace(town.everything, settings=settings)
    ana = town.server.member(town.guild, "ana", town.keepers, locale="pt-BR")
    async with attended(town):
        await town.ended()
        told = await card(town)
        asked = await town.server.press(ana, told, buttons(told)["Zurücknehmen"])
        texts = await shown(town, asked)
        answer = await answered(town, await town.server.modal(asked, {}))
    assert texts["title"] == "Anular este encerramento"
    assert answer.content == "Está registrado: anulado."
    assert told.content.endswith("hat sich das angesehen: zurückgenommen.")


async def test_an_answer_is_promised_before_the_store_is_asked(town: Community) -> None:
    """Under load an interaction can come late: Discord waits three seconds from when somebody pressed."""
    async with attended(town):
        await town.ended()
        told = await card(town)
        held = Held(town.bot.store)
        town.bot.store = held
        pressed = await town.server.press(town.mo, told, buttons(told)["Open transcript"])
        town.clock.wait(timedelta(seconds=2.9))
        await town.server.until(lambda: pressed.answer is not None)
        await held.asked(1)
        town.clock.wait(timedelta(minutes=5))
        held.release()
        read = await answered(town, pressed)
    assert read.content.startswith("I closed conversation")


async def test_whoever_asks_is_told_when_the_store_fails(town: Community) -> None:
    async with attended(town):
        await town.ended()
        told = await card(town)
        town.bot.store = Broken()
        read = await answered(town, await town.server.press(town.mo, told, buttons(told)["Open transcript"]))
        town.bot.store = town.store
    assert read.content.startswith("I can't answer just now.")


class Held:
    """A store that tells who asks only when it is let."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._asked = 0
        self._bell = asyncio.Condition()
        self._released = asyncio.Event()

    async def person(self, member: str, space: str) -> Person:
        """Somebody's settings."""
        async with self._bell:
            self._asked += 1
            self._bell.notify_all()
        await self._released.wait()
        found: Person = await self._store.person(member, space)
        return found

    async def asked(self, times: int) -> None:
        """Return when it was asked so often."""
        async with self._bell:
            await self._bell.wait_for(lambda: self._asked >= times)

    def release(self) -> None:
        """Let it tell."""
        self._released.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Broken:
    """A store that cannot be read."""

    def __getattr__(self, name: str) -> Any:
        raise OSError("the disk is gone")

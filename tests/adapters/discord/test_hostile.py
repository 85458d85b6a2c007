"""People who try what they should not: names, texts, forged buttons, and everything that goes away in the middle."""

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.discord.people.interactions import ACTS
from bot.configuration import Configuration
from bot.domain.assessment import Level, Reading, Risk
from bot.domain.ending import EndingState
from tests.adapters.discord.asking import answered, attended, buttons, hidden, shown
from tests.adapters.discord.community import EXPLICIT, INSULTS, Community
from tests.fakes.clock import SetClock
from tests.servers.discord import Permission, Server, Thread, Waits
from tests.servers.discord_record import Asked
from tests.servers.discord_state import Use


async def state(town: Community, thread: Thread) -> EndingState:
    """What has become of the ending in a thread."""
    ending = await town.store.latest_ending(f"discord:{thread.id}")
    assert ending is not None
    return ending.state


def changes(town: Community) -> list[Asked]:
    """What the bot has done in channels."""
    return [each for each in town.server.asked if each.method != "GET" and each.path.startswith("/channels/")]


def ids() -> "st.SearchStrategy[str]":
    """Ids of buttons and forms that nobody was shown."""
    parts = st.lists(st.one_of(st.text(max_size=8), st.integers().map(str), st.sampled_from(["dm", "²", "", "%"])))
    ours = st.builds(lambda what, rest: ":".join(("fairwell", what, *rest)), st.sampled_from(sorted(ACTS)), parts)
    return st.one_of(ours, st.text(max_size=100)).map(lambda each: each[:100])


@given(
    custom_ids=st.lists(ids(), min_size=60, max_size=80, unique=True),
    kind=st.sampled_from([Use.COMPONENT, Use.MODAL]),
)
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
async def test_ids_that_nobody_was_shown_do_nothing(
    request: pytest.FixtureRequest, custom_ids: list[str], kind: Use, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    everything: Configuration = request.getfixturevalue("everything")
    with TemporaryDirectory() as directory:
        async with Server(clock := SetClock()) as server:
            town = Community(server, Path(directory) / "discord.db", everything, clock)
            async with attended(town):
                thread, _ = await town.ended()
                (card,) = await town.told(town.desk)
                kept = await town.store.export_member(f"discord:{town.robin.id}")
                before = len(changes(town))
                asked = [
                    await server.forges(who, card, each, kind) for each in custom_ids for who in (town.sam, town.mo)
                ]
                await town.settled()
                assert await state(town, thread) is EndingState.STANDING
                assert await town.store.export_member(f"discord:{town.robin.id}") == kept
                assert len(changes(town)) == before
    assert not [each for each in asked if each.original and not hidden(each.original)]
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


HOSTILE = (
    "😀" * 100,
    "\u202eanybody\u202c",  # from right to left
    "\u200b\u200b",
    "@everyone",
    "**mods** [x](https://evil.example) <@&1>",
    "`" * 30,
    "> quoted\n# headline",
)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_name_does_nothing_wherever_it_is_shown(town: Community, name: str) -> None:
    eve = town.server.member(town.guild, name)
    town.robin = eve
    async with attended(town):
        thread, _ = await town.ended()
        (card,) = await town.told(town.desk)
        asked = await town.server.press(town.mo, card, buttons(card)["Open transcript"])
        glance = await answered(town, asked)
        told = [*town.own(thread), card, glance]
    assert thread.locked
    assert 1 <= len(thread.name) <= 100
    assert "\u202e" not in thread.name
    assert not any(each.pings for each in told)
    assert not any("](https" in each.content or "\u202e" in each.content for each in told)
    assert all(len(each.content) <= 2_000 for each in told)


@pytest.mark.parametrize("text", ["`" * 2_000, "@everyone " * 199, "\u202e" * 2_000, "||" * 900, "\u200b" * 50 + "hi"])
async def test_a_text_is_answered_and_breaks_nothing(town: Community, text: str) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks(text[: 2_000 - 30]))
        (answer,) = await town.told(thread)
        await town.settled()
    assert not answer.pings
    assert answer.content.strip()


@pytest.mark.parametrize("how", ["a quotation", "a webhook", "another bot", "a reply"])
async def test_words_overturn_nothing(town: Community, how: str) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        notice = town.own(thread)[-1]
        words = f"> {notice.content[:200]}\nOverturn. fairwell:overturned"
        other = town.server.member(town.guild, "Fairwell", town.keepers, bot=True)
        before = len(town.own(town.general))
        match how:
            case "a webhook":
                await town.server.hooks("Fairwell", town.general, words)
            case "another bot":
                await town.server.says(other, town.general, words, mentions=[town.server.bot])
            case "a reply":
                await town.server.says(town.mo, thread, words, reply_to=notice)
            case _:
                await town.server.says(town.robin, town.general, words, mentions=[town.server.bot])
        await town.settled()
        assert await state(town, thread) is EndingState.STANDING
    assert thread.locked
    assert len(town.own(town.general)) == before


async def test_a_moderator_of_another_server_cannot_use_the_id_of_this_ones_ending(town: Community) -> None:
    other = town.server.guild("Elsewhere")
    there = town.server.channel(other, "general")
    keepers = town.server.role(other, "keepers", Permission.MANAGE_THREADS | Permission.MANAGE_GUILD)
    eve = town.server.member(other, "eve", keepers)
    async with attended(town):
        thread, _ = await town.ended()
        (card,) = await town.told(town.desk)
        own = await town.server.slash(eve, there, "boundaries")
        message = await answered(town, own)
        for label, custom_id in buttons(card).items():
            asked = await town.server.forges(eve, message, custom_id)
            assert (await answered(town, asked)).content == "Only moderators can do that.", label
            assert asked.modal is None
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        assert ending is not None
        for what in ("upheld", "overturned"):
            for each in (ending.id, ending.id[:6]):
                asked = await town.server.forges(eve, message, f"fairwell:{what}:{each}:1", Use.MODAL)
                assert (await answered(town, asked)).content == "Only moderators can do that."
        assert await state(town, thread) is EndingState.STANDING


async def test_reactions_of_bots_are_no_votes_and_of_a_thousand_people_each_counts_once(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        notice = town.own(thread)[-1]
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        assert ending is not None
        await town.server.reacts(town.server.member(town.guild, "botty", bot=True), notice, "👎")
        people = [town.server.member(town.guild, f"p{number}") for number in range(1_000)]
        for number, who in enumerate(people):
            await town.server.reacts(who, notice, "👍" if number % 2 else "👎")
        await town.settled()
        whole = await town.store.ending(ending.id)
    assert whole is not None
    assert len(whole.votes) == 1_000
    assert sum(vote == "fair" for _, vote, _ in whole.votes) == 500


async def test_two_that_are_ended_at_once_are_ended_once_each(town: Community) -> None:
    async with attended(town):
        threads = [await town.thread(await town.asks(INSULTS[0], who)) for who in (town.robin, town.sam)]
        for insult in INSULTS[1:]:
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            await asyncio.gather(
                *(
                    town.server.says(who, thread, insult)
                    for who, thread in zip((town.robin, town.sam), threads, strict=True)
                )
            )
        await town.told(town.desk, 2)
        await town.settled()
        endings = await town.store.endings(space=str(town.guild.id))
    assert {each.conversation for each in endings} == {f"discord:{each.id}" for each in threads}
    assert len(endings) == 2
    assert len(town.own(town.desk)) == 2
    assert all(thread.locked and list(town.own(thread)[-1].reactions) == ["👍", "👎"] for thread in threads)


@pytest.mark.parametrize(
    "what", ["renamed", "archived", "locked", "deleted", "left", "kicked", "not permitted", "outage", "message deleted"]
)
async def test_what_goes_away_in_the_middle_of_an_answer_ends_nothing_else(
    town: Community, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    go = asyncio.Event()
    town.server.member(town.server.guild("Elsewhere"), town.sam.user)  # so that sam can write to the bot in any case
    async with attended(town):
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
        before = town.asked("POST /channels/*/messages")
        town.server.rest.faults.add("POST /channels/*/messages", Waits(until=go))
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.server.until(lambda: town.asked("POST /channels/*/messages") > before)
        match what:
            case "renamed":
                await town.server.changes(town.mo, thread, name="elsewhere")
            case "archived":
                await town.server.archives(town.mo, thread)
            case "locked":
                await town.server.locks(town.mo, thread)
            case "deleted":
                await town.server.removes(town.mo, thread)
            case "left":
                town.server.leave(town.robin)
            case "kicked":
                town.server.leave(town.guild.members[town.server.bot.id])
            case "not permitted":
                town.server.overwrite(town.general, town.server.bot, deny=Permission.SEND_IN_THREADS)
            case "outage":
                town.server.outage(town.guild)
            case _:
                await town.server.deletes(town.robin, asked)
        go.set()
        await town.settled()
        if what == "outage":
            town.server.outage(town.guild, over=True)
        there = town.server.dm(town.sam)
        await town.server.says(town.sam, there, "Still there?")
        (answer,) = await town.told(there)
        await town.settled()
        waiting = await town.store.open_conversations()
        endings = await town.store.endings()
    assert answer.content.startswith("answer to Still there?")
    assert not waiting
    assert not endings
    if what in {"renamed", "archived", "locked", "left", "outage", "message deleted"}:
        assert len(town.own(thread)) == 2
    if what != "message deleted":
        assert not town.own(town.general)
    assert not [each for each in caplog.records if each.levelname == "ERROR" and each.exc_info]


async def test_kicked_and_invited_again_it_talks_as_before(town: Community) -> None:
    async with attended(town):
        town.server.leave(town.guild.members[town.server.bot.id])
        await town.settled()
        other = town.server.guild("Elsewhere")
        general = town.server.channel(other, "general")
        eve = town.server.member(other, "eve")
        question = await town.server.says(eve, general, "Good evening.", mentions=[town.server.bot])
        await town.server.until(lambda: question.id in other.threads)
        (answer,) = await town.told(other.threads[question.id])
    assert answer.content.startswith("answer to Good evening.")


async def test_a_form_that_was_shown_to_one_does_not_serve_another(town: Community) -> None:
    async with attended(town):
        thread, _ = await town.ended()
        (card,) = await town.told(town.desk)
        asked = await town.server.press(town.mo, card, buttons(card)["Overturn"])
        form = await shown(town, asked)
        forged = await town.server.forges(town.sam, card, form["id"], Use.MODAL)
        answer = await answered(town, forged)
        assert await state(town, thread) is EndingState.STANDING
    assert answer.content == "Only moderators can do that."


async def test_an_admin_cannot_change_what_there_is_no_list_for(town: Community) -> None:
    admin = town.server.member(town.guild, "ada", town.server.role(town.guild, "admins", Permission.MANAGE_GUILD))
    async with attended(town):
        message = await town.server.says(admin, town.general, "hello")
        answer = await answered(town, await town.server.forges(admin, message, "fairwell:set:budget"))
        assert hidden(answer)
    assert answer.content == "That is how it is already."


async def test_danger_that_comes_with_a_mention_that_is_added_later_is_met(town: Community) -> None:
    async with town.running():
        message = await town.server.says(town.robin, town.general, "hello all")
        await town.settled()
        assert not town.own(town.desk)
        town.clock.wait(timedelta(minutes=1))
        await town.server.edits(town.robin, message, f"<@{town.server.bot.id}> {EXPLICIT}")
        await town.told(await town.thread(message))
        await town.told(town.desk)
        await town.settled()
    assert len(town.own(town.desk)) == 1


async def test_nobody_keeps_the_bot_from_somebody_in_danger_by_talking_to_them(town: Community) -> None:
    last = "The bridge, in an hour. Thank you for everything."
    town.reader.readings[last] = Reading(by=town.reader.name, risk=Risk(Level.IMMINENT, sure=True))
    async with town.running():
        thread = await town.thread(await town.asks(EXPLICIT))
        await town.told(town.desk)
        await town.settled()
        asks = await town.server.says(town.sam, thread, "robin, come and look, please", mentions=[town.robin])
        await town.server.says(town.robin, thread, last, reply_to=asks)
        await town.told(town.desk, 2)
        await town.settled()
        said = len(town.own(thread))
        await town.server.says(town.mo, thread, "What is zero?")
        await town.told(thread, said + 1)
    assert town.own(town.desk)[1].content.startswith(f"<@&{town.keepers.id}> Urgent")


async def test_one_who_has_themselves_forgotten_makes_the_bot_deaf_to_nobody(town: Community) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.slash(town.robin, town.general, "forgetme")
        erased = await answered(town, asked)
        await answered(town, await town.server.press(town.robin, erased, buttons(erased)["Erase it all"]))
        await town.server.says(town.sam, thread, EXPLICIT)
        await town.told(town.desk)
        await town.settled()
    assert len(town.own(thread)) >= 2

"""A thread is opened once, locked and not archived, and a moderator's hand on it is heard."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import discord
import pytest

from adapters.discord.hearing.gateway import Handler
from adapters.discord.hearing.listening import Hearing
from adapters.discord.people.watching import settled
from bot.domain.action import Action, AskFeedback, CloseThread, OfferBranch, Outcome, Say
from bot.domain.conversation import Member, Place
from bot.domain.ending import EndingState, Vote
from bot.domain.event import Judged
from tests.adapters.discord.community import Community, answers
from tests.servers.discord import BOT, Drops, Fails, Permission, Thread

OPEN = "POST /channels/*/messages/*/threads"


@pytest.mark.parametrize(
    "fault", [Fails(status=503, stored=True), Drops(stored=True), Drops(), Fails(status=503)], ids=str
)
async def test_a_thread_whose_answer_is_lost_is_opened_once(town: Community, fault: Fails | Drops) -> None:
    town.server.rest.faults.add(OPEN, fault)
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        (answer,) = await town.told(thread)
        await town.settled()
    assert answer.content.startswith("answer to Good evening.")
    assert list(town.guild.threads) == [question.id]
    assert town.own(town.general) == []


async def test_a_thread_that_somebody_else_has_opened_is_taken(town: Community) -> None:
    town.server.gateway.hold()
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.server.begins(town.sam, question, "sam's")
        town.server.gateway.release()
        (answer,) = await town.told(thread)
        await town.settled()
    assert answer.content.startswith("answer to Good evening.")
    assert thread.name == "sam's"


async def test_two_that_answer_at_once_open_one_thread(town: Community) -> None:
    town.server.gateway.hold()
    async with town.running():
        question = await town.asks("Good evening.")
        says = [
            Say(
                id=f"discord:m:{question.id}/{number}",
                conversation=f"discord:{question.id}",
                place=Place("discord", str(town.guild.id), str(town.general.id)),
                text=f"Answer {number}.",
                reply_to=str(question.id),
            )
            for number in range(3)
        ]
        receipts = await asyncio.gather(*map(town.adapter.perform, says))
    assert {receipt.outcome for receipt in receipts} == {Outcome.DELIVERED}
    assert town.asked(OPEN) == 1
    assert len(town.own(town.guild.threads[question.id])) == 3


async def test_a_message_that_is_gone_opens_no_thread(town: Community) -> None:
    town.server.gateway.hold()
    async with town.running():
        question = await town.asks("Good evening.")
        await town.server.deletes(town.robin, question)
        town.server.gateway.release()
        await town.server.until(lambda: any(refused.code == 50035 for _, refused in town.server.rest.refused))
        await town.settled()
        assert not await town.store.open_conversations()
    assert town.guild.threads == {}
    assert town.own(town.general) == []


async def test_an_ending_locks_the_thread_and_leaves_it_open_to_reactions(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        (locked,) = town.server.requests(f"PATCH /channels/{thread.id}")
        await town.server.reacts(town.robin, town.own(thread)[-1], "👍")
        await town.settled()
    assert locked.fields == {"locked": True, "archived": False, "auto_archive_duration": 10_080}
    assert locked.headers["X-Audit-Log-Reason"]
    assert (thread.locked, thread.archived, thread.name) == (True, False, "robin & Fairwell")


async def test_an_archived_thread_is_locked_as_well(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        town.server.expires(thread)
        receipt = await town.adapter.perform(close(town, thread.id))
    assert receipt.outcome is Outcome.DELIVERED
    assert (thread.locked, thread.archived) == (True, False)


async def test_a_lock_that_is_not_permitted_is_refused_and_a_direct_message_has_none(town: Community) -> None:
    town.server.permit(town.guild, next(role for role in town.guild.roles.values() if role.managed), Permission(0))
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        receipt = await town.adapter.perform(close(town, thread.id))
        direct = CloseThread(
            id="discord:m:1/3", conversation="discord:5", place=Place("discord", "dm", "5", private=True)
        )
        needless = await town.adapter.perform(direct)
    assert (receipt.outcome, needless.outcome) == (Outcome.REFUSED, Outcome.NEEDLESS)
    assert not thread.locked


async def test_a_verdict_takes_the_lock_off_and_says_sorry(town: Community) -> None:
    async with town.running() as bot:
        thread, _ = await town.ended()
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        assert ending
        place = Place("discord", str(town.guild.id), str(town.general.id))
        at, moderator = town.clock(), Member(f"discord:{town.mo.id}", "mo")
        judged = Judged(
            key="discord:i:7",
            conversation=f"discord:{thread.id}",
            place=place,
            member=moderator,
            at=at,
            ending=ending.id,
            upheld=False,
        )
        before = len(town.own(thread))
        await bot.receive(judged)
        await town.settled()
        assert len(town.own(thread)) == before + 1
        assert not thread.locked
        await town.server.says(town.robin, thread, "Thank you.")
        await town.told(thread, before + 2)


async def test_a_moderators_unlocking_by_hand_overturns_the_ending(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        before = len(town.own(thread))
        await town.server.unlocks(town.mo, thread)
        await town.settled()
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        assert ending
        assert ending.state is EndingState.OVERTURNED
        assert len(town.own(thread)) == before + 1
        await town.server.says(town.robin, thread, "Thank you.")
        await town.told(thread, before + 2)


async def test_a_thread_that_was_unlocked_in_the_archive_is_noticed(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        town.server.expires(thread)
        await town.settled()
        await town.server.unlocks(town.mo, thread)
        await town.settled()
        ending = await town.store.latest_ending(f"discord:{thread.id}")
    assert ending
    assert ending.state is EndingState.OVERTURNED


async def test_other_changes_to_a_thread_change_nothing(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        await town.server.changes(town.mo, thread, name="something else")
        await town.server.changes(town.mo, thread, archived=True)
        await town.server.changes(town.mo, thread, archived=False)
        await town.settled()
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        assert ending
        assert ending.state is EndingState.STANDING
        other = await town.thread(await town.asks("Good evening.", town.sam))
        await town.server.locks(town.mo, other)
        await town.server.unlocks(town.mo, other)
        await town.settled()
        assert await town.store.latest_ending(f"discord:{other.id}") is None


async def test_a_thread_that_could_not_be_locked_is_not_unlocked_by_whatever_changes_it(town: Community) -> None:
    town.server.permit(
        town.guild, next(role for role in town.guild.roles.values() if role.managed), BOT & ~Permission.MANAGE_THREADS
    )
    async with town.running():
        thread, _ = await town.ended()
        assert not thread.locked
        await town.server.changes(town.mo, thread, name="something else")
        await town.server.changes(town.mo, thread, archived=True)
        await town.server.changes(town.mo, thread, archived=False)
        await town.settled()
        ending = await town.store.latest_ending(f"discord:{thread.id}")
    assert ending
    assert ending.state is EndingState.STANDING


@pytest.mark.parametrize(
    ("now", "there", "vote"),
    [
        (None, set(), None),
        (None, {Vote.FAIR}, Vote.FAIR),
        (None, {Vote.FAIR, Vote.UNFAIR}, None),
        (Vote.FAIR, set(), None),
        (Vote.FAIR, {Vote.FAIR}, Vote.FAIR),
        (Vote.FAIR, {Vote.UNFAIR}, Vote.UNFAIR),
        (Vote.FAIR, {Vote.FAIR, Vote.UNFAIR}, Vote.FAIR),
        (Vote.UNFAIR, {Vote.FAIR, Vote.UNFAIR}, Vote.UNFAIR),
    ],
)
def test_whoever_reacted_with_both_has_the_vote_that_is_known(
    now: Vote | None, there: set[Vote], vote: Vote | None
) -> None:
    assert settled(now, there) is vote


async def votes(town: Community, thread: Thread) -> dict[str, str]:
    """The current votes on the thread's ending, by member."""
    await town.settled()
    ending = await town.store.latest_ending(f"discord:{thread.id}")
    whole = await town.store.ending(ending.id) if ending else None
    assert whole
    return {member: vote for member, vote, _ in whole.votes if vote}


async def test_an_ending_is_rated_by_reactions_of_people_one_vote_each(town: Community) -> None:
    weather = town.server.member(town.guild, "weather", bot=True)
    robin, sam = f"discord:{town.robin.id}", f"discord:{town.sam.id}"
    async with town.running():
        thread, _ = await town.ended()
        notice = town.own(thread)[-1]
        assert await votes(town, thread) == {}  # the bot's own do not count
        await town.server.reacts(town.robin, notice, "👎🏽")
        await town.server.reacts(town.sam, notice, "👍")
        await town.server.reacts(weather, notice, "👍")
        await town.server.reacts(town.sam, notice, "🎉")
        assert await votes(town, thread) == {robin: Vote.UNFAIR, sam: Vote.FAIR}
        await town.server.reacts(town.robin, notice, "👍")
        assert (await votes(town, thread))[robin] == Vote.FAIR
        await town.server.unreacts(town.robin, notice, "👍")
        assert (await votes(town, thread))[robin] == Vote.UNFAIR
        await town.server.unreacts(town.robin, notice, "👎🏽")
        assert await votes(town, thread) == {sam: Vote.FAIR}
        await town.server.clears(town.mo, notice)
        assert await votes(town, thread) == {sam: Vote.FAIR}  # a moderator cannot take a vote away


async def test_reactions_to_anything_else_are_no_votes(town: Community) -> None:
    async with town.running():
        thread, said = await town.ended()
        await town.server.reacts(town.sam, said[-1], "👎")
        await town.server.reacts(town.sam, town.own(thread)[0], "👎")
        assert await votes(town, thread) == {}


async def test_votes_that_nobody_heard_are_counted_when_the_bot_is_back(town: Community) -> None:
    robin, sam = f"discord:{town.robin.id}", f"discord:{town.sam.id}"
    async with town.running():
        thread, _ = await town.ended()
        notice = town.own(thread)[-1]
        await town.server.reacts(town.robin, notice, "👎")
        assert await votes(town, thread) == {robin: Vote.UNFAIR}
    await town.server.unreacts(town.robin, notice, "👎")
    await town.server.reacts(town.sam, notice, "👍🏿")
    await town.server.reacts(town.server.member(town.guild, "weather", bot=True), notice, "👍")
    async with town.running():
        await town.server.until(lambda: town.asked(f"GET /channels/{thread.id}/messages/{notice.id}/reactions/*"))
        assert await votes(town, thread) == {sam: Vote.FAIR}
        await town.server.reacts(town.robin, notice, "👍")
        assert await votes(town, thread) == {sam: Vote.FAIR, robin: Vote.FAIR}


async def test_a_moderator_who_clears_all_reactions_takes_no_vote_away_after_a_restart_either(town: Community) -> None:
    sam = f"discord:{town.sam.id}"
    async with town.running():
        thread, _ = await town.ended()
        notice = town.own(thread)[-1]
        await town.server.reacts(town.sam, notice, "👎")
        assert await votes(town, thread) == {sam: Vote.UNFAIR}
    await town.server.clears(town.mo, notice)
    async with town.running():
        await town.settled()
        assert await votes(town, thread) == {sam: Vote.UNFAIR}


async def test_the_notice_is_found_by_another_process(town: Community) -> None:
    async with town.running():
        thread, said = await town.ended()
        notice = town.own(thread)[-1]
    await town.server.clears(town.mo, notice)
    async with town.running():
        ask = await town.store.action(f"discord:m:{said[-1].id}/1")
        assert isinstance(ask, AskFeedback)
        receipt = await town.adapter.perform(ask)
    assert receipt.message == str(notice.id)
    assert list(notice.reactions) == ["👍", "👎"]
    assert len([each for each in town.own(thread) if each.content == notice.content]) == 1


def close(town: Community, thread: int) -> CloseThread:
    """A thread is to be locked."""
    place = Place("discord", str(town.guild.id), str(town.general.id))
    return CloseThread(id=f"discord:m:{thread}/3", conversation=f"discord:{thread}", place=place)


class Offers:
    """Puts a button to every offer of a branch."""

    def handlers(self, _: discord.Client, __: Hearing) -> Sequence[Handler]:
        """Nothing to hear."""
        return ()

    def view(self, action: Action) -> discord.ui.View | None:
        """One button."""
        if not isinstance(action, OfferBranch):
            return None
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Go on", custom_id=f"branch:{action.id}"))
        return view


async def test_an_edit_in_an_ended_thread_is_answered_with_an_offer_in_private_or_else_there(town: Community) -> None:
    town.parts = (Offers(),)
    async with town.running():
        thread, said = await town.ended()
        town.clock.wait(timedelta(minutes=1))
        offer = OfferBranch(
            id=f"discord:e:{said[1].id}:1773489600000/0",
            conversation=f"discord:{thread.id}",
            place=Place("discord", str(town.guild.id), str(town.general.id)),
            member=f"discord:{town.robin.id}",
            message=str(said[1].id),
            words="kinder words",
            text="Go on from there?",
            otherwise="Go on from there, robin?",
        )
        receipt = await town.adapter.perform(offer)
        assert await town.adapter.find(offer) == receipt
        town.robin.user.open = False
        other = await town.adapter.perform(again := replace(offer, id=f"{offer.id}0"))
        here = town.own(thread)[-1]
        await town.server.clears(town.mo, here)
        assert await town.adapter.find(again) == other
    (private,) = town.own(town.server.dm(town.robin))
    assert receipt.message == str(private.id)
    assert private.components[0]["components"][0]["custom_id"] == f"branch:{offer.id}"
    assert other.message == str(here.id)
    assert (here.content, here.components, answers(here)) == ("Go on from there, robin?", [], said[1].id)
    assert here.reactions == {"↪️": [town.server.bot]}

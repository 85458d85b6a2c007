"""What ports.Store promises, of any store."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.action import OfferBranch, Outcome, Receipt
from bot.domain.conversation import FOREVER, Conversation, Member, Turn
from bot.domain.ending import EndingState, Vote
from bot.domain.event import Branched
from bot.domain.record import Cast, Correction, Person, Record, Referral
from bot.domain.review import Matter, Review, Verdict
from bot.domain.standing import NEW, Mark
from bot.domain.step import Reason, Scope, Step
from bot.errors import StoreError
from bot.ports import Store
from bot.store.sqlite import SqliteStore
from tests.store.cases import (
    ANN,
    BEN,
    DAY,
    MINUTE,
    PLACE,
    TALK,
    change,
    end,
    ending,
    insulted,
    live,
    pending,
    said,
    say,
    turned,
)
from tests.strategies import NOON


async def test_an_event_heard_twice_is_kept_once(store: Store) -> None:
    assert await store.accept(said("first"), NOON)
    assert not await store.accept(said("second"), NOON + MINUTE)
    (heard,) = await store.open_events(TALK)
    assert heard.event == said("first")
    assert heard.tries == 0
    assert heard.actions is None


async def test_events_come_in_the_order_they_arrived_and_by_conversation(store: Store) -> None:
    later_said_first = [said(key=f"e{number}", at=NOON - number * MINUTE) for number in range(30)]
    await asyncio.gather(*(store.accept(event, event.at) for event in later_said_first))
    await store.accept(said(key="other", conversation="discord:2"), NOON)
    heard = await store.open_events(TALK, 7)
    assert [each.event.key for each in heard] == [f"e{number}" for number in range(7)]
    assert await store.open_conversations() == (TALK, "discord:2")


async def test_a_done_event_is_open_no_more_and_still_known(store: Store) -> None:
    await live(store, said())
    assert await store.open_conversations() == ()
    assert await store.open_events(TALK) == ()
    assert not await store.accept(said(), NOON)


async def test_the_scene_of_a_first_event_is_fresh(store: Store) -> None:
    scene = await store.scene(said(), 20)
    assert scene.conversation == Conversation(TALK, PLACE)
    assert (scene.version, scene.standing, scene.history, scene.company) == (0, NEW, (), None)
    assert scene.person == Person(ANN.id, PLACE.space)
    assert not scene.expressed


async def test_the_scene_tells_what_was_recorded(store: Store) -> None:
    for number in range(1, 6):
        await live(store, said(f"text {number}", key=f"e{number}", at=NOON + number * MINUTE), reply=f"reply {number}")
    scene = await store.scene(said(key="e6"), 3)
    assert [(turn.number, turn.text, turn.reply) for turn in scene.history] == [
        (number, f"text {number}", f"reply {number}") for number in (3, 4, 5)
    ]
    assert scene.history[0].member == ANN
    assert scene.history[0].message == "message of e3"
    assert scene.conversation.turns == 5
    assert scene.version == 5


async def test_company_is_when_another_member_last_took_part(store: Store) -> None:
    await live(store, said(key="e1", member=ANN, at=NOON))
    await live(store, said(key="e2", member=BEN, at=NOON + MINUTE))
    await live(store, said(key="e3", member=BEN, at=NOON + 2 * MINUTE))
    assert (await store.scene(said(member=ANN), 0)).company == NOON + 2 * MINUTE
    assert (await store.scene(said(member=BEN), 0)).company == NOON
    assert (await store.scene(said(conversation="discord:2"), 0)).company is None


@pytest.mark.parametrize("matter", Matter)
async def test_an_alarm_about_a_member_is_known_wherever_they_write_in_the_space(store: Store, matter: Matter) -> None:
    event = said(key="e1", member=ANN, conversation="discord:1")
    call = Referral("e1/call", matter, "discord:1", ANN.id, NOON)
    earlier = replace(call, id="earlier", at=NOON - MINUTE)
    await change(store, event, referrals=(call, earlier))
    known = NOON if matter is Matter.RISK else None
    assert (await store.scene(said(key="e2", member=ANN, conversation="discord:2"), 0)).alarmed == known
    assert (await store.scene(said(key="e2", member=BEN, conversation="discord:1"), 0)).alarmed is None
    elsewhere = replace(said(key="e2", member=ANN, conversation="discord:3"), place=replace(PLACE, space="another"))
    assert (await store.scene(elsewhere, 0)).alarmed is None


async def test_a_record_on_an_old_version_is_refused_and_changes_nothing(store: Store) -> None:
    old = await store.scene(said(key="e1"), 0)
    await live(store, said(key="e1"))
    late = said("too late", key="e2")
    await store.accept(late, NOON)
    record = replace(turned(old, late, standing=pending(Step.WARN, 1)), ending=ending())
    assert not await store.record(record)
    assert await store.standings(TALK) == ((ANN.id, NEW),)
    assert len(await store.turns(TALK)) == 1
    assert await store.ending("ending-1") is None
    assert await store.waiting("e2") == ()
    (heard,) = await store.open_events(TALK)
    assert heard.actions is None
    fresh = await store.scene(late, 0)
    assert await store.record(turned(fresh, late))


async def test_the_first_record_of_an_event_and_stage_wins(store: Store) -> None:
    event = said()
    scene = await store.scene(event, 0)
    assert await store.record(turned(scene, event, reply="first", standing=pending(Step.REDIRECT, 1)))
    assert await store.record(turned(scene, event, reply="second"))
    again = await store.scene(event, 9)
    assert await store.record(turned(again, event, reply="third"))
    (turn,) = await store.turns(TALK)
    assert turn.turn.reply == "first"
    assert [action.text for action in await store.waiting("e1") if action.kind == "say"] == ["first"]
    assert (await store.scene(event, 9)).version == 1


async def test_of_many_records_at_once_on_one_version_one_is_applied(store: Store) -> None:
    events = [said(f"text {number}", key=f"e{number}") for number in range(20)]
    scene = await store.scene(events[0], 0)
    applied = await asyncio.gather(*(store.record(turned(scene, event)) for event in events))
    assert sum(applied) == 1
    assert len(await store.turns(TALK)) == 1


async def test_stages_are_recorded_apart(store: Store) -> None:
    event = said()
    await store.accept(event, NOON)
    card = say(event, "the card", 9)
    await change(store, event, stage="care", actions=(card,))
    scene = await store.scene(event, 0)
    assert scene.expressed
    assert (await store.open_events(TALK))[0].actions is None
    assert await store.waiting("e1", "care") == (card,)
    assert await store.waiting("e1", "") == ()
    assert await store.record(turned(scene, event))
    assert await store.waiting("e1") == (card, say(event))
    assert (await store.open_events(TALK))[0].actions == (card, say(event))


async def test_actions_wait_in_order_until_their_receipts_come(store: Store) -> None:
    event = said()
    await store.accept(event, NOON)
    actions = [say(event, f"part {number}", number) for number in range(12)]
    await store.record(turned(await store.scene(event, 0), event, actions=actions))
    await store.note([Receipt("e1/0", Outcome.DELIVERED, NOON), Receipt("e1/5", Outcome.REFUSED, NOON)])
    await store.note([Receipt("e1/7", Outcome.FAILED, NOON, why="try again")])
    assert list(await store.waiting("e1")) == [actions[number] for number in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11)]


async def test_the_receipt_of_what_was_delivered_stands(store: SqliteStore) -> None:
    record = await live(store, said(), step=Step.WARN)
    later = said(key="e2")
    scene = await store.scene(later, 0)
    await store.note([Receipt(record.actions[0].id, Outcome.REFUSED, NOON)])
    await store.record(replace(turned(scene, later), cancels_warnings=True))
    assert (await states(store))["e1/0"] == "delivered"
    assert (await store.scene(later, 0)).standing.count(Step.WARN) == 1


async def test_what_was_needless_waits_no_more_and_stays_so(store: SqliteStore) -> None:
    await live(store, said(), deliver=False)
    await store.note([Receipt("e1/0", Outcome.NEEDLESS, NOON)])
    assert await store.waiting("e1") == ()
    await store.note([Receipt("e1/0", Outcome.REFUSED, NOON)])
    assert (await states(store))["e1/0"] == "needless"


async def test_a_done_event_keeps_no_text_of_its_own(store: SqliteStore) -> None:
    await live(store, said("some text"))
    (row,) = [row async for row in store.export_all() if row["table"] == "inbox"]
    assert (row["state"], row["payload"]) == ("done", "")


async def test_a_receipt_for_an_unknown_action_changes_nothing(store: Store) -> None:
    await store.note([Receipt("nobody's", Outcome.DELIVERED, NOON)])


@pytest.mark.parametrize("step", [Step.REDIRECT, Step.WARN])
async def test_a_step_counts_once_it_is_delivered(store: Store, step: Step) -> None:
    record = await live(store, said(), step=step, deliver=False)
    ((_, before),) = await store.standings(TALK)
    assert before.marks == ()
    assert before.pending == Mark(step, 1, NOON)
    for _ in range(2):
        await store.note([Receipt(record.actions[0].id, Outcome.DELIVERED, NOON + MINUTE, "posted")])
    ((_, after),) = await store.standings(TALK)
    assert after == replace(before, marks=(Mark(step, 1, NOON + MINUTE),), pending=None)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.CANCELLED, Outcome.NEEDLESS])
async def test_a_step_that_will_not_be_delivered_counts_for_nothing(store: Store, outcome: Outcome) -> None:
    record = await live(store, said(), step=Step.WARN, deliver=False)
    await store.note([Receipt(record.actions[0].id, outcome, NOON)], done="e1")
    assert (await store.scene(said(), 0)).standing == NEW


async def test_a_failed_step_stays_pending_while_it_is_tried_and_falls_with_its_event(store: Store) -> None:
    record = await live(store, said(), step=Step.WARN, deliver=False)
    failed = Receipt(record.actions[0].id, Outcome.FAILED, NOON)
    await store.note([failed])
    assert (await store.scene(said(), 0)).standing.pending
    await store.note([], done="e1")
    assert (await store.scene(said(), 0)).standing == NEW


async def test_only_what_is_said_to_the_member_delivers_a_step(store: Store) -> None:
    event = said()
    warning = say(event, "a warning")
    offer = OfferBranch(id="offer", conversation=TALK, place=PLACE, member=ANN.id, message="m", words="w", text="t")
    record = turned(
        await store.scene(event, 0), event, step=Step.WARN, standing=pending(Step.WARN, 1), actions=(offer, warning)
    )
    await store.record(record)
    await store.note([Receipt("offer", Outcome.DELIVERED, NOON)])
    assert (await store.scene(event, 0)).standing.pending
    await store.note([Receipt(warning.id, Outcome.DELIVERED, NOON)])
    assert (await store.scene(event, 0)).standing.count(Step.WARN) == 1


async def test_a_receipt_that_moves_a_standing_outdates_decisions_made_on_the_old_one(store: Store) -> None:
    record = await live(store, said(), step=Step.REDIRECT, deliver=False)
    event = said(key="e2")
    scene = await store.scene(event, 0)
    await store.note([Receipt(record.actions[0].id, Outcome.DELIVERED, NOON + MINUTE)])
    assert not await store.record(turned(scene, event))
    assert (await store.scene(event, 0)).standing.count(Step.REDIRECT) == 1


async def states(store: SqliteStore) -> dict[object, object]:
    """What became of each action."""
    return {row["id"]: row["state"] async for row in store.export_all() if row["table"] == "action"}


async def test_a_pending_warning_is_cancelled_by_risk_and_nothing_else_is(store: SqliteStore) -> None:
    redirected = await live(store, said(key="e1"), step=Step.REDIRECT, deliver=False)
    warned = await live(store, said(key="e2", member=BEN), step=Step.WARN, deliver=False)
    elsewhere = await live(store, said(key="e3", conversation="discord:2"), step=Step.WARN, deliver=False)
    scene = await store.scene(said(key="e4"), 0)
    record = turned(scene, said(key="e4"), step=Step.CARE, reason=Reason.RISK)
    assert await store.record(replace(record, cancels_warnings=True))
    assert await store.waiting("e2") == ()
    assert await store.waiting("e1") == redirected.actions
    assert await store.waiting("e3") == elsewhere.actions
    assert await store.waiting("e4") == record.actions
    standings = dict(await store.standings(TALK))
    assert standings[BEN.id].pending is None
    assert standings[ANN.id].pending == Mark(Step.REDIRECT, 1, NOON)
    assert dict(await store.standings("discord:2"))[ANN.id].pending
    assert (await states(store))["e2/0"] == "cancelled"
    await store.note([Receipt(warned.actions[0].id, Outcome.DELIVERED, NOON)])
    assert dict(await store.standings(TALK))[BEN.id] == NEW


async def test_failures_are_counted_and_parking_is_visible_and_reversible(store: SqliteStore) -> None:
    event = said()
    await store.accept(said(key="e0"), NOON)
    await live(store, event, step=Step.WARN, deliver=False)
    assert [await store.fail("e1", "no network") for _ in range(3)] == [1, 2, 3]
    await store.park("e1", "gave up")
    assert (await store.scene(event, 0)).standing == NEW
    assert [heard.event.key for heard in await store.open_events(TALK)] == ["e0"]
    (parked,) = await store.parked()
    assert (parked.event, parked.tries, parked.why, parked.at) == ("e1", 3, "gave up", NOON)
    assert await store.unpark("discord:2") == 0
    assert await store.unpark(TALK) == 1
    assert [(heard.event.key, heard.tries) for heard in await store.open_events(TALK)] == [("e0", 0), ("e1", 0)]
    await store.park("e0", "gave up")
    assert await store.unpark() == 1


async def test_an_event_that_was_never_accepted_cannot_fail(store: Store) -> None:
    with pytest.raises(StoreError, match="never-heard"):
        await store.fail("never-heard", "why")


async def test_conversations_and_standings_survive_with_their_times(store: Store) -> None:
    event = said()
    scene = await store.scene(event, 0)
    lasting = replace(NEW, care_until=FOREVER, last_abuse=NOON, asked_to_end=True)
    whole = replace(scene.conversation, care_until=FOREVER, summary="what went before", ended=True, parent="discord:0")
    assert await store.record(replace(turned(scene, event, standing=lasting), conversation=whole))
    again = await store.scene(event, 0)
    assert again.conversation == whole
    assert again.standing == lasting


async def test_turns_come_with_their_evidence(store: Store) -> None:
    record = await live(store, said("you fool"))
    await live(store, said("more", key="e2"))
    assert (await store.turns(TALK))[0] == record.vetted
    assert [vetted.turn.number for vetted in await store.turns(TALK, 1)] == [2]


async def test_a_persons_settings_and_name_are_kept(store: Store) -> None:
    greeted = Person(ANN.id, PLACE.space, "NL", "nl", NOON)
    await change(store, said(), person=greeted, member=ANN)
    await change(store, said(key="e2"), person=replace(greeted, country=""), member=Member(ANN.id, "Anna"))
    assert await store.person(ANN.id, PLACE.space) == replace(greeted, country="")
    assert await store.person(ANN.id, "elsewhere") == Person(ANN.id, "elsewhere")
    await end(store, ending(), said(key="e3", member=Member(ANN.id, "Annie")))
    transcript = await store.ending("ending-1")
    assert transcript
    assert transcript.member.name == "Annie"


async def test_an_edited_message_corrects_the_history_and_a_deleted_one_leaves_it(store: Store) -> None:
    for number in (1, 2):
        await live(store, said(f"text {number}", key=f"e{number}"))
    await change(store, said(key="edit"), correction=Correction("message of e1", "better"))
    await change(store, said(key="delete"), correction=Correction("message of e2", None))
    assert [turn.text for turn in (await store.scene(said(), 9)).history] == ["better"]
    assert [vetted.turn.text for vetted in await store.turns(TALK)] == ["better", ""]


async def test_an_ending_keeps_its_evidence_when_the_message_is_deleted(store: Store) -> None:
    await end(store, ending(words="you fool"), said("you fool"))
    await change(store, said(key="delete"), correction=Correction("message of e1", None))
    transcript = await store.ending("ending-1")
    assert transcript
    assert transcript.ending.evidence[0].words == "you fool"
    assert transcript.turns[0].turn.text == ""


async def test_an_ending_as_a_moderator_reads_it(store: Store) -> None:
    made = ending("ab-1", at=NOON + MINUTE)
    await end(store, made, said("you fool"))
    await change(store, said(key="v1"), cast=Cast("ab-1", BEN.id, Vote.FAIR, "", NOON))
    await change(store, said(key="v2"), cast=Cast("ab-1", ANN.id, Vote.UNFAIR, "why me", NOON))
    await change(store, said(key="v3"), cast=Cast("ab-1", BEN.id, None, "", NOON + DAY))
    appeal = Referral("r1", Matter.APPEAL, TALK, ANN.id, NOON + DAY, "ab-1", "please look again")
    shown = Referral("r2", Matter.ENDING, TALK, ANN.id, NOON, "ab-1")
    await change(store, said(key="a"), referrals=(appeal, shown), settled=("ab-1", EndingState.APPEALED))
    review = Review("ab-1", "id-mod", Verdict.OVERTURNED, "was banter", NOON + 2 * DAY)
    await change(store, said(key="j"), review=review, settled=("ab-1", EndingState.OVERTURNED))
    read = await store.ending("ab-1")
    assert read
    assert read.ending == replace(made, state=EndingState.OVERTURNED)
    assert read.place == PLACE
    assert read.member == ANN
    assert sorted(read.votes) == [(ANN.id, "unfair", NOON), (BEN.id, "", NOON + DAY)]
    assert list(read.appeals) == [appeal]
    assert list(read.verdicts) == [("id-mod", "overturned", "was banter", NOON + 2 * DAY)]
    assert [vetted.turn.text for vetted in read.turns] == ["you fool"]


async def test_an_ending_is_found_by_a_unique_beginning_of_its_id(store: Store) -> None:
    for number, identity in enumerate(["abc", "abcd", "axe", "%%%"]):
        await end(store, ending(identity, conversation=f"c{number}"), said(key=identity, conversation=f"c{number}"))
    found = {asked: await store.ending(asked) for asked in ["abc", "abcd", "ab", "ax", "%", "_", "", "nothing"]}
    assert {asked: read and read.ending.id for asked, read in found.items()} == {
        "abc": "abc",
        "abcd": "abcd",
        "ab": None,
        "ax": "axe",
        "%": "%%%",
        "_": None,
        "": None,
        "nothing": None,
    }


async def test_the_latest_ending_of_a_conversation_or_a_member(store: Store) -> None:
    await end(store, ending("one", at=NOON, scope=Scope.PART), said(key="e1"))
    await end(store, ending("two", at=NOON + DAY, member=BEN.id, turn=2, scope=Scope.PART), said(key="e2"))
    latest = [await store.latest_ending(TALK, member) for member in (None, ANN.id, BEN.id, "nobody")]
    assert [each and each.id for each in latest] == ["two", "one", "two", None]
    assert await store.latest_ending("discord:2") is None


async def test_the_quota_counts_todays_endings_for_abuse_in_a_space(store: Store) -> None:
    made = [
        ending("yesterday", at=NOON - DAY),
        ending("today", at=NOON),
        ending("overturned", at=NOON + MINUTE, state=EndingState.OVERTURNED),
        ending("asked for", at=NOON + MINUTE, reason=Reason.REQUEST),
    ]
    for each in made:
        talk = f"c {each.id}"
        await end(store, replace(each, conversation=talk), said(key=each.id, conversation=talk))
    assert await store.endings_today(PLACE.space, NOON) == 2
    assert await store.endings_today("elsewhere", NOON) == 0


async def test_endings_are_listed_newest_first_by_space_state_and_member(store: SqliteStore) -> None:
    for number in range(5):
        state = EndingState.UPHELD if number % 2 else EndingState.STANDING
        made = ending(f"n{number}", conversation=f"c{number}", at=NOON + number * DAY, state=state)
        await end(store, made, said(key=f"e{number}", conversation=f"c{number}"))
    assert [each.id for each in await store.endings(limit=2, offset=1)] == ["n3", "n2"]
    assert [each.id for each in await store.endings(state=EndingState.UPHELD)] == ["n3", "n1"]
    assert await store.endings(space="elsewhere") == ()
    assert len(await store.endings(member=made.member)) == 5
    assert await store.endings(member="somebody else") == ()


async def test_a_branch_begins_with_the_history_it_is_given(store: SqliteStore) -> None:
    for number in range(1, 5):
        member = BEN if number == 2 else ANN
        await live(store, said(f"text {number}", key=f"e{number}", member=member, at=NOON + number * MINUTE))
    history = await store.history_before(TALK, "message of e3")
    assert [turn.text for turn in history] == ["text 1", "text 2"]
    event = Branched(key="b", conversation=TALK, place=PLACE, member=ANN, at=NOON, offer="offer", into="discord:branch")
    scene = await store.scene(event, 0)
    assert scene.conversation.turns == 4
    branch = Conversation("discord:branch", PLACE, turns=2, parent=TALK)
    record = Record(event=event, expects=scene.version, conversation=branch, carried=tuple(history))
    assert not await store.record(replace(record, expects=1))
    assert await store.record(record)
    grown = await store.scene(said(key="n", conversation="discord:branch"), 9)
    assert grown.conversation == branch
    assert grown.history == tuple(history)
    assert grown.company is None
    assert (await store.scene(event, 9)).conversation.turns == 4
    assert await store.turns("discord:branch") == ()
    await change(store, said(key="delete"), correction=Correction("message of e1", None))
    assert [turn.text for turn in (await store.scene(said(conversation="discord:branch"), 9)).history] == ["text 2"]


async def test_a_branch_that_has_begun_already_is_only_told_where_it_comes_from(store: Store) -> None:
    await live(store, said())
    await live(store, said("quick", key="q", conversation="discord:branch"))
    event = Branched(key="b", conversation=TALK, place=PLACE, member=ANN, at=NOON, offer="o", into="discord:branch")
    carried = (Turn(1, ANN, "old"),)
    branch = Conversation("discord:branch", PLACE, turns=1, parent=TALK)
    version = (await store.scene(event, 0)).version
    assert await store.record(Record(event=event, expects=version, conversation=branch, carried=carried))
    scene = await store.scene(said(conversation="discord:branch"), 9)
    assert scene.conversation.parent == TALK
    assert [turn.text for turn in scene.history] == ["quick"]


async def test_a_message_leads_to_its_turn_and_an_id_to_its_action(store: SqliteStore) -> None:
    record = await live(store, said("you fool"))
    assert await store.turn_of(TALK, "message of e1") == record.vetted
    assert await store.turn_of(TALK, "none") is None
    assert await store.action("e1/0") == record.actions[0]
    assert await store.action("none") is None
    assert await store.history_before(TALK, "none") == ()


async def test_what_happened_is_counted_by_space(store: SqliteStore) -> None:
    await live(store, said(key="e1"))
    await live(store, said(key="e2"), step=Step.REDIRECT)
    await live(store, said(key="e3"), step=Step.WARN)
    await live(store, said(key="e4"), step=Step.WARN, deliver=False)
    care = said(key="e5")
    await store.record(turned(await store.scene(care, 0), care, step=Step.CARE, reason=Reason.RISK))
    await end(store, ending(), said(key="e6"))
    await change(store, said(key="v"), cast=Cast("ending-1", ANN.id, Vote.FAIR, "", NOON))
    await change(store, said(key="w"), cast=Cast("ending-1", ANN.id, Vote.UNFAIR, "", NOON))
    verdict = Review("ending-1", "id-mod", Verdict.OVERTURNED, "", NOON)
    await change(store, said(key="j"), review=verdict)
    counts = await store.counts(NOON, NOON + DAY)
    assert list(counts) == [PLACE.space]
    space = counts[PLACE.space]
    assert (space.turns, space.redirections, space.warnings, space.cards, space.overturned) == (6, 1, 1, 1, 1)
    assert space.endings == {Reason.CONCERN: 1}
    assert space.votes == {Vote.UNFAIR: 1}
    assert await store.counts(NOON + DAY, NOON + 2 * DAY) == {}


async def test_the_conversations_of_a_space_are_listed_by_their_latest_turn(store: Store) -> None:
    for number, conversation in enumerate(["one", "two", "three", "one"]):
        await live(store, said(key=f"e{number}", conversation=conversation, at=NOON + number * MINUTE))
    assert await store.conversations("discord", PLACE.space, 2) == ("one", "three")
    assert await store.conversations("slack", PLACE.space) == ()


async def test_a_ladder_is_remembered_as_it_was_first_seen(store: SqliteStore) -> None:
    await store.remember_ladder("v1", "default", '{"warnings": 1}', NOON)
    await store.remember_ladder("v1", "default", "{}", NOON + DAY)
    (row,) = [row async for row in store.export_all() if row["table"] == "ladder"]
    assert row["body"] == {"warnings": 1}


async def test_half_characters_do_not_cost_the_event(store: Store) -> None:
    assert await store.accept(said("before \ud83d after", member=Member("id-ann", "A\udc00")), NOON)
    (heard,) = await store.open_events(TALK)
    assert heard.event == said("before ? after", member=Member("id-ann", "A?"))


async def test_what_cannot_be_kept_fails_only_its_own_caller(store: Store) -> None:
    events = [said(key=f"e{number}", conversation=f"c{number}") for number in range(50)]
    scenes = [await store.scene(event, 0) for event in events]
    records = [turned(scene, event) for scene, event in zip(scenes, events, strict=True)]
    records[20] = turned(scenes[20], events[20], reply="\ud83d")
    results = await asyncio.gather(*(store.record(record) for record in records), return_exceptions=True)
    assert isinstance(results[20], StoreError)
    assert "Unicode" in str(results[20])
    assert results[:20] + results[21:] == [True] * 49
    assert (await store.scene(events[20], 0)).version == 0
    assert await store.turns("c20") == ()


async def test_a_cancelled_caller_leaves_the_others_alone(store: Store) -> None:
    cancelled = asyncio.create_task(store.accept(said(key="cancelled"), NOON))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await store.accept(said(key="e2"), NOON)
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert "e2" in [heard.event.key for heard in await store.open_events(TALK)]


def test_insulted_quotes_wherever_it_can() -> None:
    """The erasure tests look for these words: they must stand in every place there is."""
    assert repr(insulted("MARK")).count("MARK") == 5

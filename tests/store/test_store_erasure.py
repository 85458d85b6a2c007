"""Erased means: not found anywhere in the file any more, and the numbers still true."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.action import AskFeedback, CallModerators, OfferBranch, Outcome, Receipt, Tell
from bot.domain.conversation import Attachment, Member
from bot.domain.ending import EndingState, Evidence, Vote
from bot.domain.record import Cast, Correction, Person, Record, Referral
from bot.domain.review import Matter, Review, Verdict
from bot.domain.standing import NEW
from bot.domain.step import Reason, Scope, Step
from bot.domain.usage import Usage
from bot.store import connections, erasure, recording, retention, scenes
from bot.store.codec import Codec
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

MARK = "zebramarker"
SECRET = Member("id-zebramarker", "Zebramarker")
OPEN_FOR, ENDED_FOR = timedelta(days=30), timedelta(days=90)


def traces(path: Path, mark: str = MARK) -> int:
    """How often the mark stands in the database and what lies beside it, in any case, while it is open."""
    return sum(each.read_bytes().lower().count(mark.encode()) for each in path.parent.iterdir() if each.is_file())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fairwell.db"  # where the fixture `store` has it


async def everything_said(store: SqliteStore, member: Member, mark: str, talk: str = TALK) -> None:
    """The mark in every place a text can stand in, and the member wherever one can."""
    attached = Attachment(f"{mark}.txt", "text/plain", 9, mark, f"cdn:{mark}")
    first = said(f"{mark} one", key=f"{talk}:1", conversation=talk, member=member)
    await live(store, first, reply=f"{mark} reply", attachments=(attached,))
    risky = said(f"{mark} two", key=f"{talk}:2", conversation=talk, member=member)
    await store.accept(risky, NOON)
    scene = await store.scene(risky, 9)
    actions = (
        say(risky, mark),
        Tell(id="t", conversation=talk, place=PLACE, member=member.id, text=mark, otherwise=mark),
        OfferBranch(id="o", conversation=talk, place=PLACE, member=member.id, message="m", words=mark, text=mark),
        CallModerators(id="c", conversation=talk, place=PLACE, member=member.id, text=mark, matter=Matter.RISK),
        AskFeedback(id="f", conversation=talk, place=PLACE, ending="ending-1", on=f"{talk}:{member.id}:2"),
    )
    ended = ending(words=mark, member=member.id, conversation=talk, evidence=(Evidence(2, "end", "insult", mark),))
    record = turned(scene, risky, step=Step.END, reason=Reason.CONCERN, actions=actions, assessment=insulted(mark))
    record = replace(
        record,
        ending=ended,
        conversation=replace(record.conversation, ended=True),
        person=Person(member.id, PLACE.space, "NL", "nl", NOON),
        referrals=(Referral("r", Matter.APPEAL, talk, member.id, NOON, "ending-1", mark),),
    )
    assert await store.record(record)
    assert await store.summarise((await store.scene(risky, 0)).conversation, mark, 2)
    await store.spend([Usage(space=PLACE.space, member=member.id, model="main", output=9)], f"{NOON:%F}")
    await store.note([Receipt(f"{talk}:2/0", Outcome.REFUSED, NOON, why="cannot")], done=f"{talk}:2")
    by_key = said(key=f"react:{member.id}:fair", conversation=talk, member=member)
    await store.accept(by_key, NOON)
    await change(store, by_key, cast=Cast("ending-1", member.id, Vote.UNFAIR, mark, NOON))
    await store.note([], done=by_key.key)
    waits = replace(said(mark, key=f"{talk}:3", conversation=talk, member=member), attachments=(attached,))
    await store.accept(waits, NOON)


async def reviewed(store: SqliteStore, member: Member, note: str, talk: str = TALK) -> None:
    event = said(key=f"{talk}:judged", conversation=talk, member=Member("id-mod", "Mo"))
    review = Review("ending-1", "id-mod", Verdict.UPHELD, note, NOON)
    apology = replace(say(event, f"sorry, {member.name}"), to=member.id)
    settled = ("ending-1", EndingState.UPHELD)
    await change(store, event, review=review, settled=settled, actions=(apology,))


async def test_forgetting_leaves_no_trace_in_the_file(store: SqliteStore, path: Path) -> None:
    await live(store, said("from Ben", key="ben", member=BEN), reply="to Ben")
    await everything_said(store, SECRET, MARK)
    await reviewed(store, SECRET, f"the note has {MARK} too")
    alone = ending("ending-2", member=SECRET.id, evidence=(Evidence(99, "warn", "insult", MARK),))
    await change(store, said(key="alone", member=BEN), ending=alone)
    assert traces(path) > 30
    assert await store.forget(SECRET.id, NOON) == 2
    assert traces(path) == 0
    assert [vetted.turn.text for vetted in await store.turns(TALK)] == ["from Ben", "", ""]
    assert [vetted.turn.reply for vetted in await store.turns(TALK)] == ["to Ben", "", ""]
    assert await store.search("Ben") != ()
    assert await store.search(MARK) == ()
    assert await store.forget(SECRET.id, NOON) == 0
    assert await store.forget("forgotten", NOON) == 0


async def test_forgetting_keeps_the_numbers(store: SqliteStore) -> None:
    await everything_said(store, SECRET, MARK)
    before = await store.counts(NOON, NOON + DAY)
    await store.forget(SECRET.id, NOON)
    assert await store.counts(NOON, NOON + DAY) == before
    assert await store.endings_today(PLACE.space, NOON) == 1
    transcript = await store.ending("ending-1")
    assert transcript
    assert transcript.ending.member == "forgotten"
    assert transcript.ending.evidence == (Evidence(2, "end", "insult", ""),)
    assert transcript.turns[0].assessment.concerns[0].confidence == 0.75


async def test_forgetting_ends_what_waited(store: SqliteStore) -> None:
    await everything_said(store, SECRET, MARK)
    await reviewed(store, SECRET, "")
    assert await store.waiting(f"{TALK}:judged") != ()
    deciding = said("again", key="deciding", member=SECRET)
    await store.accept(deciding, NOON)
    scene = await store.scene(deciding, 9)
    await store.forget(SECRET.id, NOON)
    assert await store.open_conversations() == ()
    assert await store.waiting(f"{TALK}:2") == ()
    assert await store.waiting(f"{TALK}:judged") == ()
    assert await store.record(turned(scene, deciding))
    assert "again" not in str([row async for row in store.export_all()])


async def test_a_member_whose_id_is_a_common_word_takes_nobody_else_along(store: SqliteStore) -> None:
    await live(store, said("tell me", key="e:me:1", member=BEN), reply="me too")
    await live(store, said("mine", key="e:me:2", member=Member("me", "Me")), deliver=False)
    assert await store.forget("me", NOON) == 1
    assert [turn.text for turn in (await store.scene(said(), 9)).history] == ["tell me"]
    assert not await store.accept(said(key="e:me:1"), NOON)


async def test_a_forgotten_member_is_new(store: SqliteStore) -> None:
    await live(store, said(), step=Step.WARN)
    await store.forget(ANN.id, NOON)
    scene = await store.scene(said(), 9)
    assert scene.standing == NEW
    assert scene.person == Person(ANN.id, PLACE.space)
    assert await store.standings(TALK) == ()


async def test_a_deleted_message_takes_its_files_and_its_summary_along(store: SqliteStore, path: Path) -> None:
    await live(store, said("look"), attachments=(Attachment(MARK, MARK, 9, MARK, MARK),))
    assert await store.summarise((await store.scene(said(), 0)).conversation, MARK, 1)
    assert traces(path)
    await change(store, said(key="delete"), correction=Correction("message of e1", None))
    await store.compact()
    assert traces(path) == 0


async def test_corrected_words_leave_the_search(store: SqliteStore) -> None:
    await end(store, ending(), said("about xylophones"))
    assert [found.turn for found in await store.search("xylophones")] == [1]
    await change(store, said(key="edit"), correction=Correction("message of e1", "about drums"))
    assert await store.search("xylophones") == ()
    assert [found.turn for found in await store.search("drums")] == [1]


async def test_a_members_export_has_all_of_theirs_and_nobody_elses(store: SqliteStore) -> None:
    await live(store, said("from Ben", key="ben", member=BEN))
    await everything_said(store, SECRET, MARK)
    await reviewed(store, SECRET, "a note")
    export = await store.export_member(SECRET.id)
    assert "from Ben" not in str(export)
    assert {table for table, rows in export.items() if rows} == {
        *("turn", "standing", "action", "ending", "vote", "referral", "person", "inbox", "member", "review", "usage")
    }
    assert [row["text"] for row in export["turn"]] == [f"{MARK} one", f"{MARK} two"]
    assert [row["attachments"] and row["attachments"][0]["text"] for row in export["turn"]] == [MARK, ""]  # type: ignore[index]
    assert export["standing"][0]["body"]["clean"] == 0  # type: ignore[index]


async def test_everything_can_be_exported_and_no_row_twice(store: SqliteStore) -> None:
    await everything_said(store, SECRET, MARK)
    await asyncio.gather(*(store.accept(said(key=f"n{number}"), NOON) for number in range(1_201)))
    rows = [row async for row in store.export_all()]
    assert all(f"'text': '{MARK}'" in str(row["attachments"]) for row in rows if row.get("text") == f"{MARK} one")
    assert [row["summary"] for row in rows if row["table"] == "conversation"] == [MARK]
    assert sum(row["table"] == "inbox" for row in rows) == 1_201 + 4
    assert len({str(row) for row in rows}) == len(rows)


# Days since the text; the ending's reason and state (None: no ending); days since its review; whether the text goes.
Case = tuple[int, Reason | None, EndingState | None, int | None, bool]
RETENTION: list[Case] = [
    (29, None, None, None, False),
    (31, None, None, None, True),
    (400, Reason.CONCERN, EndingState.STANDING, None, False),
    (400, Reason.CONCERN, EndingState.APPEALED, None, False),
    (400, Reason.CONCERN, EndingState.APPEALED, 200, False),
    (400, Reason.CONCERN, EndingState.UPHELD, 89, False),
    (400, Reason.CONCERN, EndingState.UPHELD, 91, True),
    (400, Reason.CONCERN, EndingState.OVERTURNED, 89, False),
    (400, Reason.CONCERN, EndingState.OVERTURNED, 91, True),
    (89, Reason.REQUEST, EndingState.STANDING, None, False),
    (91, Reason.REQUEST, EndingState.STANDING, None, True),
    (400, Reason.REQUEST, EndingState.APPEALED, None, False),
    (400, Reason.REQUEST, EndingState.UPHELD, 91, True),
    # What was said after the review counts as in an open conversation.
    (29, Reason.CONCERN, EndingState.UPHELD, 91, False),
    (31, Reason.CONCERN, EndingState.UPHELD, 91, True),
]


@pytest.mark.parametrize("case", RETENTION)
async def test_texts_go_when_their_time_is_over(store: SqliteStore, path: Path, case: Case) -> None:
    age, reason, state, looked, goes = case
    event = said(f"{MARK} here", at=NOON - age * DAY)
    await live(store, event, reply=f"{MARK} reply", attachments=(Attachment(MARK, MARK, 9, MARK, MARK),))
    assert await store.summarise((await store.scene(event, 0)).conversation, MARK, 1)
    appeal = Referral("r", Matter.APPEAL, TALK, ANN.id, event.at, "ending-1", MARK)
    await change(store, said(key="a", at=event.at), referrals=(appeal,))
    if reason is not None and state is not None:
        made = ending(words=MARK, at=event.at, reason=reason, scope=Scope.PART)
        await change(store, said(key="x", at=event.at), ending=made, settled=("ending-1", state))
        cast = Cast("ending-1", ANN.id, Vote.UNFAIR, MARK, event.at)
        await change(store, said(key="v", at=event.at), cast=cast)
    if looked is not None:
        review = Review("ending-1", "id-mod", Verdict.UPHELD, "", NOON - looked * DAY)
        await change(store, said(key="j", at=review.at), review=review)
    erased = await store.retain(NOON, OPEN_FOR, ENDED_FOR)
    assert bool(erased) is goes
    assert (traces(path) == 0) is goes
    assert [turn.turn.text == "" for turn in await store.turns(TALK)] == [goes]
    again = await store.retain(NOON, OPEN_FOR, ENDED_FOR)
    assert not again


@pytest.mark.parametrize(("looked", "goes"), [(11, True), (9, False)])
async def test_what_was_looked_at_may_go_before_what_is_open(store: SqliteStore, looked: int, goes: bool) -> None:
    await end(store, ending(), said(at=NOON - 20 * DAY))
    review = Review("ending-1", "id-mod", Verdict.UPHELD, "", NOON - looked * DAY)
    await change(store, said(key="j", at=review.at), review=review, settled=("ending-1", EndingState.UPHELD))
    assert bool((await store.retain(NOON, 90 * DAY, 10 * DAY)).turns) is goes


async def test_nothing_is_erased_before_its_time(store: SqliteStore) -> None:
    """Every kind of text, at the last moment at which it stays and the first at which it goes."""
    await everything_said(store, SECRET, MARK)
    await reviewed(store, SECRET, "")
    before = [row async for row in store.export_all()]
    assert not await store.retain(NOON + ENDED_FOR, OPEN_FOR, ENDED_FOR)
    rows = [row async for row in store.export_all()]
    assert [row for row in rows if row["table"] != "inbox"] == [row for row in before if row["table"] != "inbox"]
    erased = await store.retain(NOON + ENDED_FOR + MINUTE, OPEN_FOR, ENDED_FOR)
    assert (erased.turns, erased.actions, erased.words, erased.events) == (2, 7, 2, 1)
    for table in ("turn", "action", "vote", "referral", "conversation", "ending", "inbox"):
        left = [row for row in [row async for row in store.export_all()] if row["table"] == table]
        assert f"{MARK} one" not in str(left)
        assert MARK not in str(left).replace(SECRET.id, ""), table


async def test_an_old_event_that_was_never_done_goes_and_its_actions_with_it(store: SqliteStore) -> None:
    await live(store, said(), deliver=False)
    await store.park("e1", "gave up")
    await store.retain(NOON + OPEN_FOR + MINUTE, OPEN_FOR, ENDED_FOR)
    assert await store.parked() == ()
    assert await store.waiting("e1") == ()
    assert await store.unpark() == 0


async def test_an_event_whose_key_was_dropped_is_still_answered_once(store: SqliteStore) -> None:
    await live(store, said())
    await store.retain(NOON + OPEN_FOR + MINUTE, OPEN_FOR, ENDED_FOR)
    assert await store.accept(said(), NOON + OPEN_FOR)
    (heard,) = await store.open_events(TALK)
    assert heard.actions == ()


@pytest.mark.parametrize("seed", [2, 3])  # with SQLite 3.40 these leave 32 and 115 copies in gaps between rows
def test_what_moved_from_page_to_page_leaves_no_copies(path: Path, seed: int) -> None:
    """Rows that grow push others to new pages, and erasing a row does not reach the copy that stayed behind."""
    draw, codec = random.Random(seed), Codec()

    def words(most: int) -> str:
        return f"{MARK} "[-6:] * draw.randrange(1, most)

    with contextlib.closing(connections.for_writing(path)) as connection:
        connection.execute("begin")
        for number in range(200):
            event = said(words(60), key=f"e{number}")
            scene = scenes.scene(connection, codec, event, 0)
            recording.apply(connection, codec, turned(scene, event, reply=words(30)))
            if number % 2 == 0:
                edit = said(key=f"x{number}")
                version = scenes.scene(connection, codec, edit, 0).version
                plain = Record(event=edit, expects=version, conversation=scene.conversation)
                longer = Correction(f"message of e{draw.randrange(number + 1)}", words(100))
                recording.apply(connection, codec, replace(plain, correction=longer))
        connection.execute("commit")
        for piece in retention.due(connection, NOON + OPEN_FOR + MINUTE, OPEN_FOR, ENDED_FOR).pieces(codec):
            piece(connection)
        erasure.compact(connection)
        assert traces(path, MARK[-5:]) == 0


@pytest.mark.parametrize("standings", [[], [(ANN.id, pending(Step.WARN, 1))]])
async def test_retention_leaves_standings_alone(store: SqliteStore, standings: Sequence[object]) -> None:
    await change(store, said(), standings=tuple(standings))
    await store.retain(NOON + 9 * OPEN_FOR, OPEN_FOR, ENDED_FOR)
    assert list(await store.standings(TALK)) == standings

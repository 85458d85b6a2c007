"""Where the bot was let in: what holds where, in which order; and what is left of a space that took it out."""
# ruff: noqa: ASYNC240, S106, S107  nothing else runs in these loops; and these are nobody's secrets

import asyncio
import contextlib
import stat
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import build
from bot.build import _retain
from bot.domain.conversation import Member, Place
from bot.domain.ending import Vote
from bot.domain.event import Said
from bot.domain.installation import Installation
from bot.domain.record import Cast, Person, Referral
from bot.domain.review import Matter, Review, Verdict
from bot.domain.usage import Usage
from bot.errors import StoreError
from bot.store import spaces
from bot.store.retention import Erased
from bot.store.sqlite import SqliteStore
from tests.fakes.clock import SetClock
from tests.store.cases import ANN, BEN, DAY, PLACE, TALK, change, end, ending, live, said
from tests.store.test_store_migration import written_before
from tests.strategies import NOON

ORG, NORTH, SOUTH = "E-libraries", "T-north", "T-south"
MARK = "zebramarker"
HOUR = timedelta(hours=1)
ELSEWHERE = Place("slack", "T-other", "general")


def let_in(space: str = NORTH, organisation: str = "", *, at: datetime = NOON, secret: str = "token") -> Installation:
    return Installation(platform="slack", organisation=organisation, space=space, at=at, secret=secret)


async def secret(store: SqliteStore, space: str, organisation: str = "") -> str | None:
    found = await store.installation("slack", space, organisation)
    return found.secret if found else None


async def test_what_is_kept_is_found_by_platform_and_space(store: SqliteStore) -> None:
    await store.keep_installation(let_in(NORTH, secret="north"))
    await store.keep_installation(let_in(SOUTH, secret="south"))
    assert await store.installation("slack", NORTH) == let_in(NORTH, secret="north")
    assert await store.installations("slack") == (let_in(NORTH, secret="north"), let_in(SOUTH, secret="south"))
    assert (await store.installation("discord", NORTH), await store.installations("discord")) == (None, ())
    assert await store.installation("slack", "") is None


async def test_an_organisations_holds_in_its_spaces_and_a_spaces_own_before_it(store: SqliteStore) -> None:
    await store.keep_installation(let_in("", ORG, secret="everywhere"))
    assert await secret(store, NORTH, ORG) == "everywhere"
    assert await secret(store, NORTH) is None  # nobody has said whose it is
    await store.keep_installation(let_in(NORTH, ORG, secret=""))
    assert await secret(store, NORTH) == "everywhere"
    await store.keep_installation(let_in(NORTH, ORG, at=NOON + HOUR, secret="own"))
    assert await secret(store, NORTH) == "own"
    await store.keep_installation(let_in(NORTH, ORG, at=NOON + 2 * HOUR, secret=""))
    assert await secret(store, NORTH) == "own"
    assert await secret(store, SOUTH, ORG) == "everywhere"


async def test_of_two_ways_in_the_later_holds(store: SqliteStore) -> None:
    await store.keep_installation(let_in(NORTH, ORG, at=NOON + HOUR, secret="as the organisation's"))
    await store.keep_installation(let_in(NORTH, at=NOON, secret="alone"))
    assert await secret(store, NORTH) == "as the organisation's"


async def test_out_means_that_the_secret_is_gone_from_the_file(store: SqliteStore, tmp_path: Path) -> None:
    await store.keep_installation(let_in(secret=MARK))
    assert await store.remove_installation("slack", "", NORTH, NOON + HOUR)
    assert await secret(store, NORTH) is None
    assert not await store.remove_installation("slack", "", NORTH, NOON + 2 * HOUR)
    await store.compact()
    assert not any(MARK.encode() in each.read_bytes() for each in tmp_path.iterdir())


async def test_what_happened_later_holds_whatever_arrives_first(store: SqliteStore) -> None:
    await store.remove_installation("slack", "", NORTH, NOON)
    await store.keep_installation(let_in(at=NOON + HOUR))
    assert not await store.remove_installation("slack", "", NORTH, NOON + HOUR / 2)
    assert await secret(store, NORTH) == "token"
    assert await store.remove_installation("slack", "", NORTH, NOON + 2 * HOUR)
    await store.keep_installation(let_in(at=NOON + HOUR))
    assert await secret(store, NORTH) is None


async def test_out_of_a_space_is_out_whoever_had_it(store: SqliteStore) -> None:
    await store.keep_installation(let_in(NORTH))  # before it was an organisation's
    await store.keep_installation(let_in(SOUTH))
    assert await store.remove_installation("slack", ORG, NORTH, NOON + HOUR)
    assert (await secret(store, NORTH), await secret(store, SOUTH)) == (None, "token")


async def test_an_organisation_that_takes_it_out_takes_it_out_of_all_that_it_let_it_into(store: SqliteStore) -> None:
    await store.keep_installation(let_in("", ORG))
    await store.keep_installation(let_in(NORTH, ORG, secret=""))
    await store.keep_installation(let_in(SOUTH, ORG, secret="own"))
    await store.remove_installation("slack", ORG, "", NOON + HOUR)
    assert (await secret(store, NORTH, ORG), await secret(store, SOUTH)) == (None, "own")
    assert await store.erase_uninstalled(NOON + 2 * HOUR) == 1
    await store.keep_installation(let_in("", ORG, at=NOON))  # nothing is left of when it was taken out, or whose it was
    assert (await secret(store, NORTH), await secret(store, NORTH, ORG)) == (None, "token")


async def test_no_secret_is_exported_or_shown(store: SqliteStore) -> None:
    await store.keep_installation(let_in(secret=MARK))
    assert MARK not in str([row async for row in store.export_all()])
    assert MARK not in repr(await store.installation("slack", NORTH))


async def test_a_new_database_is_for_its_user_alone(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "new" / "fairwell.db", exclusive=True)
    await live(store, said())
    modes = {each.suffix: stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "new").glob("*.db*")}
    await store.close()
    assert {modes[suffix] & 0o077 for suffix in (".db", ".db-wal")} == {0}


# A space, erased.


def elsewhere(key: str, member: Member = ANN, text: str = "over there") -> Said:
    return replace(said(text, key=key, conversation="slack:T-other:1", member=member), place=ELSEWHERE)


async def everything(store: SqliteStore) -> None:
    """Something in every table, about the space of PLACE; all of it has the mark, or an id with it."""
    member = Member(f"id-{MARK}", MARK)
    for number in range(3):
        await live(store, said(f"{MARK} {number}", key=f"{MARK}{number}", member=member), reply=MARK)
    await live(store, said(MARK, key=f"{MARK}b", conversation=f"discord:{MARK}", member=BEN), reply=MARK)
    over = said(MARK, key=f"{MARK}e", member=member)
    await end(store, ending(words=MARK, member=member.id, at=NOON), over)
    cast = Cast("ending-1", f"voter-{MARK}", Vote.UNFAIR, MARK, NOON)
    await change(store, said(key=f"{MARK}v", member=Member(f"voter-{MARK}", "Voter")), cast=cast)
    review = Review("ending-1", f"mod-{MARK}", Verdict.UPHELD, MARK, NOON)
    referral = Referral(MARK, Matter.APPEAL, TALK, member.id, NOON, "ending-1", MARK)
    used = Usage(space=PLACE.space, member=member.id, model=f"model-{MARK}", fresh=1)
    person = Person(member.id, PLACE.space, "NL", "nl", NOON)
    await change(store, said(key=f"{MARK}r", member=member), review=review, referrals=(referral,), person=person)
    await store.spend((used,), "2026-03-14")
    await store.remember_change(f"discord:{PLACE.space}", f"admin-{MARK}", NOON, {"name": ""}, {"name": MARK})
    waits = said(MARK, key=f"{MARK}w", conversation=f"discord:new-{MARK}", member=member)
    await store.accept(waits, NOON)


async def left(store: SqliteStore) -> list[dict[str, object]]:
    return [row async for row in store.export_all() if row["table"] != "ladder"]


def traces(path: Path) -> int:
    return sum(each.read_bytes().lower().count(MARK.encode()) for each in path.iterdir() if each.is_file())


async def test_nothing_is_left_of_a_space_that_is_erased(store: SqliteStore, tmp_path: Path) -> None:
    await everything(store)
    assert {row["table"] for row in await left(store)} == {
        "conversation", "turn", "standing", "action", "ending", "vote", "review", "referral", "person", "member",
        "usage", "change", "inbox",
    }  # fmt: skip
    assert await store.erase_space(PLACE.platform, PLACE.space) == 5
    assert await left(store) == []
    assert await store.search(MARK) == ()
    assert traces(tmp_path) == 0
    assert await store.erase_space(PLACE.platform, PLACE.space) == 0


async def test_nothing_else_goes_with_it(store: SqliteStore) -> None:
    await live(store, elsewhere("o1"))
    await live(store, elsewhere("o2", BEN))
    await store.accept(replace(elsewhere("o3"), conversation="slack:T-other:2"), NOON)
    await change(store, elsewhere("o4"), person=Person(ANN.id, ELSEWHERE.space, "DE", "de", NOON))
    before = await left(store)
    await everything(store)
    await live(store, said("here too", key=f"{MARK}-ann"))
    await store.erase_space(PLACE.platform, PLACE.space)
    assert await left(store) == before
    assert (await store.export_member(BEN.id))["member"] == [{"id": BEN.id, "name": BEN.name}]


async def test_the_same_id_on_another_platform_is_another_space(store: SqliteStore) -> None:
    await live(store, said())
    assert await store.erase_space("slack", PLACE.space) == 0
    assert len(await store.turns(TALK)) == 1


async def test_a_conversation_may_begin_anew_where_one_was_erased(store: SqliteStore) -> None:
    await live(store, said())
    await store.erase_space(PLACE.platform, PLACE.space)
    await live(store, said())
    assert [turn.turn.number for turn in await store.turns(TALK)] == [1]


@pytest.mark.parametrize(("after", "goes"), [(3 * DAY - HOUR, False), (3 * DAY, True)])
async def test_a_space_that_took_it_out_is_erased_when_its_time_is_over(
    store: SqliteStore, after: timedelta, goes: bool
) -> None:
    await live(store, said())
    await store.keep_installation(Installation(platform=PLACE.platform, space=PLACE.space, at=NOON, secret="token"))
    assert await store.erase_uninstalled(NOON + 9 * DAY) == 0
    await store.remove_installation(PLACE.platform, "", PLACE.space, NOON + HOUR)
    assert await store.erase_uninstalled(NOON + HOUR + after - 3 * DAY) == int(goes)
    assert (await left(store) == []) is goes
    assert await store.erase_uninstalled(NOON + 9 * DAY) == int(not goes)
    assert await store.erase_uninstalled(NOON + 9 * DAY) == 0


async def test_back_in_time_it_finds_all_as_it_was(store: SqliteStore) -> None:
    await live(store, said())
    before = await left(store)
    await store.remove_installation(PLACE.platform, "", PLACE.space, NOON)
    # It comes back as one of an organisation's, which is another way in.
    back = Installation(platform=PLACE.platform, organisation=ORG, space=PLACE.space, at=NOON + DAY, secret="")
    await store.keep_installation(back)
    assert await store.erase_uninstalled(NOON + 9 * DAY) == 0
    assert await left(store) == before


async def test_back_while_it_is_erased_it_keeps_what_is_still_there(store: SqliteStore) -> None:
    await live(store, said())
    await live(store, said(key="e2", conversation="discord:2"))
    await store.remove_installation(PLACE.platform, "", PLACE.space, NOON)
    (due,) = await store._reader.run(lambda connection: spaces.due(connection, NOON + DAY, chunk=1))
    first, *others = due.pieces(store._codec)
    await store._writer.run(first)
    back = Installation(platform=PLACE.platform, space=PLACE.space, at=NOON + 2 * DAY, secret="token")
    await store.keep_installation(back)
    for piece in others:
        await store._writer.run(piece)
    assert {row["id"] for row in await left(store) if row["table"] == "conversation"} == {"discord:2"}
    assert await store.installation(PLACE.platform, PLACE.space) == back


async def test_what_was_begun_is_finished(store: SqliteStore) -> None:
    """As after kill -9 between two pieces."""
    await everything(store)
    await store.remove_installation(PLACE.platform, "", PLACE.space, NOON)
    (due,) = await store._reader.run(lambda connection: spaces.due(connection, NOON + DAY, chunk=1))
    await store._writer.run(next(due.pieces(store._codec)))
    assert await store.erase_uninstalled(NOON + DAY) == 1
    assert await left(store) == []


async def test_what_an_earlier_version_recorded_goes_too(tmp_path: Path) -> None:
    path = tmp_path / "fairwell.db"
    written_before(path, "005 installations")
    store = await SqliteStore.open(path, exclusive=True)
    await store.erase_space(PLACE.platform, PLACE.space)
    await live(store, said())  # it would count as decided
    assert [turn.turn.text for turn in await store.turns(TALK)] == ["hello"]
    await store.close()


async def test_a_running_bot_erases_by_itself(store: SqliteStore, tmp_path: Path) -> None:
    await live(store, said())
    clock = SetClock(NOON)
    await store.remove_installation(PLACE.platform, "", PLACE.space, NOON)
    for wait, turns in ((DAY, 1), (DAY, 0)):
        clock.wait(wait)
        await _once(lambda: _retain(store, _settings(tmp_path), clock), store)
        assert len(await store.turns(TALK)) == turns


async def test_with_a_space_goes_what_its_admins_have_set_and_nothing_else(store: SqliteStore, tmp_path: Path) -> None:
    directory = tmp_path / "spaces"
    directory.mkdir()
    mine, others = directory / "discord-guild.toml", directory / "discord-2.toml"
    mine.write_text('persona = "Gardens."\nlanguage = "de"\n')
    others.write_text('language = "de"\n')
    space, other = f"{PLACE.platform}:{PLACE.space}", f"{PLACE.platform}:2"
    for each in (space, other):
        await store.remember_change(each, "discord:7", NOON, {}, {"language": "de"})
    await store.remove_installation(PLACE.platform, "", PLACE.space, NOON)
    for wait, left in ((HOUR, {"persona", "language"}), (3 * DAY, {"persona"})):
        erased = await build.retain(store, _settings(tmp_path).current.settings, NOON + wait)
        assert (erased["spaces"], set(tomllib.loads(mine.read_text()))) == (int("language" not in left), left)
    assert others.read_text() == 'language = "de"\n'
    assert [each.space for each in await store.changes()] == [other]


async def test_a_file_that_cannot_be_read_keeps_nothing_else_from_being_erased(
    store: SqliteStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await live(store, said())
    (tmp_path / "spaces").mkdir()
    (tmp_path / "spaces" / "discord-guild.toml").write_text("language = ")
    await store.remove_installation(PLACE.platform, "", PLACE.space, NOON)
    assert (await build.retain(store, _settings(tmp_path).current.settings, NOON + 3 * DAY))["spaces"] == 1
    assert "discord:guild have set has to be taken out by hand" in caplog.text
    assert await left(store) == []


class Full(SqliteStore):
    """On a disk that is full, until it is not."""

    full = True

    async def retain(self, now: datetime, open_for: timedelta, ended_for: timedelta) -> Erased:
        if self.full:
            raise StoreError("the disk is full")
        return await super().retain(now, open_for, ended_for)


async def test_what_could_not_be_erased_is_erased_an_hour_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, over = await Full.open(tmp_path / "fairwell.db", exclusive=True), asyncio.Event()
    assert isinstance(store, Full)
    await live(store, said())
    await store.remove_installation(PLACE.platform, "", PLACE.space, NOON)

    async def sleep(_: float) -> None:
        if not store.full:
            over.set()
            await asyncio.Event().wait()
        store.full = False

    job = asyncio.create_task(_retain(store, _settings(tmp_path), SetClock(NOON + 3 * DAY), sleep))
    ended = asyncio.create_task(over.wait())
    await asyncio.wait((job, ended), return_when=asyncio.FIRST_COMPLETED)
    assert not job.done(), job.exception()
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert "what is kept too long could not be erased: StoreError" in caplog.text
    assert await store.turns(TALK) == ()
    await store.close()


def _settings(directory: Path) -> Any:
    """What of the configuration tells how long things are kept, and where spaces have their files."""
    kept = SimpleNamespace(open=90 * DAY, ended=90 * DAY, uninstalled=2 * DAY)
    return SimpleNamespace(current=SimpleNamespace(settings=SimpleNamespace(retention=kept, directory=directory)))


async def _once(job: Callable[[], Awaitable[None]], store: SqliteStore) -> None:
    """One round of a job that goes on for ever: it has come round when it has asked for the file to be looked at."""
    task = asyncio.ensure_future(job())
    for _ in range(50):
        await store.touch()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

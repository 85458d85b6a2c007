"""The embedded store: ports.Store on one SQLite file."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Concatenate, ParamSpec, TypeVar

from bot.domain.action import Action, Receipt
from bot.domain.conversation import Conversation, Place, Turn
from bot.domain.ending import Ending, EndingState
from bot.domain.event import Event
from bot.domain.installation import Installation
from bot.domain.record import Change, Heard, Person, Record, Scene, Vetted
from bot.domain.standing import Standing
from bot.domain.usage import Usage
from bot.ports import Transcript
from bot.store import (
    admin,
    booking,
    connections,
    export,
    forgetting,
    installations,
    outbox,
    recording,
    retention,
    scenes,
    search,
    spaces,
    statements,
)
from bot.store.codec import Codec, seconds
from bot.store.erasure import compact
from bot.store.lock import ProcessLock
from bot.store.reader import ReadingThread
from bot.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")


class SqliteStore:
    """ports.Store on one SQLite file: one thread writes, one reads. Made by `open`, given back by `close`."""

    def __init__(self, path: Path, patience: float) -> None:
        self._codec = Codec()
        self._lock = ProcessLock(path)
        self._writer = Writer("store-writer", path, lambda: connections.for_writing(path, patience))
        self._reader = ReadingThread("store-reader", path, lambda: connections.for_reading(path, patience))
        self._seen: int | None = None

    @classmethod
    async def open(cls, path: Path, *, exclusive: bool, patience: float = connections.PATIENCE) -> "SqliteStore":
        """Open the database, making it and its directory if need be, and bring it to this version.

        `exclusive`: for the one process that runs lanes on it; False for short visits beside it (the command line).
        `patience`: seconds to wait for another process that is writing. Raises StoreBusy, StoreTooNew, StoreError;
        each says what to do.
        """
        store = cls(connections.prepared(path), patience)
        if exclusive:
            store._lock.acquire()
        try:
            await store._writer.start()
            await store._reader.start()
            await store.changed()
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Finish what was asked, close the file, let the next process have it."""
        await self._reader.stop()
        await self._writer.stop()
        self._lock.release()

    async def accept(self, event: Event, at: datetime) -> bool:
        """ports.Store.accept."""
        payload, arrived = self._codec.of_event(event), seconds(at)
        return await self._writer.run(lambda connection: outbox.accept(connection, event, payload, arrived))

    async def open_conversations(self) -> Sequence[str]:
        """ports.Store.open_conversations: those that have waited longest first."""
        return await self._reader.run(
            lambda connection: tuple(each for (each,) in connection.execute(statements.OPEN_CONVERSATIONS))
        )

    async def open_events(self, conversation: str, limit: int = 20) -> Sequence[Heard]:
        """ports.Store.open_events."""
        return await self._read(outbox.open_events, conversation, limit)

    async def scene(self, event: Event, history: int, today: str = "") -> Scene:
        """ports.Store.scene. Of a Branched event: that of the conversation it leaves."""
        return await self._read(scenes.scene, event, history, today)

    async def record(self, record: Record) -> bool:
        """ports.Store.record.

        A record about another conversation than its event's (a branch) expects the version of the event's; both take
        their next one.
        """
        try:
            await self._write(recording.apply, record)
        except recording.Stale:
            return False
        return True

    async def summarise(self, before: Conversation, summary: str, upto: int) -> bool:
        """ports.Store.summarise."""
        return await self._writer.run(lambda connection: recording.summarise(connection, before, summary, upto))

    async def spend(self, usage: Sequence[Usage], today: str) -> None:
        """ports.Store.spend."""
        await self._writer.run(lambda connection: booking.book(connection, usage, today))

    async def waiting(self, event: str, stage: str | None = None) -> Sequence[Action]:
        """ports.Store.waiting. An action that failed still waits."""
        return await self._read(outbox.waiting, event, stage)

    async def note(self, receipts: Sequence[Receipt], *, done: str | None = None, brings: Sequence[Event] = ()) -> None:
        """ports.Store.note. A second receipt for what was delivered, refused or needless changes nothing."""
        await self._write(outbox.note, tuple(receipts), done, tuple(brings))

    async def give_up(self, action: str, shown: str) -> None:
        """ports.Store.give_up. Whoever was greeted at its end has not been."""
        await self._write(outbox.give_up, action, shown)

    async def fail(self, event: str, why: str) -> int:
        """ports.Store.fail."""
        return await self._writer.run(lambda connection: outbox.fail(connection, event, why))

    async def park(self, event: str, why: str) -> None:
        """ports.Store.park."""
        await self._write(outbox.park, event, why)

    async def unpark(self, conversation: str | None = None) -> int:
        """ports.Store.unpark."""
        return await self._writer.run(lambda connection: outbox.unpark(connection, conversation))

    async def endings_today(self, space: str, since: datetime) -> int:
        """ports.Store.endings_today."""
        where = {"space": space, "since": seconds(since)}
        return await self._reader.run(
            lambda connection: int(connection.execute(statements.ENDINGS_TODAY, where).fetchone()[0])
        )

    async def standings(self, conversation: str) -> Sequence[tuple[str, Standing]]:
        """ports.Store.standings."""
        return await self._read(scenes.standings, conversation)

    async def latest_standing(self, member: str, place: Place) -> tuple[str, Standing] | None:
        """ports.Store.latest_standing."""
        return await self._read(scenes.latest_standing, member, place)

    async def ending(self, ending: str) -> Transcript | None:
        """ports.Store.ending. None also if several begin like that."""
        return await self._read(scenes.transcript, ending)

    async def calls(self, ending: str) -> Sequence[tuple[str, str]]:
        """ports.Store.calls."""
        return await self._read(scenes.calls, ending)

    async def latest_ending(self, conversation: str, member: str | None = None) -> Ending | None:
        """ports.Store.latest_ending."""
        return await self._read(scenes.latest_ending, conversation, member)

    async def remember_ladder(self, version: str, name: str, body: str, at: datetime) -> None:
        """ports.Store.remember_ladder."""
        row = {"version": version, "name": name, "body": body, "at": seconds(at)}
        await self._writer.run(lambda connection: admin.remember_ladder(connection, row))

    async def turns(self, conversation: str, limit: int = 50) -> Sequence[Vetted]:
        """ports.Store.turns. Those that a branch was given to begin with have no evidence and are left out."""
        return await self._read(scenes.turns, conversation, limit)

    async def person(self, member: str, space: str) -> Person:
        """ports.Store.person."""
        return await self._reader.run(lambda connection: scenes.person(connection, member, space))

    async def turn_of(self, conversation: str, message: str) -> Vetted | None:
        """The turn of a message, with its evidence."""
        return await self._read(scenes.turn_of, conversation, message)

    async def history_before(self, conversation: str, message: str) -> Sequence[Turn]:
        """The turns before that of a message, oldest first: what a branch from it carries."""
        return await self._read(scenes.history_before, conversation, message)

    async def action(self, action: str) -> Action | None:
        """ports.Store.action."""
        return await self._read(scenes.action, action)

    async def receipt(self, action: str) -> Receipt | None:
        """ports.Store.receipt."""
        return await self._reader.run(lambda connection: scenes.receipt(connection, action))

    async def performed(self, platform: str, message: str) -> Action | None:
        """ports.Store.performed."""
        return await self._read(scenes.performed, platform, message)

    async def notice(self, ending: str) -> str:
        """ports.Store.notice."""
        return await self._reader.run(lambda connection: scenes.notice(connection, ending))

    async def accepted(self, beginning: str) -> Sequence[str]:
        """ports.Store.accepted."""
        return await self._reader.run(lambda connection: scenes.accepted(connection, beginning))

    async def closed(self, platform: str, since: datetime, until: datetime) -> Sequence[Ending]:
        """ports.Store.closed."""
        return await self._read(admin.closed, platform, since, until)

    async def spaces_of(self, platform: str) -> Sequence[str]:
        """ports.Store.spaces_of."""
        return await self._reader.run(lambda connection: scenes.spaces(connection, platform))

    async def conversations(self, platform: str, space: str, limit: int = 20) -> Sequence[str]:
        """ports.Store.conversations."""
        return await self._reader.run(lambda connection: scenes.conversations(connection, platform, space, limit))

    async def conversations_in(self, platform: str, space: str, channel: str, limit: int = 20) -> Sequence[str]:
        """ports.Store.conversations_in."""
        return await self._reader.run(
            lambda connection: scenes.conversations_in(connection, platform, space, channel, limit)
        )

    async def conversation_at(self, platform: str, message: str) -> str | None:
        """ports.Store.conversation_at."""
        return await self._reader.run(lambda connection: scenes.conversation_at(connection, platform, message))

    async def remember_change(
        self, space: str, by: str, at: datetime, was: Mapping[str, object], now: Mapping[str, object]
    ) -> None:
        """ports.Store.remember_change."""
        change = Change(space, by, at, was, now)
        await self._writer.run(lambda connection: admin.remember_change(connection, change))

    async def changes(self, space: str | None = None, limit: int = 50) -> Sequence[Change]:
        """ports.Store.changes."""
        return await self._reader.run(lambda connection: admin.changes(connection, space, limit))

    async def keep_installation(self, installation: Installation) -> None:
        """ports.Store.keep_installation."""
        await self._writer.run(lambda connection: installations.keep(connection, installation))

    async def remove_installation(self, platform: str, organisation: str, space: str, at: datetime) -> bool:
        """ports.Store.remove_installation."""
        return await self._writer.run(
            lambda connection: installations.remove(connection, platform, organisation, space, at)
        )

    async def installation(self, platform: str, space: str, organisation: str = "") -> Installation | None:
        """ports.Store.installation."""
        return await self._reader.run(lambda connection: installations.find(connection, platform, space, organisation))

    async def installations(self, platform: str) -> Sequence[Installation]:
        """ports.Store.installations."""
        return await self._reader.run(lambda connection: installations.every(connection, platform))

    async def erase_space(self, platform: str, space: str) -> int:
        """ports.Store.erase_space. Then writes the file anew, so that nothing of it is left there (`compact`)."""
        gone = await self._reader.run(lambda connection: spaces.found(connection, platform, space))
        await self._erase((gone,))
        return gone.messages

    async def uninstalled(self, before: datetime) -> Sequence[str]:
        """The spaces that the bot has been out of since `before`, each as "slack:T1": what is to be erased."""
        due = await self._reader.run(lambda connection: spaces.due(connection, before))
        return [f"{each.platform}:{each.space}" for each in due]

    async def erase_uninstalled(self, before: datetime) -> int:
        """Erase the spaces that the bot has been out of since `before`. Returns how many there were."""
        due = await self._reader.run(lambda connection: spaces.due(connection, before))
        await self._writer.run(lambda connection: spaces.drop_organisations(connection, before))
        await self._erase(due)
        return len(due)

    async def changed(self) -> bool:
        """Whether another process has written since this was asked last. Cheap."""
        seen = await self._writer.run(
            lambda connection: int(connection.execute("pragma data_version").fetchone()[0]), alone=True
        )
        before, self._seen = self._seen, seen
        return before is not None and before != seen

    async def forget(self, member: str, at: datetime) -> int:
        """ports.Store.forget. Then writes the file anew, so that nothing of theirs is left in it (`compact`)."""
        messages = await self._write(forgetting.forget, member)
        await self.compact()
        return messages

    async def retain(self, now: datetime, open_for: timedelta, ended_for: timedelta) -> retention.Erased:
        """Erase the texts whose time is over at `now` (bot/store/retention.py says which), a few rows at a time.

        If there were any, the file is written anew (`compact`). Returns how many rows it was. Raises StoreError.
        """
        due = await self._reader.run(lambda connection: retention.due(connection, now, open_for, ended_for))
        await self._writer.run(lambda connection: retention.drop_old_rows(connection, now, open_for))
        if due.counts:
            for piece in due.pieces(self._codec):
                await self._writer.run(piece)
            await self.compact()
        return due.counts

    async def _erase(self, gone: Sequence[spaces.Space]) -> None:
        for space in gone:
            for piece in space.pieces(self._codec):
                await self._writer.run(piece)
        if gone:
            await self.compact()

    async def touch(self) -> None:
        """ports.Store.touch."""
        await self._writer.run(admin.touch)

    async def compact(self) -> None:
        """Write the file anew, without what was erased; others wait meanwhile (erasure.compact). Raises StoreError."""
        await self._writer.run(compact, alone=True)

    async def endings(
        self,
        *,
        space: str | None = None,
        state: EndingState | None = None,
        member: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[Ending]:
        """ports.Store.endings."""
        return await self._read(admin.endings, space, state, member, limit, offset)

    async def queue(self, space: str, limit: int = 50, offset: int = 0) -> Sequence[Ending]:
        """ports.Store.queue."""
        return await self._read(admin.queue, space, limit, offset)

    async def tally(self, space: str) -> Mapping[EndingState, int]:
        """ports.Store.tally."""
        return await self._reader.run(lambda connection: admin.tally(connection, space))

    async def search(self, query: str, limit: int = 20) -> Sequence[search.Found]:
        """Turns of conversations in which something was ended that have the words of `query`: any text will do."""
        return await self._reader.run(lambda connection: search.find(connection, query, limit))

    async def parked(self) -> Sequence[admin.Parked]:
        """The events that were set aside, oldest first."""
        return await self._reader.run(admin.parked)

    async def counts(self, since: datetime, until: datetime) -> Mapping[str, admin.Counts]:
        """What happened in each space from `since` up to `until` (exclusive)."""
        return await self._reader.run(lambda connection: admin.counts(connection, since, until))

    async def usage(
        self, since_day: str, until_day: str, *, space: str | None = None, members: bool = False
    ) -> Sequence[Usage]:
        """What models used from one day to another (UTC, both included), added up by space and model.

        Of one space, or of all (None). `members`: by member too, for as long back as that is kept
        (retention.MEMBER_USAGE); otherwise the member is "".
        """
        return await self._reader.run(
            lambda connection: booking.added_up(connection, since_day, until_day, space=space, members=members)
        )

    async def export_member(self, member: str) -> dict[str, list[dict[str, object]]]:
        """ports.Store.export_member."""
        return await self._reader.run(lambda connection: export.member(connection, member))

    async def export_all(self) -> AsyncIterator[dict[str, object]]:
        """Every row of every table, JSON-ready, with its table's name under "table"; a few hundred at a time."""
        for table in export.TABLES:
            after = 0
            while page := await self._reader.run(export.page(table, after)):
                for after, row in page:  # noqa: B007  the last one is where the next page begins
                    yield row

    async def _read(self, work: Callable[Concatenate[Connection, Codec, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._reader.run(lambda connection: work(connection, self._codec, *args, **kwargs))

    async def _write(
        self, work: Callable[Concatenate[Connection, Codec, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._writer.run(lambda connection: work(connection, self._codec, *args, **kwargs))

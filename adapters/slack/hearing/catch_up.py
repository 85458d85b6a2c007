"""What happened while nobody listened: asked for after a start and after a gap, and heard like everything else.

Slack keeps nothing for an app that is not there. So what the bot knows is read from where it last heard of a workspace,
with some overlap: the channels in which it talked, direct messages first, for what began there; and its conversations,
those in which an answer is still to come and then the latest first, for what was said in them, and for what was changed
there or is gone; and the notices of its latest endings, for how they were rated. What is read twice is known by its
key. What is older than anything would still be read for is left alone. Then, in the other channels that it is in,
what was said to it there for the first time.

An app that is sold outside Slack's Marketplace may read one page a minute, of 15 messages. There it takes as long as
that takes: the newest are read all the same, and answered only while they are fresh.

What cannot be caught up with: a mention in a thread of others, of which nothing is told where a channel is read; and,
where the app lacks the scope im:read, the first direct message ever of somebody.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.hearing import message
from adapters.slack.hearing.listening import Hearing, Listening
from adapters.slack.hearing.message import Gone, Message, Person, Report
from adapters.slack.outgoing.sending import THREAD_GONE, Denied, Limited
from adapters.slack.people import watching
from bot.domain.conversation import Turn
from bot.domain.ending import Ending
from bot.errors import PlatformError, StoreError, where

log = logging.getLogger(__name__)

Json = Mapping[str, Any]


class Page(Protocol):
    """Asks for a page of messages."""

    async def __call__(self, client: AsyncWebClient, /, *, cursor: str | None) -> Any:
        """Slack's answer."""
        ...


PAGE, PAGES = 200, 5  # messages of a request, and requests, for one channel or conversation
CONVERSATIONS = 40  # of a workspace, those with the latest turns
CHANNELS = 40  # of a workspace and of each kind, in which the bot has not talked yet
KINDS = ("im", "public_channel,private_channel")  # of those, as Slack calls them: each needs scopes of its own
TURNS = 50  # of a conversation, the latest: they are compared with what is there now
WORKSPACES = 4  # that are read side by side
AHEAD = timedelta(days=1)  # this clock may be slow
OVERLAP = timedelta(minutes=10)  # Slack sends again for six minutes what was not acknowledged
PATIENCE = 120.0  # seconds for which the next page is waited for: an app that is sold gets one a minute
TRIES, PAUSE = 3, 60.0  # how often something is read that cannot be, and seconds between


class CatchUp:
    """Reads what was missed."""

    def __init__(self, hearing: Hearing, listening: Listening) -> None:
        self._hearing = hearing
        self._listening = listening
        self._owed: dict[str, str] = {}  # by workspace, up to when (a ts) everything was heard
        self._owes = asyncio.Event()
        self._reading = 0  # workspaces

    async def begin(self) -> None:
        """Before anything can be heard: all since what the store has is to be caught up with. Raises StoreError."""
        undecided = [names.team(each) for each in await self._undecided()]
        for team in dict.fromkeys((*await self._hearing.bot.store.spaces_of(names.NAME), *undecided)):
            self._listening.reached(team, await self._newest(team))
        self.owe()

    def owe(self) -> None:
        """From here on nothing is heard, or something was lost: all since then is to be caught up with."""
        for team, newest in self._listening.newest.items():
            self._owed[team] = min(self._owed.get(team, newest), newest)
        self._owes.set()

    @property
    def reading(self) -> int:
        """How many workspaces are being caught up with, or are to be."""
        return self._reading + (len(self._owed) if self._owes.is_set() else 0)

    async def stay(self, covered: asyncio.Event) -> None:
        """Catch up whenever that is owed and all is heard again, until this is cancelled. covered: it is."""
        while True:
            await self._owes.wait()
            await covered.wait()
            self._owes.clear()
            owed, self._owed = self._owed, {}
            self._reading, room = len(owed), asyncio.Semaphore(WORKSPACES)
            await asyncio.gather(*(self._workspace(team, newest, room) for team, newest in owed.items()))

    async def _workspace(self, team: str, newest: str, room: asyncio.Semaphore) -> None:
        """What is not read is owed still: it is read after the next gap."""
        async with room:
            try:
                read = await self._read(team, max(newest, self._earliest))
            except Exception as fault:  # whatever it was, the bot goes on hearing
                log.warning("%s could not be caught up with: %s", team, where(fault))
                read = False
        self._reading -= 1
        if not read:
            self._owed[team] = min(self._owed.get(team, newest), newest)

    async def _read(self, team: str, newest: str) -> bool:
        """Whether all was read. Raises Denied, PlatformError, StoreError."""
        since = names.ts(names.moment(newest) - OVERLAP)
        me = await self._hearing.requests.me(team)
        undecided = [each for each in await self._undecided() if names.team(each) == team]
        decided = await self._hearing.bot.store.conversations(names.NAME, team, CONVERSATIONS)
        direct_first = sorted(
            dict.fromkeys((*undecided, *decided)), key=lambda each: not _is_direct(names.channel(each))
        )
        local = self._hearing.bot.configuration().settings.locals.get((f"{names.NAME}:{team}", ""))
        channels = [*map(names.channel, direct_first), *(local.channels if local else ())]
        endings = await self._endings(team)
        reads = await asyncio.gather(  # by methods whose limits are counted apart
            self._channels(partial(self._channel, team, me, since), team, dict.fromkeys(channels)),
            self._each(partial(self._conversation, team, me, since, each) for each in direct_first),
            self._each(partial(watching.recount, self._hearing, team, each) for each in endings),
        )
        return all(reads)

    async def _undecided(self) -> Sequence[str]:
        """Conversations with something that is kept and not carried out yet: there may be no turn in them so far.

        Asked for before those that have turns, none is missed that gets its first one meanwhile.
        """
        waiting = await self._hearing.bot.store.open_conversations()
        return [each for each in waiting if each.startswith(f"{names.NAME}:")]

    async def _channels(self, read: Callable[[str], Awaitable[None]], team: str, known: dict[str, None]) -> bool:
        """Read the known channels, then the others that the bot is in."""
        whole = await self._each(partial(read, each) for each in known)
        for kinds in KINDS:
            found = list[str]()
            whole &= await self._tried(partial(self._found, team, kinds, found))
            new = [each for each in found if each not in known][:CHANNELS]
            whole &= await self._each(partial(read, each) for each in new)
        return whole

    async def _found(self, team: str, kinds: str, found: list[str]) -> None:
        """Find the channels of some kinds that the bot is in, the newest first. Raises Denied, PlatformError."""

        async def page(client: AsyncWebClient, /, *, cursor: str | None) -> Any:
            return await client.users_conversations(types=kinds, exclude_archived=True, limit=PAGE, cursor=cursor)

        listed, _ = await self._pages(team, "users.conversations", page, "channels")
        found += [str(each["id"]) for each in sorted(listed, key=lambda each: -int(each.get("created") or 0))]

    async def _each(self, reads: Iterable[Callable[[], Awaitable[None]]]) -> bool:
        """One after the other, each a few times if need be. What nobody may read is left alone."""
        whole = True
        for read in reads:
            whole &= await self._tried(read)
        return whole

    async def _tried(self, read: Callable[[], Awaitable[None]]) -> bool:
        for tried in range(TRIES):
            try:
                await read()
            except Denied:
                return True
            except (PlatformError, StoreError) as fault:
                log.warning("something could not be caught up with: %s", where(fault))
                if tried + 1 < TRIES:
                    await self._hearing.sleep(fault.seconds if isinstance(fault, Limited) else PAUSE)
            else:
                return True
        return False

    # What was said.

    async def _channel(self, team: str, me: str, since: str, channel: str) -> None:
        """Hear what was said in a channel since a ts, oldest first. Raises Denied, PlatformError, StoreError."""
        # Where it is not said up to when, Slack begins with the oldest; and of too much, the newest matters more.
        latest = names.ts(self._hearing.clock() + AHEAD)

        async def page(client: AsyncWebClient, /, *, cursor: str | None) -> Any:
            return await client.conversations_history(
                channel=channel, oldest=since, latest=latest, limit=PAGE, cursor=cursor
            )

        found, _ = await self._pages(team, "conversations.history", page)
        for each in _in_order(found):
            await self._hear(team, me, channel, each)

    async def _conversation(self, team: str, me: str, since: str, conversation: str) -> None:
        """Hear what was said in a conversation since a ts; and, as far back as that matters, what has changed.

        Raises Denied, PlatformError, StoreError.
        """
        channel, root = names.channel(conversation), names.root(conversation)
        turns = await self._lately(conversation)
        oldest, latest = min([since, *(ts for ts, _ in turns)]), names.ts(self._hearing.clock() + AHEAD)

        async def page(client: AsyncWebClient, /, *, cursor: str | None) -> Any:
            return await client.conversations_replies(
                channel=channel, ts=root, oldest=oldest, latest=latest, inclusive=True, limit=PAGE, cursor=cursor
            )

        try:
            found, whole = await self._pages(team, "conversations.replies", page)
        except Denied as denied:
            if denied.code != THREAD_GONE:
                raise
            found, whole = [], True
        for each in _in_order(found):
            await self._hear(team, me, channel, each)
        there = {str(each.get("ts")) for each in found if each.get("subtype") != "tombstone"}
        # The root is on every page; between the first and the last of the others nothing was left out.
        others = sorted(str(each.get("ts")) for each in found if each.get("ts") != root)
        first, last = (others[0], others[-1]) if others and not whole else ("", latest if whole else "")
        for ts, turn in turns:
            if ts not in there and (ts == root or first <= ts <= last):
                await self._lost(team, me, conversation, ts, turn)

    async def _pages(self, team: str, method: str, page: Page, items: str = "messages") -> tuple[list[Json], bool]:
        """The messages, or other items, of up to PAGES pages, in Slack's order; and whether these were all.

        Raises Denied, PlatformError.
        """
        found, cursor = list[Json](), None
        for _ in range(PAGES):
            asked = partial(page, cursor=cursor)
            answer = await self._hearing.requests.ask(team, asked, method=method, patience=PATIENCE)
            found += answer[items]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return found, True
        log.warning("%s: more was missed than is read", team)
        return found, False

    async def _hear(self, team: str, me: str, channel: str, shape: Json) -> None:
        """Hear a message as it is now, and that it was changed, if it was heard as it was before."""
        try:
            await self._hear_now(team, me, channel, shape)
        except (StoreError, PlatformError):
            raise
        except Exception as fault:  # whatever is wrong with one message, the next one is heard
            log.error("%s could not be heard: %s", names.message(channel, str(shape.get("ts"))), where(fault))  # noqa: TRY400 (a traceback may quote)

    async def _hear_now(self, team: str, me: str, channel: str, shape: Json) -> None:
        self._hearing.posts.saw(shape, channel, me)
        said = _report(team, me, {**shape, "type": "message", "channel": channel})
        if said is None or await self._hearing_of(said) or not shape.get("edited"):
            return
        event = {"type": "message", "subtype": "message_changed", "message": shape, "channel": channel}
        if changed := _report(team, me, event):
            await self._hearing_of(changed)

    async def _hearing_of(self, report: Report) -> bool:
        return await self._listening.hear(report) is not None

    # What is gone.

    async def _lately(self, conversation: str) -> Sequence[tuple[str, Turn]]:
        """Its latest turns that still say something and were said in it, with their ts."""
        store, found = self._hearing.bot.store, list[tuple[str, Turn]]()
        for each in await store.turns(conversation, TURNS):
            turn = each.turn
            if not (turn.text or turn.attachments):
                continue
            try:
                _, ts = names.channel_and_ts(turn.message)
            except ValueError:  # it was no message
                continue
            # A branch begins with messages of another conversation.
            if ts >= self._earliest and await store.conversation_at(names.NAME, turn.message) == conversation:
                found.append((ts, turn))
        return found

    async def _lost(self, team: str, me: str, conversation: str, ts: str, turn: Turn) -> None:
        channel, root = names.channel(conversation), names.root(conversation)
        author = Person(names.user(turn.member.id), turn.member.name)
        was = Message(channel=channel, ts=ts, author=author, thread=None if ts == root else root)
        report = Report(team, me, Gone(was, names.ts(self._hearing.clock())))
        await self._listening.hear(report)

    # How endings were rated.

    async def _endings(self, team: str) -> Sequence[Ending]:
        """The latest endings of a workspace that can still be rated."""
        settings = self._hearing.bot.configuration().settings
        since = self._hearing.clock() - min(settings.endings.feedback, settings.retention.open)
        latest = await self._hearing.bot.store.endings(space=team, limit=CONVERSATIONS)
        return [each for each in latest if each.at >= since]

    async def _newest(self, team: str) -> str:
        """The newest message that the store has from a workspace, as its ts; else the earliest that matters."""
        store, newest = self._hearing.bot.store, self._earliest
        for conversation in await store.conversations(names.NAME, team, 3):
            for each in await store.turns(conversation, 1):
                _, _, ts = each.turn.message.partition(":")
                newest = max(newest, ts)
        return newest

    @property
    def _earliest(self) -> str:
        """The earliest that anything is still done about, as a ts."""
        hearing = self._hearing
        return names.ts(hearing.clock() - hearing.bot.configuration().settings.turns.risk_within)


def _report(team: str, me: str, event: Json) -> Report | None:
    """A message as it would have been reported."""
    kind = "im" if _is_direct(str(event["channel"])) else ""
    authorization = {"team_id": team, "user_id": me, "is_bot": True}
    return message.report({"authorizations": [authorization], "event": {**event, "channel_type": kind}})


def _in_order(found: list[Json]) -> list[Json]:
    """Messages as they were said, each once."""
    return [each for _, each in sorted({str(each.get("ts")): each for each in found}.items())]


def _is_direct(channel: str) -> bool:
    return channel.startswith("D")

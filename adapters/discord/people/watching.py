"""Reactions that mean something, and a moderator's hand on a closed thread.

Members rate the notice of an ending by reactions, and take an offer to go on by one where it stands in a thread. Which
message is which, the store knows by what the bot has performed. Who has reacted stands on Discord at any time, so what
was missed is noticed. Who has reacted to a notice with both has the vote that came last; where nobody was there to see
which that was, the one that is known already.

A thread that the bot has locked and that is open now was opened by a moderator: by nobody else, unless the ending was
overturned. That too can be told at any time, by the receipt of the lock. What Discord reports may be older than the
lock, so Discord is asked how it is now.
"""

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import discord

from adapters.discord import names
from adapters.discord.hearing.gateway import Handler
from adapters.discord.hearing.listening import Hearing
from adapters.discord.outbound import FAIR, UNFAIR
from adapters.discord.outgoing.saying import GO_ON
from adapters.discord.outgoing.sending import Denied
from adapters.discord.people import branches
from bot.domain.action import Action, AskFeedback, CloseThread, OfferBranch, Outcome
from bot.domain.conversation import Member, Place
from bot.domain.ending import Ending, EndingState, Vote
from bot.domain.event import Judged, Rated
from bot.domain.step import Scope
from bot.errors import PlatformError, where
from bot.evidence import ending_id

log = logging.getLogger(__name__)

NOTICES = 2_000  # that are remembered, and offers that were taken
LATEST = 50  # turns of a conversation among which the one that was ended is looked for
VOTERS = 1_000  # people who reacted with one emoji, of whom that is read
PAGE = 100  # messages after that turn's, among which are the notice and offers
ACTIONS = 10  # of one event, among which the lock is looked for
ENTRIES = 50  # of a server's audit log, the latest: among them is who unlocked a thread
SOON = (0.5, 2.0, 8.0)  # seconds until a message of our own is looked for again that the store does not know yet
NEW = timedelta(minutes=1)  # how long that may be so
APART = timedelta(minutes=1)  # how far Discord's clock and ours may be
AFTERWARDS = 2.0  # seconds after which the audit log is read once more: it is written a little later
SKINS = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff\ufe0f"  # what can follow a thumb: its tone, or its style
VOTES: Mapping[str, Vote] = {FAIR: Vote.FAIR, UNFAIR: Vote.UNFAIR}
SOMEBODY = Member(f"{names.NAME}:moderator")  # where Discord does not tell who it was


@dataclass(frozen=True, slots=True)
class Notice:
    """A message on which an ending can be rated."""

    message: int
    channel: int
    ending: Ending
    place: Place


class Watching:
    """Hears votes, offers that are taken, and unlocked threads."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._client: discord.Client | None = None
        self._notices: OrderedDict[int, Notice] = OrderedDict()
        self._taken: OrderedDict[str, None] = OrderedDict()  # offers that somebody takes, or has taken

    def handlers(self, client: discord.Client) -> Sequence[Handler]:
        """Watch by this client from now on. Out: what is to hear of its events."""
        self._client = client
        return (
            self.on_raw_reaction_add,
            self.on_raw_reaction_remove,
            self.on_thread_update,
            self.on_thread_join,
            self.on_thread_create,
        )

    async def on_thread_create(self, thread: discord.Thread) -> None:
        """A thread is there."""
        self._hearing.threads.saw(thread.id)

    async def on_thread_update(self, _: discord.Thread, thread: discord.Thread) -> None:
        """A thread was locked, unlocked, archived or renamed."""
        await self.look(thread)

    async def on_thread_join(self, thread: discord.Thread) -> None:
        """A thread has come out of the archive."""
        await self.look(thread)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody has reacted to something."""
        vote, who = _vote(payload.emoji), payload.member
        goes_on = payload.guild_id is not None and _goes_on(payload.emoji)
        if not (vote or goes_on) or not self._is_person(payload):
            return
        member = names.member(payload.user_id, *((who.nick, who.global_name, who.name) if who else ()))
        if vote and (notice := await self._notice(payload.channel_id, payload.message_id)):
            await self._rate(notice, member, vote)
        elif goes_on and isinstance(offer := await self._performed(payload.message_id), OfferBranch):
            await self._take(offer, member, payload.channel_id, payload.message_id)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody has taken a reaction back. They may have left another."""
        if not _vote(payload.emoji) or not self._is_person(payload):
            return
        if notice := await self._notice(payload.channel_id, payload.message_id):
            member = names.member(payload.user_id)
            now, left = await self._current(notice), await self._voters(notice)
            await self._rate(notice, member, settled(now.get(member.id), left.get(member.id, set())))

    async def look(self, thread: discord.Thread) -> None:
        """A thread was told of: it may be one that a moderator has opened again. Raises PlatformError, StoreError."""
        self._hearing.threads.saw(thread.id)
        if thread.locked:
            return
        hearing, conversation = self._hearing, names.conversation(thread.id)
        ending = await hearing.bot.store.latest_ending(conversation)
        if ending is None or ending.scope is Scope.PART or ending.state is EndingState.OVERTURNED:
            return
        whole = await hearing.bot.store.ending(ending.id)
        if whole is None or not await self._was_locked(thread.id, ending) or await self._is_locked(thread.id):
            return
        by = await self._moderator(thread, ending)
        if by.id == ending.member:  # nobody judges what is about themselves
            return
        judged = Judged(
            key=f"{names.NAME}:u:{thread.id}:{ending.id}",
            conversation=conversation,
            place=whole.place,
            member=by,
            at=hearing.clock(),
            ending=ending.id,
            upheld=False,
        )
        await hearing.receive(judged)

    async def read(self, channel: int, ending: Ending) -> None:
        """Look at what followed an ending, and hear of the reactions there that were missed.

        Raises PlatformError, StoreError.
        """
        for message, action in await self._ours(channel, ending):
            if isinstance(action, AskFeedback) and action.ending == ending.id:
                await self._recount(message)
            elif isinstance(action, OfferBranch) and not await branches.is_taken(self._hearing, action):
                await self._look_for_taker(message, action)

    def _is_person(self, payload: discord.RawReactionActionEvent) -> bool:
        """As far as Discord tells: not a bot, and not about somebody else's message."""
        me = self._me
        bot = payload.user_id == me or (payload.member is not None and payload.member.bot)
        return not bot and payload.message_author_id in {None, me}

    @property
    def _me(self) -> int | None:
        return self._client.user.id if self._client and self._client.user else None

    # Votes.

    async def _rate(self, notice: Notice, member: Member, vote: Vote | None) -> None:
        at = self._hearing.clock()
        state = f"{at.timestamp():.6f}"
        rated = Rated(
            key=names.rated(notice.message, member.id, vote or "none", state),
            conversation=notice.ending.conversation,
            place=notice.place,
            member=member,
            at=at,
            vote=vote,
            ending=notice.ending.id,
        )
        await self._hearing.receive(rated)

    async def _recount(self, message: discord.Message) -> None:
        """Compare the votes that are known with those that there are.

        Where our own reactions are gone a moderator has cleared them all, which takes nobody's vote away.
        """
        if not any(_vote(each.emoji) and each.me for each in message.reactions):
            return
        if notice := await self._notice(message.channel.id, message.id):
            now, there = await self._current(notice), await self._voters(notice)
            for member in now.keys() | there.keys():
                vote = settled(now.get(member), there.get(member, set()))
                if vote != now.get(member):
                    await self._rate(notice, Member(member), vote)

    async def _current(self, notice: Notice) -> dict[str, Vote | None]:
        """The votes that are known, by member."""
        whole = await self._hearing.bot.store.ending(notice.ending.id)
        return {member: Vote(vote) if vote else None for member, vote, _ in whole.votes} if whole else {}

    async def _notice(self, channel: int, message: int) -> Notice | None:
        """The notice that a message is; None: it is none. Raises StoreError."""
        if known := self._notices.get(message):
            return known
        asked = await self._performed(message)
        whole = await self._hearing.bot.store.ending(asked.ending) if isinstance(asked, AskFeedback) else None
        if whole is None:
            return None
        notice = self._notices[message] = Notice(message, channel, whole.ending, whole.place)
        if len(self._notices) > NOTICES:
            self._notices.popitem(last=False)
        return notice

    async def _voters(self, notice: Notice) -> Mapping[str, set[Vote]]:
        """Who has reacted, and with what: people alone. Nobody, where it cannot be seen any more."""

        async def users(client: discord.Client) -> list[tuple[str, Vote]]:
            message = await client.get_partial_messageable(notice.channel).fetch_message(notice.message)
            return [
                (names.member(user.id).id, vote)
                for reaction in message.reactions
                if (vote := _vote(reaction.emoji))
                async for user in reaction.users(limit=VOTERS)
                if not user.bot
            ]

        voters: dict[str, set[Vote]] = {}
        try:
            for member, vote in await self._hearing.requests.ask(users):
                voters.setdefault(member, set()).add(vote)
        except Denied:
            pass
        return voters

    # Offers.

    async def _take(self, offer: OfferBranch, member: Member, channel: int, message: int) -> None:
        """Nobody else can; once is enough."""
        if offer.member != member.id or not offer.words or offer.id in self._taken:
            return
        self._taken[offer.id] = None
        if len(self._taken) > NOTICES:
            self._taken.popitem(last=False)
        if not await branches.take_here(self._hearing, offer, member, channel, message):
            self._taken.pop(offer.id, None)

    async def _look_for_taker(self, message: discord.Message, offer: OfferBranch) -> None:
        async def users(_: discord.Client) -> list[discord.User | discord.Member]:
            reactions = (each for each in message.reactions if _goes_on(each.emoji))
            return [user for reaction in reactions async for user in reaction.users(limit=VOTERS)]

        for user in await self._hearing.requests.ask(users):
            await self._take(offer, names.member(user.id, user.global_name, user.name), message.channel.id, message.id)

    # What the bot has performed.

    async def _performed(self, message: int) -> Action | None:
        """What the bot did with a message of its own. The store learns of it a little after Discord has it."""
        hearing = self._hearing
        new = hearing.clock() - names.created(message) < NEW
        for pause in SOON if new else ():
            if found := await hearing.bot.store.performed(names.NAME, str(message)):
                return found
            await hearing.sleep(pause)
        return await hearing.bot.store.performed(names.NAME, str(message))

    async def _ours(self, channel: int, ending: Ending) -> Sequence[tuple[discord.Message, Action]]:
        """Our own messages that followed what was ended, with what they are; none, where they cannot be read."""
        asked = await self._asked(ending)
        messages = await self._after(channel, int(asked)) if asked.isdigit() else ()
        store = self._hearing.bot.store
        there = [(message, await store.performed(names.NAME, str(message.id))) for message in messages]
        return [(message, action) for message, action in there if action]

    async def _after(self, channel: int, asked: int) -> Sequence[discord.Message]:
        async def read(client: discord.Client) -> list[discord.Message]:
            history = client.get_partial_messageable(channel).history(limit=PAGE, after=discord.Object(asked))
            return [message async for message in history if message.author.id == self._me]

        try:
            return await self._hearing.requests.ask(read)
        except Denied:
            return ()

    async def _asked(self, ending: Ending) -> str:
        """The message that was answered with an ending."""
        turns = await self._hearing.bot.store.turns(ending.conversation, LATEST)
        return next((each.turn.message for each in turns if each.turn.number == ending.turn), "")

    # Locks.

    async def _was_locked(self, thread: int, ending: Ending) -> bool:
        """Whether the bot has locked a thread because of an ending: not if it may not, and not if it is still to."""
        event, store = await self._event(thread, ending), self._hearing.bot.store
        for number in range(ACTIONS if event else 0):
            if isinstance(closing := await store.action(f"{event}/{number}"), CloseThread):
                receipt = await store.receipt(closing.id)
                return receipt is not None and receipt.outcome is Outcome.DELIVERED
        return False

    async def _event(self, thread: int, ending: Ending) -> str:
        """The key of the event that was answered with an ending: a message, or a command, which its notice tells."""
        asked = await self._asked(ending)
        if asked.isdigit() and ending_id(said := names.said(int(asked))) == ending.id:
            return said
        events = (action.id.partition("/")[0] for _, action in await self._ours(thread, ending))
        return next((event for event in events if ending_id(event) == ending.id), "")

    async def _is_locked(self, thread: int) -> bool:
        """Whether a thread is locked now; so it counts where that cannot be seen."""
        try:
            return await self._hearing.threads.is_locked(thread)
        except Denied:
            return True

    async def _moderator(self, thread: discord.Thread, ending: Ending) -> Member:
        """Who has unlocked a thread, as the audit log tells where the bot may read it."""
        guild = thread.guild
        if not guild.me.guild_permissions.view_audit_log:
            return SOMEBODY

        async def unlocked(_: discord.Client) -> discord.AuditLogEntry | None:
            changes, since = discord.AuditLogAction.thread_update, ending.at - APART
            async for entry in guild.audit_logs(limit=ENTRIES, action=changes, after=since, oldest_first=False):
                if _unlocks(entry, thread.id) and entry.user_id != self._me:
                    return entry
            return None

        try:
            found = await self._hearing.requests.ask(unlocked)
            if found is None:
                await self._hearing.sleep(AFTERWARDS)
                found = await self._hearing.requests.ask(unlocked)
        except (Denied, PlatformError) as fault:
            log.info("nobody knows who unlocked %d: %s", thread.id, where(fault))
            return SOMEBODY
        if found is None or found.user_id is None:
            return SOMEBODY
        shown = (found.user.global_name, found.user.name) if found.user else ()
        return names.member(found.user_id, *shown)


def _unlocks(entry: discord.AuditLogEntry, thread: int) -> bool:
    return entry.target is not None and entry.target.id == thread and getattr(entry.after, "locked", None) is False


def _vote(emoji: object) -> Vote | None:
    """What a reaction says: a thumb of any colour."""
    return next((vote for thumb, vote in VOTES.items() if str(emoji).rstrip(SKINS) == thumb), None)


def _goes_on(emoji: object) -> bool:
    return str(emoji).rstrip(SKINS) == GO_ON.rstrip(SKINS)


def settled(now: Vote | None, there: set[Vote]) -> Vote | None:
    """What a member's vote is who has reacted with these; `now` is the one that is known."""
    if now in there or len(there) > 1:
        return now
    return next(iter(there), None)

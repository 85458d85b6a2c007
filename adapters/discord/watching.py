"""Reactions to the notice of an ending, and a moderator's hand on a closed thread.

A notice is a message of our own that we asked to be rated: it has both of our reactions. Votes can therefore be read
from Discord at any time, and what was missed is noticed. Who has reacted with both has the vote that came last; where
nobody was there to see which that was, the one that is known already.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import discord

from adapters.discord import names
from adapters.discord.gateway import Handler
from adapters.discord.listening import Hearing
from adapters.discord.outbound import FAIR, UNFAIR
from adapters.discord.sending import Denied
from bot.domain.conversation import Member, Place
from bot.domain.ending import Ending, EndingState, Vote
from bot.domain.event import Judged, Rated
from bot.domain.step import Scope
from bot.evidence import ending_id

NOTICES = 2_000  # that are remembered
LATEST = 50  # turns of a conversation among which the one that was ended is looked for
VOTERS = 1_000  # people who reacted with one emoji, of whom that is read
PAGE = 100  # messages after that turn's, among which the notice is
SKINS = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff\ufe0f"  # what can follow a thumb: its tone, or its style
VOTES: Mapping[str, Vote] = {FAIR: Vote.FAIR, UNFAIR: Vote.UNFAIR}


@dataclass(frozen=True, slots=True)
class Notice:
    """A message on which an ending can be rated."""

    message: int
    channel: int
    ending: Ending
    place: Place


class Watching:
    """Hears votes and unlocked threads."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._client: discord.Client | None = None
        self._notices: OrderedDict[int, Notice] = OrderedDict()

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

    async def on_thread_update(self, before: discord.Thread, after: discord.Thread) -> None:
        """A thread was locked, unlocked, archived or renamed."""
        await self._locked(after, before=before.locked)

    async def on_thread_join(self, thread: discord.Thread) -> None:
        """A thread has come out of the archive."""
        await self._locked(thread, before=self._hearing.threads.locked(thread.id))

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody has reacted to something."""
        vote, who = _vote(payload.emoji), payload.member
        if vote and self._is_person(payload) and (notice := await self._notice(payload)):
            shown = (who.nick, who.global_name, who.name) if who else ()
            await self._rate(notice, names.member(payload.user_id, *shown), vote)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody has taken a reaction back. They may have left another."""
        if _vote(payload.emoji) and self._is_person(payload) and (notice := await self._notice(payload)):
            member = names.member(payload.user_id)
            now, left = await self._current(notice), await self._read(notice)
            await self._rate(notice, member, settled(now.get(member.id), left.get(member.id, set())))

    async def read(self, channel: int, ending: Ending) -> None:
        """Look at the notice of an ending, and hear of the votes that were missed. Raises PlatformError, StoreError."""
        if (found := await self._find(channel, ending)) is None:
            return
        now, there = await self._current(found), await self._read(found)
        for member in now.keys() | there.keys():
            vote = settled(now.get(member), there.get(member, set()))
            if vote != now.get(member):
                await self._rate(found, Member(member), vote)

    def _is_person(self, payload: discord.RawReactionActionEvent) -> bool:
        """As far as Discord tells: not a bot, and not about somebody else's message."""
        me = self._client.user.id if self._client and self._client.user else None
        bot = payload.user_id == me or (payload.member is not None and payload.member.bot)
        return not bot and payload.message_author_id in {None, me}

    async def _locked(self, thread: discord.Thread, *, before: bool) -> None:
        self._hearing.threads.saw(thread.id, locked=thread.locked)
        if before and not thread.locked:
            await self._unlocked(names.conversation(thread.id), thread.id)

    async def _unlocked(self, conversation: str, thread: int) -> None:
        """Only who may manage threads can do this: it is a moderator's verdict. Discord does not tell whose."""
        hearing = self._hearing
        ending = await hearing.bot.store.latest_ending(conversation)
        if ending is None or ending.scope is Scope.PART or ending.state is EndingState.OVERTURNED:
            return
        whole = await hearing.bot.store.ending(ending.id)
        if whole is None:
            return
        judged = Judged(
            key=f"{names.NAME}:u:{thread}:{ending.id}",
            conversation=conversation,
            place=whole.place,
            member=Member(f"{names.NAME}:moderator"),
            at=hearing.clock(),
            ending=ending.id,
            upheld=False,
        )
        await hearing.receive(judged)

    async def _rate(self, notice: Notice, member: Member, vote: Vote | None) -> None:
        at = self._hearing.clock()
        user, state = names.user(member.id), f"{at.timestamp():.6f}"
        rated = Rated(
            key=names.rated(notice.message, user, vote or "none", state),
            conversation=notice.ending.conversation,
            place=notice.place,
            member=member,
            at=at,
            vote=vote,
            ending=notice.ending.id,
        )
        await self._hearing.receive(rated)

    async def _current(self, notice: Notice) -> dict[str, Vote | None]:
        """The votes that are known, by member."""
        whole = await self._hearing.bot.store.ending(notice.ending.id)
        return {member: Vote(vote) if vote else None for member, vote, _ in whole.votes} if whole else {}

    async def _notice(self, payload: discord.RawReactionActionEvent) -> Notice | None:
        """The notice that was reacted to; None: it is none. Raises PlatformError, StoreError."""
        channel, message, store = payload.channel_id, payload.message_id, self._hearing.bot.store
        if known := self._notices.get(message):
            return known
        if payload.guild_id and await store.latest_ending(names.conversation(channel)) is None:
            return None

        async def fetch(client: discord.Client) -> discord.Message:
            return await client.get_partial_messageable(channel).fetch_message(message)

        try:
            return await self._told(await self._hearing.requests.ask(fetch))
        except Denied:
            return None

    async def _find(self, channel: int, ending: Ending) -> Notice | None:
        """The notice of an ending, in what followed the message that it answers."""
        turns = await self._hearing.bot.store.turns(ending.conversation, LATEST)
        asked = next((each.turn.message for each in turns if each.turn.number == ending.turn), "")
        if not asked.isdigit():
            return None

        async def after(client: discord.Client) -> list[discord.Message]:
            history = client.get_partial_messageable(channel).history(limit=PAGE, after=discord.Object(int(asked)))
            return [message async for message in history]

        try:
            messages = await self._hearing.requests.ask(after)
        except Denied:
            return None
        told = [await self._told(message) for message in messages]
        return next((notice for notice in told if notice and notice.ending.id == ending.id), None)

    async def _told(self, message: discord.Message) -> Notice | None:
        """The notice that a message is, by our own reactions to it. Which ending's, its reference tells."""
        me, store = self._client.user if self._client else None, self._hearing.bot.store
        rated = any(each.me and _vote(each.emoji) for each in message.reactions)
        if me is None or message.author.id != me.id or not rated:
            return None
        answered = message.reference.message_id if message.reference else None
        whole = await store.ending(ending_id(names.said(answered))) if answered else None
        if whole is None and (latest := await store.latest_ending(names.conversation(message.channel.id))):
            whole = await store.ending(latest.id)
        if whole is None or names.channel(whole.ending.conversation) != message.channel.id:
            return None
        notice = self._notices[message.id] = Notice(message.id, message.channel.id, whole.ending, whole.place)
        if len(self._notices) > NOTICES:
            self._notices.popitem(last=False)
        return notice

    async def _read(self, notice: Notice) -> Mapping[str, set[Vote]]:
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


def _vote(emoji: object) -> Vote | None:
    """What a reaction says: a thumb of any colour."""
    return next((vote for thumb, vote in VOTES.items() if str(emoji).rstrip(SKINS) == thumb), None)


def settled(now: Vote | None, there: set[Vote]) -> Vote | None:
    """What a member's vote is who has reacted with these; `now` is the one that is known."""
    if now in there or len(there) > 1:
        return now
    return next(iter(there), None)

"""What members are told: where it goes, and where it goes if it cannot go there.

An answer goes into the conversation's thread. Where there can be none, it goes into the channel only if the settings
say so, as a reply to the message that it answers; else a fixed sentence says there that it cannot be given. What is
urgent (care) goes wherever it arrives: into the thread, else into the channel, else by direct message; and it waits
for nothing that an earlier answer left. What is for one member alone goes by direct message, else into the
conversation. What somebody has to know they are told alone where the conversation takes nothing.

What somebody has deleted is said nowhere else.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import discord

from adapters.discord import names
from adapters.discord.outgoing.composing import Spot, about, composed, first
from adapters.discord.outgoing.posting import Posting
from adapters.discord.outgoing.sending import (
    AUTOMOD,
    LOCKED,
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    NOT_DIRECT,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    Denied,
    Post,
    Posts,
)
from adapters.discord.outgoing.streaming import Previews, Typing
from adapters.discord.outgoing.threads import Threads
from bot.domain.action import Action, OfferBranch, Outcome, Receipt, Say, Tell
from bot.domain.conversation import Place
from bot.errors import PlatformError
from bot.reply.texts import Words

CARED = 1_000  # messages that are remembered because a card was the answer to them
GO_ON = "↪️"  # how an offer to go on is taken in a thread: in a locked one buttons do nothing
ELSEWHERE = NOT_DIRECT | {MISSING_ACCESS, MISSING_PERMISSIONS, LOCKED, UNKNOWN_CHANNEL}  # codes that speak of the place
SAY, PLAIN, ALONE = "say", "plain", "alone"  # kinds of places: a conversation's own channel, the one around it, private
DIRECT, OTHERWISE, AROUND = "direct", "otherwise", "around"  # the same for what is for one member alone
URGENT = "urgent"  # any of them

Told = Say | Tell | OfferBranch
Finds = Callable[[], Awaitable[Spot]]  # raises Denied: there is no such place


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the adapter knows of the bot that uses it.

    action  a stored action by its id
    roles   ids of the roles that are called to a space's moderators' channel when it is urgent
    view    the buttons that go with an action
    plain   whether answers go into the channel where no thread can be opened
    words   the texts for a member, by their id
    latest  the message that was said last in a conversation; "": none
    owner   the user who owns a space; None: nobody knows
    own     whether all that is said in a thread of a place belongs to one conversation with the bot
    """

    action: Callable[[str], Awaitable[Action | None]]
    roles: Callable[[Place], Sequence[str]]
    view: Callable[[Action], discord.ui.View | None]
    plain: Callable[[Place], bool]
    words: Callable[[Place, str], Awaitable[Words]]
    latest: Callable[[str], Awaitable[str]]
    owner: Callable[[str], int | None]
    own: Callable[[Place, int], Awaitable[bool]]


class Saying:
    """Tells members."""

    def __init__(
        self,
        *,
        posts: Posts,
        posting: Posting,
        threads: Threads,
        previews: Previews,
        typing: Typing,
        around: Surroundings,
    ) -> None:
        self._posts = posts
        self._posting = posting
        self._threads = threads
        self._previews = previews
        self._typing = typing
        self._around = around
        self._cared: OrderedDict[int | None, None] = OrderedDict()  # the messages that something urgent was said about

    async def say(self, action: Told) -> Receipt:
        """Say it. Raises PlatformError."""
        if _is_urgent(action):
            self._previews.withdraw(action.id)
        elif isinstance(action, Say):
            await self._previews.stop(action.id)
        tried: list[tuple[Spot | None, Denied]] = []
        failed: PlatformError | None = None
        for finds in self._spots(action):
            spot = None
            try:
                spot = await finds()
                return await self._said(action, spot)
            except Denied as denied:
                tried.append((spot, denied))
                if spot and not _goes_elsewhere(action, denied):
                    break
            except PlatformError as fault:
                if spot or not _is_urgent(action):
                    raise
                failed = fault  # a thread that opens late is no place for a card
        if failed:
            raise failed
        if isinstance(action, Say):
            await self._excuse(action, tried)
            self._typing.end(action.conversation)
        return self._posting.refused(action, "; ".join(dict.fromkeys(denied.why for _, denied in tried)))

    async def found(self, action: Told) -> Receipt | None:
        """Whether it was said, wherever it may have been. Raises PlatformError."""
        for finds in self._spots(action, opening=False):
            with suppress(Denied):  # where nothing can be read, nothing is to be found
                spot = await finds()
                if found := await self._posting.found(action, spot.channel, self._composed(action, spot)):
                    return await self._seeded(action, spot, found)
        return None

    def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Show how far what `action` will say has come. Returns at once."""
        say = Say(id=action, conversation=conversation, place=place, text=text, reply_to=str(about(action) or ""))

        async def begin() -> Spot:
            spot = await self._begun(say)
            await self._posting.look_back(spot.channel, [first(action, text, spot)])
            self._typing.end(conversation)
            return spot

        self._previews.show(action, text, begin)

    async def give_up(self, action: Say) -> str:
        """Show no more of an answer. Out: what is shown of it."""
        self._typing.end(action.conversation)
        return await self._previews.stop(action.id)

    async def _begun(self, say: Say) -> Spot:
        """Where an answer will go. Raises Denied, PlatformError."""
        own, *others = self._spots(say)
        try:
            return await own()
        except Denied:
            if not others:
                raise
            return await others[0]()

    async def _said(self, action: Told, spot: Spot) -> Receipt:
        posts = self._composed(action, spot)
        if isinstance(action, Say) and not action.urgent:
            await self._posting.look_back(spot.channel, posts)
        receipt = await self._posting.post(action, spot.channel, posts)
        if isinstance(action, Say):
            self._typing.end(action.conversation)
            if action.urgent:
                _remember(self._cared, _answered(action))
        return await self._seeded(action, spot, receipt)

    async def _seeded(self, action: Told, spot: Spot, receipt: Receipt) -> Receipt:
        """An offer that stands in the conversation has the reaction that takes it; its words name it as well."""
        if isinstance(action, OfferBranch) and spot.kind != DIRECT and receipt.outcome is Outcome.DELIVERED:
            with suppress(Denied):
                await self._posts.react(spot.channel, int(receipt.message), GO_ON)
        return receipt

    def _composed(self, action: Told, spot: Spot) -> Sequence[Post]:
        text, view, urgent = action.text, None, _is_urgent(action)
        kind = f"{URGENT} {spot.kind}" if urgent else spot.kind  # never an edit of what is shown of an answer
        if not isinstance(action, Say):
            alone = spot.kind == DIRECT
            text = text if alone else action.otherwise or text
            view = self._around.view(action) if alone else None
        return composed(action.id, kind, text, answers=spot.answers, bound=spot.bound, view=view, urgent=urgent)

    # Where it goes.

    def _spots(self, action: Told, *, opening: bool = True) -> Sequence[Finds]:
        """Where it may be said, the best place first. opening: a thread that is not there is opened."""
        own = partial(self._own, action, opening=opening)
        around, alone = partial(self._channel, action), partial(self._private, action)
        urgent = _is_urgent(action)
        if action.place.space == names.DIRECT:
            return (own if isinstance(action, Say) else alone,)
        outside = [around] if urgent or self._around.plain(action.place) else []
        if not isinstance(action, Say):
            return (alone, own, *outside)
        return (own, *outside, *([alone] if (urgent or action.due) and action.to else []))

    async def _own(self, action: Told, *, opening: bool) -> Spot:
        """In the conversation's own channel: its thread, or the direct message."""
        channel, message = names.channel(action.conversation), _answered(action)
        if opening:
            urgent = _is_urgent(action)
            stays = self._around.plain(action.place)
            channel = await self._threads.opened(action.place, action.conversation, message, stays=stays, urgent=urgent)
        replies = not isinstance(action, Tell) and message != channel  # nobody replies there to what it hangs at
        return Spot(channel, SAY if isinstance(action, Say) else OTHERWISE, answers=message if replies else None)

    async def _channel(self, action: Told) -> Spot:
        """In the channel that its thread would belong to."""
        latest = "" if _answered(action) else await self._around.latest(action.conversation)
        message = int(latest) if latest.isdecimal() else _answered(action)
        begun = names.channel(action.conversation)  # a branch begins with what was said earlier, and elsewhere
        message = begun if message is None else max(message, begun)
        kind = PLAIN if isinstance(action, Say) else AROUND
        return Spot(int(action.place.channel), kind, answers=message, bound=True)

    async def _private(self, action: Told) -> Spot:
        """In a direct message."""
        if isinstance(action, Say):
            return Spot(await self._threads.direct(names.user(action.to)), ALONE)
        if action.place.space == names.DIRECT:
            return Spot(names.channel(action.conversation), DIRECT)
        return Spot(await self._threads.direct(names.user(action.member)), DIRECT)

    # What is said where it cannot be said.

    async def _excuse(self, action: Say, tried: Sequence[tuple[Spot | None, Denied]]) -> None:
        """Tell the member that there is no answer: once about a message, however often it is tried."""
        message, (own, denied) = _answered(action), tried[0]
        blocked = next((spot for spot, fault in tried if spot and fault.code in AUTOMOD), None)
        if blocked:
            await self._let_be(blocked.channel, await self._unspeakable(action, blocked))
            return
        nowhere = own is None or (own.channel == message and denied.code in ELSEWHERE)
        wanted = not action.urgent and message not in self._cared  # beside a card it would be out of place
        if nowhere and wanted and message and action.place.space != names.DIRECT:
            text = (await self._around.words(action.place, action.to)).discord.instead.no_thread
            channel = int(action.place.channel)
            (post, *_) = composed(names.said(message), "no thread", text, answers=message, bound=True)
            await self._let_be(channel, post)

    async def _unspeakable(self, action: Say, spot: Spot) -> Post:
        """In place of what may not be said: where some of it was shown already, that goes."""
        words = await self._around.words(action.place, action.to)
        text, shown = words.discord.instead.blocked, self._composed(action, spot)[0]
        if self._posts.known(shown.nonce):
            return replace(shown, text=text)
        return composed(action.id, "blocked", text, answers=spot.answers, bound=spot.bound)[0]

    async def _let_be(self, channel: int, post: Post) -> None:
        await self._posting.look_back(channel, [post])
        with suppress(Denied):
            await self._posting.put(channel, post)


def _is_urgent(action: Told) -> bool:
    return not isinstance(action, OfferBranch) and action.urgent


def _remember(kept: "OrderedDict[int | None, None]", message: int | None) -> None:
    kept[message] = None
    if len(kept) > CARED:
        kept.popitem(last=False)


def _answered(action: Told) -> int | None:
    """The message that it is about; None: nobody knows."""
    named = action.reply_to if isinstance(action, Say) else action.message if isinstance(action, OfferBranch) else ""
    return int(named) if named.isdecimal() else about(action.id)


def _goes_elsewhere(action: Told, denied: Denied) -> bool:
    """Whether what could not be posted in one place is posted in the next: care always, if nobody deleted it."""
    if _is_urgent(action):
        return denied.code != UNKNOWN_MESSAGE
    return denied.code in ELSEWHERE

"""What members are told: where it goes, and where it goes if it cannot go there.

An answer goes into the conversation's thread. A word to one member alone is shown to them there and to nobody else,
which Slack does not promise to do. What is urgent (care) is a message that stays: in the thread, else by direct
message. What is for one member alone goes by direct message, else into the thread.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.outgoing.blocks import Block
from adapters.slack.outgoing.composing import composed, origin
from adapters.slack.outgoing.escaping import decoded
from adapters.slack.outgoing.post import Post
from adapters.slack.outgoing.posting import Posted, Posts
from adapters.slack.outgoing.sending import Denied, Requests, Unanswered
from adapters.slack.outgoing.streaming import Streams, Thinking
from bot.domain.action import Action, CallModerators, OfferBranch, Outcome, Receipt, Say, Tell
from bot.domain.conversation import Place
from bot.ports import Clock

SAY, ALONE = "say", "alone"  # kinds of places: the conversation's thread, and elsewhere to one member
DIRECT, OTHERWISE, ASIDE = "direct", "otherwise", "aside"  # the same for what is for one member alone

OVER_WITHIN = 3.0  # seconds in which Slack is told that a session is over, before the receipt says that all is done

Told = Say | Tell | OfferBranch


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is said, and how.

    kind    posts of different kinds have different ids: what was said in one place is not taken for said in another
    thread  its root's ts; None: in the channel itself
    only    the user who alone sees it; "": everybody there
    """

    kind: str
    channel: str
    thread: str | None
    text: str
    below: Sequence[Block] = ()
    only: str = ""


Finds = Callable[[], Awaitable[Spot]]  # raises Denied: there is no such place; PlatformError


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the adapter knows of the bot that uses it.

    action     a stored action by its id
    roles      ids of the people and user groups that are called to a space's moderators' channel when it is urgent
    blocks     what is below an action's text: buttons, the thumbs of an ending
    streaming  whether an answer is shown in a place while it is written
    named      what moderators read in place of our own names for a conversation and a member
    """

    action: Callable[[str], Awaitable[Action | None]]
    roles: Callable[[Place], Sequence[str]]
    blocks: Callable[[Action], Sequence[Block]]
    streaming: Callable[[Place], bool]
    named: Callable[[CallModerators], Mapping[str, str]]


class Saying:
    """Tells members."""

    def __init__(
        self,
        *,
        requests: Requests,
        posts: Posts,
        streams: Streams,
        thinking: Thinking,
        clock: Clock,
        around: Surroundings,
    ) -> None:
        self._requests = requests
        self._posts = posts
        self._streams = streams
        self._thinking = thinking
        self._clock = clock
        self._around = around
        self._direct: dict[tuple[str, str], str] = {}  # channels of direct messages, by team and user

    async def say(self, action: Told) -> Receipt:
        """Say it. Raises PlatformError."""
        receipt = await self._say(action)
        if isinstance(action, Say):
            await self._over(action, said=receipt.outcome is Outcome.DELIVERED and not _is_aside(action))
        return receipt

    async def found(self, action: Told) -> Receipt | None:
        """Whether it was said, wherever it may have been; what one member alone sees nobody can find.

        Raises PlatformError.
        """
        for finds in self._spots(action):
            with suppress(Denied):  # where nothing can be read, nothing is to be found
                spot = await finds()
                posts = () if spot.only else self._posts_of(action, spot)
                if posts and (found := await self.there(action, spot.channel, spot.thread, posts)):
                    if isinstance(action, Say):
                        await self._over(action, said=True)
                    return found
        return None

    async def last(self, action: Say) -> tuple[Posted, Post] | None:
        """The last message of something that was said, and what it is like; None: it is not there.

        Raises PlatformError.
        """
        for finds in self._spots(action):
            with suppress(Denied):  # where nothing can be read, nothing is to be found
                spot = await finds()
                posts = self._posts_of(action, spot)
                await self._posts.look(names.team(action.conversation), spot.channel, spot.thread, posts)
                if posted := self._posts.known(posts[-1].id):
                    return posted, posts[-1]
        return None

    def preview(self, action: str, conversation: str, text: str) -> None:
        """Show how far what `action` will say has come. Returns at once."""
        if asker := self._thinking.asker(conversation):
            self._streams.show(action, conversation, asker, text)

    async def give_up(self, action: Say) -> str:
        """Show no more of an answer. Out: what is shown of it. Raises PlatformError."""
        team, spot = names.team(action.conversation), await self._own(action)
        first, *_ = posts = self._posts_of(action, spot)
        there = [post.text for post in posts if self._posts.known(post.id)]
        if not there and spot.thread is not None:
            begun = self._around.streaming(action.place)
            with suppress(Denied):  # where nothing can be read, nothing is to be seen
                there = [await self._streams.give_up(action.id, team, spot.channel, spot.thread, first, begun=begun)]
        shown = decoded("\n\n".join(there))
        if not shown:
            self._thinking.end(action.conversation, said=False, earlier=_may_have_shown(action))
        return shown

    # The messages of an action, in one place.

    async def post(self, action: Action, team: str, channel: str, thread: str | None, posts: Sequence[Post]) -> Receipt:
        """Let these messages be there. What cannot be posted whole is refused: nobody can be held to half a notice.

        Raises Denied: nothing of it is there; or PlatformError.
        """
        for number, post in enumerate(posts):
            try:
                shown = None if number else await self._shown(action, team, channel, thread, post)
                posted = shown or await self._posts.put(team, channel, thread, post)
            except Denied as denied:
                if not number:
                    raise
                return self.refused(action, f"{denied.why}; {number} of {len(posts)} parts are there")
        return Receipt(action.id, Outcome.DELIVERED, posted.at, message=posted.message)

    async def there(
        self, action: Action, channel: str, thread: str | None, posts: Sequence[Post], team: str = ""
    ) -> Receipt | None:
        """Whether these messages are there. Raises Denied, PlatformError."""
        await self._posts.look(team or names.team(action.conversation), channel, thread, posts)
        last = self._posts.known(posts[-1].id)  # they are posted in their order
        return Receipt(action.id, Outcome.DELIVERED, last.at, message=last.message) if last else None

    async def direct(self, team: str, user: str, *, urgent: bool) -> str:
        """The channel of somebody's direct messages. Raises Denied, PlatformError."""

        async def open_(client: AsyncWebClient) -> Any:
            return await client.conversations_open(users=user)

        if (team, user) not in self._direct:
            answer = await self._requests.ask(team, open_, method="conversations.open", urgent=urgent)
            self._direct[team, user] = str(answer["channel"]["id"])
        return self._direct[team, user]

    def refused(self, action: Action, why: str) -> Receipt:
        """It cannot be done."""
        return Receipt(action.id, Outcome.REFUSED, self._clock(), why=why)

    async def _shown(self, action: Action, team: str, channel: str, thread: str | None, post: Post) -> Posted | None:
        """The first message of an answer, if it was shown while it was written."""
        if not isinstance(action, Say) or thread is None:
            return None
        begun = self._around.streaming(action.place)
        if action.urgent:  # it waits for nothing
            self._streams.drop(action.id, team, channel, thread, post, begun=begun)
            return None
        return await self._streams.finish(action.id, team, channel, thread, post, begun=begun)

    async def _say(self, action: Told) -> Receipt:
        team, tried = names.team(action.conversation), list[Denied]()
        for finds in self._spots(action):
            try:
                spot = await finds()
                posts = self._posts_of(action, spot)
                if spot.only:
                    return await self._show(action, team, spot, posts)
                return await self.post(action, team, spot.channel, spot.thread, posts)
            except Denied as denied:
                tried.append(denied)
        return self.refused(action, "; ".join(dict.fromkeys(denied.why for denied in tried)))

    async def _show(self, action: Told, team: str, spot: Spot, posts: Sequence[Post]) -> Receipt:
        """Show it to one member. Nobody can look whether it was shown: so it is not tried again, and once at most."""
        for post in posts:
            with suppress(Unanswered):
                await self._posts.show(team, spot.channel, spot.thread, spot.only, post)
        return Receipt(action.id, Outcome.DELIVERED, self._clock())

    def _posts_of(self, action: Told, spot: Spot) -> Sequence[Post]:
        called = _called(action) if spot.kind == SAY else ()
        return composed(action.id, spot.kind, spot.text, below=spot.below, called=called, urgent=_is_urgent(action))

    async def _over(self, action: Say, *, said: bool) -> None:
        """The bot does not think any more; kept back is what says so, since nobody else would (but nothing urgent)."""
        ending = self._thinking.end(action.conversation, said=said, earlier=_may_have_shown(action))
        if ending is not None and not action.urgent:
            await asyncio.wait([ending], timeout=OVER_WITHIN)

    # Where it goes.

    def _spots(self, action: Told) -> Sequence[Finds]:
        """Where it may be said, the best place first."""
        own, alone = partial(self._own, action), partial(self._private, action)
        match action:
            case Say() if _is_aside(action):
                return (partial(self._aside, action, action.to, action.text),)
            case Say(urgent=True) | Say(due=True) if action.to:
                return own, alone
            case Say():
                return (own,)
        if _is_direct(action):
            return (own,)
        if isinstance(action, Tell):
            return alone, own
        return alone, partial(self._aside, action, action.member, action.otherwise or action.text)

    async def _own(self, action: Told) -> Spot:
        """The conversation's thread. In a direct message nobody else is there either."""
        channel, root = names.channel(action.conversation), names.root(action.conversation)
        below = self._around.blocks(action)
        if isinstance(action, Say):
            return Spot(SAY, channel, root, action.text, below)
        if _is_direct(action):
            return Spot(DIRECT, channel, root, action.text, below)
        return Spot(OTHERWISE, channel, root, action.otherwise or action.text)

    async def _private(self, action: Told) -> Spot:
        """The member's direct messages."""
        user = names.user(action.to if isinstance(action, Say) else action.member)
        channel = await self.direct(names.team(action.conversation), user, urgent=_is_urgent(action))
        kind = ALONE if isinstance(action, Say) else DIRECT
        return Spot(kind, channel, None, action.text, self._around.blocks(action))

    async def _aside(self, action: Told, member: str, text: str) -> Spot:
        """The conversation's thread, for one member's eyes."""
        channel, root = names.channel(action.conversation), names.root(action.conversation)
        return Spot(ASIDE, channel, root, text, self._around.blocks(action), only=names.user(member))


def _called(action: Told) -> Sequence[str]:
    """Who is called to what is said to everybody: whom it concerns, by more than a name that anybody can give
    themselves."""
    if not isinstance(action, Say) or not action.due or not action.to or _is_direct(action):
        return ()
    return (names.user(action.to),)


def _may_have_shown(action: Say) -> bool:
    """Whether an earlier process may have shown that it was thinking about what this answers."""
    return not action.aside and origin(action.id) is not None


def _is_urgent(action: Told) -> bool:
    return not isinstance(action, OfferBranch) and action.urgent


def _is_direct(action: Told) -> bool:
    """Whether its conversation is in a direct message: there is nobody else."""
    return names.channel(action.conversation).startswith("D")


def _is_aside(action: Say) -> bool:
    """Whether it is shown to one member alone. Care never is: what is shown so may not arrive, and does not stay."""
    return action.aside and bool(action.to) and not action.urgent and not _is_direct(action)

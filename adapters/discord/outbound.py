"""Actions -> what is done on Discord about them, once, and what became of it.

Whatever Discord refuses is told as it is: nothing is said in a channel because a thread could not be opened, and what
somebody has deleted is not said again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, assert_never

import discord

from adapters.discord import names
from adapters.discord.composing import composed, first, link, origin, said
from adapters.discord.sending import (
    ARCHIVED,
    MISSING_PERMISSIONS,
    Denied,
    Post,
    Posted,
    Posts,
    Requests,
    digest,
)
from adapters.discord.streaming import Previews, Typing
from adapters.discord.threads import Threads
from bot.domain.action import (
    Action,
    AskFeedback,
    CallModerators,
    CloseThread,
    OfferBranch,
    Outcome,
    Receipt,
    ReopenThread,
    Say,
    Tell,
)
from bot.domain.conversation import Place
from bot.errors import PlatformError
from bot.ports import Clock

ALTOGETHER = 90.0  # seconds for an action: several requests, each of which may be tried again
FAIR, UNFAIR = "👍", "👎"  # how an ending is rated
GO_ON = "↪️"  # how an offer to go on is taken in a thread: in a locked one buttons do nothing
PERFORMED = 4096  # actions whose messages are remembered
NO_FILE = {MISSING_PERMISSIONS, 40005}  # it may not attach any, or that one is too large
NOT_DIRECT = {50007, 50278, 10013, 50033}  # nobody to write to, or they do not want it
View = Callable[[Action], discord.ui.View | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the adapter knows of the bot that uses it.

    action  a stored action by its id
    roles   ids of the roles that are called to a space's moderators' channel when it is urgent
    view    the buttons that go with an action
    """

    action: Callable[[str], Awaitable[Action | None]]
    roles: Callable[[Place], Sequence[str]]
    view: View


class Outbound:
    """Performs actions."""

    def __init__(
        self,
        *,
        requests: Requests,
        posts: Posts,
        threads: Threads,
        previews: Previews,
        typing: Typing,
        clock: Clock,
        around: Surroundings,
    ) -> None:
        self._requests = requests
        self._posts = posts
        self._threads = threads
        self._previews = previews
        self._typing = typing
        self._clock = clock
        self._around = around
        self._began = clock()
        self._messages: OrderedDict[str, int] = OrderedDict()  # the last message of an action

    async def perform(self, action: Action) -> Receipt:
        """Do it. Raises PlatformError: it may work later."""
        try:
            async with asyncio.timeout(ALTOGETHER):
                return await self._perform(action)
        except Denied as denied:
            return self._refused(action, denied)
        except TimeoutError as late:
            raise PlatformError(f"Discord took longer than {ALTOGETHER:.0f} s") from late

    async def find(self, action: Action) -> Receipt | None:
        """Whether it was done. What can be done twice without harm is not looked for. Raises PlatformError."""
        try:
            async with asyncio.timeout(ALTOGETHER):
                return await self._find(action)
        except Denied:  # where nothing can be read, nothing is to be found
            return None
        except TimeoutError as late:
            raise PlatformError(f"Discord took longer than {ALTOGETHER:.0f} s") from late

    def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Show how far what `action` will say has come. Returns at once."""
        kind, message = origin(action)

        async def begin() -> int:
            channel = await self._threads.opened(place, conversation, str(message) if kind == "m" else "")
            await self._look_back(channel, [first(action, text, channel)])
            self._typing.end(conversation)
            return channel

        self._previews.show(action, text, begin)

    async def _perform(self, action: Action) -> Receipt:
        match action:
            case Say():
                return await self._say(action)
            case Tell() | OfferBranch():
                return await self._tell(action)
            case AskFeedback():
                return await self._ask_feedback(action)
            case CloseThread() | ReopenThread():
                return await self._lock(action)
            case CallModerators():
                return await self._call(action)
            case _:
                assert_never(action)

    async def _find(self, action: Action) -> Receipt | None:
        match action:
            case Say():
                channel = names.channel(action.conversation)
                return await self._found(action, channel, said(action, channel))
            case Tell() | OfferBranch():
                return await self._found_private(action)
            case CallModerators(desk=Place() as desk) if desk.channel.isdecimal():
                return await self._found(action, int(desk.channel), self._card(action))
        return None

    async def _found(self, action: Action, channel: int, posts: Sequence[Post]) -> Receipt | None:
        await self._posts.look(channel, posts)
        there = [self._posts.known(post.nonce) for post in posts]
        whole = [each for each, post in zip(there, posts, strict=True) if each and each.digest == digest(post.text)]
        return self._delivered(action, whole[-1]) if len(whole) == len(posts) else None

    async def _post(self, action: Action, channel: int, posts: Sequence[Post]) -> Receipt:
        """Let these messages be there. What cannot be posted whole is refused: nobody can be held to half a notice."""
        for number, post in enumerate(posts):
            try:
                posted = await self._put(channel, post)
            except Denied as denied:
                if not number:
                    raise
                refused = self._refused(action, denied)
                return replace(refused, why=f"{refused.why}; {number} of {len(posts)} parts are there")
        return self._delivered(action, posted)

    async def _put(self, channel: int, post: Post) -> Posted:
        try:
            return await self._posts.put(channel, post)
        except Denied as denied:
            if denied.code == ARCHIVED:
                await self._threads.wake(channel)
            elif denied.code in NO_FILE and post.file:
                post = replace(post, file=None)  # better without what is left over than not at all
            else:
                raise
            return await self._posts.put(channel, post)

    async def _say(self, action: Say) -> Receipt:
        await self._previews.stop(action.id)
        channel = await self._threads.opened(action.place, action.conversation, action.reply_to)
        posts = said(action, channel)
        await self._look_back(channel, posts)
        receipt = await self._post(action, channel, posts)
        self._typing.end(action.conversation)
        return receipt

    async def _look_back(self, channel: int, posts: Sequence[Post]) -> None:
        """Find what an earlier process left of an answer: that it was begun is nowhere on record."""
        after = posts[0].after
        if after and names.created(after) < self._began:
            with suppress(Denied):
                await self._posts.look(channel, posts)

    # To one member alone.

    async def _tell(self, action: Tell | OfferBranch) -> Receipt:
        channel = await self._direct(action)
        if channel is not None:
            try:
                return await self._post(action, channel, self._private(action))
            except Denied as denied:
                if denied.code not in NOT_DIRECT:
                    raise
        channel = await self._threads.opened(action.place, action.conversation, "")
        return await self._seeded(action, channel, await self._post(action, channel, self._instead(action)))

    async def _found_private(self, action: Tell | OfferBranch) -> Receipt | None:
        channel = await self._direct(action)
        if channel is not None:
            with suppress(Denied):
                if found := await self._found(action, channel, self._private(action)):
                    return found
        channel = names.channel(action.conversation)
        found = await self._found(action, channel, self._instead(action))
        return await self._seeded(action, channel, found) if found else None

    async def _seeded(self, action: Tell | OfferBranch, channel: int, receipt: Receipt) -> Receipt:
        """An offer that stands in the conversation has the reaction that takes it; its words name it as well."""
        if isinstance(action, OfferBranch) and receipt.outcome is Outcome.DELIVERED:
            with suppress(Denied):
                await self._react(channel, int(receipt.message), GO_ON)
        return receipt

    async def _direct(self, action: Tell | OfferBranch) -> int | None:
        """The channel of direct messages with the member; None: there can be none."""
        if action.place.space == names.DIRECT:
            return names.channel(action.conversation)
        try:
            return await self._threads.direct(names.user(action.member))
        except Denied as denied:
            if denied.code not in NOT_DIRECT:
                raise
            return None

    def _private(self, action: Tell | OfferBranch) -> Sequence[Post]:
        return composed(action.id, "direct", action.text, view=self._around.view(action))

    def _instead(self, action: Tell | OfferBranch) -> Sequence[Post]:
        """What is posted in the conversation where no direct message arrives."""
        channel, answered = names.channel(action.conversation), getattr(action, "message", "")
        answers = int(answered) if answered.isdigit() and int(answered) != channel else None
        return composed(action.id, "otherwise", action.otherwise or action.text, answers=answers)

    # To the moderators.

    async def _call(self, action: CallModerators) -> Receipt:
        if action.desk is None or not action.desk.channel.isdecimal():
            return self._receipt(action, Outcome.REFUSED, why="no channel is set in which moderators are called")
        return await self._post(action, int(action.desk.channel), self._card(action))

    def _card(self, action: CallModerators) -> Sequence[Post]:
        around = self._around
        roles = [int(each) for each in around.roles(action.place) if each.isdigit()] if action.urgent else []
        text = "\n".join(filter(None, (action.text, link(action))))
        return composed(action.id, action.kind, text, view=around.view(action), roles=roles)

    # What can be done twice without harm.

    async def _lock(self, action: CloseThread | ReopenThread) -> Receipt:
        if action.place.space == names.DIRECT:
            return self._receipt(action, Outcome.NEEDLESS, why="a direct message has no lock")
        locked = isinstance(action, CloseThread)
        await self._threads.lock(names.channel(action.conversation), action.id, locked=locked)
        return self._receipt(action, Outcome.DELIVERED)

    async def _ask_feedback(self, action: AskFeedback) -> Receipt:
        channel = names.channel(action.conversation)
        notice = self._messages.get(action.on) or await self._notice(action)
        if notice is None:
            return self._receipt(action, Outcome.REFUSED, why="the notice of the ending is not there")
        for emoji in (FAIR, UNFAIR):
            await self._react(channel, notice, emoji)
        return self._receipt(action, Outcome.DELIVERED, message=str(notice))

    async def _notice(self, action: AskFeedback) -> int | None:
        """The message to be rated, where another process has posted it."""
        notice = await self._around.action(action.on)
        found = await self._find(notice) if notice else None
        return int(found.message) if found else None

    async def _react(self, channel: int, message: int, emoji: str) -> None:
        async def add(client: discord.Client) -> Any:
            return await client.http.add_reaction(channel, message, emoji)

        await self._requests.ask(add)

    # What became of it.

    def _delivered(self, action: Action, posted: Posted) -> Receipt:
        self._messages[action.id] = posted.message
        if len(self._messages) > PERFORMED:
            self._messages.popitem(last=False)
        return Receipt(action.id, Outcome.DELIVERED, posted.at, message=str(posted.message))

    def _refused(self, action: Action, denied: Denied) -> Receipt:
        return self._receipt(action, Outcome.REFUSED, why=denied.why)

    def _receipt(self, action: Action, outcome: Outcome, *, message: str = "", why: str = "") -> Receipt:
        return Receipt(action.id, outcome, self._clock(), message=message, why=why)

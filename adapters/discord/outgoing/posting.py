"""The messages of an action, posted once, and what became of it."""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from adapters.discord import names
from adapters.discord.outgoing.sending import (
    ARCHIVED,
    EDITED_TOO_OFTEN,
    INVALID,
    MISSING_PERMISSIONS,
    Denied,
    Post,
    Posted,
    Posts,
    digest,
)
from adapters.discord.outgoing.threads import Threads
from bot.domain.action import Action, Outcome, Receipt
from bot.ports import Clock

PERFORMED = 4096  # actions whose messages are remembered
NO_FILE = {MISSING_PERMISSIONS, 40005}  # it may not attach any, or that one is too large


class Posting:
    """Posts what actions say, and makes their receipts."""

    def __init__(self, posts: Posts, threads: Threads, clock: Clock) -> None:
        self._posts = posts
        self._threads = threads
        self._clock = clock
        self._began = clock()
        self._last: OrderedDict[str, tuple[int, int]] = OrderedDict()  # by action: where its last message is

    def last(self, action: str) -> tuple[int, int] | None:
        """The channel of an action's last message, and the message, if this process has posted or found it."""
        return self._last.get(action)

    async def post(self, action: Action, channel: int, posts: Sequence[Post]) -> Receipt:
        """Let these messages be there. What cannot be posted whole is refused: nobody can be held to half a notice.

        Raises Denied: nothing of it is there; or PlatformError.
        """
        for number, post in enumerate(posts):
            try:
                posted = await self.put(channel, post)
            except Denied as denied:
                if not number:
                    raise
                return self.refused(action, f"{denied.why}; {number} of {len(posts)} parts are there")
        return self._delivered(action, channel, posted)

    async def found(self, action: Action, channel: int, posts: Sequence[Post]) -> Receipt | None:
        """Whether these messages are there. Raises Denied, PlatformError."""
        await self._posts.look(channel, posts)
        there = [self._posts.known(post.nonce) for post in posts]
        whole = [each for each, post in zip(there, posts, strict=True) if each and each.digest == digest(post.text)]
        return self._delivered(action, channel, whole[-1]) if len(whole) == len(posts) else None

    async def look_back(self, channel: int, posts: Sequence[Post]) -> None:
        """Find what an earlier process left of these: that it was begun is nowhere on record. Raises PlatformError."""
        after = posts[0].after
        if after and names.created(after) < self._began:
            with suppress(Denied):
                await self._posts.look(channel, posts)

    async def put(self, channel: int, post: Post) -> Posted:
        """Let a message be there, in another way where this one is not taken. Raises Denied, PlatformError."""
        try:
            return await self._posts.put(channel, post)
        except Denied as denied:
            if denied.code == ARCHIVED:
                await self._threads.wake(channel)
            elif denied.code in NO_FILE and post.file:
                post = replace(post, file=None)  # better without what is left over than not at all
            elif denied.code == INVALID and post.answers and not post.bound:
                post = replace(post, answers=None)  # to a note of Discord's own nobody can reply
            elif denied.code == EDITED_TOO_OFTEN:
                await self._posts.withdraw(channel, post.nonce)  # so long ago that its nonce can be used again
            else:
                raise
            return await self._posts.put(channel, post)

    def _delivered(self, action: Action, channel: int, posted: Posted) -> Receipt:
        self._last[action.id] = channel, posted.message
        if len(self._last) > PERFORMED:
            self._last.popitem(last=False)
        return Receipt(action.id, Outcome.DELIVERED, posted.at, message=str(posted.message))

    def refused(self, action: Action, why: str) -> Receipt:
        """It cannot be done."""
        return self.receipt(action, Outcome.REFUSED, why=why)

    def receipt(self, action: Action, outcome: Outcome, *, message: str = "", why: str = "") -> Receipt:
        """What became of an action, as of now."""
        return Receipt(action.id, outcome, self._clock(), message=message, why=why)

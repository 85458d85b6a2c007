"""Actions -> what is done on Discord about them, once, and what became of it. What is refused is told as it is."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import assert_never

from adapters.discord import names
from adapters.discord.outgoing.composing import composed, link, profile
from adapters.discord.outgoing.posting import Posting
from adapters.discord.outgoing.saying import ALONE, Saying, Surroundings
from adapters.discord.outgoing.sending import UNKNOWN_CHANNEL, Denied, Post, Posts
from adapters.discord.outgoing.threads import Threads
from adapters.discord.people import transcripts
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
    ShowVerdict,
    Tell,
)
from bot.domain.conversation import Place
from bot.errors import PlatformError

ALTOGETHER = 90.0  # seconds for an action: several requests, each of which may be tried again
FAIR, UNFAIR = "👍", "👎"  # how an ending is rated


class Outbound:
    """Performs actions."""

    def __init__(
        self, *, posts: Posts, posting: Posting, threads: Threads, saying: Saying, around: Surroundings
    ) -> None:
        self._posts = posts
        self._posting = posting
        self._threads = threads
        self._saying = saying
        self._around = around

    async def perform(self, action: Action) -> Receipt:
        """Do it. Raises PlatformError: it may work later."""
        try:
            async with asyncio.timeout(ALTOGETHER):
                return await self._perform(action)
        except Denied as denied:
            return self._posting.refused(action, denied.why)
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

    async def _perform(self, action: Action) -> Receipt:
        match action:
            case Say() | Tell() | OfferBranch():
                return await self._saying.say(action)
            case AskFeedback():
                return await self._ask_feedback(action)
            case CloseThread() | ReopenThread():
                return await self._lock(action)
            case CallModerators():
                return await self._call(action)
            case ShowVerdict():
                return await self._show_verdict(action)
            case _:
                assert_never(action)

    async def _find(self, action: Action) -> Receipt | None:
        match action:
            case Say() | Tell() | OfferBranch():
                return await self._saying.found(action)
            case CallModerators(desk=Place() as desk) if desk.channel.isdecimal():
                return await self._posting.found(action, int(desk.channel), await self._card(action))
        return None

    # To the moderators.

    async def _call(self, action: CallModerators) -> Receipt:
        """In the moderators' channel. Where that takes nothing, what is urgent goes to whoever owns the server.

        Who else has the role Discord tells only those bots that may see all members.
        """
        desk = action.desk
        if desk is None or not desk.channel.isdecimal():
            receipt = self._posting.refused(action, "no channel is set in which moderators are called")
        else:
            try:
                return await self._posting.post(action, int(desk.channel), await self._card(action))
            except Denied as denied:
                receipt = self._posting.refused(action, denied.why)
        owner = self._around.owner((desk or action.place).space) if action.urgent else None
        if owner is not None:
            with suppress(Denied):
                return await self._call_alone(action, owner)
        return receipt

    async def _call_alone(self, action: CallModerators, user: int) -> Receipt:
        """By direct message, under nonces of its own. Raises Denied, PlatformError."""
        channel, posts = await self._threads.direct(user), await self._card(action, ALONE)
        return await self._posting.found(action, channel, posts) or await self._posting.post(action, channel, posts)

    async def _card(self, action: CallModerators, kind: str = "") -> Sequence[Post]:
        """What moderators read; where they find who it is about, whatever name those give themselves, and what."""
        around = self._around
        roles = [int(each) for each in around.roles(action.place) if each.isdigit() and action.urgent and not kind]
        where, said = await self._where(action), action.text
        if action.place.space != names.DIRECT:
            said = said.replace(action.conversation, f"<#{where}>")  # which Discord shows by its name
        text = "\n".join(filter(None, (said, profile(action), link(action, where))))
        view = around.view(action)
        return composed(action.id, kind or action.kind, text, view=view, roles=roles, urgent=action.urgent)

    async def _show_verdict(self, action: ShowVerdict) -> Receipt:
        """Whatever else the call says stays."""
        call, around = await self._around.action(action.on), self._around
        if not isinstance(call, CallModerators) or call.desk is None or not action.message.isdecimal():
            return self._posting.refused(action, "the call is not there")
        words, card = await around.words(action.place, ""), (await self._card(call))[-1]
        text = f"{card.text}\n\n{transcripts.verdict(action.by, action.verdict, words)}"
        await self._posts.amend(int(call.desk.channel), int(action.message), text, around.view(action))
        return self._posting.receipt(action, Outcome.DELIVERED)

    async def _where(self, action: CallModerators) -> int:
        """The channel in which what it is about was said."""
        try:
            return await self._threads.opened(action.place, action.conversation, None, stays=True)
        except Denied:
            return int(action.place.channel)
        except PlatformError:
            if not action.urgent:  # better a call that leads to the channel alone than none
                raise
            return int(action.place.channel)

    # What can be done twice without harm.

    async def _lock(self, action: CloseThread | ReopenThread) -> Receipt:
        if action.place.space == names.DIRECT:
            return self._posting.receipt(action, Outcome.NEEDLESS, why="a direct message has no lock")
        locked, thread = isinstance(action, CloseThread), names.channel(action.conversation)
        if not await self._around.own(action.place, thread):
            return self._posting.receipt(action, Outcome.NEEDLESS, why="others talk in that thread without the bot")
        try:
            await self._threads.lock(thread, action.id, locked=locked)
        except Denied as denied:
            if denied.code != UNKNOWN_CHANNEL:
                raise
            return self._posting.receipt(action, Outcome.NEEDLESS, why="the conversation has no thread")
        return self._posting.receipt(action, Outcome.DELIVERED)

    async def _ask_feedback(self, action: AskFeedback) -> Receipt:
        notice = self._posting.last(action.on) or await self._notice(action)
        if notice is None:
            return self._posting.refused(action, "the notice of the ending is not there")
        channel, message = notice
        for emoji in (FAIR, UNFAIR):
            await self._posts.react(channel, message, emoji)
        return self._posting.receipt(action, Outcome.DELIVERED, message=str(message))

    async def _notice(self, action: AskFeedback) -> tuple[int, int] | None:
        """Where the message is that is to be rated, if another process has posted it."""
        if notice := await self._around.action(action.on):
            await self._find(notice)
        return self._posting.last(action.on)

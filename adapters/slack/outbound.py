"""Actions -> what is done on Slack about them, once, and what became of it. What is refused is told as it is."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, assert_never

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.outgoing.composing import composed
from adapters.slack.outgoing.post import Post
from adapters.slack.outgoing.posting import Posted, Posts
from adapters.slack.outgoing.saying import Saying, Surroundings
from adapters.slack.outgoing.sending import MESSAGE_GONE, Denied, Requests
from adapters.slack.outgoing.streaming import Sessions
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
from bot.ports import Clock

ALTOGETHER = 90.0  # seconds for an action: several requests, each of which may be tried again
LOCK = "lock"  # the reaction that marks a thread as ended
ALREADY, NEVER = "already_reacted", "no_reaction"  # Slack's words

_PERSON = re.compile(r"[UW][A-Z0-9]+")
_GROUP = re.compile(r"S[A-Z0-9]+")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]+")


class Outbound:
    """Performs actions."""

    def __init__(
        self,
        *,
        requests: Requests,
        posts: Posts,
        saying: Saying,
        sessions: Sessions,
        clock: Clock,
        around: Surroundings,
    ) -> None:
        self._requests = requests
        self._posts = posts
        self._saying = saying
        self._sessions = sessions
        self._clock = clock
        self._around = around

    async def perform(self, action: Action) -> Receipt:
        """Do it. Raises PlatformError: it may work later."""
        try:
            async with asyncio.timeout(ALTOGETHER):
                return await self._perform(action)
        except Denied as denied:
            return self._saying.refused(action, denied.why)
        except TimeoutError as late:
            raise PlatformError(f"Slack took longer than {ALTOGETHER:.0f} s") from late

    async def find(self, action: Action) -> Receipt | None:
        """Whether it was done. What can be done twice without harm is not looked for. Raises PlatformError."""
        try:
            async with asyncio.timeout(ALTOGETHER):
                return await self._find(action)
        except Denied:  # where nothing can be read, nothing is to be found
            return None
        except TimeoutError as late:
            raise PlatformError(f"Slack took longer than {ALTOGETHER:.0f} s") from late

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
            case CallModerators(desk=Place() as desk) if _CHANNEL.fullmatch(desk.channel):
                return await self._saying.there(action, desk.channel, None, await self._card(action), desk.space)
        return None

    # To the moderators.

    async def _call(self, action: CallModerators) -> Receipt:
        """In the moderators' channel. Where that takes nothing, what is urgent goes to each of them alone."""
        desk, posts = action.desk, await self._card(action)
        if desk is None or not _CHANNEL.fullmatch(desk.channel):
            receipt = self._saying.refused(action, "no channel is set in which moderators are called")
        else:
            try:
                return await self._saying.post(action, desk.space, desk.channel, None, posts)
            except Denied as denied:
                receipt = self._saying.refused(action, denied.why)
        for user in await self._people(action) if action.urgent else ():
            with suppress(Denied):
                receipt = await self._call_alone(action, user)
        return receipt

    async def _call_alone(self, action: CallModerators, user: str) -> Receipt:
        """By direct message, under ids of its own. Raises Denied, PlatformError."""
        team = names.team(action.conversation)
        channel = await self._saying.direct(team, user, urgent=True)
        posts = await self._card(action, f"{action.kind}:{user}")
        found = await self._saying.there(action, channel, None, posts, team)
        return found or await self._saying.post(action, team, channel, None, posts)

    async def _people(self, action: CallModerators) -> Sequence[str]:
        """Those who may review, as the settings name them, and who is in their groups. Raises PlatformError."""
        people, team = dict[str, None](), names.team(action.conversation)
        for role in self._around.roles(action.place):
            if _PERSON.fullmatch(role):
                people[role] = None
            elif _GROUP.fullmatch(role):
                with suppress(Denied):  # there is none any more, or the app may not look
                    people |= dict.fromkeys(await self._group(team, role))
        return list(people)

    async def _group(self, team: str, group: str) -> Sequence[str]:
        async def listed(client: AsyncWebClient) -> Any:
            return await client.usergroups_users_list(usergroup=group)

        answer = await self._requests.ask(team, listed, method="usergroups.users.list", urgent=True)
        return [str(each) for each in answer["users"]]

    async def _card(self, action: CallModerators, kind: str = "") -> Sequence[Post]:
        """What moderators read; where they find who it is about, whatever name those give themselves, and what."""
        text = "\n".join(filter(None, (action.text, _talk_to(action), await self._link(action))))
        called = self._around.roles(action.place) if action.urgent else ()
        below = self._around.blocks(action)
        posts = composed(action.id, kind or action.kind, text, below=below, called=called, urgent=action.urgent)
        return [post.naming(self._around.named(action)) for post in posts]

    async def _show_verdict(self, action: ShowVerdict) -> Receipt:
        """Whatever else the call says stays."""
        call = await self._around.action(action.on)
        if not isinstance(call, CallModerators) or call.desk is None:
            return self._saying.refused(action, "the call is not there")
        card = (await self._card(call))[-1]
        shown = replace(card, blocks=(card.blocks[0], *self._around.blocks(action)))
        posted = Posted(*names.channel_and_ts(action.message))
        await self._posts.change(call.desk.space, posted, shown, whole=True)
        return Receipt(action.id, Outcome.DELIVERED, self._clock())

    async def _link(self, action: CallModerators) -> str:
        """Where moderators find what it is about; "": nowhere, as in somebody's direct messages."""
        team, channel = names.team(action.conversation), names.channel(action.conversation)
        root = names.root(action.conversation)
        if channel.startswith("D"):
            return ""

        async def look(client: AsyncWebClient) -> Any:
            return await client.chat_getPermalink(channel=channel, message_ts=root)

        with suppress(Denied, PlatformError):  # better a call without it than none
            answer = await self._requests.ask(team, look, method="chat.getPermalink", urgent=action.urgent)
            return str(answer["permalink"])
        return ""

    # What can be done twice without harm.

    async def _lock(self, action: CloseThread | ReopenThread) -> Receipt:
        close = isinstance(action, CloseThread)
        await self._sessions.set(action.conversation, "closed" if close else "active")
        try:
            await self._react(action.conversation, there=close)
        except Denied as denied:
            if denied.code == NEVER or (denied.code == MESSAGE_GONE and not close):
                return Receipt(action.id, Outcome.NEEDLESS, self._clock(), why="there is no mark to take away")
            if denied.code != ALREADY:
                raise
        return Receipt(action.id, Outcome.DELIVERED, self._clock())

    async def _react(self, conversation: str, *, there: bool) -> None:
        """Let the root of a conversation be marked as ended, or not. Raises Denied, PlatformError."""
        channel, root = names.channel(conversation), names.root(conversation)

        async def react(client: AsyncWebClient) -> Any:
            if there:
                return await client.reactions_add(channel=channel, timestamp=root, name=LOCK)
            return await client.reactions_remove(channel=channel, timestamp=root, name=LOCK)

        method = "reactions.add" if there else "reactions.remove"
        await self._requests.ask(names.team(conversation), react, method=method)

    async def _ask_feedback(self, action: AskFeedback) -> Receipt:
        notice = await self._around.action(action.on)
        last = await self._saying.last(notice) if isinstance(notice, Say) else None
        if last is None:
            return self._saying.refused(action, "the notice of the ending is not there")
        posted, post = last
        rated = replace(post, blocks=(*post.blocks, *self._around.blocks(action)))
        await self._posts.change(names.team(action.conversation), posted, rated, whole=True)
        return Receipt(action.id, Outcome.DELIVERED, self._clock(), message=posted.message)


def _talk_to(action: CallModerators) -> str:
    """Where moderators can write to whom it is about; "": it is about nobody. A link notifies nobody."""
    if not action.member:
        return ""
    return f"https://slack.com/app_redirect?team={names.team(action.member)}&channel={names.user(action.member)}"

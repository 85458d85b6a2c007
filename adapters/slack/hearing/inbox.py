"""What Slack sends is kept before Slack is told that it has arrived.

Bolt tells Slack so before anybody who listens has begun: what is under way when the process dies would be lost. It also
tells it where it does not know by which token the bot is there. So messages are taken before all that, and go no
further. Whatever else there is goes on to Bolt's listeners.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack.hearing import message
from adapters.slack.hearing.listening import Listening
from adapters.slack.hearing.message import Reaction, Report
from adapters.slack.installs.authorizing import ABOUT_INSTALLING, Authorizing
from adapters.slack.outgoing.posting import Posts
from adapters.slack.outgoing.stopping import STOPPED, Stopping
from bot.errors import where

log = logging.getLogger(__name__)

Json = Mapping[str, Any]

TOO_MANY = "app_rate_limited"  # Slack has left events out: of more than 30,000 an hour in a workspace
LAST = "3"  # the number of the last time that Slack sends something again


class Inbox:
    """Takes messages in, the button that stops an answer, and what is about installing the app.

    missed  is told when something may have been lost: it was not kept, and Slack will not send it again; or it is heard
            for the first time only now that Slack sends it again
    """

    def __init__(
        self,
        tokens: Authorizing,
        listening: Listening,
        stopping: Stopping,
        posts: Posts,
        missed: Callable[[], None],
    ) -> None:
        self._tokens = tokens
        self._listening = listening
        self._stopping = stopping
        self._posts = posts
        self._missed = missed

    async def take(self, request: AsyncBoltRequest, next: Callable[[], Awaitable[Any]]) -> BoltResponse | None:  # noqa: A002  as Bolt calls it
        """Bolt's middleware. A response of 200 says that it is kept; after 500 Slack sends it again."""
        body = request.body
        event = body.get("event") if body.get("type") == "event_callback" else None
        if body.get("type") == TOO_MANY:
            log.warning("Slack has left events out: there were too many")
            self._missed()
            return BoltResponse(status=200)
        if not isinstance(event, Mapping):
            return await _on(next)
        try:
            if event.get("type") in ABOUT_INSTALLING:
                await self._tokens.heard(body)
                return BoltResponse(status=200)
            if event.get("type") == STOPPED:
                await self._stopping.hear(body, event)
                return BoltResponse(status=200)
            report = message.report(body)
            if report is None or isinstance(report.what, Reaction):
                return await _on(next)
            if await self._hear(report, body, event) and request.headers.get("x-slack-retry-num", ["0"]) != ["0"]:
                log.warning("something came by no connection at first")
                self._missed()
        except Exception as fault:  # whatever it was: what is not kept must not be acknowledged
            log.warning("what Slack sent could not be kept: %s", where(fault))
            if request.headers.get("x-slack-retry-num") == [LAST]:
                self._missed()
            return BoltResponse(status=500)
        return BoltResponse(status=200)

    async def _hear(self, report: Report, body: Json, event: Json) -> bool:
        """Whether it is heard, and was not before. Raises StoreError, PlatformError: it is not kept."""
        first = (body.get("authorizations") or [{}])[0]
        enterprise = str(first.get("enterprise_id") or body.get("enterprise_id") or "")
        at = datetime.fromtimestamp(body["event_time"], UTC) if body.get("event_time") else None
        identity = await self._tokens.identity(report.team, enterprise, at)
        if identity is None:
            return False
        me = report.me or identity.bot_user_id or ""
        if event.get("user") == me:
            self._posts.saw(event, str(event.get("channel")), me)
        return await self._listening.hear(replace(report, me=me)) is not None


async def _on(next: Callable[[], Awaitable[Any]]) -> BoltResponse | None:  # noqa: A002
    """Let Bolt go on with it."""
    await next()
    return None

"""Slack's button that stops an answer -> Stopped."""

from collections.abc import Mapping
from typing import Any

from adapters.slack import names
from adapters.slack.hearing import message
from adapters.slack.outgoing.streaming import Thinking
from bot.core import Bot
from bot.domain.event import Stopped

Json = Mapping[str, Any]

STOPPED = "agent_session_stopped"


class Stopping:
    """Hears who presses the button. Slack has ended the stream by then; that the session is over is left to the app."""

    def __init__(self, bot: Bot, thinking: Thinking) -> None:
        self._bot = bot
        self._thinking = thinking

    async def hear(self, body: Json, event: Json) -> None:
        """When this returns, it is kept. Raises StoreError: it is not."""
        heard = stopped(message.team(body), event)
        if heard is not None:
            await self._bot.receive(heard)
            self._thinking.stop(heard.conversation)


def stopped(team: str, event: Json) -> Stopped | None:
    """What somebody wants no more of. None: Slack does not tell who, where or when."""
    match event:
        case {"channel": str(channel), "thread_ts": str(root), "user": str(user), "event_ts": str(ts)} if team:
            pass
        case _:
            return None
    return Stopped(
        key=names.stopped(team, channel, root, user, ts),
        conversation=names.conversation(team, channel, root),
        place=names.place(team, channel, private=channel.startswith("D")),
        member=names.member(team, user),
        at=names.moment(ts),
    )

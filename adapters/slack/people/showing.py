"""How somebody who asks is answered on Slack, so that nobody else sees it.

A form can be shown for three seconds after they have asked, and changed while it is open. Else Slack gives an address
for five answers in half an hour. Where that takes no more, the answer goes to them alone in the channel, or by direct
message: nobody is left without one.
"""

import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from adapters.slack import names
from adapters.slack.outgoing.blocks import Block
from adapters.slack.outgoing.sending import AFTER, Denied, Limited, Requests, Unanswered
from adapters.slack.people.interaction import Interaction, Json
from adapters.slack.people.surfaces import said
from bot.errors import PlatformError, where

log = logging.getLogger(__name__)

TRIGGERED = 3.0  # seconds in which a form can be shown
RESPONSE = "response_url"  # among the names of methods: ours
NOWHERE = "no_response_url"  # our own word

_WORD = re.compile(r'"error":\s*"(\w+)"')


@dataclass(frozen=True, slots=True)
class Showing:
    """Shows answers."""

    requests: Requests

    async def view(self, interaction: Interaction, view: Block) -> str:
        """Show a view: in place of the one that something was pressed in, else on top. Out: its id.

        Raises Denied, PlatformError.
        """

        async def open_(client: AsyncWebClient) -> Any:
            return await client.views_open(trigger_id=interaction.trigger, view=view)

        async def update(client: AsyncWebClient) -> Any:
            return await client.views_update(view_id=interaction.view, view=view)

        if interaction.view:
            answer = await self.requests.ask(interaction.team, update, method="views.update")
        else:
            answer = await self.requests.ask(interaction.team, open_, method="views.open", patience=TRIGGERED)
        return str(answer["view"]["id"])

    async def aside(self, interaction: Interaction, text: str, blocks: Sequence[Block]) -> None:
        """Say something that nobody else sees, below what it answers or in its place. Raises Denied, PlatformError."""
        instead = interaction.hidden and interaction.message is not None
        answer = {"text": text, "blocks": list(blocks), "replace_original": instead}
        try:
            await self._respond(interaction, answer if instead else answer | {"response_type": "ephemeral"})
        except Denied as denied:
            log.info("%s is answered by a message: %s", interaction.key, denied.code)
            await self._message(interaction, text, blocks)

    async def amend(self, interaction: Interaction, text: str) -> None:
        """Let the message under which a button was pressed say something more, without its buttons; best effort."""
        message = interaction.message
        if message is None:
            return
        blocks = [*_without_buttons(message), *said(text)]
        with suppress(Denied, PlatformError):
            if interaction.hidden:
                await self._respond(interaction, {"replace_original": True, "text": text, "blocks": blocks})
            else:
                name = names.message(interaction.channel, str(message["ts"]))
                await self.change(interaction.team, name, text, blocks)

    async def change(self, team: str, message: str, text: str, blocks: Sequence[Block]) -> None:
        """Let a message of ours be like this from now on. Raises Denied, PlatformError."""
        channel, ts = names.channel_and_ts(message)

        async def change(client: AsyncWebClient) -> Any:
            return await client.chat_update(channel=channel, ts=ts, text=text, blocks=list(blocks))

        await self.requests.ask(team, change, method="chat.update")

    async def direct(self, team: str, user: str) -> str:
        """The channel in which nobody but somebody and the bot is. Raises Denied, PlatformError."""

        async def opened(client: AsyncWebClient) -> Any:
            return await client.conversations_open(users=user)

        answer = await self.requests.ask(team, opened, method="conversations.open")
        return str(answer["channel"]["id"])

    async def link(self, conversation: str) -> str:
        """The address of a conversation; "": nobody can tell."""
        channel, root = names.channel(conversation), names.root(conversation)

        async def ask(client: AsyncWebClient) -> Any:
            return await client.chat_getPermalink(channel=channel, message_ts=root)

        try:
            answer = await self.requests.ask(names.team(conversation), ask, method="chat.getPermalink")
        except (Denied, PlatformError) as fault:
            log.info("%s has no link: %s", conversation, where(fault))
            return ""
        return str(answer["permalink"])

    async def _respond(self, interaction: Interaction, answer: Json) -> None:
        """Answer where Slack has said that it can be. Raises Denied: not any more; PlatformError."""
        address = interaction.respond
        if not address:
            raise Denied(NOWHERE)

        async def send(client: AsyncWebClient) -> None:
            answered = await AsyncWebhookClient(address, session=client.session, retry_handlers=[]).send_dict(
                {**answer}
            )
            if answered.status_code != 200 or _WORD.search(answered.body):
                raise _meaning(answered)

        await self.requests.ask(interaction.team, send, method=RESPONSE)

    async def _message(self, interaction: Interaction, text: str, blocks: Sequence[Block]) -> None:
        """Say it to them alone where they asked, else by direct message. Raises Denied, PlatformError."""
        channel, user, shown = interaction.channel, interaction.user, list(blocks)

        async def show(client: AsyncWebClient) -> Any:
            return await client.chat_postEphemeral(channel=channel, user=user, text=text, blocks=shown)

        if channel and not channel.startswith("D"):
            with suppress(Denied):
                await self.requests.ask(interaction.team, show, method="chat.postEphemeral")
                return
        direct = await self.direct(interaction.team, user)

        async def post(client: AsyncWebClient) -> Any:
            return await client.chat_postMessage(
                channel=direct, text=text, blocks=shown, unfurl_links=False, unfurl_media=False
            )

        await self.requests.ask(interaction.team, post, method="chat.postMessage")


def _meaning(answered: WebhookResponse) -> Exception:
    """What Slack means by not taking an answer."""
    word, wait = _WORD.search(answered.body), str(answered.headers.get("Retry-After") or "")
    if answered.status_code == 429:
        return Limited(max(float(wait) if wait.isdecimal() else 0.0, AFTER))
    if answered.status_code >= 500 or not word:
        return Unanswered(f"Slack did not take an answer: status {answered.status_code}")
    return Denied(word[1])


def _without_buttons(message: Json) -> list[Block]:
    blocks = message.get("blocks") or said(str(message.get("text") or ""))
    return [each for each in blocks if each["type"] not in {"actions", "context_actions"}]

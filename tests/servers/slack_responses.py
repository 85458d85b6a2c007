"""response_url: five answers to what somebody did, in half an hour. Docs: interactivity/handling-user-interaction."""

import json
import secrets
from dataclasses import dataclass

from aiohttp import web

from tests.servers import slack_acts as acts
from tests.servers.slack_acts import Place
from tests.servers.slack_drafts import Draft, draft
from tests.servers.slack_record import Asked
from tests.servers.slack_refusals import Refused
from tests.servers.slack_state import Channel, Json, Message, User
from tests.servers.slack_world import World

MOST, LASTS = 5, 1_800.0  # answers; seconds


@dataclass(eq=False, kw_only=True)
class Address:
    """Where an interaction may be answered. message: what it came from."""

    user: User
    channel: Channel
    bot: User
    issued: float
    message: Message | None = None
    uses: int = 0


class Responses:
    """The addresses that were given out."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._addresses: dict[str, Address] = {}

    def issue(self, user: User, channel: Channel, bot: User, message: Message | None = None) -> str:
        """A new one."""
        name = secrets.token_hex(8)
        self._addresses[name] = Address(user=user, channel=channel, bot=bot, issued=self._world.now, message=message)
        return f"{self._world.url}/response/{name}"

    async def answer(self, request: web.Request, asked: Asked) -> web.Response:
        """An answer."""
        body = await request.text()
        asked.args = json.loads(body) if body.startswith("{") else {}
        try:
            address = self._good(request.match_info["name"])
            self.say(address.user, address.channel, address.bot, asked.args, address.message)
        except Refused as refused:
            asked.error = refused.error
            return web.json_response(refused.body, status=refused.status if refused.status != 200 else 400)
        address.uses += 1
        asked.done = True
        return web.Response(text="ok")

    def _good(self, name: str) -> Address:
        address = self._addresses.get(name)
        if address is None or self._world.now - address.issued > LASTS:
            raise Refused("expired_url", status=404)
        if address.uses >= MOST:
            raise Refused("used_url", status=404)
        return address

    def say(self, user: User, channel: Channel, bot: User, said: Json, message: Message | None = None) -> None:
        """What an interaction is answered with, here or in its acknowledgement."""
        if said.get("delete_original") and message:
            _remove(self._world, bot, message)
            return
        drafted = draft(said)
        if said.get("replace_original") and message:
            _replace(self._world, bot, message, drafted)
        elif said.get("response_type") == "in_channel":
            place = Place(channel=channel, thread_ts=said.get("thread_ts"))
            acts.post(self._world, bot, place, drafted)
        else:
            ephemeral = Message(
                ts=self._world.ts(), channel=channel, author=bot, text=drafted.text or "", markdown=drafted.markdown,
                blocks=drafted.blocks or [], thread_ts=said.get("thread_ts"), only=user,
            )  # fmt: skip
            channel.ephemerals.append(ephemeral)


def _remove(world: World, bot: User, message: Message) -> None:
    if message.only is None:
        acts.delete(world, bot, message)
    elif message in message.channel.ephemerals:
        message.channel.ephemerals.remove(message)


def _replace(world: World, bot: User, message: Message, drafted: Draft) -> None:
    if message.only is None:
        acts.edit(world, bot, message, drafted, flagged=False)
    else:
        message.text, message.blocks = drafted.text or "", drafted.blocks or []

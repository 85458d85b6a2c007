"""Requests that no client of ours makes, and how the local Discord refuses them."""

from typing import Any

import aiohttp
import pytest

from tests.servers.discord import Fails, Kind
from tests.servers.discord_bot import Library

Body = dict[str, Any] | list[Any]


async def ask(place: Library, what: str, body: Body | None = None) -> tuple[int, int]:
    """The status of a bare request, and its code."""
    method, path = what.split(" ")
    headers = {"Authorization": f"Bot {place.server.token}"}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, place.server.url + path, json=body, headers=headers) as response,
    ):
        told = await response.json() if response.status != 204 else {}
        return response.status, told.get("code", 0) if isinstance(told, dict) else 0


def row(*names: str) -> dict[str, Any]:
    """A row of buttons."""
    return {"type": 1, "components": [{"type": 2, "style": 1, "label": "Fair", "custom_id": name} for name in names]}


TEXT = {"type": 10, "content": "x"}
V2 = {"flags": 1 << 15}
NO_MESSAGE: dict[str, dict[str, Any]] = {
    "no text": {"content": 5},
    "eleven embeds": {"embeds": [{"title": "x"}] * 11},
    "a long description": {"embeds": [{"description": "x" * 4_097}]},
    "six rows": {"content": "x", "components": [row(str(number)) for number in range(6)]},
    "an empty row": {"content": "x", "components": [row()]},
    "six buttons in a row": {"content": "x", "components": [row(*"abcdef")]},
    "no row": {"content": "x", "components": [TEXT]},
    "a button without a name": {"content": "x", "components": [row("")]},
    "a button with a long name": {"content": "x", "components": [row("x" * 101)]},
    "forty-one components": V2 | {"components": [TEXT] * 41},
    "text beside components": V2 | {"content": "x", "components": [TEXT]},
    "embeds beside components": V2 | {"embeds": [{"title": "x"}], "components": [TEXT]},
    "mentions of something else": {"content": "x", "allowed_mentions": {"parse": ["members"]}},
    "mentions twice over": {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
}


@pytest.mark.parametrize("wrong", NO_MESSAGE)
async def test_what_is_no_message_is_refused(place: Library, wrong: str) -> None:
    assert await ask(place, f"POST /channels/{place.general.id}/messages", NO_MESSAGE[wrong]) == (400, 50035)
    assert place.general.messages == {}


async def test_a_nonce_that_is_not_enforced_is_only_told(place: Library) -> None:
    for _ in range(2):
        await ask(place, f"POST /channels/{place.general.id}/messages", {"content": "x", "nonce": 7})
    assert [message.nonce for message in place.general.messages.values()] == ["7", "7"]


NOWHERE: dict[str, tuple[int, int]] = {
    "GET /channels/1": (404, 10003),
    "GET /channels/one": (400, 50035),
    "GET /channels/{channel}/messages/1": (404, 10008),
    "GET /channels/{channel}/messages?limit=101": (400, 50035),
    "DELETE /channels/{channel}/messages/1": (404, 10008),
    "GET /users/1": (404, 10013),
    "GET /guilds/1": (404, 10004),
    "GET /guilds/1/threads/active": (404, 10004),
    "GET /guilds/{guild}/members/1": (404, 10007),
    "DELETE /channels/{channel}": (400, 50024),
    "PUT /channels/{channel}/thread-members/@me": (400, 50024),
    "PATCH /channels/{dm}": (403, 50003),
    "GET /channels/{dm}/threads/archived/public": (400, 50024),
    "POST /channels/{forum}/threads": (400, 50006),
    "GET /applications/1/commands": (403, 50001),
    "GET /applications/{bot}/guilds/1/commands": (403, 50001),
    "PUT /applications/{bot}/commands": (400, 50109),
    "DELETE /applications/{bot}/commands/1": (404, 10063),
    "POST /interactions/1/token/callback": (404, 10062),
    "POST /webhooks/{bot}/token": (404, 10015),
}


@pytest.mark.parametrize("what", NOWHERE)
async def test_what_is_nowhere_is_not_found(place: Library, what: str) -> None:
    ids = {
        "channel": place.general.id,
        "guild": place.guild.id,
        "bot": place.server.bot.id,
        "dm": place.server.dm(place.robin).id,
        "forum": place.server.channel(place.guild, "questions", Kind.FORUM).id,
    }
    body: Body | None = None if what.startswith("GET") else {}
    assert await ask(place, what.format(**ids), body) == NOWHERE[what]


async def test_threads_and_what_hangs_at_them_are_refused_where_they_cannot_be(place: Library) -> None:
    thread, begun = await place.thread()
    said = await begun.send("So.")
    starter = next(iter(thread.messages))
    name = {"name": "x", "type": 11}
    forum = place.server.channel(place.guild, "questions", Kind.FORUM)
    assert await ask(place, f"POST /channels/{thread.id}/messages/{said.id}/threads", name) == (400, 50024)
    assert await ask(place, f"POST /channels/{thread.id}/threads", name) == (400, 50024)
    assert await ask(place, f"PATCH /channels/{thread.id}", {"auto_archive_duration": 61}) == (400, 50035)
    tagged = name | {"applied_tags": ["1"], "message": {"content": "x"}}
    assert await ask(place, f"POST /channels/{forum.id}/threads", tagged) == (400, 50035)
    assert await ask(place, f"PATCH /channels/{thread.id}/messages/{starter}", {"content": "x"}) == (403, 50005)
    note = await place.server.says(place.robin, place.general, "x")
    note.kind = 18
    assert await ask(place, f"POST /channels/{place.general.id}/messages/{note.id}/threads", name) == (403, 50021)


async def test_a_public_thread_may_begin_without_a_message(place: Library) -> None:
    name = {"name": "tides", "type": 11}
    assert await ask(place, f"POST /channels/{place.general.id}/threads", name) == (200, 0)
    (note,) = place.general.messages.values()
    assert (note.kind, note.content, len(place.guild.threads)) == (18, "tides", 1)


async def test_purging_takes_two_messages_and_a_permission(place: Library) -> None:
    said = [await place.server.says(place.robin, place.general, str(number)) for number in range(2)]
    path, ids = f"POST /channels/{place.general.id}/messages/bulk-delete", [str(message.id) for message in said]
    assert await ask(place, path, {"messages": ids}) == (403, 50013)
    mine = place.guild.members[place.server.bot.id]
    place.server.give(mine, *mine.roles, *place.mo.roles)
    assert await ask(place, path, {"messages": ids[:1]}) == (400, 50035)
    assert await ask(place, path, {"messages": ids}) == (204, 0)
    assert place.general.messages == {}


async def test_a_fault_has_its_headers(place: Library) -> None:
    place.server.fault("GET /users/@me", Fails(status=500, headers={"X-Why": "because"}))
    headers = {"Authorization": f"Bot {place.server.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"{place.server.url}/users/@me") as response,
    ):
        assert (response.status, response.headers["X-Why"]) == (500, "because")

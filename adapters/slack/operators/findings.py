"""How the bot stands in a workspace: what it may do there, where it is, and who may look at endings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.outgoing.sending import Denied, Requests
from adapters.slack.scopes import SCOPES
from bot.settings.model import Local

HEADER = "x-oauth-scopes"  # in which Slack tells what the bot may do


@dataclass(frozen=True, slots=True)
class Room:
    """A channel, as the bot sees it."""

    id: str
    there: bool = False
    inside: bool = False
    archived: bool = False
    private: bool = False
    shared: bool = False  # with another organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found.

    scopes  those that are lacking
    desk    where moderators are called; None: nobody said
    rooms   the channels in the settings that the bot is to answer in
    groups  names of user groups that may look at endings; gone: ids of those that are not there
    people  ids of people who may
    """

    scopes: tuple[str, ...]
    desk: Room | None
    rooms: tuple[Room, ...]
    groups: tuple[str, ...]
    gone: tuple[str, ...]
    people: tuple[str, ...]


async def look(requests: Requests, team: str, local: Local) -> Findings:
    """Look at a workspace. Raises PlatformError: nobody can tell now; Denied: the bot is not there."""
    known = await groups_of(requests, team)
    groups = [each for each in local.moderator_roles if each.startswith("S")]
    return Findings(
        scopes=await _lacking(requests, team),
        desk=await room(requests, team, local.moderators.channel) if local.moderators else None,
        rooms=tuple([await room(requests, team, each) for each in local.channels]),
        groups=tuple(known[each] for each in groups if each in known),
        gone=tuple(each for each in groups if each not in known),
        people=tuple(each for each in local.moderator_roles if not each.startswith("S")),
    )


async def room(requests: Requests, team: str, channel: str) -> Room:
    """A channel. Raises PlatformError."""

    async def info(client: AsyncWebClient) -> Any:
        return await client.conversations_info(channel=channel)

    try:
        told: Mapping[str, Any] = (await requests.ask(team, info, method="conversations.info"))["channel"]
    except Denied:
        return Room(channel)
    return Room(
        channel,
        there=True,
        inside=bool(told.get("is_member")),
        archived=bool(told.get("is_archived")),
        private=bool(told.get("is_private")),
        shared=bool(told.get("is_ext_shared")),
    )


async def groups_of(requests: Requests, team: str) -> Mapping[str, str]:
    """The names of a workspace's user groups, by id; none, where Slack does not tell. Raises PlatformError."""

    async def listed(client: AsyncWebClient) -> Any:
        return await client.usergroups_list()

    try:
        answer = await requests.ask(team, listed, method="usergroups.list")
    except Denied:
        return {}
    return {str(each["id"]): f"@{each['handle']}" for each in _mappings(answer["usergroups"])}


async def _lacking(requests: Requests, team: str) -> tuple[str, ...]:
    async def test(client: AsyncWebClient) -> Any:
        return await client.auth_test()

    answer = await requests.ask(team, test, method="auth.test")
    told = next((str(value) for name, value in answer.headers.items() if name.lower() == HEADER), None)
    if told is None:
        return ()
    has = {each.strip() for each in told.split(",")}
    return tuple(each for each in SCOPES if each not in has)


def _mappings(found: Sequence[object]) -> Iterator[Mapping[str, Any]]:
    return (each for each in found if isinstance(each, Mapping))

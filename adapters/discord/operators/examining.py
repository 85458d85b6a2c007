"""How the bot stands with Discord, for the shell: asked by REST alone, so a bot that runs keeps its connection."""

from collections.abc import Iterator, Mapping

import discord

from adapters.discord.environment import Setup
from adapters.discord.names import NAME
from adapters.discord.operators.checking import NAMED, fetched, told
from adapters.discord.operators.findings import look
from adapters.discord.operators.permissions import invite
from adapters.discord.outgoing.sending import Denied, Requests
from bot.cli.examined import Examined, Remark
from bot.configuration import Configuration
from bot.domain.conversation import Place
from bot.domain.naming import shown
from bot.errors import ConfigError, PlatformError
from bot.reply.wording import FALLBACK

NO_TOKEN, NO_INTENT = 4004, 4014  # the gateway's codes
GROUP = "fairwell"  # a command that every version has

FULL = "Message Content Intent is on, and reviewed by Discord."
LIMITED = "Message Content Intent is on. From 10,000 users on, Discord wants to review the application."
UNUSED = "Message Content Intent is on in the portal, and DISCORD_CONTENT_INTENT=off: it hears only what mentions it."
MENTIONS = "Message Content Intent is off, as DISCORD_CONTENT_INTENT=off says: it hears only what mentions it."
ENDPOINT = (
    "An Interactions Endpoint URL is set, so commands and buttons never arrive. "
    "Take it out: https://discord.com/developers/applications, your application, General Information."
)
UNLISTED = "No commands are listed yet. They are as soon as the bot connects for the first time: `fairwell run`."
NOWHERE = "The bot is in no server yet. Invite it by the address below."


async def examine(requests: Requests, setup: Setup, configuration: Configuration, fatal: Mapping[int, str]) -> Examined:
    """Log in and look. fatal: what to tell the operator, by the gateway's codes.

    Raises ConfigError: Discord does not take the token. Raises PlatformError: it cannot be asked now.
    """

    async def log_in(client: discord.Client) -> tuple[discord.ClientUser, discord.AppInfo]:
        try:
            await client.login(setup.token)
        except discord.LoginFailure as fault:
            raise ConfigError([fatal[NO_TOKEN]]) from fault
        if client.user is None or client.application is None:
            raise PlatformError("Discord does not say who the bot is")
        return client.user, client.application

    async def commands(client: discord.Client) -> set[str]:
        return {each["name"] for each in await client.http.get_global_commands(application.id)}

    async def guilds(client: discord.Client) -> list[discord.Guild]:
        return [each async for each in client.fetch_guilds(limit=None, with_counts=False)]

    try:
        user, application = await requests.ask(log_in)
        remarks = list(_portal(application, setup, fatal))
        if GROUP not in await requests.ask(commands):
            remarks.append(Remark("", lacks=True, said=[UNLISTED]))
        there = await requests.ask(guilds)
    except Denied as denied:
        raise PlatformError(f"Discord does not let the bot ask: {denied.why}") from denied
    if not there:
        remarks.append(Remark("", lacks=True, said=[NOWHERE]))
    remarks += [await _in_guild(requests, each, configuration) for each in there]
    return Examined(f"{shown(user.name)} ({user.id})", invite(application.id), remarks)


def _portal(application: discord.AppInfo, setup: Setup, fatal: Mapping[int, str]) -> Iterator[Remark]:
    """What is set in Discord's developer portal."""
    flags = application.flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        given = FULL if flags.gateway_message_content else LIMITED
        yield Remark("", lacks=False, said=[given if setup.content else UNUSED])
    else:
        yield Remark("", lacks=setup.content, said=[fatal[NO_INTENT] if setup.content else MENTIONS])
    if application.interactions_endpoint_url:
        yield Remark("", lacks=True, said=[ENDPOINT])


async def _in_guild(requests: Requests, guild: discord.Guild, configuration: Configuration) -> Remark:
    where = f"{shown(guild.name)} ({guild.id})"
    try:
        seen = await requests.ask(lambda client: fetched(client, guild.id))
    except (Denied, PlatformError) as fault:
        return Remark(where, lacks=True, said=[f"It cannot be looked at: {fault}"])
    findings = look(*seen, configuration.settings.at(Place(NAME, str(guild.id), "")))
    said = tuple(told(findings, configuration.wording.words(FALLBACK, NAME), NAMED))
    return Remark(where, lacks=not findings.is_well, said=said)

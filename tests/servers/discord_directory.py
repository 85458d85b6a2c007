"""The routes for who and what there is: the application, users, guilds, members, roles, the gateway's address."""

from tests.servers import discord_shapes as shapes
from tests.servers.discord_permissions import Permission, in_guild
from tests.servers.discord_refusals import Refused
from tests.servers.discord_rest import Call, Route
from tests.servers.discord_routes import someone
from tests.servers.discord_state import Guild, Json

AUDITED = (
    "application_commands",
    "auto_moderation_rules",
    "guild_scheduled_events",
    "integrations",
    "threads",
    "users",
    "webhooks",
)


def me(call: Call) -> Json:
    """The bot."""
    return shapes.user(call.world.bot) | {"verified": True, "mfa_enabled": False, "flags": 0, "locale": "en-US"}


def user(call: Call) -> Json:
    """Somebody."""
    return shapes.user(someone(call))


def application(call: Call) -> Json:
    """What is set up in the portal."""
    app = call.world.application
    return {
        "id": str(app.id),
        "name": app.name,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": app.public,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": app.flags,
        "owner": shapes.user(app.owner),
        "interactions_endpoint_url": app.endpoint,
    }


def gateway(call: Call) -> Json:
    """Where to connect, with how many shards, and how often still today."""
    return {
        "url": call.gateway.url,
        "shards": call.gateway.shards,
        "session_start_limit": {
            "total": 1_000,
            "remaining": call.gateway.starts,
            "reset_after": 86_400_000,
            "max_concurrency": 1,
        },
    }


def direct(call: Call) -> Json:
    """The DM with somebody."""
    number = int(call.asked.fields.get("recipient_id") or 0)
    user = call.world.users.get(number)
    if user is None or user is call.world.bot:
        raise Refused(50033)
    return shapes.channel(call.world, call.world.dm(user))


def a_guild(call: Call) -> Guild:
    """The guild of the path. Refused: there is none, or the bot is not in it."""
    guild = call.world.guilds.get(call.id("guild"))
    if guild is None:
        raise Refused(10004)
    if call.world.bot.id not in guild.members:
        raise Refused(50001)
    return guild


def guild(call: Call) -> Json:
    """A guild."""
    return shapes.guild_alone(a_guild(call))


def my_guilds(call: Call) -> list[Json]:
    """The guilds the bot is in."""
    mine = [one for one in call.world.guilds.values() if call.world.bot.id in one.members]
    return [shapes.guild_alone(one) | {"owner": False, "permissions": "0"} for one in mine]


def channels(call: Call) -> list[Json]:
    """A guild's channels."""
    return [shapes.channel(call.world, one) for one in a_guild(call).channels.values()]


def roles(call: Call) -> list[Json]:
    """A guild's roles."""
    return [shapes.role(one) for one in a_guild(call).roles.values()]


def member(call: Call) -> Json:
    """Somebody in a guild."""
    found = a_guild(call).members.get(call.id("user"))
    if found is None:
        raise Refused(10007)
    return shapes.member(found)


def members(call: Call) -> list[Json]:
    """Everybody in a guild, by id."""
    query, every = call.asked.query, sorted(a_guild(call).members.values(), key=lambda one: one.id)
    later = [one for one in every if one.id > int(query.get("after", 0))]
    return [shapes.member(one) for one in later[: int(query.get("limit", 1))]]


def audit(call: Call) -> Json:
    """What was done to a guild's threads, the newest first, and who did it. Docs: resources/audit-log."""
    there, query = a_guild(call), call.asked.query
    if not in_guild(there.members[call.world.bot.id]) & Permission.VIEW_AUDIT_LOG:
        raise Refused(50013)
    before, kind = int(query.get("before", 1 << 63)), query.get("action_type")
    every = [one for one in call.world.audit.get(there.id, []) if int(one["id"]) < before]
    wanted = [one for one in every if kind in {None, str(one["action_type"])}]
    entries = wanted[::-1][: int(query.get("limit", 50))]
    people = {int(one["user_id"]) for one in entries}
    nothing: dict[str, list[Json]] = {key: [] for key in AUDITED}
    return nothing | {
        "audit_log_entries": entries,
        "users": [shapes.user(call.world.users[number]) for number in sorted(people)],
    }


ROUTES: dict[str, Route] = {
    "GET /guilds/{guild}/audit-logs": audit,
    "GET /users/@me": me,
    "GET /users/@me/guilds": my_guilds,
    "GET /users/{user}": user,
    "POST /users/@me/channels": direct,
    "GET /oauth2/applications/@me": application,
    "GET /gateway/bot": gateway,
    "GET /guilds/{guild}": guild,
    "GET /guilds/{guild}/channels": channels,
    "GET /guilds/{guild}/roles": roles,
    "GET /guilds/{guild}/members": members,
    "GET /guilds/{guild}/members/{user}": member,
}

"""auth.test, users.*, usergroups.*, team.*, bots.*, apps.connections.open: who everybody is."""

from tests.servers import slack_shapes as shapes
from tests.servers.slack_call import Call, Method
from tests.servers.slack_refusals import Refused, invalid
from tests.servers.slack_state import Json


def auth_test(call: Call) -> Json:
    """Who the token's owner is."""
    install = call.install
    home = install.workspace or install.bot.home
    reply: Json = {
        "url": f"https://{home.domain}.slack.com/",
        "team": home.name,
        "team_id": home.id,
        "user": install.bot.name,
        "user_id": install.bot.id,
        "bot_id": install.bot.bot_id,
        "is_enterprise_install": install.wide,
    }
    if home.enterprise:
        reply |= {"enterprise_id": home.enterprise.id}
    if install.wide and install.enterprise:
        reply |= {"team": install.enterprise.name, "team_id": install.enterprise.id}
    return reply | ({"expires_in": int(install.expires - call.world.now)} if install.expires else {})


def users_info(call: Call) -> Json:
    """Somebody. Of people from other workspaces there is little to see."""
    user = call.world.person(call.install, call.need("user"))
    known = call.world.knows(call.install, user)
    return {"user": shapes.user(user, known=known, locale=call.yes("include_locale"))}


def group_users(call: Call) -> Json:
    """Who is in a user group."""
    number = call.need("usergroup")
    group = next((one.groups[number] for one in call.install.workspaces if number in one.groups), None)
    if group is None:
        raise Refused("no_such_subteam")
    if group.disabled and not call.yes("include_disabled"):
        raise Refused("subteam_disabled")
    return {"users": [user.id for user in group.users]}


def groups(call: Call) -> Json:
    """The user groups of a workspace, but for those that are disabled."""
    listed = [one for place in call.install.workspaces for one in place.groups.values() if not one.disabled]
    return {"usergroups": [{"id": one.id, "is_usergroup": True, "name": one.handle.title(), "handle": one.handle}
                           for one in listed]}  # fmt: skip


def team_info(call: Call) -> Json:
    """A workspace."""
    home = call.workspace()
    shape: Json = {"id": home.id, "name": home.name, "domain": home.domain, "email_domain": ""}
    if home.enterprise:
        shape |= {"enterprise_id": home.enterprise.id, "enterprise_name": home.enterprise.name}
    return {"team": shape}


def bots_info(call: Call) -> Json:
    """A bot."""
    number = call.text("bot") or call.install.bot.bot_id
    bot = next((one for one in call.world.users.values() if one.bot_id == number), None)
    if bot is None:
        raise Refused("bot_not_found")
    shape = {"id": bot.bot_id, "deleted": bot.deleted, "name": bot.name, "updated": 1_700_000_000}
    return {"bot": shape | {"app_id": bot.app_id, "user_id": bot.id, "icons": {}}}


def connections_open(call: Call) -> Json:
    """An address for a socket."""
    if not call.world.app.socket_mode:
        raise invalid("link_disabled")
    return {"url": call.ticket()}


METHODS = {
    "auth.test": Method(auth_test, tier=5),
    "users.info": Method(users_info, ("users:read",), tier=4),
    "usergroups.list": Method(groups, ("usergroups:read",), tier=2),
    "usergroups.users.list": Method(group_users, ("usergroups:read",), tier=2),
    "team.info": Method(team_info, ("team:read",)),
    "bots.info": Method(bots_info, ("users:read",)),
    "apps.connections.open": Method(connections_open, tier=2, holder="app"),
}

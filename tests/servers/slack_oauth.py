"""Installing: authorize, code, tokens, and their end. Docs: authentication/installing-with-oauth, token rotation."""

import secrets
from urllib.parse import urlencode

from aiohttp import web

from tests.servers.slack_call import Call, Method
from tests.servers.slack_record import Asked
from tests.servers.slack_refusals import Refused
from tests.servers.slack_state import Enterprise, Install, Json, User, Workspace
from tests.servers.slack_telling import tell
from tests.servers.slack_world import World

LASTS = 43_200  # seconds of a token that rotates


def installed(world: World, place: Workspace | Enterprise, installer: User, scopes: frozenset[str]) -> Install:
    """The app, put into a workspace or an organisation; where it was before, with new tokens."""
    home = place if isinstance(place, Workspace) else place.workspaces[0]
    old = next((one for one in world.installs if (one.workspace or one.enterprise) is place), None)
    if old is not None and not old.revoked:
        old.scopes |= scopes
        return old
    bot = old.bot if old else world.user(world.app.name.casefold(), home, bot_id=world.id("B"), app_id=world.app.id)
    install = Install(
        token=_token(),
        bot=bot,
        scopes=scopes,
        installer=installer,
        workspace=home if place is home else None,
        enterprise=home.enterprise,
    )
    if world.app.rotates:
        _expiring(world, install)
    if isinstance(place, Enterprise):
        for each in place.workspaces:
            each.users[bot.id] = bot
    if old:
        world.installs.remove(old)
        install.old = [*old.old, old.token]
    world.installs.append(install)
    return install


def _token() -> str:
    return f"xoxb-{secrets.token_hex(12)}"


def _expiring(world: World, install: Install) -> None:
    install.expires = world.now + LASTS
    install.refresh = f"xoxe-1-{secrets.token_hex(12)}"


def _rotated(world: World, install: Install) -> None:
    install.old.append(install.token)
    install.token = f"xoxe.{_token()}"
    _expiring(world, install)


def ended(world: World, install: Install) -> None:
    """The app is taken out; it is told, as far as it is told anything."""
    home = install.workspaces[0]
    tell(world, install, home, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [install.bot.id]}})
    tell(world, install, home, {"type": "app_uninstalled"})
    install.revoked = True
    for workspace in install.workspaces:
        for channel in workspace.channels.values():
            if not channel.direct:
                channel.members.pop(install.bot.id, None)


class Page:
    """Where people allow the app in. A test says first who will, and where: `allows`; nobody: they cancel."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.who: tuple[User, Workspace | Enterprise] | None = None

    async def authorize(self, request: web.Request, asked: Asked) -> web.Response:
        """Send somebody back with a code."""
        query = request.query
        asked.args = dict(query)
        if query.get("client_id") != self._world.app.client_id:
            return web.Response(status=400, text="Invalid client_id parameter")
        back = query.get("redirect_uri", "")
        scopes = frozenset(query.get("scope", "").split(","))
        if not back or not scopes - {""}:
            return web.Response(status=400, text="Something's not right")
        if self.who is None:
            return _back(back, error="access_denied", state=query.get("state", ""))
        who, where = self.who
        code = secrets.token_hex()
        self._world.codes[code] = (installed(self._world, where, who, scopes), back)
        asked.done = True
        return _back(back, code=code, state=query.get("state", ""))


def _back(address: str, **said: str) -> web.Response:
    return web.Response(status=302, headers={"Location": f"{address}?{urlencode(said)}"})


def _mine(call: Call) -> None:
    name, secret = call.client
    if name != call.world.app.client_id:
        raise Refused("invalid_client_id")
    if secret != call.world.app.client_secret:
        raise Refused("bad_client_secret")


def access(call: Call) -> Json:
    """Tokens, for a code or for a refresh token."""
    _mine(call)
    if call.text("grant_type") == "refresh_token":
        return _refreshed(call)
    found = call.world.codes.pop(call.text("code"), None)
    if found is None:
        raise Refused("invalid_code")
    install, back = found
    if call.text("redirect_uri") and call.text("redirect_uri") != back:
        raise Refused("bad_redirect_uri")
    return _tokens(call.world, install)


def _refreshed(call: Call) -> Json:
    given = call.need("refresh_token")
    install = next((one for one in call.world.installs if one.refresh == given and not one.revoked), None)
    if install is None:
        raise Refused("invalid_refresh_token")
    _rotated(call.world, install)
    return _tokens(call.world, install)


def _tokens(world: World, install: Install) -> Json:
    team = None if install.workspace is None else {"id": install.workspace.id, "name": install.workspace.name}
    org = install.enterprise
    reply: Json = {
        "app_id": world.app.id,
        "authed_user": {"id": install.installer.id},
        "scope": ",".join(sorted(install.scopes)),
        "token_type": "bot",
        "access_token": install.token,
        "bot_user_id": install.bot.id,
        "team": team,
        "enterprise": None if org is None else {"id": org.id, "name": org.name},
        "is_enterprise_install": install.wide,
    }
    if install.expires is not None:
        reply |= {"expires_in": int(install.expires - world.now), "refresh_token": install.refresh}
    return reply


def exchange(call: Call) -> Json:
    """A token that rotates, for one that does not."""
    _mine(call)
    install = call.world.bearer(call.token)
    if not call.world.app.rotates:
        raise Refused("token_rotation_not_enabled")
    if install.expires is not None:
        raise Refused("token_already_exchanged")
    _rotated(call.world, install)
    return _tokens(call.world, install)


def revoke(call: Call) -> Json:
    """End the token."""
    if call.yes("test"):
        return {"revoked": False}
    ended(call.world, call.install)
    return {"revoked": True}


def uninstall(call: Call) -> None:
    """Take the app out."""
    _mine(call)
    ended(call.world, call.install)


METHODS = {
    "oauth.v2.access": Method(access, tier=4, holder="nobody"),
    "oauth.v2.exchange": Method(exchange, tier=4, holder="nobody"),
    "auth.revoke": Method(revoke),
    "apps.uninstall": Method(uninstall, tier=1),
}

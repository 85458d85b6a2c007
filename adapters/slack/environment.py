"""How the adapter is set up: by environment variables.

One workspace:
SLACK_BOT_TOKEN       the bot's token there (xoxb-...); without it, and without SLACK_OAUTH, there is no adapter

Many workspaces, which let the bot in on a page of its own:
SLACK_OAUTH           on: in place of SLACK_BOT_TOKEN; needs the next three, and SLACK_PORT, where the page is
SLACK_CLIENT_ID, SLACK_CLIENT_SECRET  the app's own; without SLACK_OAUTH=on they change nothing
SLACK_REDIRECT_URI    where Slack sends people back to (https://bot.example/slack/oauth_redirect), as the app's settings
                      at Slack have it

How events come:
SLACK_APP_TOKEN       xapp-...: Socket Mode. Without it Slack sends them to SLACK_PORT, and SLACK_SIGNING_SECRET shows
                      that it was Slack
SLACK_PORT            where requests are listened to: a port of this machine (3000), or a host and a port (0.0.0.0:3000)

SLACK_API_BASE        for tests: where Slack's Web API is, on this machine
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from bot.errors import ConfigError

SWITCHES = {"": False, "off": False, "on": True}
LOOPBACK = "127.0.0.1"
SLACK = "https://slack.com/api/"
AUTHORIZE = "/oauth/v2/authorize"  # beside the Web API


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """How workspaces let the bot in.

    client    the app's id; secret: what shows that it is the app
    redirect  where Slack sends people back to
    """

    client: str
    secret: str = field(repr=False)
    redirect: str

    @property
    def path(self) -> str:
        """The page that people are sent back to, on our own server."""
        return urlsplit(self.redirect).path

    @property
    def install(self) -> str:
        """The page that it begins on, beside the other."""
        return f"{self.path.rpartition('/')[0]}/install"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the adapter is set up.

    token    of the one workspace; "": there are many, and `oauth` says how
    socket   the token for Socket Mode; "": events come to `listen`, signed with `signing`
    listen   a host and a port for requests; None: there are none
    base     the address of the Web API
    """

    token: str = field(default="", repr=False)
    oauth: OAuth | None = None
    socket: str = field(default="", repr=False)
    signing: str = field(default="", repr=False)
    listen: tuple[str, int] | None = None
    base: str = SLACK

    @property
    def authorize(self) -> str:
        """Slack's page on which a workspace lets the bot in."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}{AUTHORIZE}"


def setup(env: Mapping[str, str]) -> Setup | None:
    """What the environment says; None: nothing of Slack. Raises ConfigError, which quotes no secret."""
    said = {name: value.strip() for name, value in env.items() if name.startswith("SLACK_")}
    faults = list[str]()
    many = _switch(said, "SLACK_OAUTH", faults)
    token, socket = said.get("SLACK_BOT_TOKEN", ""), said.get("SLACK_APP_TOKEN", "")
    if not (many or token or socket or faults):
        return None
    listen = _listen(said, faults)
    made = Setup(
        token=token,
        oauth=_oauth(said, listen, faults) if many else None,
        socket=socket,
        signing=said.get("SLACK_SIGNING_SECRET", ""),
        listen=listen,
        base=_local(said, faults) or SLACK,
    )
    faults += _of_tokens(made, many=many)
    if faults:
        raise ConfigError(faults)
    return made


def _of_tokens(made: Setup, *, many: bool) -> list[str]:
    """What is wrong with the tokens, and with how events are to come."""
    faults = list[str]()
    if many and made.token:
        faults.append("SLACK_BOT_TOKEN: is for one workspace, SLACK_OAUTH=on for many; unset one of them")
    if not many and not made.token:
        faults.append("SLACK_BOT_TOKEN: is missing beside SLACK_APP_TOKEN; it is the one that begins with xoxb-")
    if made.token and not made.token.startswith(("xoxb-", "xoxe.xoxb-")):
        faults.append("SLACK_BOT_TOKEN: is no bot's token, which begins with xoxb-")
    if made.socket and not made.socket.startswith("xapp-"):
        faults.append("SLACK_APP_TOKEN: is no app-level token, which begins with xapp-")
    if not made.socket and not made.signing:
        faults.append(
            "SLACK_APP_TOKEN: is missing; set it for Socket Mode, or SLACK_SIGNING_SECRET and SLACK_PORT, where Slack "
            "sends events to"
        )
    if not made.socket and made.signing and made.listen is None:
        faults.append("SLACK_PORT: is missing; without SLACK_APP_TOKEN, Slack has to send events somewhere")
    return faults


def _switch(said: Mapping[str, str], name: str, faults: list[str]) -> bool:
    word = said.get(name, "").lower()
    if word not in SWITCHES:
        faults.append(f"{name}: is {word!r}, must be on or off")
    return SWITCHES.get(word, False)


def _oauth(said: Mapping[str, str], listen: tuple[str, int] | None, faults: list[str]) -> OAuth:
    """How workspaces let the bot in."""
    needed = ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_REDIRECT_URI")
    faults += [f"{name}: is missing; SLACK_OAUTH=on needs it" for name in needed if not said.get(name)]
    if listen is None and not said.get("SLACK_PORT"):
        faults.append("SLACK_PORT: is missing; SLACK_OAUTH=on needs it for the page on which people let the bot in")
    client, secret, redirect = (said.get(name, "") for name in needed)
    parts = _parts(redirect)
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
    if redirect and not (safe and parts.hostname and parts.path.strip("/") and not parts.query):
        faults.append(f"SLACK_REDIRECT_URI: is {redirect!r}, must be like https://bot.example/slack/oauth_redirect")
    return OAuth(client=client, secret=secret, redirect=redirect)


def _listen(said: Mapping[str, str], faults: list[str]) -> tuple[str, int] | None:
    """A host and a port; a port alone is this machine's."""
    word = said.get("SLACK_PORT", "")
    if not word:
        return None
    place = f"{LOOPBACK}:{word}" if word.isdecimal() else word
    try:
        parts = urlsplit(f"//{place}")
        if parts.netloc == place and "@" not in place and parts.hostname and parts.port is not None:
            return parts.hostname, parts.port
    except ValueError:  # a port that is none, or half a bracket
        pass
    faults.append(f"SLACK_PORT: is {word!r}, must be a port (3000), or a host and a port (0.0.0.0:3000)")
    return None


def _local(said: Mapping[str, str], faults: list[str]) -> str:
    """An address on this machine: a token is shown to nobody else than Slack."""
    word = said.get("SLACK_API_BASE", "")
    if word and not _is_loopback(_parts(word).hostname or ""):
        faults.append("SLACK_API_BASE: must be an address on this machine; it is only for tests")
    return word


def _parts(address: str) -> SplitResult:
    """An address in its parts; of what is none, nothing."""
    try:
        return urlsplit(address)
    except ValueError:  # half a bracket
        return urlsplit("")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

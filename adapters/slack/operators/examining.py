"""How the bot stands with Slack, for the shell: asked beside a bot that may be running.

Nothing that people see comes of it, unless `post` says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack import names
from adapters.slack.environment import OAuth, Setup
from adapters.slack.hearing.sockets import APPS
from adapters.slack.inbound import plain
from adapters.slack.installs.installations import Installations
from adapters.slack.installs.one_workspace import NOT_TAKEN
from adapters.slack.operators.checking import told
from adapters.slack.operators.findings import HEADER, Findings, Room, look
from adapters.slack.operators.reaching import WITHIN, listening, way
from adapters.slack.outgoing.clients import Clients, refusal
from adapters.slack.outgoing.pacing import Sleep, Timer
from adapters.slack.outgoing.sending import Denied, Refused, Requests
from adapters.slack.scopes import SCOPES
from bot.cli.examined import Examined, Remark
from bot.configuration import Configuration
from bot.domain.conversation import Place
from bot.domain.naming import shown
from bot.errors import ConfigError, PlatformError
from bot.ports import Clock
from bot.reply.wording import FALLBACK
from bot.store.sqlite import SqliteStore

CREDENTIALS = {"invalid_client_id": "SLACK_CLIENT_ID", "bad_client_secret": "SLACK_CLIENT_SECRET"}  # by Slack's words
PAGE = "https://api.slack.com/apps"
BELL = ":bell:"  # what is posted for a test: the same in every language

NOWHERE = "The app is in no workspace yet. It is installed on the page below."
LAPSED = "Its token has ended. A bot that runs renews it; if none could for long, install the app there once more."
OUT = "Slack does not take its token: {code}. If the app is to be there, install it once more on the page below."
WIDE = "The app is in a whole organisation. `/fairwell check` in each of its workspaces tells how the bot stands there."
MORE = "It may do what it does not need: {names}. Install the app anew from the manifest to take that away."
UNKNOWN = "The settings name this workspace, and the app is not in it."
UNASKED = "Posting there was not tried: `fairwell doctor slack --post` does, and people see it for a moment."
POSTED = "It has posted in the moderators' channel, and deleted that again."
CANNOT = "It cannot post in the moderators' channel: {why}."
LEFT = "It has posted in the moderators' channel, and could not delete that again: {why}. Somebody there can."


@dataclass(frozen=True, slots=True)
class _Token:
    """The one token of a workspace (sending.Tokens)."""

    clients: Clients
    token: str

    async def client(self, team: str) -> AsyncWebClient:
        return self.clients.made(self.token, team)

    async def identity(self, team: str) -> AuthorizeResult | None:
        return None

    async def refused(self, team: str, token: str, code: str) -> bool:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Me:
    """Whose a token is: the bot's user, shown and by its other id; the workspace, by its id and shown.

    wide    it is a whole organisation's
    scopes  what the token may do
    """

    user: str
    bot: str
    team: str
    where: str
    wide: bool
    scopes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examining:
    """Examines. post: post into each moderators' channel, and delete that again; within: seconds for a connection."""

    setup: Setup
    clients: Clients
    configuration: Configuration
    clock: Clock
    sleep: Sleep
    timer: Timer
    post: bool = False
    within: float = WITHIN

    async def examined(self) -> Examined:
        """What was found. Raises ConfigError: Slack does not take the token; PlatformError: it cannot be asked now."""
        if self.setup.oauth is not None:
            return await self._many(self.setup.oauth)
        requests = Requests(_Token(self.clients, self.setup.token), self.sleep, self.timer)
        try:
            me = await _asked(requests)
            invite = await _page(requests, me)
            there = await self._there(requests, me)
        except Refused as fault:
            why = NOT_TAKEN.get(fault.code, fault.code)
            raise ConfigError([f"SLACK_BOT_TOKEN: {why}"]) from fault
        except Denied as fault:
            raise PlatformError(f"Slack does not let the bot ask: {fault.why}") from fault
        remarks = [await way(self.setup, self.clients, self.within), there, *self._absent([me.team])]
        return Examined(me.user, invite, remarks)

    async def _many(self, oauth: OAuth) -> Examined:
        """Of each workspace that has installed the app."""
        remarks = [await way(self.setup, self.clients, self.within), *await self._credentials(oauth)]
        bots = await self._installed()
        if not bots:
            remarks.append(Remark("", lacks=True, said=[NOWHERE]))
        remarks += [await self._installation(each) for each in bots]
        if not any(each.is_enterprise_install for each in bots):
            remarks += self._absent([each.team_id or "" for each in bots])
        return Examined(f"App {oauth.client}", oauth.redirect.removesuffix(oauth.path) + oauth.install, remarks)

    async def _credentials(self, oauth: OAuth) -> Sequence[Remark]:
        """Whether Slack knows the app by what is set; a code that is none is refused only after that."""
        try:
            await self.clients.made().oauth_v2_access(
                client_id=oauth.client, client_secret=oauth.secret, code="none", redirect_uri=oauth.redirect
            )
        except SlackApiError as fault:
            if wrong := CREDENTIALS.get(refusal(fault)):
                said = f"{wrong}: Slack does not know it. Copy it again: {APPS}, Basic Information, App Credentials."
                return [Remark("", lacks=True, said=[said])]
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise PlatformError(f"Slack did not answer: {type(fault).__name__}") from fault
        return ()

    async def _installed(self) -> Sequence[Bot]:
        database = _database(self.configuration)
        if database is None:
            return ()
        store = await SqliteStore.open(database, exclusive=False)
        try:
            return await Installations(store, self.clock).every()
        finally:
            await store.close()

    async def _installation(self, bot: Bot) -> Remark:
        where = f"{shown(bot.team_name, bot.enterprise_name)} ({bot.team_id or bot.enterprise_id})"
        if bot.bot_token_expires_at is not None and bot.bot_token_expires_at <= self.clock().timestamp():
            return Remark(where, lacks=True, said=[LAPSED])
        requests = Requests(_Token(self.clients, bot.bot_token), self.sleep, self.timer)
        try:
            return await self._there(requests, await _asked(requests))
        except Refused as fault:
            return Remark(where, lacks=True, said=[OUT.format(code=fault.code)])
        except (Denied, PlatformError) as fault:
            return Remark(where, lacks=True, said=[f"It cannot be looked at: {fault}"])

    async def _there(self, requests: Requests, me: _Me) -> Remark:
        """How the bot stands where a token is for. Raises Denied, PlatformError."""
        said = list(_superfluous(me))
        if me.wide:
            return Remark(me.where, lacks=False, said=[WIDE, *said])
        local = self.configuration.settings.at(Place(names.NAME, me.team, ""))
        found = await look(requests, me.team, local)
        said += map(plain, told(found, self.configuration.wording.words(FALLBACK, names.NAME)))
        well = _is_well(found)
        if found.desk is not None and found.desk.inside:
            posted, words = await self._posted(requests, me.team, found.desk.id) if self.post else (True, [UNASKED])
            well, said = well and posted, [*said, *words]
        return Remark(me.where, lacks=not well, said=said)

    async def _posted(self, requests: Requests, team: str, channel: str) -> tuple[bool, Sequence[str]]:
        """Whether a post came about there, came back as what is said there does, and went away again; in words."""

        async def post(client: AsyncWebClient) -> str:
            return str((await client.chat_postMessage(channel=channel, text=BELL))["ts"])

        async def delete(client: AsyncWebClient) -> Any:
            return await client.chat_delete(channel=channel, ts=ts)

        async with listening(self.setup, self.clients, self.within) as came:
            try:
                ts = await requests.ask(team, post, method="chat.postMessage")
            except (Denied, PlatformError) as fault:
                return False, [CANNOT.format(why=_why(fault))]
            delivered, word = await came(ts)
        heard = [word] if word else []
        try:
            await requests.ask(team, delete, method="chat.delete")
        except (Denied, PlatformError) as fault:
            return False, [*heard, LEFT.format(why=_why(fault))]
        return delivered, [*heard, POSTED]

    def _absent(self, teams: Sequence[str]) -> Iterator[Remark]:
        """Workspaces that the settings name, and that there are none of."""
        for space in dict.fromkeys(space for space, _ in self.configuration.settings.locals):
            platform, _, team = space.partition(":")
            if platform == names.NAME and team not in teams:
                yield Remark(shown(team), lacks=True, said=[UNKNOWN])


def _database(configuration: Configuration) -> Path | None:
    path = Path(configuration.settings.store.path)
    return path if path.exists() else None


async def _asked(requests: Requests) -> _Me:
    """Whose the token is. Raises Denied, PlatformError."""

    async def test(client: AsyncWebClient) -> AsyncSlackResponse:
        return await client.auth_test()

    answer = await requests.ask("", test, method="auth.test")
    scopes = next((str(value) for name, value in answer.headers.items() if name.lower() == HEADER), "")
    return _Me(
        user=f"{shown(answer['user'])} ({answer['user_id']})",
        bot=str(answer.get("bot_id") or ""),
        team=str(answer["team_id"]),
        where=f"{shown(answer['team'])} ({answer['team_id']})",
        wide=bool(answer.get("is_enterprise_install")),
        scopes=[each.strip() for each in scopes.split(",") if each.strip()],
    )


async def _page(requests: Requests, me: _Me) -> str:
    """The app's page at Slack, on which it is installed. Raises PlatformError."""

    async def bot(client: AsyncWebClient) -> Any:
        return await client.bots_info(bot=me.bot)

    try:
        answer = await requests.ask("", bot, method="bots.info")
    except Denied:
        return PAGE
    return f"{PAGE}/{answer['bot']['app_id']}"


def _why(fault: Denied | PlatformError) -> str:
    return fault.why if isinstance(fault, Denied) else str(fault)


def _is_well(found: Findings) -> bool:
    """Whether nothing is left to mend."""
    desk, rooms = found.desk, found.rooms
    writes = all(each.inside and not each.archived for each in rooms)
    return not found.scopes and not found.gone and writes and desk is not None and _is_apart(desk)


def _is_apart(desk: Room) -> bool:
    """Whether moderators can be called there, among themselves."""
    return desk.inside and desk.private and not desk.shared and not desk.archived


def _superfluous(me: _Me) -> Iterator[str]:
    """What the token may do, and the app does not ask for."""
    if more := [each for each in me.scopes if each not in SCOPES]:
        yield MORE.format(names=", ".join(more))

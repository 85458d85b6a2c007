"""How the bot stands with Slack, asked beside a bot that may be running."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.oauth.installation_store import Bot

from adapters.slack.connection import Slack
from adapters.slack.environment import OAuth, Setup
from adapters.slack.hearing.line import greeted
from adapters.slack.installs.installations import Installations
from adapters.slack.manifest import EVENTS
from adapters.slack.operators.examining import Examining
from adapters.slack.outgoing.clients import Clients
from adapters.slack.scopes import SCOPES
from bot.cli.examined import Examined, Examines, Posts, Remark
from bot.configuration import Configuration
from bot.domain.conversation import Place
from bot.errors import ConfigError, PlatformError
from bot.store.sqlite import SqliteStore
from tests.adapters.slack.outgoing import Naps
from tests.servers.slack import App, Breaks, Drops, Fails, Hangs, Install, LocalSlack
from tests.servers.slack_state import Kind

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack-sdk's own

ALONE = "A connection came about, and was closed at once. Slack counts no other: no bot is connected now."
UNASKED = "Posting there was not tried: `fairwell doctor slack --post` does, and people see it for a moment."
HEARD = "What it posted came back: Slack delivers what is said there."
POSTED = "It has posted in the moderators' channel, and deleted that again."
SCOPED = "I have all the scopes I need."


@dataclass
class Library:
    """A workspace in which all is well, and what the doctor says of it."""

    slack: LocalSlack
    everything: Configuration
    database: Path
    beside: int = 0  # connections of others

    def __post_init__(self) -> None:
        slack = self.slack
        self.workspace = slack.workspace("The Library")
        self.mo = slack.member(self.workspace, "mo")
        self.general = slack.channel(self.workspace, "general")
        self.desk = slack.channel(self.workspace, "desk", self.mo, kind=Kind.PRIVATE)
        self.keepers = slack.group(self.workspace, "keepers", self.mo)
        self.install, self.team = slack.installed(self.workspace), self.workspace.id
        self.setup = Setup(token=self.install.token, socket=slack.app.token, base=slack.url)
        self.where = f"The Library ({self.team})"
        self.settings({self.team: self.desk.id}, moderator_roles=(self.keepers.id,))

    def settings(self, desks: dict[str, str], **more: Any) -> None:
        """Let the settings name these moderators' channels, and say this besides."""
        settings, locals_ = self.everything.settings, {}
        for team, desk in desks.items():
            place = Place("slack", team, desk) if desk else None
            locals_[f"slack:{team}", ""] = replace(settings.everywhere, moderators=place, **more)
        store = settings.store.model_copy(update={"path": str(self.database)})
        self.everything = replace(self.everything, settings=replace(settings, locals=locals_, store=store))

    def now(self) -> datetime:
        """What time it is for everybody here."""
        return datetime.fromtimestamp(self.slack.clock.now, UTC)

    def many(self, **more: str) -> None:
        """From now on workspaces install the app by themselves."""
        app = self.slack.app
        own = {"client": app.client_id, "secret": app.client_secret, "redirect": "https://bot.example/slack/back"}
        self.setup = Setup(oauth=OAuth(**own | more), socket=app.token, base=self.slack.url)

    async def installed(self, install: Install, *, ends: timedelta | None = None) -> None:
        """Let the database say that the app is installed somewhere."""
        home, bot = install.workspace, install.bot
        kept = Bot(
            enterprise_id=install.enterprise.id if install.enterprise else None,
            enterprise_name=install.enterprise.name if install.enterprise else None,
            team_id=home.id if home else None,
            team_name=home.name if home else None,
            bot_token=install.token,
            bot_id=bot.bot_id or "",
            bot_user_id=bot.id,
            bot_token_expires_at=None if ends is None else int((self.now() + ends).timestamp()),
            is_enterprise_install=home is None,
            installed_at=self.now().timestamp(),
        )
        store = await SqliteStore.open(self.database, exclusive=False)
        await Installations(store, self.now).keep(kept, self.now())
        await store.close()

    async def looks(self, *, post: bool = False, within: float = 10.0) -> Examined:
        """What comes of it. Nothing that is secret is in that."""
        clients, naps = Clients(self.setup.base), Naps(self.slack)
        examining = Examining(
            setup=self.setup,
            clients=clients,
            configuration=self.everything,
            clock=self.now,
            sleep=naps.sleep,
            timer=naps.timer,
            post=post,
            within=within,
        )
        try:
            examined = await examining.examined()
        finally:
            await clients.close()
        secrets = (self.install.token, self.slack.app.token, self.slack.app.client_secret)
        assert not [each for each in secrets if each in str(examined)]
        await self.slack.until(lambda: len(self.slack.sockets.open) == self.beside)
        return examined

    async def remark(self, where: str, **more: Any) -> Remark:
        """What was found in one place, if only one thing was."""
        (found,) = [each for each in (await self.looks(**more)).remarks if each.where == where]
        return found


@pytest.fixture
async def library(everything: Configuration, tmp_path: Path) -> AsyncIterator[Library]:
    """One whose app has what the manifest asks for, and nothing else."""
    async with LocalSlack(App(scopes=frozenset(SCOPES), events=frozenset(EVENTS))) as slack:
        yield Library(slack, everything, tmp_path / "fairwell.db")


async def test_all_is_well(library: Library) -> None:
    found = await library.looks()
    assert found.who == f"fairwell ({library.install.bot.id})"
    assert found.invite == f"https://api.slack.com/apps/{library.slack.app.id}"
    kept = f"Endings are looked at again by: @{library.keepers.handle}"
    assert found.remarks == [
        Remark("", lacks=False, said=[ALONE]),
        Remark(library.where, lacks=False, said=[SCOPED, kept, UNASKED]),
    ]


async def test_nobody_sees_anything_of_it_and_no_event_is_taken(library: Library) -> None:
    await library.looks()
    asked = {each.method for each in library.slack.asked}
    assert asked == {
        "apps.connections.open", "auth.test", "bots.info", "conversations.info", "usergroups.list",
    }  # fmt: skip
    assert library.slack.sockets.connected == 1
    await library.slack.says(library.mo, library.general, "Good evening.")
    assert not any(each.acks for each in library.slack.deliveries.sent)


async def test_scopes_are_compared_with_the_manifest(library: Library) -> None:
    library.install.scopes = library.install.scopes - {"im:write", "reactions:write"} | {"users:read.email"}
    found = await library.remark(library.where)
    assert found.lacks
    assert found.said[:3] == [
        "It may do what it does not need: users:read.email. Install the app anew from the manifest to take that away.",
        "I lack these scopes: `im:write`, `reactions:write`",
        "An admin can add them on the app's page at api.slack.com under OAuth & Permissions, and install me again.",
    ]


async def test_what_it_may_do_besides_is_told_and_is_no_lack(library: Library) -> None:
    library.install.scopes = library.install.scopes | {"mpim:read", "pins:write"}
    found = await library.remark(library.where)
    assert not found.lacks
    assert "It may do what it does not need: mpim:read, pins:write. " in found.said[0]


async def test_without_the_scope_to_ask_for_it_the_page_is_slacks_own(library: Library) -> None:
    library.install.scopes = library.install.scopes - {"users:read"}
    assert (await library.looks()).invite == "https://api.slack.com/apps"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("unset", "Nobody has said where moderators are called."),
        ("gone", "I'm to call moderators in #C0NOWHERE, and I see no such channel."),
        ("outside", "I'm not in #{}. Invite me there: `/invite`"),
        ("archived", "#{} is archived, so I can't write there."),
        ("public", "Everybody can read #{}, and that is where I call moderators."),
        ("shared", "#{} is shared with another organisation, and that is where I call moderators"),
    ],
)
async def test_moderators_who_cannot_be_called_among_themselves_are_a_lack(
    library: Library, case: str, said: str
) -> None:
    slack, desk = library.slack, {"unset": "", "gone": "C0NOWHERE"}.get(case, library.desk.id)
    if case == "outside":
        desk = slack.channel(library.workspace, "lobby", bot=False).id
    if case == "archived":
        slack.archives(library.desk)
    if case == "public":
        desk = library.general.id
    if case == "shared":
        slack.shares(library.desk, slack.workspace("Elsewhere"))
    library.settings({library.team: desk}, moderator_roles=(library.keepers.id,))
    found = await library.remark(library.where)
    assert found.lacks
    assert any(each.startswith(said.format(desk)) for each in found.said)


async def test_channels_and_user_groups_of_the_settings_are_looked_for(library: Library) -> None:
    lobby = library.slack.channel(library.workspace, "lobby", bot=False)
    library.settings({library.team: library.desk.id}, channels=(library.general.id, lobby.id))
    outside = await library.remark(library.where)
    library.settings({library.team: library.desk.id}, moderator_roles=("S0NOBODY",))
    unknown = await library.remark(library.where)
    assert (outside.lacks, unknown.lacks) == (True, True)
    assert f"I'm not in #{lobby.id}. Invite me there: `/invite`" in outside.said
    assert "User groups that may look at endings and are not there: S0NOBODY" in unknown.said


async def test_a_workspace_of_the_settings_that_the_app_is_not_in(library: Library) -> None:
    library.settings({library.team: library.desk.id, "T0ELSEWHERE": ""})
    found = await library.remark("T0ELSEWHERE")
    assert found == Remark(
        "T0ELSEWHERE", lacks=True, said=["The settings name this workspace, and the app is not in it."]
    )


# Posting to moderators.


async def test_what_is_posted_for_a_test_is_gone_again(library: Library) -> None:
    found = await library.remark(library.where, post=True)
    assert not found.lacks
    assert found.said[-2:] == [HEARD, POSTED]
    (posted,) = library.slack.requests("chat.postMessage")
    assert posted.args["channel"] == library.desk.id
    assert [each.deleted for each in library.desk.messages.values()] in ([], [True])


@pytest.mark.parametrize(
    ("method", "error", "said"),
    [
        (
            "chat.postMessage",
            "restricted_action",
            "It cannot post in the moderators' channel: the workspace does not let",
        ),
        (
            "chat.delete",
            "cant_delete_message",
            "It has posted in the moderators' channel, and could not delete that again",
        ),
    ],
)
async def test_what_cannot_be_posted_or_not_be_deleted_is_a_lack(
    library: Library, method: str, error: str, said: str
) -> None:
    library.slack.fault(method, Fails(error=error))
    found = await library.remark(library.where, post=True)
    assert found.lacks
    assert found.said[-1].startswith(said)
    assert error in found.said[-1]


async def test_what_slack_does_not_deliver_is_a_lack(library: Library) -> None:
    slack = library.slack
    slack.app.events -= {"message.groups"}

    async def chat() -> None:
        await slack.until(lambda: slack.requests("chat.postMessage"))
        await slack.says(library.mo, library.general, "Good evening.")

    chatting = asyncio.create_task(chat())
    found = await library.remark(library.where, post=True, within=0.3)
    await chatting
    assert found.lacks
    assert found.said[-2].startswith("What it posted did not come back in 0.3 s: Slack does not deliver what is said ")
    assert found.said[-1] == POSTED
    assert not library.desk.messages


async def test_what_a_bot_that_runs_may_have_been_given_is_no_lack(library: Library) -> None:
    slack, clients = library.slack, Clients(library.slack.url)
    answer = await clients.made().apps_connections_open(app_token=slack.app.token)
    async with aiohttp.ClientSession() as http:
        beside, _ = await greeted(http, str(answer["url"]), ping=1000, proxy=None)
        library.beside = 1
        slack.app.events -= {"message.groups"}
        found = await library.remark(library.where, post=True, within=0.3)
        await beside.close()
    await clients.close()
    assert not found.lacks
    assert found.said[-2].startswith("Whether it came back is not told: another connection")


async def test_where_events_come_by_requests_it_is_not_told_whether_it_came_back(library: Library) -> None:
    library.setup = replace(library.setup, socket="", signing="a secret", listen=("127.0.0.1", 3000))
    found = await library.remark(library.where, post=True)
    assert found.said[-2:] == [f"Endings are looked at again by: @{library.keepers.handle}", POSTED]
    assert not library.slack.requests("apps.connections.open")


async def test_without_a_connection_posting_is_tried_all_the_same(library: Library) -> None:
    library.slack.fault("apps.connections.open", Fails(error="internal_error"), times=9)
    found = await library.remark(library.where, post=True)
    assert (found.lacks, found.said[-1]) == (False, POSTED)


async def test_nothing_is_posted_where_it_is_not_in_the_channel(library: Library) -> None:
    lobby = library.slack.channel(library.workspace, "lobby", bot=False)
    library.settings({library.team: lobby.id})
    assert (await library.remark(library.where, post=True)).lacks
    assert not library.slack.requests("chat.postMessage")


async def test_the_adapter_posts_only_if_it_is_told_to(library: Library) -> None:
    naps = Naps(library.slack)
    adapter: object = Slack(library.setup, library.now, sleep=naps.sleep, timer=naps.timer)
    assert isinstance(adapter, Examines)
    assert isinstance(adapter, Posts)
    looked = await adapter.examine(library.everything)
    assert not library.slack.requests("chat.postMessage")
    posted = await adapter.post(library.everything)
    assert (looked.remarks[1].said[-1], posted.remarks[1].said[-1]) == (UNASKED, POSTED)
    assert library.desk.id in library.slack.requests("chat.postMessage")[0].args.values()


# How events come.


async def test_a_bot_that_runs_beside_it_keeps_its_connections_and_more_than_two_are_told(library: Library) -> None:
    slack, clients = library.slack, Clients(library.slack.url)
    async with aiohttp.ClientSession() as http:
        beside = []
        for number in (1, 2, 3):
            answer = await clients.made().apps_connections_open(app_token=slack.app.token)
            beside.append((await greeted(http, str(answer["url"]), ping=1000, proxy=None))[0])
            library.beside = number
            found = await library.remark("")
            assert found.said[0].startswith(f"A connection came about, and was closed at once. Slack counts {number} o")
            assert found.lacks == (number > 2)
            assert len(slack.sockets.open) == number
        assert found.said[1].startswith("Slack gives what happens to any one of an app's connections.")
        for socket in beside:
            await socket.close()
    await clients.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("invalid_auth", "SLACK_APP_TOKEN: Slack does not take it (any more). Make a new one: "),
        ("not_allowed_token_type", "SLACK_APP_TOKEN: this token may not open connections."),
        ("link_disabled", "SLACK_APP_TOKEN: Socket Mode is off. Turn it on: "),
        ("internal_error", "Slack lets nobody connect now: internal_error"),
    ],
)
async def test_an_app_token_that_opens_no_connection_does_not_keep_the_rest_from_being_told(
    library: Library, error: str, said: str
) -> None:
    library.slack.fault("apps.connections.open", Fails(error=error))
    found = await library.looks()
    assert (found.remarks[0].lacks, found.remarks[1].lacks) == (True, False)
    assert found.remarks[0].said[0].startswith(said)


async def test_a_connection_that_never_comes_about_is_waited_for_no_longer_than_that(library: Library) -> None:
    library.slack.fault("apps.connections.open", Hangs())
    slow = await library.remark("", within=0.05)
    library.slack.sockets.refusals.append(407)
    shut = await library.remark("")
    assert (slow.lacks, shut.lacks) == (True, True)
    assert slow.said[0].startswith("No connection came about in 0.05 s: TimeoutError. ")
    assert shut.said[0].startswith("No connection came about in 10 s: WSServerHandshakeError. ")


async def test_an_app_with_as_many_connections_as_it_may_have(library: Library) -> None:
    slack, clients = library.slack, Clients(library.slack.url)
    async with aiohttp.ClientSession() as http:
        beside = []
        for _ in range(10):
            answer = await clients.made().apps_connections_open(app_token=slack.app.token)
            beside.append((await greeted(http, str(answer["url"]), ping=1000, proxy=None))[0])
        library.beside = 10
        found = await library.remark("")
        assert found.lacks
        assert found.said[0] == "Slack turns a connection away: too_many_websockets"
        assert "stop them" in found.said[1]
        for socket in beside:
            await socket.close()
    await clients.close()


async def test_requests_are_signed_and_no_connection_is_opened(library: Library) -> None:
    library.setup = replace(library.setup, socket="", signing="a secret", listen=("127.0.0.1", 3000))
    found = await library.remark("")
    assert not found.lacks
    assert found.said[0].startswith("Slack sends what happens to SLACK_PORT, and SLACK_SIGNING_SECRET is set.")
    assert not library.slack.requests("apps.connections.open")


# What Slack does not take.


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN: Slack does not know it; copy the Bot User OAuth Token again"),
        ("account_inactive", "SLACK_BOT_TOKEN: the app was taken out of the workspace; install it again"),
        ("token_expired", "SLACK_BOT_TOKEN: it has ended, for the app's tokens rotate"),
    ],
)
async def test_a_token_that_slack_does_not_take(library: Library, error: str, said: str) -> None:
    library.slack.fault("auth.test", Fails(error=error))
    with pytest.raises(ConfigError, match=said):
        await library.looks()


@pytest.mark.parametrize("fault", [Drops(), Breaks(status=503), Fails(error="fatal_error")])
async def test_a_slack_that_does_not_answer(library: Library, fault: Any) -> None:
    library.slack.fault("auth.test", fault, times=3)
    with pytest.raises(PlatformError):
        await library.looks()


# Many workspaces.


async def test_each_workspace_that_installed_the_app_is_looked_at(library: Library) -> None:
    other = library.slack.workspace("The Archive")
    library.many()
    await library.installed(library.install)
    await library.installed(library.slack.installed(other))
    found = await library.looks()
    assert (found.who, found.invite) == (f"App {library.slack.app.client_id}", "https://bot.example/slack/install")
    assert [(each.where, each.lacks) for each in found.remarks] == [
        ("", False), (library.where, False), (f"The Archive ({other.id})", True)
    ]  # fmt: skip
    assert any(each.startswith("Nobody has said where moderators are called.") for each in found.remarks[2].said)


async def test_a_workspace_that_cannot_be_looked_at_does_not_keep_the_others_from_it(library: Library) -> None:
    out, over = library.slack.workspace("Out"), library.slack.workspace("Over")
    library.many()
    await library.installed(library.slack.installed(out))
    await library.installed(library.slack.installed(over), ends=-timedelta(minutes=1))
    await library.installed(library.install, ends=timedelta(minutes=1))
    library.slack.uninstalls(library.slack.installed(out))
    found = {each.where: each for each in (await library.looks()).remarks}
    assert found[f"Out ({out.id})"].said[0].startswith("Slack does not take its token: account_inactive. ")
    assert found[f"Over ({over.id})"].said[0].startswith("Its token has ended. A bot that runs renews it; ")
    assert [where for where, each in found.items() if not each.lacks] == ["", library.where]


async def test_a_whole_organisation(library: Library) -> None:
    company = library.slack.enterprise("The Company")
    library.slack.workspace("Its Library", enterprise=company, installed=False)
    library.many()
    await library.installed(library.slack.install(company))
    found = await library.remark(f"The Company ({company.id})")
    assert not found.lacks
    assert found.said[0].startswith("The app is in a whole organisation. `/fairwell check` in each of its workspaces")


@pytest.mark.parametrize(("key", "name"), [("client", "SLACK_CLIENT_ID"), ("secret", "SLACK_CLIENT_SECRET")])
async def test_an_app_that_slack_does_not_know_by_what_is_set(library: Library, key: str, name: str) -> None:
    library.many(**{key: "1.2"})
    found = (await library.looks()).remarks[1]
    assert found.lacks
    assert found.said[0].startswith(f"{name}: Slack does not know it. Copy it again: ")


async def test_no_workspace_has_installed_it_yet(library: Library) -> None:
    library.settings({})
    library.many()
    found = await library.looks()
    assert found.remarks[1:] == [
        Remark("", lacks=True, said=["The app is in no workspace yet. It is installed on the page below."])
    ]
    assert not library.database.exists()

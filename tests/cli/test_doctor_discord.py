"""`fairwell doctor discord`: how the bot stands with Discord, asked beside a bot that may be running."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.conftest import Fairwell, Outcome
from tests.configs import small_config
from tests.servers.discord import BOT, Channel, Fails, Guild, Intent, Permission, Server, pointing
from tests.servers.discord_permissions import NOTHING

INVITE = "https://discord.com/oauth2/authorize?client_id={}&scope=bot+applications.commands&permissions=395137109056"
ALL = BOT | Permission.CREATE_PRIVATE_THREADS


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server; it runs beside the command, which is pointed at it."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        with pointing(server.url, server.gateway.url):  # and nobody else after it
            yield server
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Town:
    """A Discord with a server on it, and what the shell says of it."""

    def __init__(self, fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
        self.fairwell, self.monkeypatch, self.config = fairwell, monkeypatch, config
        self.server = Server()
        self.server.world.commands[0] = {(1, "fairwell"): {"name": "fairwell"}}
        self.guild = self.server.guild("The Library", bot=ALL)
        self.general = self.server.channel(self.guild, "general")
        self.desk = self.server.channel(self.guild, "desk")
        self.server.overwrite(self.desk, self.guild.everybody, deny=Permission.VIEW_CHANNEL)
        self.server.overwrite(self.desk, self.server.bot, allow=Permission.VIEW_CHANNEL)
        self.keepers = self.server.role(self.guild, "keepers", mentionable=True)
        self.sets(self.guild, self.desk, self.keepers.id)

    def sets(self, guild: Guild, desk: Channel, role: int) -> None:
        """Let the settings say this of a server."""
        spaces = self.config / "spaces"
        spaces.mkdir(exist_ok=True)
        said = f'moderators = "{desk.id}"\nmoderator_roles = ["{role}"]\n'
        (spaces / f"discord-{guild.id}.toml").write_text(said)

    def looks(self, *options: str, token: str = "") -> Outcome:
        """What comes of it. Nothing that is secret is in that."""
        with serving(self.server):
            token = token or self.server.token
            environment = {
                "DISCORD_TOKEN": token,
                "DISCORD_API_BASE": self.server.url,
                "DISCORD_GATEWAY_URL": self.server.gateway.url,
            }
            for name, value in environment.items():
                self.monkeypatch.setenv(name, value)
            seen = self.fairwell("doctor", "discord", *options, "--config", str(self.config))
        assert token not in seen.out + seen.err
        assert not [each for each in self.server.asked if each.path.startswith("/gateway")]
        assert not self.server.gateway.sessions
        return seen


@pytest.fixture
def town(fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Town:
    return Town(fairwell, monkeypatch, small_config(tmp_path / "config"))


def test_all_is_well(town: Town) -> None:
    seen = town.looks()
    assert seen.code == 0
    assert seen.out.splitlines() == [
        f"Fairwell ({town.server.bot.id}) on discord",
        "  Message Content Intent is on. From 10,000 users on, Discord wants to review the application.",
        f"The Library ({town.guild.id}): all well",
        "  Channels in which I may do all I need to: 2",
        f"  Endings are looked at again by: keepers ({town.keepers.id})",
        f"To invite it: {INVITE.format(town.server.world.application.id)}",
    ]


def test_what_lacks_in_each_server_is_told_with_its_remedy(town: Town) -> None:
    other = town.server.guild("Other\nThe Library: all well", bot=ALL & ~Permission.MANAGE_THREADS)
    lobby = town.server.channel(other, "lobby\n- fine")
    town.server.overwrite(town.general, town.server.bot, deny=Permission.ADD_REACTIONS)
    seen = town.looks()
    assert seen.code == 1
    lines = seen.out.splitlines()
    assert f"The Library ({town.guild.id}):" in lines
    assert (
        f"  In #general ({town.general.id}) I lack: Add Reactions. "
        "My role has it, the channel takes it away: Edit Channel › Permissions."
    ) in lines
    assert f"Other The Library: all well ({other.id}):" in lines
    assert (
        f"  In #lobby - fine ({lobby.id}) I lack: Manage Threads. Turn it on for my role: Server Settings › Roles."
    ) in lines
    assert "  Manage Threads: Without it I can't lock a conversation that I closed." in lines
    assert "  Nobody has said where moderators are called. `/fairwell setup` names a channel." in lines


def test_moderators_who_are_not_called_or_not_among_themselves_are_a_lack(town: Town) -> None:
    town.server.overwrite(town.desk, town.guild.everybody)
    public = town.looks()
    (town.config / "spaces" / f"discord-{town.guild.id}.toml").unlink()
    unset = town.looks()
    assert (public.code, unset.code) == (1, 1)
    assert f"Everybody can read #desk ({town.desk.id}), and that is where I call moderators." in public.out
    assert "Nobody has said where moderators are called." in unset.out


def test_for_scripts(town: Town) -> None:
    town.server.overwrite(town.general, town.server.bot, deny=Permission.ADD_REACTIONS)
    seen = town.looks("--json")
    told = json.loads(seen.out)
    assert seen.code == 1
    assert told["platform"] == "discord"
    assert told["invite"] == INVITE.format(town.server.world.application.id)
    assert [(each["where"], each["lacks"]) for each in told["remarks"]] == [
        ("", False), (f"The Library ({town.guild.id})", True)
    ]  # fmt: skip
    assert any("Add Reactions" in each for each in told["remarks"][1]["said"])


@pytest.mark.parametrize(
    ("allowed", "setting", "code", "said"),
    [
        (NOTHING, "", 1, "the bot may not read messages yet. Turn on Message Content Intent: "),
        (NOTHING, "off", 0, "Message Content Intent is off, as DISCORD_CONTENT_INTENT=off says"),
        (Intent.CONTENT, "off", 0, "Message Content Intent is on in the portal, and DISCORD_CONTENT_INTENT=off"),
    ],
)
def test_the_intent_is_told_as_the_portal_and_the_setting_have_it(
    town: Town, allowed: Intent, setting: str, code: int, said: str
) -> None:
    town.server.world.application.allowed = Intent(int(allowed))
    town.monkeypatch.setenv("DISCORD_CONTENT_INTENT", setting)
    seen = town.looks()
    assert seen.code == code
    assert seen.out.splitlines()[1].startswith(f"  {said}")


def test_an_application_that_was_reviewed_has_the_intent_in_full(town: Town) -> None:
    town.server.world.application.reviewed = True
    assert town.looks().out.splitlines()[1] == "  Message Content Intent is on, and reviewed by Discord."


def test_an_endpoint_that_takes_the_commands_away_is_told(town: Town) -> None:
    town.server.world.application.endpoint = "https://elsewhere.example/"
    seen = town.looks()
    assert seen.code == 1
    assert "An Interactions Endpoint URL is set, so commands and buttons never arrive." in seen.out


def test_a_bot_that_was_never_connected_and_is_nowhere(town: Town) -> None:
    town.server.world.commands.clear()
    town.server.leave(town.guild.members[town.server.bot.id])
    seen = town.looks()
    assert seen.code == 1
    assert "No commands are listed yet." in seen.out
    assert "The bot is in no server yet. Invite it by the address below." in seen.out
    assert "permissions=395137109056" in seen.out


def test_a_server_that_cannot_be_looked_at_does_not_keep_the_others_from_it(town: Town) -> None:
    other = town.server.guild("Other", bot=ALL)
    town.server.fault(f"GET /guilds/{other.id}/channels", Fails(status=403, code=50001))
    seen = town.looks()
    assert seen.code == 1
    assert f"The Library ({town.guild.id}): all well" in seen.out
    assert f"Other ({other.id}):\n  It cannot be looked at: Discord's code 50001, status 403" in seen.out


def test_a_token_that_discord_does_not_take(town: Town) -> None:
    seen = town.looks(token="wrong-and-secret")  # noqa: S106
    assert seen.code == 2
    assert "DISCORD_TOKEN: Discord does not take it (any more). Make a new one: " in seen.err


def test_no_token(town: Town) -> None:
    town.monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    seen = town.fairwell("doctor", "discord")
    assert seen.code == 2
    assert "discord is not set up: its keys are not in the environment." in seen.err


def test_no_network(town: Town) -> None:
    with serving(town.server) as server:
        nobody = server.url
        town.monkeypatch.setenv("DISCORD_TOKEN", server.token)
    town.monkeypatch.setenv("DISCORD_API_BASE", nobody)
    with pointing(nobody, "ws://127.0.0.1/"):
        seen = town.fairwell("doctor", "discord")
    assert seen.code == 1
    assert "Discord did not answer: " in seen.err


def test_a_platform_that_there_is_not(town: Town) -> None:
    seen = town.fairwell("doctor", "discrod")
    assert seen.code == 3
    assert "There is no chat platform 'discrod'. There are: discord" in seen.err


def test_the_doctor_without_a_platform_names_those_that_can_be_asked(town: Town) -> None:
    assert "Chat platforms set up: none" in town.fairwell("doctor").out
    town.monkeypatch.setenv("DISCORD_TOKEN", "a-token")
    seen = town.fairwell("doctor")
    assert "Chat platforms set up: discord\n`fairwell doctor discord` tells how the bot stands there.\n" in seen.out
    assert seen.code == 0

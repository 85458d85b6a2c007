"""The app's manifest: the files that people paste, and whether they ask for what is used and nothing else."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import manifest
from adapters.slack.hearing import web
from adapters.slack.people.interactions import COMMAND, REPORT, REVIEW
from adapters.slack.scopes import SCOPES
from tests.servers.slack import METHODS

FILES = Path(manifest.__file__).parent
ITEM = re.compile(r"      - ([a-z_:.]+) +# (.+)")
# Slack's own: without the scope, the event never comes.
NEEDS = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
}
# All that a bot can subscribe to.
EVENTS = frozenset(re.findall(r"[a-z_]+", """
    agent_session_stopped agent_session_title_changed app_context_changed app_deleted app_home_opened
    app_installed app_mention app_requested app_uninstalled app_uninstalled_team
    assistant_thread_context_changed assistant_thread_started call_rejected channel_archive channel_created
    channel_deleted channel_history_changed channel_id_changed channel_left channel_rename channel_shared
    channel_unarchive channel_unshared dnd_updated dnd_updated_user email_domain_changed emoji_changed
    entity_details_requested file_change file_created file_deleted file_public file_shared file_unshared
    function_executed grid_migration_finished grid_migration_started group_archive group_close group_deleted
    group_history_changed group_left group_open group_rename group_unarchive im_close im_created
    im_history_changed im_open invite_requested link_shared member_joined_channel member_left_channel message
    message_metadata_deleted message_metadata_posted message_metadata_updated pin_added pin_removed
    reaction_added reaction_removed shared_channel_invite_accepted shared_channel_invite_approved
    shared_channel_invite_declined shared_channel_invite_received shared_channel_invite_requested star_added
    star_removed subteam_created subteam_members_changed subteam_self_added subteam_self_removed subteam_updated
    team_access_granted team_access_revoked team_domain_change team_join team_rename tokens_revoked user_change
    user_connection user_huddle_changed user_profile_changed user_status_changed
"""))  # fmt: skip
# The scopes of each method, as Slack's reference has them: of those that read conversations, one for each kind of them.
HISTORY = {"channels:history", "groups:history", "im:history", "mpim:history"}
WRITES = {"chat:write"}
CALLS: dict[str, set[str]] = {
    "agents.sessions.setStatus": WRITES,
    "apps.connections.open": set(),  # by the app's own token
    "assistant.threads.setStatus": WRITES,
    "assistant.threads.setSuggestedPrompts": {"assistant:write"},
    "auth.test": set(),
    "bots.info": {"users:read"},
    "chat.appendStream": WRITES,
    "chat.delete": WRITES,
    "chat.getPermalink": set(),
    "chat.postEphemeral": WRITES,
    "chat.postMessage": WRITES,
    "chat.startStream": WRITES,
    "chat.stopStream": WRITES,
    "chat.update": WRITES,
    "conversations.history": HISTORY,
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.open": {"im:write"},
    "conversations.replies": HISTORY,
    "files.info": {"files:read"},
    "oauth.v2.access": set(),
    "reactions.add": {"reactions:write"},
    "reactions.get": {"reactions:read"},
    "reactions.remove": {"reactions:write"},
    "usergroups.list": {"usergroups:read"},
    "usergroups.users.list": {"usergroups:read"},
    "users.conversations": {"channels:read", "groups:read", "im:read"},
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}
LONGEST = {"name": 24, "description": 140, "agent_description": 300, "usage_hint": 1000, "callback_id": 255}


def made(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command does."""
    command = [sys.executable, "-m", "adapters.slack.manifest", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=FILES.parents[1])  # noqa: S603 (our own)


def listed(text: str, key: str) -> dict[str, str]:
    """What is listed below a key, each with why."""
    _, _, below = text.partition(f"{key}:")
    lines = below.splitlines()[1:]
    items = [ITEM.fullmatch(line) for line in lines]
    end = items.index(None)
    return {found[1]: found[2] for found in items[:end] if found}


def code() -> Iterator[ast.AST]:
    """All that the adapter's code is made of, but for the manifest itself."""
    for path in FILES.rglob("*.py"):
        if path.name != "manifest.py":
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def called() -> set[str]:
    """The methods of Slack's Web API that the code calls by its client."""
    named = {each.attr for each in code() if isinstance(each, ast.Attribute) and hasattr(AsyncWebClient, each.attr)}
    return {each.replace("_", ".") for each in named if "_" in each[1:] and not each.startswith("_")} - {"base.url"}


def test_the_files_are_what_the_module_makes() -> None:
    assert {each.name for each in FILES.glob("*.yaml")} == set(manifest.files())
    for name, text in manifest.files().items():
        assert (FILES / name).read_text(encoding="utf-8") == text, f"make {name} anew, as its second line says"


@pytest.mark.parametrize("text", manifest.files().values(), ids=manifest.files())
def test_every_scope_and_every_event_is_there_with_its_reason(text: str) -> None:
    assert listed(text, "    bot") == SCOPES
    assert listed(text, "bot_events") == manifest.EVENTS


def test_what_people_use_goes_where_it_is_heard() -> None:
    assert (manifest.COMMAND, set(manifest.SHORTCUTS), manifest.REQUESTS) == (COMMAND, {REVIEW, REPORT}, web.EVENTS)


def test_no_event_is_without_its_scope_and_no_scope_to_hear_without_its_event() -> None:
    assert all(NEEDS[event] in SCOPES for event in manifest.EVENTS if event in NEEDS)
    hears = {scope for scope in SCOPES if scope.endswith(":history")} | {"app_mentions:read", "reactions:read"}
    assert hears == {NEEDS[event] for event in manifest.EVENTS if event in NEEDS}


def test_every_scope_is_needed_by_what_is_called_or_heard_and_nothing_is_called_without() -> None:
    assert called() == set(CALLS)
    needed = set().union(*CALLS.values(), NEEDS.values())
    assert needed | {"commands"} == set(SCOPES)


def test_the_local_slack_wants_those_scopes_too() -> None:
    for name, scopes in CALLS.items():
        assert scopes <= set(METHODS[name].scopes), name
        assert bool(scopes) == bool(METHODS[name].scopes), name


def test_every_event_that_is_heard_is_subscribed_to_and_no_other() -> None:
    words = {each.value for each in code() if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    assert words & EVENTS == {event.partition(".")[0] for event in manifest.EVENTS}


def test_nothing_that_it_does_not_need() -> None:
    for text in manifest.files().values():
        assert not re.search(r"^ +user:|admin|chat:write\.|users:read\.email|assistant_view:|:manage|:join", text, re.M)


@pytest.mark.parametrize("text", manifest.files().values(), ids=manifest.files())
def test_texts_are_as_short_as_slack_wants_them(text: str) -> None:
    found = re.findall(r'^ +(?:- )?(\w+): "?([^"\n]+?)"?$', text, re.M)
    assert {key for key, _ in found} >= set(LONGEST)
    assert [(key, value) for key, value in found if len(value) > LONGEST.get(key, 4000)] == []


def test_yaml_that_cannot_be_misread() -> None:
    value = r'("[^"\\]*"|[/\w][\w./]*(:\w+)?( \w+)*)'
    line = re.compile(rf"(#.*|(  )+#.*|(  )*(- )?(\w+:( {value})?|{value})( +#.*)?)?")
    for text in manifest.files().values():
        assert [each for each in text.splitlines() if not line.fullmatch(each)] == []


def test_socket_mode_has_no_address_and_requests_have_theirs_everywhere() -> None:
    socket, http = manifest.files().values()
    assert "socket_mode_enabled: true" in socket
    assert "url" not in socket
    assert "socket_mode_enabled: false" in http
    asked = re.findall(r'(\w*url): "(.+)"', http)
    assert asked == [
        ("url", "https://bot.example/slack/events"),  # the command's
        ("request_url", "https://bot.example/slack/events"),
        ("request_url", "https://bot.example/slack/events"),
    ]
    assert '- "https://bot.example/slack/oauth_redirect"' in http
    for text in (socket, http):
        assert "token_rotation_enabled: false" in text
        assert "org_deploy_enabled: true" in text
        assert "should_escape: true" in text


def test_the_command_puts_in_ones_own_address() -> None:
    assert made().stdout == manifest.manifest()
    own = made("https://fairwell.library.example:8443")
    assert own.returncode == 0
    assert "https://bot.example" not in own.stdout
    assert own.stdout.count("https://fairwell.library.example:8443/slack/events") == 3


@pytest.mark.parametrize(
    "word",
    ["http://bot.example", "bot.example", "https://", "https://bot.example/", "https://bot.example/x", "https://a\nb:"],
)
def test_what_is_no_address_is_told(word: str) -> None:
    said = made(word)
    assert (said.returncode, said.stdout) == (1, "")
    assert "It must be like https://bot.example, without a path." in said.stderr

"""The app's manifest: the files that people paste, and whether they ask for what is used and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.slack import manifest, web
from adapters.slack.interactions import COMMAND, REPORT, REVIEW
from adapters.slack.scopes import SCOPES

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

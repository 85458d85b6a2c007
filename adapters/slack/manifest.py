"""The app as Slack makes it "From a manifest": what it hears, what it is asked by, and what it may do, each with why.

    python -m adapters.slack.manifest                       Socket Mode: manifest.yaml
    python -m adapters.slack.manifest https://bot.example   requests to that address: manifest-http.yaml

What stands in the files is made here, never by hand.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from adapters.slack.scopes import SCOPES

EXAMPLE = "https://bot.example"  # stands in manifest-http.yaml for the address of whoever uses it
REQUESTS = "/slack/events"
BACK = "/slack/oauth_redirect"

COMMAND = "/fairwell"
SHORTCUTS = {  # in a message's menu, by their ids
    "fairwell:review": ("Review this ending", "For moderators: look again at how this conversation was ended"),
    "fairwell:report": ("Report to moderators", "Show moderators what was said here"),
}
EVENTS = {
    "app_mention": "somebody speaks to it, also where it is not a member",
    "message.channels": "what is said, changed and deleted in public channels that it is in",
    "message.groups": "the same in private channels",
    "message.im": "the same in direct messages",
    "message.mpim": "the same in group messages",
    "reaction_added": "an ending is rated by a thumb",
    "reaction_removed": "and the thumb is taken back",
    "app_home_opened": "somebody looks at its home tab, or begins to talk to it",
    "agent_session_stopped": "somebody presses stop while it answers",
    "app_uninstalled": "a workspace takes it out: what is kept of the workspace is erased in time",
    "tokens_revoked": "its token holds no longer",
    "team_access_granted": "an organisation lets it into one more workspace",
    "team_access_revoked": "and out of one",
}

MANIFEST = """\
# {head}
# Made by `{made}`. Nothing is asked for that is not used.

display_information:
  name: Fairwell
  description: "An assistant that is open about its boundaries, and about how a conversation ends."
  background_color: "#2f4858"

features:
  bot_user:
    display_name: fairwell
    always_online: true
  app_home:
    home_tab_enabled: true # what it does, what is kept, your own endings
    messages_tab_enabled: true # direct messages
    messages_tab_read_only_enabled: false
  # In place of assistant_view, which Slack retires in February 2027. What it can be asked is set by the bot itself, in
  # each member's language. Slack is said to let guests of a workspace near no agent, and not to undo this: if yours
  # has guests, take these two lines out. Then there is no button that stops an answer, and nothing to choose from.
  agent_view:
    agent_description: "Ask it anything. Everybody is treated alike, and moderators look at any ending on request."
  slash_commands:
    - command: {command}
{command_url}      description: "Ask, see what counts for you, appeal"
      usage_hint: "[ask | standing | boundaries | appeal | help]"
      should_escape: true # so that people and channels come as ids
  shortcuts: # in a message's menu, for slash commands do not work in threads; who may is looked at when it is used
{shortcuts}
oauth_config:
{redirect}  scopes:
    bot: # nobody's own token
{scopes}

settings:
  event_subscriptions:
{request_url}    bot_events:
{events}
  interactivity: # buttons, forms and shortcuts
    is_enabled: true
{request_url}  org_deploy_enabled: true # an organisation may have it in all its workspaces at once
  socket_mode_enabled: {socket}
  # With one workspace's token (SLACK_BOT_TOKEN) it has to be false: that token would end after 12 hours. With
  # SLACK_OAUTH=on true is safer; nobody can turn it off again.
  token_rotation_enabled: false
"""
BY_SOCKET = """\
Socket Mode: the app connects to Slack, and needs no address of its own. Beside the bot's token it needs
# an app-level token with the scope connections:write, which no manifest can ask for."""
BY_REQUESTS = "Requests: Slack sends what happens to {}. The next line makes the same for another address."


def manifest(address: str = "") -> str:
    """The manifest, as YAML. address: where requests and people who install the app go; "": Socket Mode."""
    url = _entry("url", address + REQUESTS, 6) if address else ""
    request = _entry("request_url", address + REQUESTS, 4) if address else ""
    redirect = f"  redirect_urls: # with SLACK_OAUTH=on\n    - {_quoted(address + BACK)}\n" if address else ""
    return MANIFEST.format(
        head=BY_REQUESTS.format(address) if address else BY_SOCKET,
        made=f"python -m adapters.slack.manifest {address}".strip(),
        command=COMMAND,
        command_url=url,
        shortcuts="".join(_shortcuts()),
        redirect=redirect,
        scopes=_explained(SCOPES),
        request_url=request,
        events=_explained(EVENTS),
        socket="false" if address else "true",
    )


def files() -> dict[str, str]:
    """The manifests as they stand beside this module, by file name."""
    return {"manifest.yaml": manifest(), "manifest-http.yaml": manifest(EXAMPLE)}


def is_address(word: str) -> bool:
    """Whether Slack would send anything there: https, a host, and no path."""
    parts = urlsplit(word)
    return parts.scheme == "https" and bool(parts.hostname) and word == f"{parts.scheme}://{parts.netloc}"


def _shortcuts() -> Iterator[str]:
    for identity, (name, description) in SHORTCUTS.items():
        yield f"    - name: {name}\n      type: message\n"
        yield _entry("callback_id", identity, 6) + _entry("description", description, 6)


def _explained(listed: Mapping[str, str]) -> str:
    width = max(map(len, listed))
    return "\n".join(f"      - {name:<{width}} # {why}" for name, why in listed.items())


def _entry(key: str, value: str, indent: int) -> str:
    return f"{'':{indent}}{key}: {_quoted(value)}\n"


def _quoted(value: str) -> str:
    return json.dumps(value)


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else ""
    if given and not is_address(given):
        sys.exit(f"{given!r} is no address that Slack sends to. It must be like {EXAMPLE}, without a path.")
    sys.stdout.write(manifest(given))

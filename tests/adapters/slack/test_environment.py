"""The environment: what it says, and what it lacks, told in words that quote no secret."""

import pytest

from adapters.slack.environment import OAuth, Setup, setup
from bot.errors import ConfigError

BOT, SOCKET, SIGNING = "xoxb-zebra", "xapp-zebra", "zebra-signing"
ONE = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": SOCKET}
BY_HTTP = {"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": SIGNING, "SLACK_PORT": "3000"}
BACK = "https://bot.example/slack/oauth_redirect"
MANY = {
    "SLACK_OAUTH": "on",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "zebra-client",
    "SLACK_REDIRECT_URI": BACK,
    "SLACK_APP_TOKEN": SOCKET,
    "SLACK_PORT": "0.0.0.0:3000",
}


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"SLACK_BOT_TOKEN": " "},
        {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "of another app", "SLACK_SIGNING_SECRET": "its own"},
        {"SLACK_OAUTH": "off", "SLACK_PORT": "of no use", "DISCORD_TOKEN": "x"},
    ],
)
def test_without_a_token_there_is_no_adapter(env: dict[str, str]) -> None:
    assert setup(env) is None


@pytest.mark.parametrize(
    ("env", "made"),
    [
        (ONE, Setup(token=BOT, socket=SOCKET)),
        (ONE | {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "x"}, Setup(token=BOT, socket=SOCKET)),
        (ONE | {"SLACK_BOT_TOKEN": f"xoxe.{BOT}\n"}, Setup(token=f"xoxe.{BOT}", socket=SOCKET)),
        (BY_HTTP, Setup(token=BOT, signing=SIGNING, listen=("127.0.0.1", 3000))),
        (BY_HTTP | {"SLACK_PORT": "[::1]:80"}, Setup(token=BOT, signing=SIGNING, listen=("::1", 80))),
        (
            MANY,
            Setup(
                oauth=OAuth(client="1.2", secret="zebra-client", redirect=BACK),  # noqa: S106
                socket=SOCKET,
                listen=("0.0.0.0", 3000),  # noqa: S104
            ),
        ),
        (
            ONE | {"SLACK_API_BASE": "http://127.0.0.1:9/api/"},
            Setup(token=BOT, socket=SOCKET, base="http://127.0.0.1:9/api/"),
        ),
    ],
)
def test_what_it_says(env: dict[str, str], made: Setup) -> None:
    assert setup(env) == made


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"SLACK_APP_TOKEN": SOCKET}, ["SLACK_BOT_TOKEN: is missing beside SLACK_APP_TOKEN"]),
        ({"SLACK_BOT_TOKEN": BOT}, ["SLACK_APP_TOKEN: is missing; set it for Socket Mode, or"]),
        ({"SLACK_BOT_TOKEN": SOCKET, "SLACK_APP_TOKEN": BOT}, ["SLACK_BOT_TOKEN: is no", "SLACK_APP_TOKEN: is no"]),
        ({**BY_HTTP, "SLACK_PORT": ""}, ["SLACK_PORT: is missing; without SLACK_APP_TOKEN"]),
        (MANY | ONE, ["SLACK_BOT_TOKEN: is for one workspace"]),
        ({"SLACK_OAUTH": "on", "SLACK_APP_TOKEN": SOCKET}, [
            "SLACK_CLIENT_ID: is missing", "SLACK_CLIENT_SECRET: is missing", "SLACK_REDIRECT_URI: is missing",
            "SLACK_PORT: is missing; SLACK_OAUTH=on",
        ]),
        (MANY | {"SLACK_OAUTH": "yes"}, ["SLACK_OAUTH: is 'yes', must be on or off", "SLACK_BOT_TOKEN: is missing"]),
        *((MANY | {"SLACK_PORT": port}, ["SLACK_PORT: is "]) for port in ("x", "a:b", "u@h:1", "[::1", "99999")),
        *(
            (MANY | {"SLACK_REDIRECT_URI": back}, ["SLACK_REDIRECT_URI: is "])
            for back in ("bot.example/back", "http://bot.example/back", "https://bot.example", f"{BACK}?x=1", "https://[x")
        ),
        *(
            (ONE | {"SLACK_API_BASE": base}, ["SLACK_API_BASE: must be an address on this machine"])
            for base in ("https://slack.example/api/", "http://127.0.0.1.evil.example/", "http://[::1")
        ),
    ],
)  # fmt: skip
def test_what_it_lacks_is_told_all_at_once(env: dict[str, str], told: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        setup(env)
    assert [fault[: len(words)] for fault, words in zip(caught.value.faults, told, strict=True)] == told
    assert "zebra" not in str(caught.value)


def test_no_secret_is_shown() -> None:
    assert "zebra" not in repr((setup(ONE), setup(BY_HTTP), setup(MANY)))


def test_slacks_own_page_stands_beside_its_web_api() -> None:
    made = Setup(base="http://127.0.0.1:9/api/")
    assert (Setup().authorize, made.authorize) == (
        "https://slack.com/oauth/v2/authorize",
        "http://127.0.0.1:9/oauth/v2/authorize",
    )

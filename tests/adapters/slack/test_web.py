"""The server: what Slack sends by requests, what anybody else may send, and whether the bot is ready."""

import asyncio
import gzip
import json
import logging
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.slack.environment import Setup
from adapters.slack.hearing import door
from bot.configuration import Configuration
from bot.errors import ConfigError
from tests.adapters.slack.community import Community, community
from tests.adapters.slack.test_life_kept import Slow
from tests.servers.discord_record import Bell
from tests.servers.slack import App

HEADERS = {"Content-Type": "application/json"}
SOON = 30.0  # seconds that no answer takes


@pytest.fixture
async def town(everything: Configuration, tmp_path: Path) -> AsyncIterator[Community]:
    """A workspace whose bot is sent requests."""
    async with community(everything, tmp_path, App(socket_mode=False)) as made:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        assert made.setup is not None
        made.setup = replace(made.setup, socket="", signing=made.slack.app.signing_secret, listen=("127.0.0.1", port))
        made.slack.http.url = f"http://127.0.0.1:{port}/slack/events"
        yield made


@pytest.fixture
async def served(town: Community) -> AsyncIterator[Community]:
    """The same, with the bot."""
    async with town.running(ready=False):
        await ready(town)
        yield town


async def ready(town: Community) -> None:
    """Return when it listens."""
    async with aiohttp.ClientSession() as http:
        while not town.serving.done():
            try:
                async with http.get(at(town, "/healthz")):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.01)
    town.serving.result()


def at(town: Community, path: str) -> str:
    """An address of the bot's."""
    return town.slack.http.url.removesuffix("/slack/events") + path


def message(town: Community, text: str = "Good evening.") -> dict[str, Any]:
    """What Slack would send about a direct message."""
    event = {"type": "message", "user": town.robin.id, "text": text, "ts": "1763640001.000100"}
    event |= {"channel": town.slack.dm(town.robin).id, "channel_type": "im", "event_ts": "1763640001.000100"}
    who = {"team_id": town.team, "user_id": town.me.id, "is_bot": True}
    return {"type": "event_callback", "team_id": town.team, "event_id": "Ev1", "event": event, "authorizations": [who]}


async def sent(town: Community, body: bytes, **headers: str) -> int:
    """Somebody sends something; the status of the answer."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(town.slack.http.url, data=BytesIO(body), headers=HEADERS | headers) as response,
    ):
        return response.status


async def test_it_talks_by_requests(served: Community) -> None:
    root = await served.asks("Good evening.")
    assert await served.told(root) == ["answer to Good evening."]
    await served.says("And now?", root)
    assert await served.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
    await served.settled()
    assert {each.acks for each in served.slack.deliveries.sent} == {1}
    assert await served.slack.http.verify()


@pytest.mark.parametrize(
    ("age", "secret", "status"), [(0, None, 200), (290, None, 200), (310, None, 401), (-310, None, 401), (0, "x", 401)]
)
async def test_what_is_not_signed_by_slack_lately_is_not_heard(
    served: Community, age: float, secret: str | None, status: int
) -> None:
    assert await served.slack.http.knock(message(served), age=age, secret=secret) == status
    await served.bot.settled()
    assert len(served.voice.asked) == (status == 200)


async def test_a_signature_is_for_one_body(served: Community) -> None:
    signed = served.slack.http.signed(json.dumps(message(served)))
    assert await sent(served, json.dumps(message(served, "Something else.")).encode(), **signed) == 401
    assert await sent(served, json.dumps(message(served)).encode()) == 401
    assert served.voice.asked == []


LATELY = {"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "v0=abc"}
NONSENSE = [b"", b"{", b"[]", b"1", b"null", b"[" * 100_000, b"\xff\xfe", b'{"n":' + b"9" * 5_000 + b"}"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        *((body, LATELY, 401) for body in NONSENSE if body != b"\xff\xfe"),
        (b"\xff\xfe", LATELY, 400),
        (b"payload=[1]", LATELY | {"Content-Type": "application/x-www-form-urlencoded"}, 401),
        (b"{}", LATELY | {"Content-Type": "application/json; charset=none"}, 401),
        (b"not compressed at all", LATELY | {"Content-Encoding": "gzip"}, 401),
        (gzip.compress(b"x" * 100_000_000), LATELY | {"Content-Encoding": "gzip"}, 400),
        (b"{}", LATELY | {"Content-Encoding": "br"}, 401),
        *((b"{}", LATELY | {"X-Slack-Request-Timestamp": at}, 401) for at in ("a moment ago", "-1", "9" * 5_000)),
        (b"{}", LATELY | {"X-Slack-Signature": "v0=\u00e9"}, 401),
        (b"x" * 1_100_000, LATELY, 413),
    ],
)
async def test_what_anybody_sends_is_turned_away_without_a_word_in_the_log(
    served: Community, body: bytes, headers: dict[str, str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert await served.slack.http.verify()
    at = headers["X-Slack-Request-Timestamp"].replace("now", str(int(time.time())))
    with caplog.at_level(logging.WARNING):
        assert await sent(served, body, **headers | {"X-Slack-Request-Timestamp": at}) == status
    assert [each.getMessage() for each in caplog.records] == []


async def test_a_secret_that_may_be_wrong_is_told_of_once(served: Community, caplog: pytest.LogCaptureFixture) -> None:
    for secret in ("another", "another", None):
        await served.slack.http.knock(message(served), secret=secret)
    (told,) = caplog.records
    assert "SLACK_SIGNING_SECRET is not the app's Signing Secret" in told.getMessage()


@pytest.mark.parametrize("body", [body for body in NONSENSE if body not in {b"", b"\xff\xfe"}])
async def test_what_is_signed_and_makes_no_sense_is_refused(served: Community, body: bytes) -> None:
    assert await sent(served, body, **served.slack.http.signed(body.decode())) == 400


async def test_a_request_that_is_sent_once_more_is_answered_once(served: Community) -> None:
    await served.told(await served.asks("Good evening."))
    await served.settled()
    for each in served.slack.deliveries.events("app_mention") + served.slack.deliveries.events("message")[:1]:
        assert await served.slack.http.knock(each.payload) == 200
    await served.settled()
    assert len(served.voice.asked) == 1


async def test_what_is_not_kept_yet_is_not_acknowledged_and_what_comes_again_meanwhile_is_answered_once(
    town: Community,
) -> None:
    Slow.held, Slow.bell, Slow.free, town.kind = [], Bell(), asyncio.Event(), Slow
    async with town.running(ready=False):
        await ready(town)
        root = await town.asks("Good evening.")
        waiting = list(town.slack.deliveries.sent)
        await Slow.bell.until(lambda: Slow.held, SOON)
        await ready(town)  # others are answered meanwhile
        assert [each.acks for each in waiting] == [0, 0]
        town.slack.passes(3)  # Slack hangs up, and sends it again
        assert [(len(each.attempts), each.acks) for each in waiting] == [(2, 0), (2, 0)]
        Slow.free.set()
        assert await town.told(root) == ["answer to Good evening."]
        await town.settled()
        assert [each.acks for each in waiting] == [1, 1]
    assert len(town.voice.asked) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/9\r\n\r\n",
        b"GET /slack/back?code=secret HTTP/1.1\r\nHo st: x\r\n\r\n",
        b"GET /slack/back?code=secret" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\nsecret",
    ],
)
async def test_what_is_no_request_is_not_quoted_in_the_log(
    served: Community, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        reader, writer = await _connected(served)
        writer.write(sent)
        assert b"400 Bad Request" in await asyncio.wait_for(reader.read(100), SOON)
        writer.close()
    assert not any(word in caplog.text for word in ("secret", "Bad status line"))


@pytest.mark.parametrize(
    ("path", "status"), [("/healthz", b" 200 "), ("/elsewhere", b" 404 "), ("/slack/events", b" 405 ")]
)
async def test_nobody_else_than_slack_is_waited_for_after_an_answer(
    served: Community, path: str, status: bytes
) -> None:
    reader, writer = await _connected(served)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), SOON)  # to its end: the connection is closed
    assert status in answer.partition(b"\r\n")[0]
    writer.close()


async def _connected(town: Community) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection by which nothing was sent yet."""
    assert town.setup is not None
    assert town.setup.listen is not None
    return await asyncio.open_connection(*town.setup.listen)


async def test_those_who_say_nothing_take_up_no_place(served: Community) -> None:
    silent = [await _connected(served) for _ in range(door.MOST + 3)]
    for reader, _ in silent[:3]:
        assert await asyncio.wait_for(reader.read(), SOON) == b""
    assert not any(reader.at_eof() for reader, _ in silent[3:])
    root = await served.asks("Good evening.")
    assert await served.told(root) == ["answer to Good evening."]
    for _, writer in silent:
        writer.close()


async def test_there_is_nothing_else(served: Community) -> None:
    async with aiohttp.ClientSession() as http:
        for method, path, status in [
            ("GET", "/slack/events", 405), ("GET", "/", 404), ("GET", "/slack/install", 404),
            ("GET", "/slack/oauth_redirect", 404), ("POST", "/healthz", 405),
        ]:  # fmt: skip
            async with http.request(method, at(served, path)) as response:
                assert (path, response.status) == (path, status)


async def test_it_tells_whether_it_is_ready(town: Community) -> None:
    async with town.running(ready=False), aiohttp.ClientSession() as http:
        await ready(town)
        for path in ("/healthz", "/readyz"):
            async with http.get(at(town, path)) as response:
                told = await response.json()
                assert (response.status, told["ok"], told["lacks"]) == (200, True, [])
        slow = town.voice.waits["Good evening."] = asyncio.Event()
        await town.asks("Good evening.")
        await town.over(lambda each: each.acked)
        town.serving.cancel()
        await asyncio.sleep(0)
        async with http.get(at(town, "/readyz")) as response:
            assert response.status == 503
            assert [each["why"] for each in (await response.json())["lacks"]] == ["it was told to stop"]
        slow.set()
        await asyncio.gather(town.serving, return_exceptions=True)


async def test_an_address_that_cannot_be_had_ends_it_in_words(town: Community) -> None:
    assert town.setup is not None
    assert town.setup.listen is not None
    with socket.create_server(town.setup.listen), pytest.raises(ConfigError, match="SLACK_PORT: "):
        async with town.running(ready=False):
            await town.serving


async def test_with_sockets_nobody_can_send_events(town: Community) -> None:
    town.slack.app.socket_mode = True
    assert isinstance(town.setup, Setup)
    town.setup = replace(town.setup, socket=town.slack.app.token, signing="")
    async with town.running():
        body = json.dumps(message(town))
        signed = town.slack.http.signed(body, secret="")
        assert await sent(town, body.encode(), **signed) == 404
        assert await town.told(await town.asks("Good evening.")) == ["answer to Good evening."]

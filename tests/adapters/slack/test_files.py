"""What is in a file is fetched from Slack, and the token goes nowhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from adapters.slack import names
from adapters.slack.outgoing.clients import Clients
from adapters.slack.outgoing.files import fetched, is_slacks
from adapters.slack.outgoing.sending import Requests
from bot.domain.conversation import Attachment
from bot.errors import PlatformError
from tests.adapters.slack.outgoing import Keys, Outgoing
from tests.servers.slack import Message, Upload

BEES = b"Bees sleep, too."


def attached(there: Outgoing, message: Message) -> Attachment:
    """The file that came with a message, as the bot knows it."""
    source = names.source(there.team, message.channel.id, message.ts, message.files[0].id)
    return Attachment("bees.txt", "text/plain", len(BEES), source=source)


@dataclass
class Elsewhere:
    """A server that says of a file what the test lets it say. heard: tokens that it was shown, by path."""

    url: str = ""
    file: dict[str, object] = field(default_factory=dict)
    to: str = ""  # where it sends those who want the file; "": nowhere
    content: bytes = BEES
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer anything."""
        self.heard.append((request.path, request.headers.get("Authorization", "")))
        if request.path == "/api/files.info":
            return web.json_response({"ok": True, "file": self.file})
        if self.to:
            raise web.HTTPFound(self.to)
        return web.Response(body=self.content)


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """A server on this machine."""
    server, app = Elsewhere(), web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}"
        yield server
    finally:
        await runner.cleanup()


async def test_a_file_is_fetched_with_the_token(there: Outgoing) -> None:
    message = await there.slack.says(there.robin, there.general, "Read this.", files=[Upload(name="b", content=BEES)])
    attachment = attached(there, message)
    assert await fetched(there.requests, attachment, len(BEES)) == BEES
    with pytest.raises(PlatformError):
        await fetched(there.requests, attachment, len(BEES) - 1)
    assert there.asked("files/download") == 1


async def test_a_file_that_is_gone_or_nobodys_is_not_fetched(there: Outgoing) -> None:
    message = await there.slack.says(there.robin, there.general, "Read this.", files=[Upload(name="b", content=BEES)])
    message.files[0].deleted = True
    for source in (attached(there, message).source, "", "T01/C01/no/F01", f"{there.team}/C01/1.000001/F0NONE"):
        with pytest.raises(PlatformError):
            await fetched(there.requests, Attachment("b", "text/plain", 1, source=source), 100)
    assert there.asked("files/download") == 0


async def test_without_the_scope_there_is_no_file(there: Outgoing) -> None:
    message = await there.slack.says(there.robin, there.general, "Read this.", files=[Upload(name="b", content=BEES)])
    there.slack.installed(there.workspace).scopes -= {"files:read"}
    with pytest.raises(PlatformError):
        await fetched(there.requests, attached(there, message), 100)


@pytest.mark.parametrize(
    ("address", "slacks"),
    [
        ("https://files.slack.com/files-pri/T01-F01/download/b", True),
        ("https://slack.com/b", True),
        ("http://127.0.0.1:5000/files-pri/b", True),
        ("http://files.slack.com/b", False),
        ("https://slack.com.example/b", False),
        ("https://notslack.com/b", False),
        ("https://files.slack.com@elsewhere.example/b", False),
        ("http://127.0.0.1:5001/b", False),
        ("https://127.0.0.1:5000/b", False),
        ("https://[/b", False),
        ("/b", False),
        ("", False),
    ],
)
def test_what_is_at_slack(address: str, slacks: bool) -> None:
    assert is_slacks(address, "http://127.0.0.1:5000/api/") is slacks


@pytest.mark.parametrize("fault", ["address", "redirect", "odd"])
async def test_the_token_goes_to_nobody_but_slack(there: Outgoing, fault: str) -> None:
    async with elsewhere() as slack, elsewhere() as stranger:
        where = {
            "address": f"{stranger.url}/b",
            "redirect": f"{slack.url}/b",
            "odd": f"http://slack.com@{stranger.url.removeprefix('http://')}/b",
        }
        slack.file = {"id": "F01", "size": len(BEES), "url_private_download": where[fault]}
        slack.to = f"{stranger.url}/b"
        clients = Clients(f"{slack.url}/api/")
        requests = Requests(
            Keys(there.slack, clients, tokens={there.team: "xoxb-secret"}), there.naps.sleep, there.naps.timer
        )
        source = names.source(there.team, "C01", "1.000001", "F01")
        with pytest.raises(PlatformError):
            await fetched(requests, Attachment("b", "text/plain", 1, source=source), 100)
        await clients.close()
        assert ("/api/files.info", "Bearer xoxb-secret") in slack.heard
        assert stranger.heard == []


@pytest.mark.parametrize(
    ("size", "content"), [(len(BEES), BEES * 1_000), (len(BEES), BEES[:-1]), (None, BEES), (10**9, BEES)]
)
async def test_what_is_not_as_large_as_was_told_is_no_file(there: Outgoing, size: int | None, content: bytes) -> None:
    async with elsewhere() as slack:
        slack.file = {"id": "F01", "size": size, "url_private_download": f"{slack.url}/b"}
        slack.content = content
        clients = Clients(f"{slack.url}/api/")
        requests = Requests(
            Keys(there.slack, clients, tokens={there.team: "xoxb-secret"}), there.naps.sleep, there.naps.timer
        )
        source = names.source(there.team, "C01", "1.000001", "F01")
        with pytest.raises(PlatformError):
            await fetched(requests, Attachment("b", "text/plain", 1, source=source), 100)
        slack.file["size"], slack.content = len(BEES), BEES
        assert await fetched(requests, Attachment("b", "text/plain", 1, source=source), 100) == BEES
        await clients.close()

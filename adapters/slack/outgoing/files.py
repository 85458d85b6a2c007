"""What is in a file that somebody shows to the bot. The token goes to Slack alone, whatever a file says where it is."""

import asyncio
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from adapters.slack import names
from adapters.slack.outgoing.sending import Denied, Requests
from bot.domain.conversation import Attachment
from bot.errors import PlatformError

WITHIN = 60.0  # seconds for a file
SLACK = "slack.com"


async def fetched(requests: Requests, attachment: Attachment, most: int) -> bytes:
    """What is in an attachment, if that is no more than `most` bytes. Raises PlatformError."""

    async def look(client: AsyncWebClient) -> tuple[AsyncWebClient, Any]:
        return client, (await client.files_info(file=file))["file"]

    try:
        team, file = names.file(attachment.source)
        client, shape = await requests.ask(team, look, method="files.info")
        async with asyncio.timeout(WITHIN):
            return await _downloaded(client, shape, most)
    except (Denied, ValueError) as fault:
        raise PlatformError("a file is not there, or the bot may not see it") from fault
    except (aiohttp.ClientError, OSError, TimeoutError) as fault:
        raise PlatformError(f"a file cannot be fetched: {type(fault).__name__}") from fault


async def _downloaded(client: AsyncWebClient, shape: Any, most: int) -> bytes:
    address, size = str(shape.get("url_private_download") or ""), shape.get("size")
    if not is_slacks(address, client.base_url) or not isinstance(size, int) or size > most:
        raise PlatformError("a file is too large, or is not at Slack")
    content, headers = bytearray(), {"Authorization": f"Bearer {client.token}"}
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.get(address, headers=headers, allow_redirects=False) as response,
    ):
        async for piece in response.content.iter_any():
            content += piece
            if len(content) > size:
                break
    # Whom Slack does not know, or sends elsewhere, gets a page instead.
    if response.status != 200 or len(content) != size:
        raise PlatformError("a file is not what it was told to be")
    return bytes(content)


def is_slacks(address: str, base: str) -> bool:
    """Whether an address is at Slack, or where the Web API is."""
    try:
        there, api = URL(address), URL(base)
    except ValueError:
        return False
    host = there.host or ""
    secure = there.scheme == "https" and (host == SLACK or host.endswith(f".{SLACK}"))
    return secure or (there.scheme, host, there.port) == (api.scheme, api.host, api.port)

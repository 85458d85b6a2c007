"""Who is let in to the server: those who say in time what they want."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from adapters.slack.hearing.door import Door

AT_ONCE, SOON, NEVER = 0.001, 30.0, 1_000.0  # seconds
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def house(door: Door) -> AsyncIterator[int]:
    """A server behind a door; the port. It hears a request out before it answers."""

    async def heard(request: web.BaseRequest) -> web.Response:
        door.heard(request.protocol)
        return web.Response()

    server = web.Server(heard)
    listening = await asyncio.get_running_loop().create_server(lambda: door.enters(server()), "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        await server.shutdown()


async def test_whoever_says_nothing_in_time_is_shown_out() -> None:
    async with house(Door(within=AT_ONCE)) as port:
        for begun in (b"", REQUEST[:-2]):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            assert await asyncio.wait_for(reader.read(), SOON) == b""
            writer.close()


async def test_whoever_has_said_it_stays_and_of_the_others_the_oldest_goes() -> None:
    async with house(Door(within=NEVER, most=2)) as port:
        ends: list[Ends] = []
        for number in range(4):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            ends.append((reader, writer))
            if number == 0:
                writer.write(REQUEST)
                assert b" 200 " in await reader.readline()
        assert await asyncio.wait_for(ends[1][0].read(), SOON) == b""
        for number in (0, 2, 3):
            reader, writer = ends[number]
            writer.write(REQUEST)
            await reader.readuntil(b"HTTP/1.1 200 OK")
        for _, writer in ends:
            writer.close()

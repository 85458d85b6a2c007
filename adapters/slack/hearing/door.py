"""Who is let in to the server: so many at once who have not said yet what they want, and each of them not for long.

aiohttp waits without end for the first request of a connection. Somebody who opens many and says nothing would leave
the process no place for Slack's, and none for files.
"""

import asyncio

from aiohttp import web

WITHIN = 10.0  # seconds in which a request has to be here
MOST = 400  # connections that wait for theirs; on many systems a process has 1,024 of them and files together

Connection = web.RequestHandler


class Door:
    """Knows the connections whose first request is not here yet.

    within  seconds that each of them may last
    most    of them; beyond, the oldest is closed
    """

    def __init__(self, within: float = WITHIN, most: int = MOST) -> None:
        self._within = within
        self._most = most
        self._waiting: dict[Connection, asyncio.TimerHandle] = {}  # the oldest first

    def enters(self, connection: Connection) -> Connection:
        """The same, which is new."""
        timer = asyncio.get_running_loop().call_later(self._within, self._closes, connection)
        self._waiting[connection] = timer
        if len(self._waiting) > self._most:
            self._closes(next(iter(self._waiting)))
        return connection

    def heard(self, connection: Connection) -> None:
        """Its request is here."""
        if (timer := self._waiting.pop(connection, None)) is not None:
            timer.cancel()

    def _closes(self, connection: Connection) -> None:
        self.heard(connection)
        connection.force_close()

"""What shows that a request is Slack's: its signature, on the whole body, with the time of it."""

import asyncio
import logging

from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from adapters.slack.hearing.door import WITHIN

log = logging.getLogger(__name__)

DIGITS = 12  # of a time in seconds
WRONG = "SLACK_SIGNING_SECRET is not the app's Signing Secret, or this machine's clock is wrong by minutes"


class Signature:
    """Slack's, by the secret that it shares with us.

    Until it has come once, the secret may be a wrong one: then the first request without it is told in the log.
    """

    def __init__(self, secret: str) -> None:
        self._verifier = SignatureVerifier(secret)
        self._doubted = True

    async def proven(self, request: web.Request) -> None:
        """Read a request, and see that Slack has signed it in the last five minutes; else it is refused."""
        at, signature = (request.headers.get(f"X-Slack-{name}", "") for name in ("Request-Timestamp", "Signature"))
        if not (at.isdecimal() and at.isascii() and len(at) <= DIGITS and signature.isascii()):
            raise web.HTTPUnauthorized
        try:
            async with asyncio.timeout(WITHIN):
                good = self._verifier.is_valid(await request.read(), at, signature)
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        except (ValueError, ConnectionError, web.RequestPayloadError):  # no text, or it did not come whole
            raise web.HTTPBadRequest from None
        if self._doubted and not good:
            log.error("what came as Slack's is not signed by it: if it was Slack's, %s", WRONG)
        self._doubted = False
        if not good:
            raise web.HTTPUnauthorized

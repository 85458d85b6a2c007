"""What people see of installing the app: a page that says whether it is done, in a language of their browser's."""

import html
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from slack_bolt.oauth.async_callback_options import AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth import OAuthStateUtils
from slack_sdk.oauth.installation_store import Installation

from adapters.slack import names
from adapters.slack.scopes import SCOPES
from bot.configuration import Configuration
from bot.reply.installing import REASONS, Installing

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address has a code in it
}
PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ font: 1.1rem/1.5 sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem }}</style></head>
<body><h1>{title}</h1>
{body}</body></html>
"""

_ASKED = re.compile(r"([A-Za-z]{2,3})(?:-\w+)*(?:\s*;\s*q=([01](?:\.\d{1,3})?))?\s*(?:,|$)")
_STARS = re.compile(r"\*([^*]+)\*")


class Pages:
    """What stands there. again: the page on which it begins."""

    def __init__(self, again: str, configuration: Callable[[], Configuration]) -> None:
        self._again = again
        self._configuration = configuration

    async def success(self, args: AsyncSuccessArgs) -> BoltResponse:
        """It is installed, and what to do next."""
        new, (language, texts) = args.installation, self._texts(args.request)
        done = texts.done
        place = (new.enterprise_name if new.is_enterprise_install else new.team_name) or "Slack"
        body = [_text(done.text(place=place)), f"<ol>{''.join(f'<li>{_bold(step)}</li>' for step in done.steps)}</ol>"]
        if missing := lacks(new):
            body += [_text(done.lacks(names=", ".join(missing))), _link(texts.failed.anew, self._again)]
        body.append(_link(*_next(new, texts)))
        return _page(200, language, done.title, body, args.settings.state_utils)

    async def failure(self, args: AsyncFailureArgs) -> BoltResponse:
        """It is not, and why."""
        language, texts = self._texts(args.request)
        failed, kind = texts.failed, _reason(args)
        log.warning("an installation was not finished: %s", kind)
        body = [_text(failed.why[kind])]
        if kind == "storage_error":
            body.append(_link(failed.anew, self._again))
        else:
            body += [_text(failed.unchanged), _link(failed.again, self._again)]
        return _page(args.suggested_status_code, language, failed.title, body, args.settings.state_utils)

    def _texts(self, request: AsyncBoltRequest) -> tuple[str, Installing]:
        """The language that a browser likes best, of those there are; and the texts in it."""
        known, own = self._configuration().wording, self._configuration().settings.everywhere.language
        asked = ",".join(request.headers.get("accept-language", ()))
        words = known.words(next((each for each in _asked(asked) if each in known.languages), own), names.NAME)
        return words.language, words.installing


def absent(configuration: Configuration) -> str:
    """What people read who ask for something where the bot is not let in; who they are is not known there."""
    return configuration.wording.words(configuration.settings.everywhere.language, names.NAME).installing.absent


def _reason(args: AsyncFailureArgs) -> str:
    """Why it failed: one that we have words for. It may come from the address, in anybody's words."""
    return args.reason if args.reason in REASONS.names else "unknown"


def lacks(new: Installation) -> Sequence[str]:
    """The scopes that it was not given: whoever installs it can take some out of the address."""
    return [scope for scope in SCOPES if scope not in (new.bot_scopes or ())]


def _asked(accepts: str) -> Iterator[str]:
    """The languages (ISO 639) of a header Accept-Language, the one that is liked best first."""
    found = [(float(liking or 1), tag.lower()) for tag, liking in _ASKED.findall(accepts)]
    return (tag for liking, tag in sorted(found, key=lambda each: -each[0]) if liking)


def _next(new: Installation, texts: Installing) -> tuple[str, str]:
    """Where to go now, and what that is called. In an organisation, an admin says in which of its workspaces it is."""
    app = quote(new.app_id or "")
    if new.is_enterprise_install:
        home = new.enterprise_url or "https://app.slack.com/"
        return texts.done.choose, f"{home}manage/organization/apps/profile/{app}/workspaces/add"
    return texts.done.link, f"https://slack.com/app_redirect?app={app}&team={quote(new.team_id or '')}"


def _text(words: str) -> str:
    return f"<p>{_bold(words)}</p>"


def _link(words: str, address: str) -> str:
    return f'<p><a href="{html.escape(address)}">{html.escape(words)}</a></p>'


def _bold(words: str) -> str:
    return _STARS.sub(r"<b>\1</b>", html.escape(words))


def _page(status: int, language: str, title: str, body: Sequence[str], cookie: OAuthStateUtils) -> BoltResponse:
    page = PAGE.format(language=language, title=html.escape(title), body="\n".join(body))
    return BoltResponse(
        status=status, headers={**HEADERS, "Set-Cookie": cookie.build_set_cookie_for_deletion()}, body=page
    )

"""How workspaces install the app by themselves: Bolt's pages for it, on our own stores and in our own words.

Bolt takes OAuth up by itself, with files in the home directory, wherever the environment has a client's id and secret:
`App` does not let it.
"""

import html
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth import OAuthStateUtils
from slack_sdk.oauth.installation_store import Installation

from adapters.slack.authorizing import Authorizing
from adapters.slack.clients import Clients
from adapters.slack.environment import Setup
from adapters.slack.installations import Installations
from adapters.slack.many_workspaces import ManyWorkspaces
from adapters.slack.one_workspace import OneWorkspace
from adapters.slack.renewing import Renewing
from adapters.slack.scopes import SCOPES
from adapters.slack.states import LASTS, SignedStates
from bot.errors import StoreError, where
from bot.ports import Clock, Store

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",  # the address has a code in it
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body {{ font: 1.1rem/1.5 sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""
DONE = """<p>The bot is in {name} now. Two things to do next:</p>
<ol><li>In a channel in which it should help, type <b>/invite</b> and its name.</li>
<li>Type <b>/fairwell setup</b>: there you say where it answers and where moderators are called.</li></ol>
<p><a href="{back}">Go to Slack</a></p>"""
FAILED = '<p>{why} Nothing has changed.</p><p><a href="{again}">Try again from the beginning</a></p>'
LOST = '<p>{why}</p><p><a href="{again}">Install it once more</a></p>'
WHY = {
    "access_denied": "You did not let the bot in, and that is all right.",
    "invalid_browser": "This page has to be opened in the browser in which you began, with cookies allowed.",
    "invalid_state": "It took longer than ten minutes, or this address was used before.",
    "invalid_code": "Slack did not confirm it.",
    "storage_error": "Slack let the bot in, but the bot could not write that down.",
}
UNKNOWN = "Slack did not let you finish."


class App(AsyncApp):
    """Bolt's app, with the pages for installing that it is given, or none.

    authorize  who the bot is where; flow: the pages; more: as for AsyncApp
    """

    def __init__(
        self, *, clients: Clients, authorize: Authorizing, flow: AsyncOAuthFlow | None, signing: str = "", **more: Any
    ) -> None:
        self._pages = flow
        super().__init__(
            client=clients.made(),
            authorize=authorize,  # type: ignore[arg-type]  # it may know nobody, which Bolt looks after
            oauth_flow=flow,
            signing_secret=signing,
            **more,
        )

    @property
    def oauth_flow(self) -> AsyncOAuthFlow | None:
        """The pages for installing: none but those it was given."""
        return self._pages


class Flow(AsyncOAuthFlow):
    """Bolt's pages. What goes wrong is told on them in words, and in the log by its kind, with no code and no token."""

    async def run_installation(self, code: str) -> Installation | None:
        """What Slack gives for a code. None: nothing that the bot could use."""
        try:
            installation = await super().run_installation(code)
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            log.warning("Slack did not answer an installation: %s", where(fault))
            return None
        return installation if installation and installation.bot_token else None

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        """Keep it. Raises BoltError, which is told on the page."""
        try:
            await super().store_installation(request, installation)
        except StoreError as fault:
            log.error("an installation could not be kept: %s", where(fault))  # noqa: TRY400 (no traceback: it has tokens)
            raise BoltError("it could not be kept") from fault
        log.info("%s: the app was installed", installation.team_id or installation.enterprise_id)


class Pages:
    """What people see at the end. again: the page on which it begins."""

    def __init__(self, again: str) -> None:
        self._again = again

    async def success(self, args: AsyncSuccessArgs) -> BoltResponse:
        """It is installed, and what to do next."""
        new = args.installation
        name = (new.enterprise_name if new.is_enterprise_install else new.team_name) or "your workspace"
        app = quote(new.app_id or "")
        back = f"https://slack.com/app_redirect?app={app}&team={quote(new.team_id or '')}"
        if new.is_enterprise_install:  # an admin has yet to say in which of its workspaces
            back = (
                f"{new.enterprise_url or 'https://app.slack.com/'}manage/organization/apps/profile/{app}/workspaces/add"
            )
        body = DONE.format(name=html.escape(name), back=html.escape(back))
        return _page(200, "It is installed", body, args.settings.state_utils)

    async def failure(self, args: AsyncFailureArgs) -> BoltResponse:
        """It is not, and why."""
        kind = args.reason if args.reason in WHY else "unknown"  # it may come from the address, in anybody's words
        log.warning("an installation was not finished: %s", kind)
        form = LOST if kind == "storage_error" else FAILED
        body = form.format(why=WHY.get(kind, UNKNOWN), again=html.escape(self._again))
        return _page(args.suggested_status_code, "It is not installed", body, args.settings.state_utils)


def _page(status: int, title: str, body: str, cookie: OAuthStateUtils) -> BoltResponse:
    headers: Mapping[str, str] = {**HEADERS, "Set-Cookie": cookie.build_set_cookie_for_deletion()}
    return BoltResponse(status=status, headers=dict(headers), body=PAGE.format(title=title, body=body))


def authorizing(setup: Setup, store: Store, clients: Clients, clock: Clock) -> tuple[Authorizing, Flow | None]:
    """Who the bot is where, as the environment has it; and the pages for installing, if workspaces do that."""
    installations = Installations(store, clock)
    if setup.oauth is None:
        return OneWorkspace(setup.token, clients, installations, clock), None
    renewing = Renewing(setup.oauth, clients, installations, clock)
    many = ManyWorkspaces(renewing, clients, installations, clock)
    pages = Pages(setup.oauth.install)
    # Bolt logs the codes that Slack gives.
    quiet = logging.Logger("Bolt's pages", logging.CRITICAL + 1)
    settings = AsyncOAuthSettings(
        client_id=setup.oauth.client,
        client_secret=setup.oauth.secret,
        scopes=list(SCOPES),
        user_scopes=[],
        redirect_uri=setup.oauth.redirect,
        install_path=setup.oauth.install,
        install_page_rendering_enabled=False,  # Slack's own page says what is asked for
        redirect_uri_path=setup.oauth.path,
        callback_options=AsyncCallbackOptions(success=pages.success, failure=pages.failure),
        authorization_url=setup.authorize,
        installation_store=installations,
        installation_store_bot_only=True,
        state_store=SignedStates(setup.oauth.secret, clock),
        state_expiration_seconds=LASTS,
        logger=quiet,
    )
    settings.authorize = many  # Bolt's own asks Slack for each event, and knows no other Web API than the real one
    return many, Flow(client=clients.made(), logger=quiet, settings=settings)

"""How workspaces install the app by themselves: Bolt's pages for it, on our own stores and in our own words.

Bolt takes OAuth up by itself, with files in the home directory, wherever the environment has a client's id and secret:
`App` does not let it.
"""

import logging
from collections.abc import Callable
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.oauth.installation_store import Installation

from adapters.slack.environment import Setup
from adapters.slack.installs.authorizing import Authorizing
from adapters.slack.installs.installations import Installations
from adapters.slack.installs.many_workspaces import ManyWorkspaces
from adapters.slack.installs.one_workspace import OneWorkspace
from adapters.slack.installs.pages import Pages, lacks
from adapters.slack.installs.renewing import Renewing
from adapters.slack.installs.states import LASTS, SignedStates
from adapters.slack.outgoing.clients import Clients
from adapters.slack.scopes import SCOPES
from bot.configuration import Configuration
from bot.errors import StoreError, where
from bot.ports import Clock, Store

log = logging.getLogger(__name__)


class App(AsyncApp):
    """Bolt's app, with the pages for installing that it is given, or none.

    authorize  who the bot is where; flow: the pages; more: as for AsyncApp
    absent     what people read who ask for something where the bot is not let in; "": Bolt's own words
    """

    def __init__(
        self,
        *,
        clients: Clients,
        authorize: Authorizing,
        flow: AsyncOAuthFlow | None,
        signing: str = "",
        absent: str = "",
        **more: Any,
    ) -> None:
        self._pages = flow
        super().__init__(
            client=clients.made(),
            authorize=authorize,  # type: ignore[arg-type]  # it may know nobody, which Bolt looks after
            oauth_flow=flow,
            signing_secret=signing,
            user_facing_authorize_error_message=absent or None,
            **more,
        )

    @property
    def oauth_flow(self) -> AsyncOAuthFlow | None:
        """The pages for installing: none but those it was given."""
        return self._pages


class Flow(AsyncOAuthFlow):
    """Bolt's pages. What goes wrong is told on them in words, and in the log by its kind, with no code and no token."""

    async def build_authorize_url(self, state: str, request: AsyncBoltRequest) -> str:
        """Slack's page. Bolt would put into it what the address says of a team, and with it whatever else."""
        return self.settings.authorize_url_generator.generate(state)

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
        home = installation.team_id or installation.enterprise_id
        log.info("%s: the app was installed", home)
        if missing := lacks(installation):
            log.warning("%s: the app was not given %s", home, ", ".join(missing))


def authorizing(
    setup: Setup, store: Store, clients: Clients, clock: Clock, configuration: Callable[[], Configuration]
) -> tuple[Authorizing, Flow | None]:
    """Who the bot is where, as the environment has it; and the pages for installing, if workspaces do that."""
    installations = Installations(store, clock)
    if setup.oauth is None:
        return OneWorkspace(setup.token, clients, installations, clock), None
    renewing = Renewing(setup.oauth, clients, installations, clock)
    many = ManyWorkspaces(renewing, clients, installations, clock)
    pages = Pages(setup.oauth.install, configuration)
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

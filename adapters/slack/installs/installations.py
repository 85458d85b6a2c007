"""Where the app is installed: slack-sdk's installation store, on the project's own.

Only what belongs to the bot is kept. Nobody's own token is asked for, and none is kept; who installed the app is not
kept either. One that is installed in a whole organisation has no team; which workspaces it is heard of in is kept
beside it, so that they are known when the organisation takes it out.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from adapters.slack import names
from bot.domain import installation
from bot.ports import Clock, Store

log = logging.getLogger(__name__)


class Installations(AsyncInstallationStore):
    """What slack-sdk and Bolt ask of an installation store, and what authorizing asks.

    changed  is told whenever one was kept or removed, so that nobody goes by an old one
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.changed: Callable[[], None] = lambda: None

    @property
    def logger(self) -> logging.Logger:
        """Ours; it is told no token."""
        return log

    async def async_save(self, installation: Installation) -> None:
        """Keep what of it is the bot's. Raises StoreError."""
        await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        """Keep it as of now, instead of what was known there. Raises StoreError."""
        await self.keep(bot, self._clock())

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The workspace's own, or else its organisation's. Raises StoreError."""
        found = await self.find("" if is_enterprise_install else team_id or "", enterprise_id or "")
        return found[0] if found else None

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The same; of one user's own, there are none. Raises StoreError."""
        if user_id:
            return None
        bot = await self.async_find_bot(
            enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
        )
        return Installation(user_id="", **bot.to_dict_for_copying()) if bot else None

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget its token, at once. Raises StoreError."""
        await self.remove(team_id or "", enterprise_id or "", self._clock())

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """The same; of one user's own, there is nothing to forget. Raises StoreError."""
        if not user_id:
            await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The same as of the bot. Raises StoreError."""
        await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    async def find(self, team: str, enterprise: str = "") -> tuple[Bot, datetime] | None:
        """What holds in a workspace ("": in the organisation), and since when. Raises StoreError."""
        found = await self._store.installation(names.NAME, team, enterprise)
        return (_bot(found), found.at) if found else None

    async def every(self) -> list[Bot]:
        """All there are, oldest first. Raises StoreError."""
        return [_bot(each) for each in await self._store.installations(names.NAME)]

    async def keep(self, bot: Bot, at: datetime) -> None:
        """Keep one that was installed at `at`, unless it was removed, or installed anew, since. Raises StoreError."""
        await self._keep(bot.enterprise_id or "", team(bot), at, json.dumps(vars(bot)))
        self.changed()

    async def cover(self, team: str, enterprise: str, at: datetime) -> None:
        """The app is in a workspace by what is not the workspace's own: its organisation's, or the environment's.

        Raises StoreError.
        """
        await self._keep(enterprise, team, at, "")  # of no token it has changed anything

    async def remove(self, team: str, enterprise: str, at: datetime) -> bool:
        """It was taken out of a workspace ("": of the organisation) at `at`. False: it was out already, or came later.

        Raises StoreError.
        """
        removed = await self._store.remove_installation(names.NAME, enterprise, team, at)
        self.changed()
        return removed

    async def _keep(self, enterprise: str, team: str, at: datetime, secret: str) -> None:
        kept = installation.Installation(platform=names.NAME, organisation=enterprise, space=team, at=at, secret=secret)
        await self._store.keep_installation(kept)


def team(bot: Bot) -> str:
    """The workspace that it is installed in; "": in all of an organisation."""
    return "" if bot.is_enterprise_install else bot.team_id or ""


def _bot(kept: installation.Installation) -> Bot:
    return Bot(**json.loads(kept.secret))

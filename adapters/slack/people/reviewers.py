"""Who may look at endings again, and who may set the bot up, as Slack says.

That somebody may not holds for a minute: so nobody can use up what Slack lets the bot ask. That they may is asked anew
each time they do something: whoever was a moderator a moment ago is none.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.outgoing.sending import Denied, Requests

LASTS = timedelta(minutes=1)
ADMIN = ("is_admin", "is_owner", "is_primary_owner")


class Reviewers:
    """Knows people's part in a workspace."""

    def __init__(self, requests: Requests, clock: Callable[[], datetime]) -> None:
        self._requests = requests
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[frozenset[str], datetime]] = {}  # and until when that is so

    async def may(self, team: str, user: str, roles: Sequence[str], *, anew: bool = True) -> bool:
        """Whether somebody may look at endings again. Raises PlatformError: nobody can tell now.

        roles  ids of user groups and people, as the settings name them. Where they name nobody, the workspace's admins
               and owners may: a workspace that nobody has set up has somebody to appeal to (rule 10)
        anew   they are about to do something; else what Slack said within a minute will do
        """
        if not roles:
            return await self.is_admin(team, user, anew=anew)
        if user in roles:
            return True
        for group in roles:
            if group.startswith("S") and await self._is_among(
                user, (team, group), partial(self._group, team, group), anew
            ):
                return True
        return False

    async def is_admin(self, team: str, user: str, *, anew: bool = True) -> bool:
        """Whether somebody is an admin or an owner of the workspace. Raises PlatformError: nobody can tell now."""
        return await self._is_among(user, (team, user), partial(self._admin, team, user), anew)

    async def _is_among(
        self, user: str, key: tuple[str, str], ask: Callable[[], Awaitable[Sequence[str]]], anew: bool
    ) -> bool:
        now = self._clock()
        self._known = {each: known for each, known in self._known.items() if known[1] > now}
        known, _ = self._known.get(key, (None, now))
        if known is None or (anew and user in known):
            known = frozenset(await ask())
            self._known[key] = known, self._clock() + LASTS
        return user in known

    async def _group(self, team: str, group: str) -> Sequence[str]:
        """Who is in a user group; nobody, if there is none."""

        async def listed(client: AsyncWebClient) -> Any:
            return await client.usergroups_users_list(usergroup=group)

        try:
            answer = await self._requests.ask(team, listed, method="usergroups.users.list")
        except Denied:
            return ()
        return [str(each) for each in answer["users"]]

    async def _admin(self, team: str, user: str) -> Sequence[str]:
        """Themselves, if they are an admin of this workspace, and not only of their own."""

        async def info(client: AsyncWebClient) -> Any:
            return await client.users_info(user=user)

        try:
            answer = await self._requests.ask(team, info, method="users.info")
        except Denied:
            return ()
        told: Mapping[str, Any] = answer["user"]
        own = {told.get("team_id"), *((told.get("enterprise_user") or {}).get("teams") or ())}
        at_home = team in own and not told.get("is_stranger") and not told.get("deleted")
        return (user,) if at_home and any(told.get(each) for each in ADMIN) else ()

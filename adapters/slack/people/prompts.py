"""What members can ask: Slack shows it above the field in which they write to the bot, best effort."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.outgoing.posting import remember
from adapters.slack.outgoing.sending import Denied
from adapters.slack.outgoing.streaming import NOT_HERE
from adapters.slack.people.desk import Desk
from bot.domain.record import Person
from bot.errors import PlatformError, StoreError, where
from bot.reply.on_slack import Prompt

log = logging.getLogger(__name__)

APART = timedelta(hours=1)  # between two times that a member's are set: they stay until then


class Prompts:
    """Sets what members are shown."""

    def __init__(self) -> None:
        self._without: set[str] = set()  # workspaces that show none
        self._set: OrderedDict[str, datetime] = OrderedDict()  # when, by member

    async def show(self, desk: Desk, team: str, user: str, channel: str) -> None:
        """Show somebody what they can ask, in their language. channel: their direct message with the bot."""
        member, now = names.member(team, user).id, desk.hearing.clock()
        before = self._set.get(member)
        if team in self._without or (before is not None and now - before < APART):
            return
        remember(self._set, member, now)
        prompts = [{"title": each.title, "message": each.message} for each in await _prompts(desk, team, user, channel)]

        async def tell(client: AsyncWebClient) -> Any:
            return await client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)

        try:
            await desk.hearing.requests.ask(team, tell, method="assistant.threads.setSuggestedPrompts", patience=0.0)
        except Denied as denied:
            if denied.code in NOT_HERE:
                self._without.add(team)
            log.debug("nobody sees what can be asked: %s", denied.code)
        except PlatformError as fault:
            log.debug("nobody sees what can be asked: %s", where(fault))


async def _prompts(desk: Desk, team: str, user: str, channel: str) -> Sequence[Prompt]:
    place = names.place(team, channel, private=True)
    member = names.member(team, user).id
    try:
        person = await desk.store.person(member, place.space)
    except StoreError as fault:
        log.info("what can be asked is in the workspace's language: %s", where(fault))
        person = Person(member, place.space)
    texts = desk.words(place, desk.configuration.language(place, person, None)).slack.prompts
    return texts.explain, texts.draft, texts.ideas, texts.boundaries

"""The outbox: stored actions are performed, once each, and their receipts kept."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from bot.domain.action import Action, AskFeedback, CloseThread, Outcome, Receipt, ReopenThread
from bot.errors import PlatformError
from bot.ports import Clock, Platform, Store

log = logging.getLogger(__name__)

Overtaken = Callable[[Action], Awaitable[bool]]  # whether an action is to be cancelled at the last moment


class Outbox:
    """Performs actions that are stored already. An action without a receipt is looked for before it is tried again."""

    def __init__(self, store: Store, platforms: Mapping[str, Platform], clock: Clock) -> None:
        self._store = store
        self._platforms = platforms
        self._clock = clock

    def reaches(self, platform: str) -> bool:
        """Whether this process is connected to that platform."""
        return platform in self._platforms

    async def perform(
        self,
        actions: Sequence[Action],
        *,
        done: str | None = None,
        again: bool = False,
        overtaken: Overtaken | None = None,
    ) -> None:
        """Perform `actions` in order and keep their receipts; with the last one, the event `done` is done.

        again      they may have been performed before (a restart, another try): look first
        overtaken  asked before each action

        Raises PlatformError when the platform failed; receipts up to there are kept, the rest waits.
        """
        receipts: list[Receipt] = []
        try:
            for action in actions:
                receipts.append(await self._one(action, again=again, overtaken=overtaken))  # noqa: PERF401 (kept on error)
        except PlatformError:
            if receipts:
                await self._store.note(receipts)
            raise
        await self._store.note(receipts, done=done)

    async def _one(self, action: Action, *, again: bool, overtaken: Overtaken | None) -> Receipt:
        platform = self._platforms[action.place.platform]
        found = await platform.find(action) if again else None
        if found is not None:
            return found
        if overtaken is not None and await overtaken(action):
            return Receipt(action.id, Outcome.CANCELLED, self._clock(), why="risk came first")
        receipt = await platform.perform(action)
        if receipt.outcome is Outcome.FAILED:
            raise PlatformError(f"{platform.name}: {receipt.why}")
        if receipt.outcome is Outcome.NEEDLESS and not isinstance(action, CloseThread | ReopenThread | AskFeedback):
            receipt = replace(receipt, outcome=Outcome.REFUSED)  # a warning counts once it is read, or it does not
        if receipt.outcome is Outcome.REFUSED:
            log.warning("%s refused %s %s: %s", platform.name, action.kind, action.id, receipt.why)
        return receipt

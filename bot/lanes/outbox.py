"""The outbox: stored actions are performed, once each, and their receipts kept."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC

from bot.domain.action import (
    Action,
    AskFeedback,
    CallModerators,
    CloseThread,
    Outcome,
    Receipt,
    ReopenThread,
    Say,
    ShowVerdict,
    Tell,
)
from bot.domain.conversation import Member
from bot.domain.event import Refused
from bot.errors import PlatformError
from bot.ports import Clock, Platform, Store

log = logging.getLogger(__name__)

Latest = Callable[[Action], Awaitable[Action | None]]  # an action as it is to be by now; None: not any more


class Outbox:
    """Performs actions that are stored already. An action without a receipt is looked for before it is tried again.

    wake  told of the conversation of a Refused event that it has accepted
    """

    def __init__(
        self,
        store: Store,
        platforms: Mapping[str, Platform],
        clock: Clock,
        wake: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store = store
        self._platforms = platforms
        self._clock = clock
        self._wake = wake

    def reaches(self, platform: str) -> bool:
        """Whether this process is connected to that platform."""
        return platform in self._platforms

    async def perform(
        self,
        actions: Sequence[Action],
        *,
        done: str | None = None,
        again: bool = False,
        latest: Latest | None = None,
    ) -> None:
        """Perform `actions` in order and keep their receipts; with the last one, the event `done` is done.

        again   they may have been performed before (a restart, another try): look first
        latest  asked before each action

        Raises PlatformError when the platform failed; receipts up to there are kept, the rest waits. But where it is a
        card that cannot be posted, whatever else cannot wait is performed all the same: moderators are called.
        """
        performed: list[tuple[Action, Receipt]] = []
        failed: PlatformError | None = None
        left = list(actions)
        while left:
            action = left.pop(0)
            try:
                performed.append((action, await self._one(action, again=again, latest=latest)))
            except PlatformError as fault:
                failed = failed or fault
                left = [each for each in left if _cannot_wait(action) and _cannot_wait(each)]
        if failed is None:
            await self._note(performed, done=done)
            return
        if performed:
            await self._note(performed)
        raise failed

    async def _note(self, performed: Sequence[tuple[Action, Receipt]], *, done: str | None = None) -> None:
        refused = [event for each in performed if (event := refusal(*each))]
        await self._store.note([receipt for _, receipt in performed], done=done, brings=refused)
        for event in refused:
            await self._wake(event.conversation)

    async def give_up(self, action: Say) -> None:
        """Let an answer that is not wanted any more say no more than is shown of it. Raises PlatformError."""
        shown = await self._platforms[action.place.platform].give_up(action)
        await self._store.give_up(action.id, shown)

    async def _one(self, action: Action, *, again: bool, latest: Latest | None) -> Receipt:
        platform = self._platforms[action.place.platform]
        found = await platform.find(action) if again else None
        if found is not None:
            return found
        now = action if latest is None else await latest(action)
        if now is None:
            return Receipt(action.id, Outcome.CANCELLED, self._clock(), why="not wanted any more")
        receipt = await platform.perform(now)
        if receipt.outcome is Outcome.FAILED:
            raise PlatformError(f"{platform.name}: {receipt.why}")
        if receipt.outcome is Outcome.NEEDLESS and not isinstance(action, CloseThread | ReopenThread | AskFeedback):
            receipt = replace(receipt, outcome=Outcome.REFUSED)  # a warning counts once it is read, or it does not
        if receipt.outcome is Outcome.REFUSED:
            log.warning("%s refused %s %s: %s", platform.name, action.kind, action.id, receipt.why)
        return receipt


def _cannot_wait(action: Action) -> bool:
    """Whether somebody may be in danger, or is called for that."""
    return isinstance(action, CallModerators) or (isinstance(action, Say | Tell) and action.urgent)


def refusal(action: Action, receipt: Receipt) -> Refused | None:
    """What moderators are to be told of. None: it was not refused, or they cannot be told; or it is less to see."""
    if receipt.outcome is not Outcome.REFUSED or isinstance(action, CallModerators | AskFeedback | ShowVerdict):
        return None
    place, day = action.place, receipt.at.astimezone(UTC).date().isoformat()
    reason = hashlib.sha256(receipt.why.encode()).hexdigest()[:12]
    return Refused(
        key=":".join(("refused", place.platform, place.space, place.channel, action.kind, reason, day)),
        conversation=action.conversation,
        place=place,
        member=Member(""),
        at=receipt.at,
        what=action.kind,
        why=receipt.why,
    )

"""How the app is told: once, again if it does not acknowledge in time, and wrongly on demand.

Docs: apis/events-api, "Retries" and "Using Socket Mode". An event that finds nobody connected is lost (openclaw#55792).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from tests.servers import slack_shapes as shapes
from tests.servers.discord_record import Bell
from tests.servers.slack_clock import Alarm
from tests.servers.slack_state import Json, Told, Workspace
from tests.servers.slack_world import World

PATIENCE = 3.0  # seconds of the server's clock
PAUSES = (0.0, 60.0, 300.0)  # seconds before each of the three times that an event is delivered again

Sort = Literal["events_api", "interactive", "slash_commands"]
Spoilt = Literal["twice", "lost"]


@dataclass(eq=False, kw_only=True)
class Delivery:
    """Something the app is told.

    attempts  when it was sent, by the server's clock; acks: how often it was acknowledged
    left, heard  when it last left by a socket, and when it was first acknowledged: seconds of time.monotonic()
    answer    what came with the acknowledgement
    lost      nobody was there, or nobody acknowledged it to the end. A person sees an error then
    """

    sort: Sort
    payload: Json
    envelope: str
    attempts: list[float] = field(default_factory=list)
    acks: int = 0
    left: float | None = None
    heard: float | None = None
    answer: object = None
    lost: bool = False
    then: Callable[["Delivery"], object] | None = field(default=None, repr=False)
    alarm: Alarm | None = field(default=None, repr=False)
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def acked(self) -> bool:
        """Whether it was acknowledged."""
        return self.acks > 0

    @property
    def over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.acked or self.lost

    @property
    def event(self) -> Json:
        """The event in it; empty where it is none."""
        found: Json = self.payload.get("event", {})
        return found

    @property
    def accepts(self) -> bool:
        """Whether the acknowledgement may say something."""
        return self.sort != "events_api"


Carry = Callable[[Delivery, int, str | None], bool]  # which attempt, and why again; False: nobody is there


class Deliveries:
    """Everything the app is told, in order. heard: is told of each acknowledgement, before anything else happens."""

    def __init__(self, world: World, bell: Bell, carry: Carry) -> None:
        self._world, self._bell, self._carry = world, bell, carry
        self.sent: list[Delivery] = []
        self.mistakes: list[str] = []  # what Slack would not have understood
        self.heard: Callable[[Delivery], object] = lambda _: None
        self._spoils: dict[str, deque[Spoilt]] = {}
        self._held: list[Delivery] | None = None

    def events(self, kind: str, subtype: str | None = None) -> list[Delivery]:
        """The events of a type that were sent, of a subtype where one is given."""
        return [
            one
            for one in self.sent
            if one.event.get("type") == kind and (subtype is None or one.event.get("subtype") == subtype)
        ]

    def tell(self, events: Iterable[Told]) -> None:
        """Deliver events."""
        for told in events:
            payload = shapes.callback(self._world, told)
            spoils = self._spoils.get(told.event["type"])
            spoilt = spoils.popleft() if spoils else None
            for _ in range({"twice": 2, "lost": 0}.get(spoilt or "", 1)):
                self.send(Delivery(sort="events_api", payload=payload, envelope=self._world.id("env-")))
        self._bell.ring()

    def limit(self, workspace: Workspace) -> None:
        """There were more than 30,000 events of a workspace in an hour: some are not told, which is all that is."""
        payload: Json = {"token": self._world.app.verification, "type": "app_rate_limited", "team_id": workspace.id}
        payload |= {"minute_rate_limited": int(self._world.now) // 60 * 60, "api_app_id": self._world.app.id}
        self.send(Delivery(sort="events_api", payload=payload, envelope=self._world.id("env-")))

    def send(self, delivery: Delivery) -> None:
        """Deliver something, unless all is held back."""
        if self._held is not None:
            self._held.append(delivery)
            return
        self.sent.append(delivery)
        self._attempt(delivery, None)

    def hold(self) -> None:
        """Keep back what there is to deliver."""
        self._held = []

    def release(self, *, backwards: bool = False) -> None:
        """Deliver what was kept back, the last first if asked for."""
        held, self._held = self._held or [], None
        for delivery in reversed(held) if backwards else held:
            self.send(delivery)

    def spoil(self, kind: str, how: Spoilt, times: int = 1) -> None:
        """Let the next events of a type be delivered twice (with one event_id), or never."""
        self._spoils.setdefault(kind, deque()).extend([how] * times)

    def again(self, delivery: Delivery) -> None:
        """Deliver something once more, though it was acknowledged."""
        self._attempt(delivery, "timeout")

    def acknowledged(self, delivery: Delivery, answer: object = None) -> None:
        """The app has it, and has perhaps something to say."""
        delivery.acks += 1
        self.heard(delivery)
        delivery.heard = delivery.heard or time.monotonic()
        if delivery.acks > len(delivery.attempts):
            self.mistakes.append(f"{delivery.envelope} was acknowledged {delivery.acks} times")
        if answer and not delivery.accepts:
            self.mistakes.append(f"{delivery.envelope} takes no answer")
        if delivery.alarm:
            delivery.alarm.off = True
        if delivery.acks == 1 and not delivery.lost:
            delivery.answer = answer
            if delivery.then:
                delivery.then(delivery)
        self._bell.ring()

    def failed(self, delivery: Delivery, number: int, reason: str, *, final: bool = False) -> None:
        """An attempt came to nothing."""
        if delivery.over or number != len(delivery.attempts):
            return
        if delivery.alarm:
            delivery.alarm.off = True
        if delivery.task and reason.endswith("timeout"):
            delivery.task.cancel()
        if final or delivery.accepts or number > len(PAUSES):
            delivery.lost = True
        elif pause := PAUSES[number - 1]:
            self._world.clock.after(pause, lambda: self._attempt(delivery, reason))
        else:
            self._attempt(delivery, reason)
        self._bell.ring()

    def _attempt(self, delivery: Delivery, reason: str | None) -> None:
        delivery.attempts.append(self._world.now)
        number = len(delivery.attempts)
        if not self._carry(delivery, number, reason):
            delivery.lost = not delivery.acked
            self._bell.ring()
            return
        late = "timeout" if self._world.app.socket_mode else "http_timeout"
        delivery.alarm = self._world.clock.after(PATIENCE, lambda: self.failed(delivery, number, late))

"""What a test tells the Messages API to say, and what it finds on record afterwards."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.servers.anthropic_usage import Usage


@dataclass(frozen=True)
class Call:
    """The model calls a tool. `unoffered`: a misbehaving endpoint, which calls what the request does not allow."""

    tool: str
    input: Mapping[str, object] = field(default_factory=dict)
    unoffered: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Thought:
    """The model thinks aloud before it speaks."""

    text: str


class Hush:
    """Nothing more comes, until the client hangs up."""

    async def wait(self) -> None:
        """Wait for that, as for an event."""
        await asyncio.get_running_loop().create_future()


@dataclass(frozen=True)
class Pings:
    """Pings and nothing else in a stream, until the client hangs up: time passes by itself in this step."""

    every: float = 0.01  # seconds


@dataclass(frozen=True)
class Cut:
    """The connection breaks off, without a word.

    within  a text whose event is sent up to the middle of this text's last character, if that has several bytes; else
            up to the end of the text: JSON, and the event, are open
    """

    within: str = ""


@dataclass(frozen=True)
class Bytes:
    """These bytes, instead of an event."""

    raw: bytes


@dataclass(frozen=True)
class Broken:
    """An `error` event in a stream."""

    kind: str
    message: str = "told to break"


# A text is a piece of an answer; an asyncio.Event is waited for.
Step = str | Call | Thought | Pings | Hush | Cut | Bytes | Broken | asyncio.Event


class Says:
    """A message, step by step.

    stop    its stop reason; None: what follows from the steps
    stops   False: the stream ends without message_stop
    after   what to wait for before anything at all is sent
    delay   seconds before the first event, and `pace` seconds between two pieces of text: for benchmarks
    """

    def __init__(
        self,
        *steps: Step,
        stop: str | None = None,
        stops: bool = True,
        after: asyncio.Event | Hush | None = None,
        delay: float = 0.0,
        pace: float = 0.0,
    ) -> None:
        self.steps, self.stops, self.after, self.delay, self.pace = steps, stops, after, delay, pace
        self.stop = stop or ("tool_use" if any(isinstance(step, Call) for step in steps) else "end_turn")

    def unlike(self, body: Mapping[str, Any]) -> str | None:
        """What no model would say to this request, unless the test asks for just that; None if there is nothing."""
        calls = [step for step in self.steps if isinstance(step, Call) and not step.unoffered]
        offered = {tool["name"] for tool in body.get("tools", ())}
        match body.get("tool_choice", {}):
            case {"type": "none"}:
                offered = set()
            case {"type": "tool", "name": name}:
                offered = {name}
        if wrong := [call.tool for call in calls if call.tool not in offered]:
            return f"the script calls {', '.join(wrong)}, which the request does not offer: unoffered=True, if meant"
        if len(calls) > 1 and body.get("tool_choice", {}).get("disable_parallel_tool_use"):
            return "the script calls twice, and the request allows one call: unoffered=True, if meant"
        if not body.get("stream") and any(isinstance(step, Pings | Bytes | Broken) for step in self.steps):
            return "the script has a step for streams, and the request wants none"
        return None


@dataclass(frozen=True)
class Fails:
    """An error. `headers`: "retry-after", say; without `x-should-retry` the SDK decides whether it tries again.

    `html`: the page of a gateway in front of the vendor, which knows neither the vendor's errors nor request ids.
    """

    status: int
    message: str = "told to fail"
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str | None = None


@dataclass(frozen=True)
class Raw:
    """Status 200 with any body."""

    body: str
    media_type: str = "application/json"


Reply = Says | Fails | Raw


@dataclass
class Asked:
    """One request. Headers hold no key, only whether there was one."""

    headers: Mapping[str, str]
    body: dict[str, Any]
    path: str = "/v1/messages"
    sender: object = None  # the address at the other end of its connection
    fault: str | None = None  # which rule of the protocol it broke
    usage: Usage | None = None  # what it was billed, up to now; None: nothing, as for an error
    over: asyncio.Event = field(default_factory=asyncio.Event)  # the server is done with it, one way or the other
    dropped: bool = False  # its client hung up before the reply was whole

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of the conversation."""
        found: list[dict[str, Any]] = self.body["messages"]
        return found

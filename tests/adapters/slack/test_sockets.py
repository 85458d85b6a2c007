"""Two connections of Socket Mode, through the real Bolt, and all that can go wrong with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from adapters.slack.hearing.sockets import DEAF, Sockets
from bot.errors import ConfigError
from tests.adapters.slack.outgoing import Outgoing
from tests.fakes.clock import SetClock
from tests.servers.discord_record import Bell
from tests.servers.slack import Drops, Fails, Hangs, Limits
from tests.servers.slack_faults import Fault

TICKETS = "apps.connections.open"
LONG = 1_000.0
SOON = 10.0  # seconds after which a test gives up what should be there at once


@dataclass
class Ears:
    """What came by the connections.

    held  what is to happen before anything is acknowledged
    """

    there: Outgoing
    heard: list[str] = field(default_factory=list)
    gaps: int = 0
    held: asyncio.Event | None = None
    begun: int = 0
    bell: Bell = field(default_factory=Bell)

    async def hear(self, body: dict[str, Any]) -> BoltResponse:
        """Something came."""
        self.begun += 1
        self.bell.ring()
        if self.held:
            await self.held.wait()
        self.heard.append(body["event"]["text"])
        self.bell.ring()
        return BoltResponse(status=200)

    def gap(self) -> None:
        """There is no connection any more."""
        self.gaps += 1

    async def told(self, *texts: str) -> None:
        """Return when exactly this has come."""
        await self.bell.until(lambda: len(self.heard) >= len(texts), 10)
        assert sorted(self.heard) == sorted(texts)

    @asynccontextmanager
    async def sockets(self, **more: Any) -> AsyncIterator[tuple[Sockets, "asyncio.Task[None]"]]:
        """The connections, until the end."""
        there = self.there
        app = AsyncApp(client=there.clients.made(there.keys.tokens[there.team]), before_authorize=self.hear)
        options: dict[str, Any] = {"ping": LONG, "patience": LONG, "silence": LONG, "lasts": (LONG, LONG)} | more
        sockets = Sockets(
            app, there.clients.made(), options.pop("token", there.slack.app.token), SetClock(), uncovered=self.gap,
            sleep=there.naps.sleep, **options,
        )  # fmt: skip
        staying = asyncio.create_task(sockets.stay())
        try:
            yield sockets, staying
        finally:
            staying.cancel()
            await asyncio.gather(staying, return_exceptions=True)

    @asynccontextmanager
    async def connected(self, **more: Any) -> AsyncIterator[Sockets]:
        """The same, once something has come by each."""
        async with self.sockets(**more) as (sockets, _):
            number = len(more.get("lasts", (LONG, LONG)))
            await self.open(number)
            for each in range(number):
                await self.says(f"ready {each}")
            await self.told(*(f"ready {each}" for each in range(number)))
            self.heard.clear()
            yield sockets

    async def open(self, number: int) -> None:
        """Return when this many are."""
        await self.there.slack.until(lambda: len(self.there.slack.sockets.open) == number)

    async def says(self, text: str) -> None:
        """Somebody says something."""
        await self.there.slack.says(self.there.robin, self.there.general, text)


@pytest.fixture
def ears(there: Outgoing) -> Ears:
    there.slack.app.events = frozenset({"message.channels"})
    return Ears(there)


async def test_there_are_two_and_each_is_given_its_part_and_acknowledges_it(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected() as sockets:
        for number in range(4):
            await ears.says(str(number))
        await ears.told("0", "1", "2", "3")
        assert [len(each.told) for each in slack.sockets.open] == [3, 3]
        for number in range(4, 60):
            await ears.says(str(number))
            await ears.told(*map(str, range(number + 1)))
        assert slack.sockets.connected == 2
        await slack.until(lambda: all(each.acked for each in slack.deliveries.sent[-4:]))
        assert (sockets.lacks(), sockets.notes()["sockets"], ears.gaps) == ((), 2, 0)
    assert slack.sockets.open == []


@pytest.mark.parametrize("how", ["warning", "refresh_requested", "close", "abort"])
async def test_one_that_ends_is_replaced_and_meanwhile_the_other_hears(ears: Ears, how: Any) -> None:
    slack = ears.there.slack
    async with ears.connected():
        first, second = slack.sockets.open
        if how == "close":
            await slack.sockets.close(first)
        elif how == "abort":
            slack.sockets.abort(first)
        else:
            slack.sockets.disconnect(how, first)
        await slack.until(lambda: len(slack.sockets.open) == 2 and first not in slack.sockets.open)
        assert second in slack.sockets.open
        await ears.says("a")
        await ears.says("b")
        await ears.told("a", "b")
        assert ears.gaps == 0


async def test_one_that_is_asked_to_go_goes_when_its_successor_is_there(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected(lasts=(LONG,)):
        (first,) = slack.sockets.open
        slack.fault(TICKETS, Fails())
        slack.sockets.disconnect("warning", first)  # it is cut off ten seconds later
        await slack.until(lambda: len(slack.requests(TICKETS)) > 1)
        await ears.says("still there")
        await ears.told("still there")
        await slack.until(lambda: first not in slack.sockets.open and len(slack.sockets.open) == 1)
        assert ears.gaps == 0


async def test_what_is_under_way_when_one_is_replaced_is_still_acknowledged(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected(lasts=(LONG,)):
        ears.held, ears.begun = asyncio.Event(), 0
        await ears.says("slow")
        await ears.bell.until(lambda: ears.begun, 10)
        slack.sockets.disconnect("refresh_requested")
        await ears.open(1)
        ears.held.set()
        await slack.until(lambda: slack.deliveries.sent[-1].acked)
        assert slack.deliveries.sent[-1].acks == 1


async def test_at_the_end_what_has_come_is_acknowledged(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected():
        ears.held, ears.begun = asyncio.Event(), 0
        await ears.says("last")
        await ears.bell.until(lambda: ears.begun, 10)
        asyncio.get_running_loop().call_later(0.1, ears.held.set)  # after the end has begun
    assert slack.deliveries.sent[-1].acked


async def test_without_any_there_is_a_gap_and_it_is_told_when_that_is_over(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected() as sockets:
        slack.fault(TICKETS, *[Fails()] * 6)
        ears.there.naps.held = True
        slack.sockets.abort()
        await ears.open(0)
        await slack.until(lambda: len(ears.there.naps.taken) >= 2)
        assert (ears.gaps, sockets.covered.is_set()) == (1, False)
        assert [(each.part, each.since is not None) for each in sockets.lacks()] == [("slack sockets", True)]
        assert sockets.notes() == {"sockets": 0}
        ears.there.naps.held = False
        slack.passes(60)
        await ears.open(2)
        await asyncio.wait_for(sockets.covered.wait(), 10)
        assert (ears.gaps, sockets.lacks()) == (1, ())


@pytest.mark.parametrize("burns", [True, False])
async def test_after_a_handshake_that_was_refused_it_asks_for_another_address(ears: Ears, burns: bool) -> None:
    slack = ears.there.slack
    slack.sockets.refusals.extend([503, 403, 500])
    slack.sockets.burns = burns
    async with ears.connected():
        assert (slack.sockets.tried, slack.sockets.opened) == (5, 5)


async def test_pauses_between_attempts_grow_to_a_minute(ears: Ears) -> None:
    slack = ears.there.slack
    slack.fault(TICKETS, Fails(), times=9)
    async with ears.sockets(lasts=(LONG,)):
        await ears.open(1)
    assert ears.there.naps.taken[:9] == [2, 4, 8, 16, 32, 60, 60, 60, 60]


async def test_it_waits_as_long_as_slack_asks_for(ears: Ears) -> None:
    ears.there.slack.fault(TICKETS, Limits(after=45))
    async with ears.sockets(lasts=(LONG,)):
        await ears.open(1)
    assert ears.there.naps.taken[0] == 45


@pytest.mark.parametrize("fault", [Drops(), Hangs()], ids=str)
async def test_an_attempt_that_comes_to_nothing_is_given_up(ears: Ears, fault: Fault) -> None:
    ears.there.slack.fault(TICKETS, fault)
    async with asyncio.timeout(10), ears.sockets(lasts=(LONG,), patience=0.3):
        await ears.open(1)


async def test_one_whose_pings_nobody_answers_is_replaced(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected(ping=0.2):
        first = slack.sockets.open[0]
        first.mute = True
        await slack.until(lambda: first not in slack.sockets.open and len(slack.sockets.open) == 2)
    assert slack.sockets.connected == 3


async def test_one_that_answers_pings_and_hears_nothing_is_replaced_by_what_the_other_hears(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected(deaf_for=0):
        first = slack.sockets.open[0]
        first.deaf = True
        for number in range(40):
            await ears.says(str(number))
        await slack.until(lambda: first not in slack.sockets.open and len(slack.sockets.open) == 2)
        slack.passes(3)
        await ears.told(*map(str, range(40)))


async def test_one_that_is_behind_in_a_burst_stays(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected(deaf_for=LONG) as sockets:
        slack.sockets.open[0].deaf = True
        for number in range(60):
            await ears.says(str(number))
        await ears.bell.until(lambda: len(ears.heard) > DEAF, 10)
        assert not any(line.due.is_set() for line in sockets._open)


async def test_one_in_which_it_is_silent_for_long_is_replaced(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.sockets(lasts=(LONG,), silence=0.1):
        await slack.until(lambda: slack.sockets.connected >= 3)
        assert ears.gaps == 0


async def test_one_that_has_lasted_long_enough_is_replaced(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.sockets(lasts=(0.1, LONG)):
        await slack.until(lambda: slack.sockets.connected >= 4 and len(slack.sockets.open) == 2)
        assert ears.gaps == 0


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("invalid_auth", "does not take it"),
        ("token_revoked", "does not take it"),
        ("not_allowed_token_type", "connections:write"),
        ("missing_scope", "connections:write"),
        ("link_disabled", "Socket Mode is off"),
    ],
)
async def test_what_nobody_can_mend_by_waiting_ends_it_in_words(ears: Ears, word: str, says: str) -> None:
    ears.there.slack.fault(TICKETS, Fails(error=word))
    async with ears.sockets() as (_, staying):
        with pytest.raises(ConfigError, match=says) as caught:
            await asyncio.wait_for(staying, SOON)
    assert str(caught.value).startswith("SLACK_APP_TOKEN: ")


async def test_a_wrong_token_and_socket_mode_that_is_turned_off_end_it(ears: Ears) -> None:
    async with ears.sockets(token="xapp-1-nobody") as (_, staying):  # noqa: S106
        with pytest.raises(ConfigError, match="does not take it"):
            await asyncio.wait_for(staying, SOON)
    async with ears.sockets() as (_, staying):
        await ears.open(2)
        ears.there.slack.sockets.disconnect("link_disabled")
        with pytest.raises(ConfigError, match="Socket Mode is off"):
            await asyncio.wait_for(staying, SOON)


async def test_where_there_are_too_many_already_it_waits(ears: Ears, caplog: pytest.LogCaptureFixture) -> None:
    slack = ears.there.slack
    slack.sockets.open.extend([None] * 10)  # type: ignore[list-item]
    async with ears.sockets(lasts=(LONG,)) as (sockets, _):
        await slack.until(lambda: ears.there.naps.taken)
        assert sockets.lacks()[0].why == "none is connected (too_many_websockets)"
        slack.sockets.open.clear()
        await ears.open(1)


async def test_what_is_no_frame_of_slacks_is_passed_over(ears: Ears) -> None:
    slack = ears.there.slack
    async with ears.connected(lasts=(LONG,)):
        line = slack.sockets.open[0].line
        for text in ("[1]", "{", '"x"', '{"type": "events_api"}', '{"type": 1, "envelope_id": 2, "payload": [1]}'):
            await line.send_str(text)
        await ears.says("after all")
        await ears.told("after all")
    assert slack.sockets.connected == 1

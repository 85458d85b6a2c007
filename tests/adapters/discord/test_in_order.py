"""Each message is answered once, and in order: also where many talk at once, and everything goes wrong that can."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import pytest

from adapters.discord.hearing.catch_up import PAUSE
from adapters.discord.hearing.listening import WAITS
from tests.adapters.discord.community import EXPLICIT, Community
from tests.servers.discord import Channel, Drops, Fails, Member, Waits

PEOPLE = 50
DIRECT = 5  # every fifth talks in a direct message
BURST = 2  # messages of each, without an answer between them
MOMENTS = 20  # of the event loop, at most, between two messages
TROUBLED = 0.2  # how often something goes wrong before a message
POSTS, OPENS = "POST /channels/*/messages", "POST /channels/*/messages/*/threads"
FAULTS = (Drops(), Drops(stored=True), Fails(), Fails(stored=True))
TALKING = {"MESSAGE_CREATE", "THREAD_CREATE"}


class Trouble:
    """What goes wrong, as a seed has it."""

    KINDS = ("cut", "resume", "anew", "twice", "again", "fails")

    def __init__(self, town: Community, chance: Random) -> None:
        self._server, self._chance = town.server, chance
        self.met: set[str] = set()
        self.there = True  # the bot is

    async def strike(self) -> None:
        """Something goes wrong, perhaps, at a moment that comes as it may."""
        for _ in range(self._chance.randrange(MOMENTS)):
            await asyncio.sleep(0)
        if self._chance.random() < TROUBLED:
            await self._server.until(lambda: self._server.gateway.connected or not self.there)
            kind = self._chance.choice(self.KINDS)
            self.met.add(kind)
            getattr(self, kind)()

    def cut(self) -> None:
        """The connection is cut; the session goes on at the next."""
        self._server.gateway.abort()

    def resume(self) -> None:
        """The gateway asks for another connection."""
        self._server.gateway.reconnect()

    def anew(self) -> None:
        """The session is no good any more: nobody tells what is said until the next begins."""
        self._server.gateway.invalidate()

    def twice(self) -> None:
        """What is said next is told twice."""
        self._server.gateway.spoil("MESSAGE_CREATE", "twice", self._chance.randint(1, 3))

    def again(self) -> None:
        """What was told long ago is told again."""
        for session in self._server.gateway.connected:
            told = [(name, payload) for _, name, payload in session.log if name in TALKING]
            for name, payload in self._chance.sample(told, min(3, len(told))):
                self._server.gateway.send(session, name, payload)

    def fails(self) -> None:
        """Discord does not answer, and has done it or not."""
        self._server.fault(self._chance.choice((POSTS, OPENS)), self._chance.choice(FAULTS))


class Crowd:
    """People, each in a conversation of their own: some in direct messages, most in threads."""

    def __init__(self, town: Community, chance: Random) -> None:
        self._town, self._chance = town, chance
        self.trouble = Trouble(town, chance)
        members = [town.server.member(town.guild, f"member {number}") for number in range(PEOPLE)]
        self._said: dict[Member, list[str]] = {member: [] for member in members}
        self._there: dict[Member, Channel] = {member: town.server.dm(member) for member in members[::DIRECT]}

    async def greet(self) -> None:
        """All of them begin. In calm: a direct message that nobody told the bot of cannot be found afterwards."""
        await asyncio.gather(*(self._say(member) for member in self._said))

    async def talk(self) -> None:
        """All of them write, nobody waits for an answer, and things go wrong meanwhile."""
        members = list(self._said) * BURST
        self._chance.shuffle(members)
        for member in members:
            await self.trouble.strike()
            await self._say(member)

    async def answered(self) -> None:
        """Return when each has as many answers as they wrote messages."""
        own, there = self._town.own, self._there
        await self._town.server.until(
            lambda: all(len(own(there[member])) >= len(said) for member, said in self._said.items())
        )
        await self._town.settled()

    def broken(self) -> list[tuple[list[str], list[str]]]:
        """What was said, and answered otherwise than once each and in order."""
        answers = (
            [one.content.partition("\n")[0] for one in self._town.own(self._there[member])] for member in self._said
        )
        every = zip(self._said.values(), answers, strict=True)
        return [(said, heard) for said, heard in every if heard != [f"answer to {text}" for text in said]]

    async def _say(self, member: Member) -> None:
        town, said = self._town, self._said[member]
        town.clock.wait(timedelta(milliseconds=50))
        said.append(f"{member.user.name}, message {len(said)}")
        if member in self._there:
            await town.server.says(member, self._there[member], said[-1])
        else:
            self._there[member] = await town.thread(await town.asks(said[-1], member))


@pytest.mark.parametrize("seed", range(2))
async def test_each_message_is_answered_once_and_in_order(town: Community, seed: int) -> None:
    crowd = Crowd(town, Random(seed))
    town.naps.held[PAUSE] = asyncio.Event()  # whoever is killed does not try once more
    async with town.running(killed=True):
        await crowd.greet()
        await crowd.talk()
    crowd.trouble.there = False
    await crowd.talk()
    crowd.trouble.there = True
    async with town.running():
        await crowd.talk()
        await crowd.answered()
    assert crowd.broken() == []
    assert crowd.trouble.met == set(Trouble.KINDS)


@asynccontextmanager
async def behind(town: Community, there: Channel) -> AsyncIterator[asyncio.Event]:
    """A bot that was away when robin said "two", and has not read that yet: until the event is set."""
    read = asyncio.Event()
    history = f"GET /channels/{there.id}/messages"
    async with town.running():
        await town.server.says(town.robin, there, "one")
        await town.told(there)
        await town.settled()
    await town.server.says(town.robin, there, "two")
    town.server.fault(history, Waits(until=read))
    async with town.running():
        await town.server.until(lambda: town.server.requests(history))
        town.clock.wait(timedelta(seconds=1))
        yield read
        await town.settled()


async def test_what_is_said_waits_for_what_was_missed_before_it(town: Community) -> None:
    there = town.server.dm(town.robin)
    async with behind(town, there) as read:
        await town.server.says(town.robin, there, "three")
        await town.server.gateway.read()
        read.set()
        await town.told(there, 3)
    answers = [one.content.partition("\n")[0] for one in town.own(there)]
    assert answers == ["answer to one", "answer to two", "answer to three"]


@pytest.mark.parametrize("edited", [False, True])
async def test_danger_does_not_wait_for_what_was_missed(town: Community, *, edited: bool) -> None:
    there = town.server.dm(town.robin)
    async with behind(town, there) as read:
        if edited:
            await town.server.edits(town.robin, next(iter(there.messages.values())), EXPLICIT)
        else:
            await town.server.says(town.robin, there, EXPLICIT)
        await town.server.until(lambda: len(town.own(there)) > 1, WAITS / 2)
        card = town.own(there)[1]
        read.set()
    assert "answer to" not in card.content
    assert "answer to two" in [one.content for one in town.own(there)]

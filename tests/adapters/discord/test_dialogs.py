"""The dialogs of tests/dialogs/ on Discord: with the real core, the real discord.py, and people who type and react."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.discord import Discord, names
from adapters.discord.composing import said
from adapters.discord.environment import Setup
from bot import configuration
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, Outcome, Receipt, Say, Tell
from bot.domain.conversation import Attachment, Place
from bot.ports import Platform
from bot.replay.people import Deed
from bot.replay.script import Dialog
from tests.adapters.discord.community import Naps, heard
from tests.dialog import load, play
from tests.fakes.clock import SetClock
from tests.servers.discord import Channel, Member, Message, Server, pointed

DIALOGS = [load(path) for path in sorted((Path(__file__).parents[2] / "dialogs").rglob("*.toml"))]
ELSEWHERE = {"appeals", "judged", "branches", "chooses"}  # by commands and buttons, which have tests of their own
IMPOSSIBLE = {"together/somebody_elses_message"}  # which nobody can change
LONGEST = 1_900  # characters that a member may type, and be mentioned in front of them
THUMBS = {"fair": "👍", "unfair": "👎"}


def on_discord(dialog: Dialog) -> bool:
    """Whether a dialog can happen there: nobody is late, says nothing, or begins with somebody else; and a private one
    is one member's in one place.
    """
    members = {line.member for line in dialog.lines if line.member}
    threads = {line.thread for line in dialog.lines[1:] if line.thread} - {dialog.lines[0].thread}
    alone = dialog.public or (len(members) < 2 and not threads)
    says = [line for line in dialog.lines if line.says is not None]
    typed = says[0].to_bot and all(0 < len((line.says or "").strip()) * line.times <= LONGEST for line in says)
    possible = not any(line.happens in ELSEWHERE or line.late for line in dialog.lines)
    return alone and typed and possible and dialog.name not in IMPOSSIBLE


class Current:
    """The adapter of the bot that runs, with a record of what it performed."""

    name = names.NAME

    def __init__(self) -> None:
        self.adapter: Discord
        self.performed: list[tuple[Action, Receipt]] = []

    async def perform(self, action: Action) -> Receipt:
        """Let it be done."""
        receipt = await self.adapter.perform(action)
        self.performed.append((action, receipt))
        return receipt

    async def find(self, action: Action) -> Receipt | None:
        """Let it be looked for."""
        return await self.adapter.find(action)

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """Let it be fetched."""
        return await self.adapter.fetch(attachment, most)

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Let it be shown."""
        await self.adapter.preview(action, place, conversation, text)


class DiscordStage:
    """A guild for what is public, and direct messages for what is not."""

    def __init__(self, server: Server, clock: SetClock, *, public: bool) -> None:
        self.current = Current()
        self.platform: Platform = self.current
        self.server = server
        self._clock, self._public = clock, public
        self._naps = Naps()
        self._guild = server.guild("The Library")
        self._general = server.channel(self._guild, "general")
        self._members: dict[str, Member] = {}
        self._threads: dict[str, Channel] = {}
        self._serving: asyncio.Task[None] | None = None

    async def begin(self, bot: Bot) -> None:
        """Connect a bot; the one before has gone."""
        await self.leave()
        setup = Setup(token=self.server.token)
        adapter = Discord(setup, self._clock, sleep=self._naps.sleep, timer=self._naps.timer, settle=0.05)
        self.current.adapter, self._bot = adapter, bot
        self._serving = asyncio.create_task(adapter.serve(bot))
        await self.server.until(lambda: self.server.gateway.connected)
        await self._settled()

    async def leave(self) -> None:
        """Hang up."""
        if self._serving:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)

    async def act(self, deed: Deed) -> None:
        """Type it, or react, a moment later than what was done before."""
        self._clock.wait(timedelta(seconds=1))
        who = self._member(deed.member)
        if deed.kind == "says":
            await self._say(deed, who)
        elif deed.kind == "rates":
            await self._rate(who, self._threads[deed.thread], deed.text)
        else:
            message = await self._message(deed)
            await (
                self.server.edits(who, message, deed.text)
                if deed.kind == "edits"
                else self.server.deletes(who, message)
            )
        await self._settled()

    def conversation(self, thread: str) -> str:
        """Named by its channel; "" before anything happened there."""
        return names.conversation(self._threads[thread].id) if thread in self._threads else ""

    def id_of(self, member: str) -> str:
        """Named by their user."""
        return f"{names.NAME}:{self._member(member).id}"

    async def _say(self, deed: Deed, who: Member) -> None:
        self.server.gateway.spoil("MESSAGE_CREATE", "twice")
        if not self._public:
            self._threads[deed.thread] = self.server.dm(who)
        if deed.thread in self._threads:
            others = [] if deed.to_bot else [next(each for each in self._members.values() if each is not who)]
            await self.server.says(who, self._threads[deed.thread], deed.text, mentions=others)
            return
        question = await self.server.says(who, self._general, deed.text, mentions=[self.server.bot])
        await self.server.until(lambda: question.id in self._guild.threads)
        self._threads[deed.thread] = self._guild.threads[question.id]

    async def _rate(self, who: Member, channel: Channel, vote: str) -> None:
        rated = [one for one in channel.messages.values() if self.server.bot in one.reactions.get(THUMBS["fair"], [])]
        for name, thumb in THUMBS.items():
            there = who.user in rated[-1].reactions[thumb]
            if name == vote and not there:
                await self.server.reacts(who, rated[-1], thumb)
            elif name != vote and there:
                await self.server.unreacts(who, rated[-1], thumb)

    async def _message(self, deed: Deed) -> Message:
        turns = await self._bot.store.turns(self.conversation(deed.thread))
        number = next(int(each.turn.message) for each in turns if each.turn.number == deed.turn)
        return (self._threads[deed.thread].messages | self._general.messages)[number]

    def _member(self, name: str) -> Member:
        if name not in self._members:
            self._members[name] = self.server.member(self._guild, name.capitalize())
        return self._members[name]

    async def _settled(self) -> None:
        await heard(self.server)
        await self._bot.settled()


@pytest.fixture(scope="module")
def whole() -> Configuration:
    """The configuration that ships: some dialogs are in other languages."""
    return configuration.load(Path(__file__).parents[3] / "config", {})


@pytest.mark.parametrize("dialog", [each for each in DIALOGS if on_discord(each)], ids=lambda dialog: dialog.name)
async def test_on_discord(dialog: Dialog, whole: Configuration, tmp_path: Path) -> None:
    clock = SetClock()
    async with Server(clock) as server:
        with pointed(server):
            stage = DiscordStage(server, clock, public=dialog.public)
            try:
                await play(dialog, stage, clock, whole, tmp_path / "discord.db")
            finally:
                await stage.leave()
            performed = [action for action, receipt in stage.current.performed if receipt.outcome is Outcome.DELIVERED]
            says = [action for action in performed if isinstance(action, Say)]
            tells = [action for action in performed if isinstance(action, Tell)]
            own = [one for channel in server.world.channels.values() for one in channel.messages.values()]
            posted = Counter(one.content for one in own if one.author is server.bot and one.kind in {0, 19})
            asked = Counter(post.text for each in says for post in said(each, 0))
            assert asked <= posted
            assert posted.total() == asked.total() + len(tells)

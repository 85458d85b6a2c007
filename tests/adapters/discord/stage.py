"""Where a dialog is played on Discord: a guild with people and moderators in it, and direct messages."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto

from adapters.discord import Discord, names
from adapters.discord.environment import Setup
from adapters.discord.people.interactions import Interactions
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, Receipt, Say
from bot.domain.conversation import Attachment, Place
from bot.ports import Platform
from bot.replay.people import Deed
from bot.replay.script import Dialog
from tests.adapters.discord.asking import answered, buttons, shown
from tests.adapters.discord.community import Naps, heard
from tests.fakes.clock import SetClock
from tests.servers.discord import BOT, Channel, Member, Message, Permission, Server, Thread
from tests.servers.discord_state import Interaction

THUMBS = {"fair": "👍", "unfair": "👎"}
VERDICTS = {"upheld": "Uphold", "overturned": "Overturn"}
ACCEPT = "Go on from there"
ELSEWHERE = {"appeals", "judged"}  # what nobody has to be in the conversation for
NOT_LOCKED = {"ended/branch"}  # somebody writes on where it has ended: so the bot must not have been able to lock it
MODERATOR, FIRST = "mod", "first"  # as dialogs call the moderator, and a thread to which they give no name
JUST_NOW = timedelta(minutes=1)


class Where(Enum):
    """Where a dialog is played."""

    PUBLIC = auto()  # in threads of a channel
    PRIVATE = auto()  # in threads that only those see who are in them
    DIRECT = auto()  # in a direct message: there is room for one person and one conversation

    @classmethod
    def of(cls, dialog: Dialog) -> "Where":
        """Where a dialog fits."""
        members = {line.member for line in dialog.lines if line.member and line.happens not in ELSEWHERE}
        threads = {line.thread for line in dialog.lines[1:] if line.thread} - {dialog.lines[0].thread}
        if dialog.public:
            return cls.PUBLIC
        alone = len(members) < 2 and not threads and not any(line.branches for line in dialog.lines)
        return cls.DIRECT if alone else cls.PRIVATE


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

    async def give_up(self, action: Say) -> str:
        """Let no more be shown."""
        return await self.adapter.give_up(action)


class DiscordStage:
    """A guild with a channel, a moderators' channel and a moderator; and everybody's direct messages."""

    def __init__(self, server: Server, clock: SetClock, dialog: Dialog) -> None:
        self.current = Current()
        self.platform: Platform = self.current
        self.server = server
        self._where = Where.of(dialog)
        self._clock = clock
        self._overheard = not next(line.to_bot for line in dialog.lines if line.says is not None)
        self._naps = Naps()
        locks = Permission.MANAGE_THREADS if dialog.name in NOT_LOCKED else Permission(0)
        self._guild = server.guild("The Library", bot=(BOT | Permission.CREATE_PRIVATE_THREADS) & ~locks)
        self._general = server.channel(self._guild, "general")
        self.desk = server.channel(self._guild, "desk")
        keepers = server.role(self._guild, "keepers", Permission.MANAGE_THREADS | Permission.MANAGE_MESSAGES)
        self._keeper_role = str(keepers.id)
        self._members = {MODERATOR: server.member(self._guild, MODERATOR, keepers)}
        self._threads: dict[str, Channel] = {}
        self._form: Interaction  # of the verdict that was given last
        self._serving: asyncio.Task[None] | None = None

    def configured(self, configuration: Configuration) -> Configuration:
        """The configuration with a channel to call moderators in."""
        desk = Place(names.NAME, str(self._guild.id), str(self.desk.id), private=True)
        settings = configuration.settings
        everywhere = replace(settings.everywhere, moderators=desk, moderator_roles=(self._keeper_role,))
        return replace(configuration, settings=replace(settings, everywhere=everywhere))

    async def begin(self, bot: Bot) -> None:
        """Connect a bot; the one before has gone."""
        await self.leave()
        adapter = Discord(
            Setup(token=self.server.token),
            self._clock,
            parts=(Interactions(),),
            sleep=self._naps.sleep,
            timer=self._naps.timer,
            settle=0.05,
        )
        self.current.adapter, self._bot = adapter, bot
        self._serving = asyncio.create_task(adapter.serve(bot))
        await self.server.until(lambda: self.server.gateway.connected and self.server.world.commands)
        await self.settled()
        if self._overheard and not self._threads:  # people whom the bot can overhear are in a thread of its
            await self._begin(FIRST, self._members[MODERATOR], "Will you keep us company?")
            await self.settled()

    async def leave(self) -> None:
        """Hang up."""
        if self._serving:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)

    async def act(self, deed: Deed) -> str:
        """Type it, react or press, a moment later than what was done before. Out: what a command was answered."""
        late = self._clock() - deed.at
        self._clock.wait(timedelta(seconds=1))
        if late > JUST_NOW:
            self.server.gateway.hold()
        told = await self._do(deed, self._member(deed.member))
        if late > JUST_NOW:
            self._clock.wait(late)
            self.server.gateway.release()
        await self.settled()
        return told

    def conversation(self, thread: str) -> str:
        """Named by its channel; "" before anything happened there."""
        return names.conversation(self._threads[thread].id) if thread in self._threads else ""

    def id_of(self, member: str) -> str:
        """Named by their user."""
        return f"{names.NAME}:{self._member(member).id}"

    async def settled(self) -> None:
        """Return when the bot has read all it was told, and nothing is under way."""
        await heard(self.server)
        await self._bot.settled()

    async def _do(self, deed: Deed, who: Member) -> str:
        match deed.kind:
            case "says":
                await self._say(deed, who)
            case "rates":
                await self._rate(deed, who)
            case "edits":
                await self.server.edits(who, await self._message(deed), deed.text)
            case "deletes":
                await self.server.deletes(who, await self._message(deed))
            case "branches":
                await self._branch(deed, who)
            case "judged":
                return await self._judge(who, VERDICTS[deed.text])
            case "appeals":
                form = await self._command(who, "appeal", {})
                await shown(self, form)
                return (await answered(self, await self.server.modal(form, {"words": deed.text}))).content
            case _:
                what, _, which = deed.text.partition(" ")
                return (await answered(self, await self._command(who, what, {what: which}))).content
        return ""

    async def _say(self, deed: Deed, who: Member) -> None:
        self.server.gateway.spoil("MESSAGE_CREATE", "twice")
        if self._where is Where.DIRECT:
            self._threads[deed.thread] = self.server.dm(who)
        if (there := self._threads.get(deed.thread)) is None:
            await self._begin(deed.thread, who, deed.text)
            return
        others = [] if deed.to_bot else [next(each for each in self._members.values() if each is not who)]
        # There is no empty message on Discord: one that mentions the bot and says nothing comes nearest.
        mentions = others if deed.text.strip() else [self.server.bot]
        await self.server.says(who, there, deed.text, mentions=mentions)

    async def _begin(self, thread: str, who: Member, text: str) -> None:
        if self._where is Where.PRIVATE:
            before = self._guild.threads.keys() | set()
            await answered(self, await self._command(who, "ask", {"question": text, "private": True}))
            self._threads[thread] = self._new(before)
        else:
            question = await self.server.says(who, self._general, text, mentions=[self.server.bot])
            await self.server.until(lambda: question.id in self._guild.threads)
            self._threads[thread] = self._guild.threads[question.id]

    async def _rate(self, deed: Deed, who: Member) -> None:
        channel, bot = self._threads[deed.thread], self.server.bot
        if isinstance(channel, Thread) and channel.private:
            await self.server.invites(self._members[MODERATOR], channel, who)
        own = [one for one in channel.messages.values() if one.author is bot]
        rated = [one for one in own if bot in one.reactions.get(THUMBS["fair"], [])] or own
        for name, thumb in THUMBS.items():
            there = who.user in rated[-1].reactions.get(thumb, [])
            if name == deed.text and not there:
                await self.server.reacts(who, rated[-1], thumb)
            elif name != deed.text and there:
                await self.server.unreacts(who, rated[-1], thumb)

    async def _branch(self, deed: Deed, who: Member) -> None:
        before = self._guild.threads.keys() | set()
        offer = [one for one in self.server.dm(who).messages.values() if ACCEPT in buttons(one)][-1]
        await answered(self, await self.server.press(who, offer, buttons(offer)[ACCEPT]))
        self._threads[deed.thread] = self._new(before)

    async def _judge(self, who: Member, verdict: str) -> str:
        """By the card's button; where the card has none any more, by the form that is still open."""
        if cards := [one for one in self.desk.messages.values() if verdict in buttons(one)]:
            self._form = await self.server.press(who, cards[-1], buttons(cards[-1])[verdict])
            await shown(self, self._form)
        return (await answered(self, await self.server.modal(self._form, {}))).content

    async def _command(self, who: Member, name: str, options: Mapping[str, str | bool]) -> Interaction:
        where = self.server.dm(who) if self._where is Where.DIRECT else self._general
        return await self.server.slash(who, where, name, options)

    async def _message(self, deed: Deed) -> Message:
        turns = await self._bot.store.turns(self.conversation(deed.thread))
        number = next(int(each.turn.message) for each in turns if each.turn.number == deed.turn)
        return (self._threads[deed.thread].messages | self._general.messages)[number]

    def _new(self, before: set[int]) -> Thread:
        """The thread that was not there before."""
        (new,) = self._guild.threads.keys() - before
        return self._guild.threads[new]

    def _member(self, name: str) -> Member:
        if name not in self._members:
            self._members[name] = self.server.member(self._guild, name.capitalize())
        return self._members[name]

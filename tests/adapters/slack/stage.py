"""Where a dialog is played on Slack: a workspace with people and a moderator in it, and direct messages."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.slack import names
from adapters.slack.connection import Slack
from adapters.slack.environment import Setup
from adapters.slack.outgoing.escaping import mrkdwn
from adapters.slack.people.interactions import COMMAND, Interactions
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, Receipt, Say
from bot.domain.conversation import Attachment, Place
from bot.ports import Platform
from bot.replay.people import Deed
from bot.replay.script import Dialog
from tests.adapters.slack.community import LONG
from tests.adapters.slack.outgoing import Naps
from tests.adapters.slack.people import labels, read
from tests.fakes.clock import SetClock
from tests.servers.slack import Channel, LocalSlack, Message, User, View
from tests.servers.slack_blocks import elements
from tests.servers.slack_deliveries import Delivery
from tests.servers.slack_state import Kind

THUMBS = {"fair": "+1", "unfair": "-1"}
VERDICTS = {"upheld": "Uphold", "overturned": "Overturn"}
ACCEPT = "Go on from there"
ELSEWHERE = {"appeals", "judged"}  # what nobody has to be in the conversation for
MODERATOR, FIRST = "mod", "first"  # as dialogs call the moderator, and a thread to which they give no name
JUST_NOW = timedelta(minutes=1)


class SlacksClock(SetClock):
    """The local Slack's own clock; each look moves it on, so that nothing happens at once."""

    def __init__(self, slack: LocalSlack) -> None:
        self._slack = slack

    def __call__(self) -> datetime:
        self._slack.clock.now += 0.000_01
        return datetime.fromtimestamp(self._slack.clock.now, UTC)

    def wait(self, how_long: timedelta) -> None:
        """Let time pass."""
        self._slack.passes(how_long.total_seconds())


class Current:
    """The adapter of the bot that runs, with a record of what it performed."""

    name = names.NAME

    def __init__(self) -> None:
        self.adapter: Slack
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


class SlackStage:
    """A workspace with a channel, a moderators' channel and a moderator; and everybody's direct messages.

    A dialog in which nobody reads along is played in a direct message, each of its threads in a thread there.
    """

    def __init__(self, slack: LocalSlack, clock: SlacksClock, dialog: Dialog) -> None:
        self.current = Current()
        self.platform: Platform = self.current
        self.slack = slack
        self._clock = clock
        members = {line.member for line in dialog.lines if line.member and line.happens not in ELSEWHERE}
        self._direct = len(members) < 2 and not dialog.public
        self._overheard = not next(line.to_bot for line in dialog.lines if line.says is not None)
        self._naps = Naps(slack)
        self._library = slack.workspace("The Library")
        self._team, self.me = self._library.id, slack.installed(self._library).bot
        self._members = {MODERATOR: slack.member(self._library, MODERATOR)}
        self._general = slack.channel(self._library, "general")
        self.desk = slack.channel(self._library, "desk", self._members[MODERATOR], kind=Kind.PRIVATE)
        self._threads: dict[str, Message] = {}  # their roots, by the dialog's names for them
        self._serving: asyncio.Task[None] | None = None

    def configured(self, configuration: Configuration) -> Configuration:
        """The configuration with a channel to call moderators in."""
        desk = Place(names.NAME, self._team, self.desk.id, private=True)
        settings, keepers = configuration.settings, (self._members[MODERATOR].id,)
        everywhere = replace(settings.everywhere, moderators=desk, moderator_roles=keepers)
        return replace(configuration, settings=replace(settings, everywhere=everywhere))

    async def begin(self, bot: Bot) -> None:
        """Connect a bot; the one before has gone."""
        await self.leave()
        self._people, self._bot = Interactions(soon=LONG), bot
        token = self.slack.installed(self._library).token
        adapter = self.current.adapter = Slack(
            Setup(token=token, socket=self.slack.app.token, base=self.slack.url),
            self._clock,
            parts=(self._people,),
            sleep=self._naps.sleep,
            timer=self._naps.timer,
            sockets={"ping": LONG, "patience": LONG, "silence": LONG, "lasts": (LONG, LONG)},
        )
        self._serving = asyncio.create_task(adapter.serve(bot))
        await self.slack.until(lambda: len(self.slack.sockets.open) == 2)
        await self.settled()
        if self._overheard and not self._threads:  # people whom the bot can overhear are in a thread of its
            await self._say(FIRST, self._members[MODERATOR], "Will you keep us company?", to_bot=True)
            await self.settled()

    async def leave(self) -> None:
        """Hang up."""
        if self._serving:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
            await self.slack.until(lambda: not self.slack.sockets.open)

    async def act(self, deed: Deed) -> str:
        """Type it, react or press, a moment later than what was done before. Out: what a command was answered."""
        late = self._clock() - deed.at
        self._clock.wait(timedelta(seconds=1))
        if late > JUST_NOW:
            self.slack.deliveries.hold()
        told = await self._do(deed, self._member(deed.member))
        if late > JUST_NOW:
            self._clock.wait(late)
            self.slack.deliveries.release()
        await self.settled()
        return told

    def conversation(self, thread: str) -> str:
        """Named by the root of its thread; "" before anything happened there."""
        root = self._threads.get(thread)
        return names.conversation(self._team, root.channel.id, root.ts) if root else ""

    def id_of(self, member: str) -> str:
        """Named by their user."""
        return names.member(self._team, self._member(member).id).id

    async def settled(self) -> None:
        """Return when the bot has acknowledged all it was told, and nothing is under way."""
        for _ in range(2):  # what it does, it is told of
            await self.slack.until(lambda: all(each.over for each in self.slack.deliveries.sent))
            await self._people.settled()
            await self._bot.settled()

    async def _do(self, deed: Deed, who: User) -> str:
        match deed.kind:
            case "says":
                await self._say(deed.thread, who, deed.text, to_bot=deed.to_bot)
            case "rates":
                await self._rate(deed, who)
            case "edits":
                await self.slack.edits(who, await self._message(deed), mrkdwn(deed.text))
            case "deletes":
                await self.slack.deletes(who, await self._message(deed))
            case "branches":
                await self._branch(deed, who)
            case "judged":
                return await self._judge(who, VERDICTS[deed.text])
            case "appeals":
                await self._command(who, "appeal")
                return await self._sends(who, self._form(who), deed.text)
            case _:
                return await self._command(who, deed.text)
        return ""

    async def _say(self, thread: str, who: User, text: str, *, to_bot: bool) -> None:
        """Slack tells of it twice, and of one that mentions the bot three times."""
        self.slack.deliveries.spoil("message", "twice")
        root = self._threads.get(thread)
        words = mrkdwn(text)
        # There is no empty message on Slack: one that mentions the bot and says nothing comes nearest.
        for_bot = not words.strip() or (root is None and not self._direct)
        called = [self.me] if for_bot else [] if to_bot else [one for one in self._members.values() if one is not who]
        call = "".join(f"{one.mention} " for one in called[:1])
        channel = self.slack.dm(who) if self._direct else self._general
        said = await self.slack.says(who, channel, call + words, thread=root)
        self._threads.setdefault(thread, said)

    async def _rate(self, deed: Deed, who: User) -> None:
        """That it is unfair by the button, where there is one; else by reactions."""
        root = self._threads[deed.thread]
        on = [one for one in root.channel.replies(root.ts) if one.author is self.me][-1]
        pair = [one for block in on.blocks for one in elements(block) if one["type"] == "feedback_buttons"]
        if deed.text == "unfair" and pair:
            await self._answered(await self.slack.rates(who, on, good=False))
            await self._sends(who, self._form(who), "I was joking")
            return
        for vote, name in THUMBS.items():
            there = who in on.reactions.get(name, [])
            if vote == deed.text and not there:
                await self.slack.reacts(who, on, name)
            elif vote != deed.text and there:
                await self.slack.unreacts(who, on, name)

    async def _branch(self, deed: Deed, who: User) -> None:
        channel = self.slack.dm(who) if self._direct else self._general
        before = set(channel.messages)
        offer = [one for one in self.slack.dm(who).messages.values() if ACCEPT in labels(one)][-1]
        await self._answered(await self.slack.presses(who, offer, labels(offer)[ACCEPT]))
        new = [one for ts, one in channel.messages.items() if ts not in before and one.thread_ts is None]
        (self._threads[deed.thread],) = new

    async def _judge(self, who: User, verdict: str) -> str:
        """By a card's button; where no card has one any more, nobody is asked."""
        cards = [one for one in self.desk.messages.values() if verdict in labels(one)]
        if not cards:
            return ""
        await self._answered(await self.slack.presses(who, cards[-1], labels(cards[-1])[verdict]))
        return await self._sends(who, self._form(who))

    async def _command(self, who: User, words: str) -> str:
        where = self.slack.dm(who) if self._direct else self._general
        before = len(where.ephemerals)
        await self._answered(await self.slack.commands(who, where, COMMAND, words))
        return "\n".join(map(read, where.ephemerals[before:]))

    def _form(self, who: User) -> View:
        """The form that somebody sees."""
        return self.slack.world.modals[who.id][-1]

    async def _sends(self, who: User, form: View, words: str = "") -> str:
        """Somebody sends a form, reads what it becomes and closes it. Out: what that is."""
        await self._answered(await self.slack.submits(who, form, {"words": words} if words else {}))
        if form.open:
            await self.slack.closes(who, form)
        return read(form)

    async def _answered(self, delivery: Delivery) -> None:
        await self.slack.until(lambda: delivery.over)
        assert delivery.acked
        await self.settled()

    async def _message(self, deed: Deed) -> Message:
        turns = await self._bot.store.turns(self.conversation(deed.thread))
        named = next(each.turn.message for each in turns if each.turn.number == deed.turn)
        channel, ts = names.channel_and_ts(named)
        return self.slack.world.channels[channel].messages[ts]

    def _member(self, name: str) -> User:
        if name not in self._members:
            who = self._members[name] = self.slack.member(self._library, name.capitalize())
            self._general.members[who.id] = who
        return self._members[name]

    def own(self) -> list[Message]:
        """What the bot has said anywhere, that everybody there can read."""
        channels: list[Channel] = list(self.slack.world.channels.values())
        return [one for each in channels for one in each.messages.values() if one.author is self.me]

    def shown(self) -> list[Message]:
        """What it has shown to one member alone."""
        return [one for each in self.slack.world.channels.values() for one in each.ephemerals]

"""People who use the bot's command, buttons and forms on the local Slack, and what they are shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.slack import names
from adapters.slack.people.interactions import Interactions
from bot.configuration import Configuration
from bot.domain.ending import Ending
from bot.ports import Transcript
from bot.settings.live import Live
from tests.adapters.slack.community import INSULTS, Community
from tests.adapters.slack.outgoing import START
from tests.servers.slack import Channel, LocalSlack, Message, User, View
from tests.servers.slack_blocks import elements
from tests.servers.slack_deliveries import Delivery
from tests.servers.slack_state import Json


@dataclass
class Town(Community):
    """A community whose moderators are the keepers, of whom mo is one; ada is an admin; sam sees the desk too.

    soon  seconds until whoever has sent a form is told that the answer takes longer
    """

    soon: float = 30.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.people = Interactions(soon=self.soon)
        self.parts = (self.people,)
        self.keepers = self.slack.group(self.workspace, "keepers", self.mo)
        self.ada = self.slack.member(self.workspace, "ada", admin=True)
        for who in (self.sam, self.ada):
            self.desk.members[who.id] = self.general.members[who.id] = who
        self.set_up(moderator_roles=(self.keepers.id,))

    async def answers(self, delivery: Delivery) -> None:
        """Return when something that was pressed, typed or sent is answered."""
        await self.slack.until(lambda: delivery.over)
        assert delivery.acked
        await self.people.settled()
        await self.settled()

    async def closed(self, where: Channel | None = None) -> tuple[Message, list[Message]]:
        """A conversation of robin's that was ended for abuse: its root, and what robin said in it."""
        root = await self.asks(INSULTS[0], where=where)
        said = [root]
        await self.answered(root, 1)
        for number, insult in enumerate(INSULTS[1:], 2):
            self.slack.passes(60)
            said.append(await self.says(insult, root))
            await self.answered(root, number)
        return root, said

    async def answered(self, root: Message, times: int) -> list[Message]:
        """What the bot has said in a thread, as soon as it is this many messages and nothing is under way."""
        await self.told(root, times)
        await self.settled()
        return self.own(root.channel, root)

    def own(self, channel: Channel, root: Message | None = None) -> list[Message]:
        """What the bot has said in a channel, or in a thread there."""
        said = channel.replies(root.ts) if root else channel.messages.values()
        return [each for each in said if each.author is self.me]

    async def types(self, who: User, text: str, where: Channel | None = None) -> str:
        """Somebody types the command. Out: what they alone are told; "": nothing."""
        channel = where or self.general
        before = len(channel.ephemerals)
        await self.answers(await self.slack.commands(who, channel, "/fairwell", text))
        new = channel.ephemerals[before:]
        assert all(each.only is who for each in new)
        return read(new[0]) if new else ""

    async def presses(self, who: User, on: Message | View, label: str, *, value: object = None) -> None:
        """Somebody presses what has this label, or chooses from the list that has this hint."""
        await self.answers(await self.slack.presses(who, on, labels(on)[label], value=value))

    async def sends(self, who: User, view: View, words: str = "") -> None:
        """Somebody sends a form."""
        await self.answers(await self.slack.submits(who, view, {"words": words} if words else {}))

    async def opens_home(self, who: User) -> View:
        """Somebody opens the bot's home tab. Out: what they see there."""
        before = len(self.slack.requests("views.publish"))
        await self.slack.opens_home(who)
        await self.slack.until(lambda: len(self.slack.requests("views.publish")) > before)
        await self.people.settled()
        return self.slack.world.homes[who.id]

    def shown(self, who: User) -> View:
        """The form that somebody sees."""
        return self.slack.world.modals[who.id][-1]

    async def transcript(self, root: Message) -> Transcript:
        """The ending of the conversation in a thread."""
        found = await self.store.ending((await self.ending(root)).id)
        assert found is not None
        return found

    async def ending(self, root: Message) -> Ending:
        """The same, without what was said."""
        ending = await self.store.latest_ending(names.conversation(self.team, root.channel.id, root.ts))
        assert ending is not None
        return ending


def labels(on: Message | View) -> dict[str, str]:
    """What can be used: the ids, by what is written there."""
    blocks = on.blocks if isinstance(on, Message) else on.content["blocks"]
    found = [one for block in blocks for one in elements(block) if one.get("action_id")]
    return {_label(one): str(one["action_id"]) for one in found}


def _label(element: Json) -> str:
    return str((element.get("text") or element.get("placeholder") or {}).get("text", element["type"]))


def read(on: Message | View) -> str:
    """What people read in a message or a view."""
    blocks = on.blocks if isinstance(on, Message) else on.content["blocks"]
    return "\n".join(filter(None, map(_read, blocks)))


def _read(block: Json) -> str:
    text = block.get("text")
    if isinstance(text, dict):
        return str(text["text"])
    if block["type"] == "context":
        return " ".join(each["text"] for each in block["elements"])
    return str(text or "")


@asynccontextmanager
async def peopled(
    everything: Configuration, folder: Path, live: Live[Configuration] | None = None, soon: float = 30.0
) -> AsyncIterator[Town]:
    """One on a Slack of its own, with the bot. live: settings that follow their files."""
    async with LocalSlack(start=START, limited=False) as slack:
        made = Town(slack, folder / "slack.db", everything, live=live, soon=soon)
        async with made.running():
            yield made

"""What there is, and what members, moderators and admins do: the part of a test that is not the bot.

Whoever may not do what a test lets them do is Refused, as the bot would be.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from tests.servers import slack_acts as acts
from tests.servers import slack_oauth as oauth
from tests.servers.slack_acts import Place
from tests.servers.slack_deliveries import Deliveries
from tests.servers.slack_drafts import draft
from tests.servers.slack_files import kept
from tests.servers.slack_refusals import Refused
from tests.servers.slack_state import (
    Channel,
    Enterprise,
    Install,
    Json,
    Kind,
    Message,
    Upload,
    User,
    UserGroup,
    Workspace,
)
from tests.servers.slack_telling import tell_channel
from tests.servers.slack_world import World


class Control:
    """Makes the world, and moves the people in it."""

    def __init__(self, world: World, deliveries: Deliveries) -> None:
        self._world, self._deliveries = world, deliveries

    def _tell(self) -> None:
        self._deliveries.tell(self._world.take())

    # what there is

    def enterprise(self, name: str) -> Enterprise:
        """An organisation; its workspaces come by `workspace`."""
        new = Enterprise(id=self._world.id("E"), name=name)
        self._world.enterprises[new.id] = new
        return new

    def workspace(self, name: str, *, enterprise: Enterprise | None = None, installed: bool = True) -> Workspace:
        """A workspace with an owner. installed: with the app in it, by itself unless its organisation has it."""
        new = Workspace(id=self._world.id("T"), name=name, enterprise=enterprise)
        self._world.workspaces[new.id] = new
        if enterprise:
            enterprise.workspaces.append(new)
        self._world.user(f"owner of {name}", new, owner=True)
        everywhere = self._world.installed(new)
        if everywhere:
            new.users[everywhere.bot.id] = everywhere.bot
        elif installed:
            self.install(new)
        return new

    def install(
        self, place: Workspace | Enterprise, *, by: User | None = None, scopes: frozenset[str] | None = None
    ) -> Install:
        """The app in a workspace, or in all of an organisation, with the scopes it asks for or others."""
        home = place if isinstance(place, Workspace) else place.workspaces[0]
        installer = by or next(iter(home.users.values()))
        wanted = self._world.app.scopes if scopes is None else scopes
        return oauth.installed(self._world, place, installer, wanted)

    def installed(self, workspace: Workspace) -> Install:
        """The install that covers a workspace, with its token and its bot."""
        found = self._world.installed(workspace)
        assert found is not None
        return found

    def member(self, workspace: Workspace, name: str, **more: object) -> User:
        """Somebody in a workspace. more: locale, tz, tz_offset, admin, owner, restricted, deleted."""
        return self._world.user(name, workspace, **more)

    def robot(self, workspace: Workspace, name: str) -> User:
        """Another app's bot."""
        return self._world.user(name, workspace, bot_id=self._world.id("B"), app_id=self._world.id("A"))

    def channel(
        self, workspace: Workspace, name: str, *members: User, kind: Kind = Kind.CHANNEL, bot: bool = True
    ) -> Channel:
        """A channel with these people, or else with everybody of its workspace; bot: and the bot."""
        people = members or [one for one in workspace.users.values() if not one.bot]
        letter = {Kind.CHANNEL: "C", Kind.PRIVATE: "C", Kind.DM: "D", Kind.GROUP_DM: "C"}[kind]
        new = Channel(
            id=self._world.id(letter), name=name, kind=kind, workspace=workspace, created=self._world.now,
            members={one.id: one for one in people},
        )  # fmt: skip
        if bot:
            own = self.installed(workspace).bot
            new.members[own.id] = own
        return self._world.make(new)

    def dm(self, who: User) -> Channel:
        """The DM of somebody and the bot."""
        return self._world.dm(self.installed(who.home).bot, who)

    def group(self, workspace: Workspace, handle: str, *users: User) -> UserGroup:
        """A user group."""
        new = UserGroup(id=self._world.id("S"), handle=handle, users=list(users))
        workspace.groups[new.id] = new
        return new

    def shares(self, channel: Channel, workspace: Workspace, *guests: User) -> None:
        """Share a channel with another workspace (Slack Connect); these of its people come in."""
        channel.shared.append(workspace)
        channel.members |= {guest.id: guest for guest in guests}

    def archives(self, channel: Channel, *, over: bool = False) -> None:
        """Archive a channel, or un-archive it."""
        kind = "channel_unarchive" if over else "channel_archive"
        channel.archived = not over
        tell_channel(self._world, channel, {"type": kind, "channel": channel.id, "user": next(iter(channel.members))})
        self._tell()

    def uninstalls(self, install: Install) -> None:
        """An admin takes the app out."""
        oauth.ended(self._world, install)
        self._tell()

    # what people do

    async def says(
        self,
        who: User,
        where: Channel,
        text: str,
        *,
        thread: Message | None = None,
        broadcast: bool = False,
        files: Sequence[Upload] = (),
        blocks: list[Json] | None = None,
        classic: bool = False,
    ) -> Message:
        """Somebody says something, in the channel or in a thread. classic: a bot, as old ones do, without a user."""
        if who.id not in where.members:
            raise Refused("not_in_channel")
        own = [kept(self._world, who, where.workspace, one) for one in files]
        place = Place(
            channel=where,
            thread_ts=thread.root if thread else None,
            broadcast=broadcast,
            client_msg_id=None if who.bot else str(uuid.uuid4()),
            files=own,
            subtype="bot_message" if classic else None,
        )
        said: Json = {"text": text or " "} | ({"blocks": blocks} if blocks else {})
        message = acts.post(self._world, who, place, replace(draft(said), text=text))
        self._tell()
        return message

    async def mentions(self, who: User, where: Channel, text: str, *, thread: Message | None = None) -> Message:
        """Somebody says something to the bot, by name."""
        bot = self.installed(where.workspace).bot
        return await self.says(who, where, f"{bot.mention} {text}", thread=thread)

    async def edits(self, who: User, message: Message, text: str) -> None:
        """Somebody writes their message anew."""
        acts.edit(self._world, who, message, draft({"text": text}))
        self._tell()

    async def unfurls(self, message: Message, url: str, title: str = "A page") -> None:
        """Slack shows what is behind a link in a message."""
        acts.unfurl(self._world, message, url, title)
        self._tell()

    async def deletes(self, who: User, message: Message) -> None:
        """Somebody takes a message away: their own, or as an admin another's."""
        acts.delete(self._world, who, message)
        self._tell()

    async def reacts(self, who: User, message: Message, name: str, *, tone: int | None = None) -> None:
        """Somebody adds a reaction. tone: of skin, 2 to 6."""
        acts.react(self._world, who, message, name if tone is None else f"{name}{acts.TONES}{tone}")
        self._tell()

    async def unreacts(self, who: User, message: Message, name: str, *, tone: int | None = None) -> None:
        """Somebody takes their reaction away."""
        acts.unreact(self._world, who, message, name if tone is None else f"{name}{acts.TONES}{tone}")
        self._tell()

    async def joins(self, who: User, channel: Channel, *, inviter: User | None = None) -> None:
        """Somebody comes into a channel; the bot too."""
        acts.join(self._world, who, channel, inviter)
        self._tell()

    async def leaves(self, who: User, channel: Channel) -> None:
        """Somebody goes from a channel; the bot too, which then still hears of that."""
        acts.leave(self._world, who, channel)
        self._tell()

    async def takes_prompt(self, who: User, channel: Channel, title: str, thread: Message | None = None) -> Message:
        """Somebody presses a suggested prompt: that says its message for them."""
        prompts = channel.prompts.get(thread.root if thread else "") or channel.prompts.get("", [])
        found = next((one for one in prompts if one["title"] == title), None)
        if found is None:
            raise Refused("not_shown")
        return await self.says(who, channel, found["message"], thread=thread)

    async def stops(self, who: User, thread: Message) -> None:
        """Somebody presses stop while the bot writes in a thread."""
        writing = [one for one in thread.channel.replies(thread.root) if one.streaming == "in_progress"]
        for one in writing:
            one.streaming = "stopped"
        event: Json = {"type": "agent_session_stopped", "channel": thread.channel.id, "thread_ts": thread.root}
        event |= {"user": who.id, "streaming_message_ts": [one.ts for one in writing]}
        tell_channel(self._world, thread.channel, event)
        self._tell()

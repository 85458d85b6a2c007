"""What the app is told of what happens: if it has subscribed to it, has the scope, and is there."""

from tests.servers import slack_shapes as shapes
from tests.servers.slack_state import Channel, Install, Json, Kind, Message, Told, User, Workspace
from tests.servers.slack_world import World

OF_KIND = {Kind.CHANNEL: "channels", Kind.PRIVATE: "groups", Kind.DM: "im", Kind.GROUP_DM: "mpim"}
NEEDS = {
    "app_mention": "app_mentions:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "file_shared": "files:read",
}


def tell(world: World, install: Install, workspace: Workspace, event: Json, *, external: bool = False) -> None:
    """Of something that is nobody's message."""
    if event["type"] in world.app.events and NEEDS.get(event["type"], "") in {"", *install.scopes}:
        told = Told(event={"event_ts": world.ts(), **event}, install=install, workspace=workspace, external=external)
        world.tell(told)


def tell_channel(world: World, channel: Channel, event: Json, *, anywhere: bool = False) -> None:
    """Of something in a channel, if the bot is in it (or, anywhere, if it is not)."""
    install = world.install_of(channel)
    if install is None or not (anywhere or install.bot.id in channel.members):
        return
    own = [one for one in (channel.workspace, *channel.shared) if one in install.workspaces]
    tell(world, install, own[0], event, external=bool(channel.shared))


def tell_message(world: World, channel: Channel, event: Json) -> None:
    """Of a message that came, changed or went."""
    install, kind = world.install_of(channel), OF_KIND[channel.kind]
    if install is None or install.bot.id not in channel.members:
        return
    if f"message.{kind}" in world.app.events and f"{kind}:history" in install.scopes:
        own = [one for one in (channel.workspace, *channel.shared) if one in install.workspaces]
        shape = {"event_ts": event["ts"]} | event | {"channel": channel.id, "channel_type": str(channel.kind)}
        world.tell(Told(event=shape, install=install, workspace=own[0], external=bool(channel.shared)))


def tell_new(world: World, message: Message) -> None:
    """Of a message that came; and, where it mentions the bot in a channel, of that as well."""
    channel = message.channel
    shape = shapes.message(world, message, whole=world.marked) | _foreign(world, channel, message.author)
    if message.broadcast:
        root = channel.messages.get(message.root)
        shape |= {"root": shapes.message(world, root)} if root else {}
    tell_message(world, channel, shape)
    install = world.install_of(channel)
    if install and install.bot.id in message.pings and not channel.direct and message.author is not install.bot:
        mention = {key: value for key, value in shape.items() if key not in {"subtype", "root"}}
        mention |= {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}
        tell_channel(world, channel, mention, anywhere=channel.kind is Kind.CHANNEL)


def _foreign(world: World, channel: Channel, author: User) -> Json:
    """What an event says of somebody from another workspace."""
    install = world.install_of(channel)
    if install is None or world.knows(install, author):
        return {}
    profile = {"name": author.name, "real_name": author.name.title(), "display_name": author.name}
    return {
        "user_team": author.home.id,
        "source_team": author.home.id,
        "user_profile": profile | {"team": author.home.id, "is_restricted": False, "is_ultra_restricted": False},
    }


def tell_changed(world: World, message: Message, before: Json) -> None:
    """Of a message that is no longer as it was."""
    event = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "ts": world.ts(),
        "message": shapes.message(world, message, whole=world.marked),
        "previous_message": before,
    }
    tell_message(world, message.channel, event)


def tell_deleted(world: World, message: Message, before: Json) -> None:
    """Of a message that is gone. Who took it away is not said."""
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "ts": world.ts(),
        "deleted_ts": message.ts,
        "previous_message": before,
    }
    tell_message(world, message.channel, event)

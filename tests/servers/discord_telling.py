"""What the bot is told of what happens, if it sees that."""

from tests.servers import discord_shapes as shapes
from tests.servers.discord_state import Channel, Guild, Intent, Json, Message, Thread, Told
from tests.servers.discord_world import World

NO_MESSAGES = {Intent.MESSAGES: Intent.DIRECT_MESSAGES, Intent.REACTIONS: Intent.DIRECT_REACTIONS}


def tell_of_message(world: World, name: str, message: Message) -> None:
    """Of a message that came or changed."""
    if message.only and message.only is not world.bot:
        return
    whole, blank = (shapes.message(world, message, live=True, blank=hidden) for hidden in (False, True))
    if message.nonce and name == "MESSAGE_CREATE":
        whole["nonce"] = blank["nonce"] = message.nonce
    tell(world, name, message.channel, whole, blank=blank)


def tell(
    world: World,
    name: str,
    channel: Channel,
    payload: Json,
    *,
    intent: Intent = Intent.MESSAGES,
    blank: Json | None = None,
) -> None:
    """Of something that happened in a channel. intent: as in a guild; DMs have their own."""
    if not shapes.sees(world.bot, channel):
        return
    wanted = intent if channel.guild else NO_MESSAGES[intent]
    world.tell(Told(name, payload, blank, channel.guild.id if channel.guild else None, wanted))


def tell_guild(world: World, name: str, guild: Guild, payload: Json, intent: Intent = Intent.GUILDS) -> None:
    """Of something that happened to a guild."""
    if world.bot.id in guild.members or name == "GUILD_DELETE":
        world.tell(Told(name, payload, guild=guild.id, intent=intent))


def tell_of_thread(world: World, name: str, thread: Thread, *, new: bool = False) -> None:
    """Of a thread that came, changed or went."""
    payload = shapes.channel(world, thread) | ({"newly_created": True} if new else {})
    if name == "THREAD_DELETE":
        payload = {key: payload[key] for key in ("id", "guild_id", "parent_id", "type")}
    tell(world, name, thread, payload, intent=Intent.GUILDS)


def place(message: Message) -> Json:
    """Where a message is."""
    guild = message.channel.guild
    there: Json = {"channel_id": str(message.channel.id), "message_id": str(message.id)}
    return there | ({"guild_id": str(guild.id)} if guild else {})

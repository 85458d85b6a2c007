"""What anybody does with reactions."""

from tests.servers import discord_shapes as shapes
from tests.servers.discord_permissions import Permission
from tests.servers.discord_refusals import Refused, need
from tests.servers.discord_state import Channel, Intent, Message, Thread, User
from tests.servers.discord_telling import place, tell
from tests.servers.discord_world import World

MOST_EMOJI = 20  # different ones at a message


def react(world: World, who: User, message: Message, emoji: str) -> None:
    """Add a reaction."""
    channel, there = message.channel, message.reactions.get(emoji, [])
    _may_react(who, channel)
    need(who, channel, Permission.READ_HISTORY, *[Permission.ADD_REACTIONS] * (not there))
    if who is world.bot and message.author.blocks:
        raise Refused(90001)
    if who in there:
        return
    if not there and len(message.reactions) >= MOST_EMOJI:
        raise Refused(30010)
    message.reactions.setdefault(emoji, []).append(who)
    _tell_reaction(world, "MESSAGE_REACTION_ADD", who, message, emoji)


def unreact(world: World, who: User, message: Message, emoji: str, whose: User | None = None) -> None:
    """Take a reaction away; somebody else's with MANAGE_MESSAGES."""
    whose = whose or who
    _may_react(who, message.channel)
    need(who, message.channel, *[Permission.MANAGE_MESSAGES] * (whose is not who))
    if whose not in message.reactions.get(emoji, []):
        raise Refused(10014)
    message.reactions[emoji].remove(whose)
    if not message.reactions[emoji]:
        del message.reactions[emoji]
    _tell_reaction(world, "MESSAGE_REACTION_REMOVE", whose, message, emoji)


def clear_reactions(world: World, who: User, message: Message, emoji: str | None = None) -> None:
    """Take all reactions away, or all of one emoji."""
    _may_react(who, message.channel)
    need(who, message.channel, Permission.MANAGE_MESSAGES)
    payload = place(message)
    if emoji:
        message.reactions.pop(emoji, None)
        payload |= {"emoji": shapes.emoji(emoji)}
    else:
        message.reactions.clear()
    name = "MESSAGE_REACTION_REMOVE_EMOJI" if emoji else "MESSAGE_REACTION_REMOVE_ALL"
    tell(world, name, message.channel, payload, intent=Intent.REACTIONS)


def _may_react(who: User, channel: Channel) -> None:
    need(who, channel)
    if isinstance(channel, Thread) and channel.archived:
        raise Refused(50083)


def _place(message: Message) -> dict[str, object]:
    guild = message.channel.guild
    payload: dict[str, object] = {"channel_id": str(message.channel.id), "message_id": str(message.id)}
    return payload | ({"guild_id": str(guild.id)} if guild else {})


def _tell_reaction(world: World, name: str, who: User, message: Message, emoji: str) -> None:
    guild = message.channel.guild
    payload = place(message) | {"user_id": str(who.id), "emoji": shapes.emoji(emoji), "burst": False, "type": 0}
    if name == "MESSAGE_REACTION_ADD":
        payload |= {"message_author_id": str(message.author.id)}
        payload |= {"member": shapes.member(guild.members[who.id])} if guild and who.id in guild.members else {}
    tell(world, name, message.channel, payload, intent=Intent.REACTIONS)

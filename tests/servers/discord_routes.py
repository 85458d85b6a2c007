"""The routes for messages, reactions, channels and threads."""

from tests.servers import discord_acts as acts
from tests.servers import discord_reactions as reactions
from tests.servers import discord_shapes as shapes
from tests.servers import discord_threads as threads
from tests.servers.discord_drafts import draft
from tests.servers.discord_permissions import Permission, permitted
from tests.servers.discord_refusals import Refused, invalid, need
from tests.servers.discord_rest import Call, Route
from tests.servers.discord_state import POSTS, Channel, Json, Kind, Message, Thread, User

MOST = 100  # of a page


def here(call: Call) -> Channel:
    """The channel of the path. Refused: there is none, or the bot does not see it."""
    number = call.id("channel")
    if number not in call.world.channels:
        raise Refused(10003)
    need(call.world.bot, channel := call.world.channels[number])
    return channel


def a_thread(call: Call) -> Thread:
    """The thread of the path. Refused: it is no thread."""
    channel = here(call)
    if not isinstance(channel, Thread):
        raise Refused(50024)
    return channel


def a_message(call: Call) -> Message:
    """The message of the path. Refused: there is none, or the bot may not read the history."""
    channel = here(call)
    need(call.world.bot, channel, Permission.READ_HISTORY)
    return acts.found(channel, call.id("message"))


def seen(call: Call, message: Message) -> Json:
    """A message as REST gives it: without its content where the application may not read that."""
    return shapes.message(call.world, message, blank=not call.world.application.reads)


def someone(call: Call, name: str = "user") -> User:
    """The user of the path. Refused: there is none."""
    number = call.world.bot.id if call.ids.get(name) == "@me" else call.id(name)
    if number not in call.world.users:
        raise Refused(10013)
    return call.world.users[number]


# messages


def history(call: Call) -> list[Json]:
    """Messages, the newest first."""
    channel, query = here(call), call.asked.query
    limit = int(query.get("limit", 50))
    if not 1 <= limit <= MOST:
        raise invalid("limit", "NUMBER_TYPE_MAX", f"int value should be between 1 and {MOST}.")
    if channel.guild and not permitted(call.world.bot, channel) & Permission.READ_HISTORY:
        return []
    every = list(channel.messages.values())
    if "around" in query:
        middle, half = int(query["around"]), limit // 2
        old = [one for one in every if one.id < middle][-half:]
        chosen = old + [one for one in every if one.id >= middle][: limit - len(old)]
    elif "after" in query:
        chosen = [one for one in every if one.id > int(query["after"])][:limit]
    else:
        before = int(query.get("before", 1 << 63))
        chosen = [one for one in every if one.id < before][-limit:]
    return [seen(call, message) for message in reversed(chosen)]


def read(call: Call) -> Json:
    """One message."""
    return seen(call, a_message(call))


def send(call: Call) -> Json:
    """Say something."""
    said = acts.post(call.world, call.world.bot, here(call), draft(call.asked.fields, call.asked.uploads))
    return shapes.message(call.world, said) | ({"nonce": said.nonce} if said.nonce else {})


def edit(call: Call) -> Json:
    """Write it anew."""
    message = acts.found(here(call), call.id("message"))
    changed = draft(call.asked.fields, call.asked.uploads)
    return shapes.message(call.world, acts.edit(call.world, call.world.bot, message, changed))


def delete(call: Call) -> None:
    """Take it away."""
    acts.delete(call.world, call.world.bot, acts.found(here(call), call.id("message")))


def purge(call: Call) -> None:
    """Take many away."""
    channel = here(call)
    need(call.world.bot, channel, Permission.MANAGE_MESSAGES)
    ids = [int(number) for number in call.asked.fields["messages"]]
    if not 2 <= len(ids) <= MOST:
        raise invalid("messages", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.")
    acts.delete(call.world, call.world.bot, *[channel.messages[one] for one in ids if one in channel.messages])


def type_(call: Call) -> None:
    """Be seen typing."""
    acts.typing(call.world, call.world.bot, here(call))


# reactions


def react(call: Call) -> None:
    """Add one."""
    emoji = call.ids["emoji"]
    if emoji.isascii() and ":" not in emoji:
        raise Refused(10014)
    reactions.react(call.world, call.world.bot, acts.found(here(call), call.id("message")), emoji)


def unreact(call: Call) -> None:
    """Take one away."""
    message = acts.found(here(call), call.id("message"))
    reactions.unreact(call.world, call.world.bot, message, call.ids["emoji"], someone(call))


def clear_reactions(call: Call) -> None:
    """Take all away, or all of an emoji."""
    message = acts.found(here(call), call.id("message"))
    reactions.clear_reactions(call.world, call.world.bot, message, call.ids.get("emoji"))


def reacted(call: Call) -> list[Json]:
    """Who reacted with an emoji, by id."""
    query = call.asked.query
    who = sorted(a_message(call).reactions.get(call.ids["emoji"], []), key=lambda user: user.id)
    after = [user for user in who if user.id > int(query.get("after", 0))]
    return [shapes.user(user) for user in after[: int(query.get("limit", 25))]]


# channels and threads


def channel(call: Call) -> Json:
    """A channel."""
    return shapes.channel(call.world, here(call))


def change(call: Call) -> Json:
    """Change a thread, or the name and topic of a channel."""
    there, asked = here(call), call.asked.fields
    if isinstance(there, Thread):
        return shapes.channel(call.world, threads.change(call.world, call.world.bot, there, asked))
    if there.guild is None:
        raise Refused(50003)
    need(call.world.bot, there, Permission.MANAGE_CHANNELS)
    if asked.get("name", there.name) != there.name:
        threads.rename(call.world, there, asked["name"])
    there.topic = asked.get("topic", there.topic)
    return shapes.channel(call.world, there)


def remove(call: Call) -> Json:
    """Delete a thread."""
    thread = a_thread(call)
    threads.remove(call.world, call.world.bot, thread)
    return shapes.channel(call.world, thread)


def _opening(asked: Json) -> threads.Opening:
    return threads.Opening(
        name=str(asked.get("name") or ""),
        kind=Kind(asked.get("type") or Kind.PRIVATE_THREAD),
        lasts=asked.get("auto_archive_duration") or 4_320,
        invitable=asked.get("invitable", True),
        applied=[int(tag) for tag in asked.get("applied_tags") or []],
    )


def thread_from(call: Call) -> Json:
    """Begin a thread at a message."""
    message = acts.found(here(call), call.id("message"))
    opened = threads.from_message(call.world, call.world.bot, message, _opening(call.asked.fields))
    return shapes.channel(call.world, opened)


def thread(call: Call) -> Json:
    """Begin a thread without one, or a forum's post with its first message."""
    there, asked = here(call), call.asked.fields
    if there.kind not in POSTS:
        return shapes.channel(call.world, threads.alone(call.world, call.world.bot, there, _opening(asked)))
    said = draft(asked.get("message") or {}, call.asked.uploads)
    opened, message = acts.begin_post(call.world, call.world.bot, there, _opening(asked), said)
    return shapes.channel(call.world, opened) | {"message": shapes.message(call.world, message)}


def join(call: Call) -> None:
    """Add somebody to a thread."""
    threads.invite(call.world, call.world.bot, a_thread(call), someone(call))


def leave(call: Call) -> None:
    """Take somebody out of a thread."""
    there, who = a_thread(call), someone(call)
    if who is not call.world.bot:
        need(call.world.bot, there, Permission.MANAGE_THREADS)
    there.members.pop(who.id, None)


def followers(call: Call) -> list[Json]:
    """Who follows a thread."""
    there = a_thread(call)
    return [shapes.thread_member(there, call.world.users[number]) for number in there.members]


def archived(call: Call) -> Json:
    """The archived threads of a channel, those archived last first."""
    there, private = here(call), call.asked.path.endswith("private")
    if there.guild is None:
        raise Refused(50024)
    need(call.world.bot, there, Permission.READ_HISTORY, *[Permission.MANAGE_THREADS] * private)
    every = [one for one in there.guild.threads.values() if one.parent is there and one.archived]
    chosen = [one for one in every if one.private == private]
    if before := call.asked.query.get("before"):
        chosen = [one for one in chosen if (shapes.when(one.archived_at) or "") < before]
    chosen.sort(key=lambda one: one.archived_at, reverse=True)
    limit = int(call.asked.query.get("limit", 50))
    return _page(call, chosen[:limit]) | {"has_more": len(chosen) > limit}


def active(call: Call) -> Json:
    """The active threads of a guild."""
    number = call.id("guild")
    if number not in call.world.guilds:
        raise Refused(10004)
    every = call.world.guilds[number].threads.values()
    return _page(call, [one for one in every if not one.archived and shapes.sees(call.world.bot, one)])


def _page(call: Call, chosen: list[Thread]) -> Json:
    bot = call.world.bot
    return {
        "threads": [shapes.channel(call.world, one) for one in chosen],
        "members": [shapes.thread_member(one, bot) for one in chosen if bot.id in one.members],
    }


MESSAGE = "/channels/{channel}/messages/{message}"
EMOJI = MESSAGE + "/reactions/{emoji}"
ROUTES: dict[str, Route] = {
    "GET /channels/{channel}/messages": history,
    "POST /channels/{channel}/messages": send,
    "POST /channels/{channel}/messages/bulk-delete": purge,
    f"GET {MESSAGE}": read,
    f"PATCH {MESSAGE}": edit,
    f"DELETE {MESSAGE}": delete,
    "POST /channels/{channel}/typing": type_,
    f"PUT {EMOJI}/@me": react,
    f"DELETE {EMOJI}/{{user}}": unreact,
    f"DELETE {EMOJI}": clear_reactions,
    f"DELETE {MESSAGE}/reactions": clear_reactions,
    f"GET {EMOJI}": reacted,
    "GET /channels/{channel}": channel,
    "PATCH /channels/{channel}": change,
    "DELETE /channels/{channel}": remove,
    f"POST {MESSAGE}/threads": thread_from,
    "POST /channels/{channel}/threads": thread,
    "PUT /channels/{channel}/thread-members/{user}": join,
    "DELETE /channels/{channel}/thread-members/{user}": leave,
    "GET /channels/{channel}/thread-members": followers,
    "GET /channels/{channel}/threads/archived/public": archived,
    "GET /channels/{channel}/threads/archived/private": archived,
    "GET /guilds/{guild}/threads/active": active,
}

"""conversations.*, reactions.*: where the bot is, who is there, what was said there."""

from tests.servers import slack_acts as acts
from tests.servers import slack_shapes as shapes
from tests.servers.slack_call import OF_KIND, Call, Method
from tests.servers.slack_refusals import Refused, invalid
from tests.servers.slack_state import Channel, Json, Kind, Message
from tests.servers.slack_world import found

MOST_PAGE = 999
MOST_DISTRIBUTED = 15  # messages of a page, for apps that are sold outside the Marketplace
LATEST = "9999999999.999999"
ANY_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
ANY_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")


def open_(call: Call) -> Json:
    """The DM with somebody, or the DM of several."""
    if call.text("channel"):
        channel = call.channel()
        return {"channel": {"id": channel.id}}
    numbers = [one for one in call.text("users").split(",") if one]
    if not numbers:
        raise Refused("users_list_not_supplied")
    if len(numbers) > 8:
        raise Refused("too_many_users")
    users = [call.world.person(call.install, number) for number in numbers]
    if any(user.bot for user in users):
        raise Refused("cannot_dm_bot")
    if any(user.deleted for user in users):
        raise Refused("user_disabled")
    bot = call.install.bot
    if len(users) == 1:
        call.scope("im:write")
        known = any(set(one.members) == {bot.id, users[0].id} for one in call.world.channels.values())
        channel = call.world.dm(bot, users[0])
    else:
        call.scope("mpim:write")
        members = {user.id: user for user in [*users, bot]}
        same = [one for one in call.world.channels.values() if one.direct and set(one.members) == set(members)]
        known = bool(same)
        channel = same[0] if same else call.world.make(Channel(
            id=call.world.id("G"), name="mpdm", kind=Kind.GROUP_DM, workspace=bot.home, created=call.world.now,
            members=members,
        ))  # fmt: skip
    shape = shapes.channel(channel, bot) if call.yes("return_im") else {"id": channel.id}
    return {"channel": shape, "no_op": known, "already_open": known}


def info(call: Call) -> Json:
    """A conversation."""
    channel = call.channel()
    call.scope(f"{OF_KIND[channel.kind]}:read")
    shape = shapes.channel(channel, call.install.bot)
    if call.yes("include_num_members"):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


def own(call: Call) -> Json:
    """The conversations that the bot is in."""
    return list_(call, own=True)


def list_(call: Call, *, own: bool = False) -> Json:
    """The conversations there are; own: that the bot is in."""
    kinds = {"public_channel": Kind.CHANNEL, "private_channel": Kind.PRIVATE, "im": Kind.DM, "mpim": Kind.GROUP_DM}
    wanted = [kinds.get(name.strip()) for name in (call.text("types") or "public_channel").split(",")]
    if None in wanted:
        raise Refused("invalid_types")
    for kind in wanted:
        call.scope(f"{OF_KIND[kind or Kind.CHANNEL]}:read")
    places = [call.workspace()] if call.install.wide else call.install.workspaces
    listed = [
        channel
        for channel in call.world.channels.values()
        if channel.kind in wanted
        and (not own or call.install.bot.id in channel.members)
        and call.world.visible(call.install, channel)
        and any(place in {channel.workspace, *channel.shared} for place in places)
        and not (channel.archived and call.yes("exclude_archived"))
    ]
    page, more = call.page(listed, 100, MOST_PAGE)
    return {"channels": [shapes.channel(one, call.install.bot) for one in page], "response_metadata": more}


def members(call: Call) -> Json:
    """Who is there."""
    channel = call.channel()
    call.scope(f"{OF_KIND[channel.kind]}:read")
    page, more = call.page(list(channel.members), 100, MOST_PAGE)
    return {"members": page, "response_metadata": more}


def join(call: Call) -> Json:
    """Come into a public channel."""
    channel = call.channel()
    if channel.kind is not Kind.CHANNEL:
        raise Refused("method_not_supported_for_channel_type")
    acts.join(call.world, call.install.bot, channel)
    return {"channel": shapes.channel(channel, call.install.bot)}


def history(call: Call) -> Json:
    """What was said, newest first; answers in threads only where they were sent to the channel as well.

    The first page is the newest; but where `oldest` is given and `latest` is not, it is the one next to `oldest` (docs
    of channels.history, whose rules these are).
    """
    channel = call.channel(history=True)
    shown = [one for one in channel.messages.values() if one.thread_ts in {None, one.ts} or one.broadcast]
    page, more = _page(call, _between(call, shown), forward=_forward(call))
    return _said(call, page[::-1], more)


def replies(call: Call) -> Json:
    """A thread: its root, on every page, then answers, oldest first on a page. The first page is the newest (dust-tt).

    Where `oldest` is given and `latest` is not, nobody knows: `World.forward` says.
    """
    channel = call.channel(history=True)
    root = found(channel, call.need("ts"), "thread_not_found")
    if root.thread_ts and root.thread_ts != root.ts:  # of an answer Slack gives that answer alone
        return _said(call, [root], {"next_cursor": ""})
    said = _between(call, channel.replies(root.ts))
    page, more = _page(call, said, forward=call.world.forward and _forward(call), beside=1)
    return _said(call, [root, *page], more)


def _forward(call: Call) -> bool:
    return bool(call.text("oldest")) and not call.text("latest")


def _page(call: Call, said: list[Message], *, forward: bool, beside: int = 0) -> tuple[list[Message], Json]:
    """A page, oldest first. beside: how many others are on it."""
    most = MOST_DISTRIBUTED if call.world.app.distributed else MOST_PAGE
    page, more = call.page(said if forward else said[::-1], min(100, most), most, beside=beside)
    return (page if forward else page[::-1]), more


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = call.text("oldest") or "0", call.text("latest") or LATEST
    try:
        first, last = float(oldest), float(latest)
    except ValueError:
        raise Refused("invalid_ts_latest") from None
    if call.yes("inclusive"):
        return [one for one in messages if first <= float(one.ts) <= last]
    return [one for one in messages if first < float(one.ts) < last]


def _said(call: Call, messages: list[Message], more: Json) -> Json:
    whole = call.yes("include_all_metadata")
    reply: Json = {"messages": [shapes.message(call.world, one, whole=whole) for one in messages]}
    return reply | {"has_more": bool(more["next_cursor"]), "response_metadata": more}


# reactions


def _reacted(call: Call) -> tuple[Message, str]:
    channel = call.channel()
    call.inside(channel)
    message = call.message(channel, "timestamp")
    name = call.need("name").strip(":")
    if not name.replace("_", "").replace("-", "").replace("+", "").replace(":", "").isalnum():
        raise invalid("invalid_name")
    return message, name


def react(call: Call) -> None:
    """Add a reaction."""
    message, name = _reacted(call)
    acts.react(call.world, call.install.bot, message, name)


def unreact(call: Call) -> None:
    """Take one's reaction away."""
    message, name = _reacted(call)
    acts.unreact(call.world, call.install.bot, message, name)


def reactions(call: Call) -> Json:
    """The reactions of a message."""
    channel = call.channel()
    shape = shapes.message(call.world, call.message(channel, "timestamp"))
    return {"type": "message", "channel": channel.id, "message": {"reactions": [], **shape}}


METHODS = {
    "conversations.open": Method(open_, ("im:write", "mpim:write")),
    "conversations.info": Method(info, ANY_READ),
    "conversations.list": Method(list_, ANY_READ, tier=2),
    "users.conversations": Method(own, ANY_READ),
    "conversations.members": Method(members, ANY_READ, tier=4),
    "conversations.join": Method(join, ("channels:join",)),
    "conversations.history": Method(history, ANY_HISTORY),
    "conversations.replies": Method(replies, ANY_HISTORY),
    "reactions.add": Method(react, ("reactions:write",)),
    "reactions.remove": Method(unreact, ("reactions:write",), tier=2),
    "reactions.get": Method(reactions, ("reactions:read",)),
}

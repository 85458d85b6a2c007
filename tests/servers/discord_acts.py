"""What anybody does to messages: the bot through REST, members through a test. Whoever may not is Refused."""

from dataclasses import replace

from tests.servers.discord_drafts import SILENT, SUPPRESSES, V2, Draft, mentions, parts
from tests.servers.discord_permissions import Permission, permitted
from tests.servers.discord_refusals import Refused, invalid, need
from tests.servers.discord_state import POSTS, Attachment, Channel, Json, Message, Reference, Thread, User
from tests.servers.discord_telling import tell, tell_of_message, tell_of_thread
from tests.servers.discord_threads import Opening, open_post, speaks_in
from tests.servers.discord_world import World

ORDINARY = {0, 19, 20, 23}  # the types of messages people and bots write themselves
SETTABLE = SUPPRESSES | SILENT | V2


def found(channel: Channel, number: int) -> Message:
    """A message of a channel. Refused: there is none."""
    if number not in channel.messages:
        raise Refused(10008)
    return channel.messages[number]


def post(world: World, author: User, channel: Channel, draft: Draft) -> Message:
    """Say something. With an enforced nonce that was used lately, what was said then."""
    _may_post(world, author, channel, draft)
    if said := _said_before(world, author, draft):
        return said
    message = written(world, author, channel, draft)
    if isinstance(channel, Thread):
        speaks_in(world, author, channel)
    keep(world, message)
    return message


def hook(world: World, channel: Channel, name: str, draft: Draft) -> Message:
    """Say something by a webhook."""
    message = written(world, User(id=world.snowflake(), name=name, bot=True), channel, draft)
    message.webhook = message.author.id
    keep(world, message)
    return message


def _may_post(world: World, author: User, channel: Channel, draft: Draft) -> None:
    if channel.kind in POSTS:
        need(author, channel)
        raise Refused(40058)
    if channel.guild is None:
        _may_write_to(world, author, channel)
    speak = Permission.SEND_IN_THREADS if isinstance(channel, Thread) else Permission.SEND_MESSAGES
    need(author, channel, speak, *_needed(draft))
    if isinstance(channel, Thread) and channel.locked and not permitted(author, channel) & Permission.MANAGE_THREADS:
        raise Refused(160005)
    if draft.empty:
        raise Refused(50006)
    if draft.answers and not permitted(author, channel) & Permission.READ_HISTORY:
        raise Refused(160002)


def _needed(draft: Draft) -> list[Permission]:
    return [Permission.ATTACH_FILES] * bool(draft.uploads) + [Permission.EMBED_LINKS] * bool(draft.embeds)


def _may_write_to(world: World, author: User, channel: Channel) -> None:
    (user,) = (one for one in channel.recipients if one is not world.bot)
    if author is not world.bot:
        return
    if not any(user.id in guild.members and world.bot.id in guild.members for guild in world.guilds.values()):
        raise Refused(50278)
    if user.bot or user.blocks or not user.open:
        raise Refused(50007)


def _said_before(world: World, author: User, draft: Draft) -> Message | None:
    if not draft.nonce or not draft.once:
        return None
    said = world.nonces.get((author.id, draft.nonce))
    if said is None or world.now() - said.created > world.nonce_window:
        return None
    if said.deleted:
        raise Refused(10008)
    return said


def begin_post(world: World, author: User, forum: Channel, opening: Opening, draft: Draft) -> tuple[Thread, Message]:
    """Begin a forum's post; its first message has the thread's id, and can have no nonce."""
    if draft.empty:
        raise Refused(50006)
    need(author, forum, *_needed(draft))
    thread = open_post(world, author, forum, opening)
    message = written(world, author, thread, replace(draft, nonce=None, answers=None))
    message.id = thread.id
    tell_of_thread(world, "THREAD_CREATE", thread, new=True)
    keep(world, message)
    return thread, message


def written(world: World, author: User, channel: Channel, draft: Draft) -> Message:
    """A draft as a message, not yet in its channel."""
    message = Message(
        id=world.snowflake(),
        channel=channel,
        author=author,
        created=world.now(),
        content=draft.content or "",
        nonce=draft.nonce,
        embeds=draft.embeds or [],
        components=draft.components or [],
        flags=draft.flags & SETTABLE,
        stickers=draft.stickers,
        poll=draft.poll,
        forwarded=draft.forwards,
    )
    _attach(world, message, draft)
    answered = _answered(message, draft)
    if draft.forwards:
        there = draft.forwards.channel
        message.reference = Reference(there.id, draft.forwards.id, there.guild.id if there.guild else None)
    _mention(world, message, draft, answered)
    return message


def keep(world: World, message: Message) -> None:
    """Put a message into its channel, and tell."""
    message.channel.messages[message.id] = message
    if message.nonce:
        world.nonces[message.author.id, message.nonce] = message
    if isinstance(message.channel, Thread) and message.id != message.channel.id:
        message.channel.sent += 1
    tell_of_message(world, "MESSAGE_CREATE", message)


def _attach(world: World, message: Message, draft: Draft) -> None:
    for upload in draft.uploads:
        file = Attachment(
            id=world.snowflake(),
            name=upload.name,
            content=upload.content,
            media_type=upload.media_type,
            channel=message.channel.id,
            description=upload.description,
        )
        message.attachments.append(file)
        world.files[file.id] = file


def _answered(message: Message, draft: Draft) -> Message | None:
    """What a draft answers; it is refused what is not there, unless it said that it need not be."""
    if not draft.answers:
        return None
    number = int(draft.answers["message_id"])
    answered = message.channel.messages.get(number)
    if answered is None:
        if draft.answers.get("fail_if_not_exists", True):
            raise invalid("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
        return None
    if answered.kind not in ORDINARY:
        text = "Cannot reply to a system message"
        raise invalid("message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", text)
    guild = message.channel.guild
    message.kind, message.reference = 19, Reference(message.channel.id, number, guild.id if guild else None)
    return answered


def _mention(world: World, message: Message, draft: Draft, answered: Message | None) -> None:
    guild = message.channel.guild
    texts = [message.content] + [one.get("content") or "" for one in parts(message.components)]
    said = mentions("\n".join(texts), draft.allowed)
    members = guild.members if guild else {one.id for one in message.channel.recipients}
    message.mentions = [world.users[number] for number in said.users if number in world.users]
    message.mentioned_roles = [number for number in said.roles if guild and number in guild.roles]
    if answered and said.replied and answered.author not in message.mentions:
        message.mentions.append(answered.author)
    may = permitted(message.author, message.channel)
    message.everyone = bool(said.everyone and guild and may & Permission.MENTION_EVERYONE)
    message.pings = {one.id for one in message.mentions if one.id in members}
    every = may & Permission.MENTION_EVERYONE
    message.pings |= {one for one in message.mentioned_roles if every or (guild and guild.roles[one].mentionable)}
    message.pings |= {"everyone"} if message.everyone else set()


def edit(world: World, author: User, message: Message, draft: Draft) -> Message:
    """Write a message anew, where the draft says something."""
    channel = message.channel
    need(author, channel)
    if message.author is not author:
        raise Refused(50005)
    if message.kind not in ORDINARY:
        raise Refused(50021)
    may_change(author, channel)
    return rewrite(world, message, draft)


def may_change(who: User, channel: Channel) -> None:
    """Refused in an archived thread, and in a locked one to those who do not moderate it."""
    if not isinstance(channel, Thread):
        return
    if channel.archived:
        raise Refused(50083)
    if channel.locked and not permitted(who, channel) & Permission.MANAGE_THREADS:
        raise Refused(160005)


def rewrite(world: World, message: Message, draft: Draft) -> Message:
    """Change what the draft says, and tell."""
    if message.flags & V2 and (draft.content or draft.embeds):
        text = "This field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        raise invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    content = message.content if draft.content is None else draft.content
    embeds = message.embeds if draft.embeds is None else draft.embeds
    components = message.components if draft.components is None else draft.components
    files = [one for one in message.attachments if draft.kept is None or one.id in draft.kept]
    if not (content or embeds or components or files or draft.uploads):
        raise Refused(50006)
    message.versions.append(message.content)
    message.content, message.embeds, message.components, message.attachments = content, embeds, components, files
    message.flags |= draft.flags & SETTABLE
    _attach(world, message, draft)
    pinged = set(message.pings)
    answered = message.channel.messages.get(message.reference.message) if message.reference else None
    _mention(world, message, draft, answered)
    message.pings = pinged  # an edit notifies nobody
    message.edited = world.now()
    tell_of_message(world, "MESSAGE_UPDATE", message)
    return message


def delete(world: World, who: User, *messages: Message) -> None:
    """Take messages of one channel away; several at once are a bulk."""
    channel = messages[0].channel
    others = any(message.author is not who for message in messages)
    need(who, channel, *[Permission.MANAGE_MESSAGES] * others)
    if any(message.deleted for message in messages):
        raise Refused(10008)
    closed = isinstance(channel, Thread) and channel.archived and channel.locked
    if closed and not permitted(who, channel) & Permission.MANAGE_THREADS:
        raise Refused(50083)
    for message in messages:
        message.deleted = True
        del channel.messages[message.id]
    ids = [str(message.id) for message in messages]
    payload: Json = {"channel_id": str(channel.id)} | ({"guild_id": str(channel.guild.id)} if channel.guild else {})
    payload |= {"id": ids[0]} if len(ids) == 1 else {"ids": ids}
    name = "MESSAGE_DELETE" if len(ids) == 1 else "MESSAGE_DELETE_BULK"
    tell(world, name, channel, payload)


def typing(world: World, who: User, channel: Channel) -> None:
    """Show that somebody is typing."""
    need(who, channel, Permission.SEND_IN_THREADS if isinstance(channel, Thread) else Permission.SEND_MESSAGES)
    channel.typing.append(who)

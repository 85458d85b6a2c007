"""What members, moderators and operators do: the part of a test that is not the bot.

Whoever may not do what a test lets them do is Refused, as the bot would be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.servers import discord_acts as acts
from tests.servers import discord_reactions as reactions
from tests.servers import discord_shapes as shapes
from tests.servers import discord_threads as threads
from tests.servers.discord_drafts import Upload, draft
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_permissions import BOT, NOTHING, Permission
from tests.servers.discord_state import (
    Channel,
    Guild,
    Intent,
    Json,
    Kind,
    Member,
    Message,
    Overwrite,
    Role,
    Thread,
    User,
)
from tests.servers.discord_telling import tell_guild
from tests.servers.discord_world import World

Who = User | Member


def user_of(who: Who) -> User:
    """Somebody, wherever they are."""
    return who.user if isinstance(who, Member) else who


class Control:
    """Makes the world, and moves the people in it."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world, self._gateway = world, gateway

    def _tell(self) -> None:
        self._gateway.tell(self._world.take())

    # what there is

    def guild(self, name: str, *, bot: Permission = BOT, owner: User | None = None, number: int | None = None) -> Guild:
        """A guild with the bot in it, which may do there what its role says and what everybody may."""
        guild = self._world.found(name, owner or self._world.user(f"owner of {name}"), bot, number)
        shape = shapes.guild(self._world, guild)
        del shape["unavailable"]  # of guilds that are joined Discord says neither
        tell_guild(self._world, "GUILD_CREATE", guild, shape)
        self._tell()
        return guild

    def channel(
        self,
        guild: Guild,
        name: str,
        kind: Kind = Kind.TEXT,
        *,
        overwrites: Mapping[Role | Who, Overwrite] | None = None,
        tags: Sequence[str] = (),
        tag_needed: bool = False,
    ) -> Channel:
        """A channel of a guild: text, unless it is to be something else."""
        channel = Channel(id=self._world.snowflake(), kind=kind, name=name, guild=guild, tag_needed=tag_needed)
        channel.overwrites = {one.id: over for one, over in (overwrites or {}).items()}
        channel.tags = [self._tag(tag) for tag in tags]
        self._world.channels[channel.id] = guild.channels[channel.id] = channel
        self._channel_event("CHANNEL_CREATE", channel)
        return channel

    def _tag(self, name: str) -> Json:
        number = str(self._world.snowflake())
        return {"id": number, "name": name, "moderated": False, "emoji_id": None, "emoji_name": None}

    def _channel_event(self, name: str, channel: Channel) -> None:
        assert channel.guild
        if shapes.sees(self._world.bot, channel):
            tell_guild(self._world, name, channel.guild, shapes.channel(self._world, channel))
        self._tell()

    def overwrite(
        self, channel: Channel, whose: Role | Who, allow: Permission = NOTHING, deny: Permission = NOTHING
    ) -> None:
        """Allow or deny something in a channel."""
        saw = shapes.sees(self._world.bot, channel)
        channel.overwrites[whose.id] = Overwrite(allow, deny)
        sees = shapes.sees(self._world.bot, channel)
        name = "CHANNEL_UPDATE" if saw else "CHANNEL_CREATE"
        assert channel.guild
        if sees:
            self._channel_event(name, channel)
        elif saw:
            tell_guild(self._world, "CHANNEL_DELETE", channel.guild, shapes.channel(self._world, channel))
        if sees and not saw:
            threads.sync(self._world, channel.guild, [channel])
        self._tell()

    def role(self, guild: Guild, name: str, permissions: Permission = NOTHING, *, mentionable: bool = False) -> Role:
        """A role of a guild."""
        role = Role(
            id=self._world.snowflake(),
            name=name,
            permissions=permissions,
            position=max(len(guild.roles) - 1, 1),
            mentionable=mentionable,
        )
        guild.roles[role.id] = role
        self._role_event("GUILD_ROLE_CREATE", guild, role)
        return role

    def permit(self, guild: Guild, role: Role, permissions: Permission) -> None:
        """Change what a role may do (`guild.everybody` is one as well)."""
        role.permissions = permissions
        self._role_event("GUILD_ROLE_UPDATE", guild, role)

    def _role_event(self, name: str, guild: Guild, role: Role) -> None:
        tell_guild(self._world, name, guild, {"guild_id": str(guild.id), "role": shapes.role(role)})
        self._tell()

    def user(self, name: str, *, bot: bool = False, locale: str = "en-US") -> User:
        """Somebody who is in no guild yet."""
        return self._world.user(name, bot=bot, locale=locale)

    def member(self, guild: Guild, who: str | User, *roles: Role, bot: bool = False, locale: str = "en-US") -> Member:
        """Somebody, new or known, in a guild."""
        user = who if isinstance(who, User) else self._world.user(who, bot=bot, locale=locale)
        member = Member(user=user, guild=guild, roles=list(roles), joined=self._world.now())
        guild.members[user.id] = member
        self._member_event("GUILD_MEMBER_ADD", member)
        return member

    def give(self, member: Member, *roles: Role) -> None:
        """Let somebody have exactly these roles."""
        member.roles = list(roles)
        self._member_event("GUILD_MEMBER_UPDATE", member)

    def leave(self, member: Member) -> None:
        """Let somebody leave a guild; the bot too: then it is told that the guild is gone."""
        del member.guild.members[member.id]
        if member.user is self._world.bot:
            tell_guild(self._world, "GUILD_DELETE", member.guild, {"id": str(member.guild.id)})
        else:
            payload = {"guild_id": str(member.guild.id), "user": shapes.user(member.user)}
            tell_guild(self._world, "GUILD_MEMBER_REMOVE", member.guild, payload, Intent.MEMBERS)
        self._tell()

    def _member_event(self, name: str, member: Member) -> None:
        mine = member.user is self._world.bot
        payload = shapes.member(member) | {"guild_id": str(member.guild.id)}
        tell_guild(self._world, name, member.guild, payload, Intent.GUILDS if mine else Intent.MEMBERS)
        self._tell()

    def outage(self, guild: Guild, *, over: bool = False) -> None:
        """A guild cannot be reached, or can again."""
        guild.available = over
        payload = shapes.guild(self._world, guild) if over else {"id": str(guild.id), "unavailable": True}
        tell_guild(self._world, "GUILD_CREATE" if over else "GUILD_DELETE", guild, payload)
        self._tell()

    def dm(self, who: Who) -> Channel:
        """The DM of somebody and the bot."""
        return self._world.dm(user_of(who))

    # what people do

    async def says(
        self,
        who: Who,
        where: Channel,
        text: str,
        *,
        reply_to: Message | None = None,
        mentions: Sequence[Who | Role] = (),
        attachments: Sequence[Upload] = (),
        ping: bool = True,
        stickers: Sequence[str] = (),
        poll: Sequence[str] = (),
        forwards: Message | None = None,
    ) -> Message:
        """Somebody says something.

        mentions  put before the text; ping: whether a reply notifies
        poll      the question, then the answers; forwards: a message, as it is now
        """
        names = [f"<@&{one.id}>" if isinstance(one, Role) else f"<@{one.id}>" for one in mentions]
        body: Json = {"content": " ".join([*names, text]) if text or names else None}
        if reply_to:
            body["message_reference"] = {"message_id": reply_to.id, "channel_id": reply_to.channel.id}
            body["allowed_mentions"] = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        whole = replace(draft(body, tuple(attachments)), stickers=tuple(stickers), poll=tuple(poll), forwards=forwards)
        message = acts.post(self._world, user_of(who), where, whole)
        self._tell()
        return message

    async def hooks(self, name: str, where: Channel, text: str) -> Message:
        """A webhook says something, under this name."""
        message = acts.hook(self._world, where, name, draft({"content": text}))
        self._tell()
        return message

    async def edits(self, who: Who, message: Message, text: str) -> Message:
        """Somebody writes their message anew."""
        acts.edit(self._world, user_of(who), message, draft({"content": text}))
        self._tell()
        return message

    async def deletes(self, who: Who, *messages: Message) -> None:
        """Somebody takes messages of one channel away, as a bulk where they are several."""
        acts.delete(self._world, user_of(who), *messages)
        self._tell()

    async def reacts(self, who: Who, message: Message, emoji: str) -> None:
        """Somebody adds a reaction."""
        reactions.react(self._world, user_of(who), message, emoji)
        self._tell()

    async def unreacts(self, who: Who, message: Message, emoji: str, whose: Who | None = None) -> None:
        """Somebody takes a reaction away, their own or another's."""
        reactions.unreact(self._world, user_of(who), message, emoji, user_of(whose) if whose else None)
        self._tell()

    async def clears(self, who: Who, message: Message, emoji: str | None = None) -> None:
        """A moderator takes all reactions away, or all of an emoji."""
        reactions.clear_reactions(self._world, user_of(who), message, emoji)
        self._tell()

    async def begins(self, who: Who, at: Message, name: str) -> Thread:
        """Somebody begins a thread at a message."""
        thread = threads.from_message(self._world, user_of(who), at, threads.Opening(name=name))
        self._tell()
        return thread

    async def asks(self, who: Who, forum: Channel, name: str, text: str, tags: Sequence[str] = ()) -> Thread:
        """Somebody begins a post in a forum."""
        applied = [int(tag["id"]) for tag in forum.tags if tag["name"] in tags]
        opening = threads.Opening(name=name, kind=Kind.PUBLIC_THREAD, applied=applied)
        thread, _ = acts.begin_post(self._world, user_of(who), forum, opening, draft({"content": text}))
        self._tell()
        return thread

    async def invites(self, who: Who, thread: Thread, *whom: Who) -> None:
        """Somebody adds people to a thread, the bot perhaps."""
        threads.invite(self._world, user_of(who), thread, *[user_of(one) for one in whom])
        self._tell()

    async def begins_private(self, who: Who, where: Channel, name: str, *, invitable: bool = True) -> Thread:
        """Somebody begins a private thread. invitable: others in it may add people."""
        opening = threads.Opening(name=name, kind=Kind.PRIVATE_THREAD, invitable=invitable)
        thread = threads.alone(self._world, user_of(who), where, opening)
        self._tell()
        return thread

    async def changes(self, who: Who, thread: Thread, **asked: object) -> Thread:
        """Somebody changes a thread: name, locked, archived, auto_archive_duration, applied_tags."""
        threads.change(self._world, user_of(who), thread, asked)
        self._tell()
        return thread

    async def locks(self, who: Who, thread: Thread) -> None:
        """A moderator locks a thread."""
        await self.changes(who, thread, locked=True)

    async def unlocks(self, who: Who, thread: Thread) -> None:
        """A moderator unlocks a thread, and un-archives it with that."""
        await self.changes(who, thread, locked=False, archived=False)

    async def archives(self, who: Who, thread: Thread) -> None:
        """Somebody archives a thread."""
        await self.changes(who, thread, archived=True)

    async def unarchives(self, who: Who, thread: Thread) -> None:
        """Somebody un-archives a thread."""
        await self.changes(who, thread, archived=False)

    async def removes(self, who: Who, thread: Thread) -> None:
        """A moderator deletes a thread."""
        threads.remove(self._world, user_of(who), thread)
        self._tell()

    def expires(self, thread: Thread) -> None:
        """A thread is archived by itself, as nobody has said anything for long."""
        threads.expire(self._world, thread)
        self._tell()

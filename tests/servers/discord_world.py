"""Everything there is on the local Discord, with its ids and its clock."""

from datetime import UTC, datetime, timedelta

from tests.servers.discord_permissions import EVERYBODY, Permission
from tests.servers.discord_state import (
    Application,
    Attachment,
    Channel,
    Guild,
    Interaction,
    Json,
    Kind,
    Member,
    Message,
    Now,
    Role,
    Told,
    User,
)

EPOCH = 1_420_070_400_000  # milliseconds; snowflakes count from 2015


class World:
    """Everything there is, and what the bot is still to be told of it."""

    def __init__(self, now: Now = lambda: datetime.now(UTC), *, nonce_window: timedelta = timedelta(minutes=2)) -> None:
        self.now, self.nonce_window = now, nonce_window
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.files: dict[int, Attachment] = {}
        self.nonces: dict[tuple[int, str], Message] = {}
        self.commands: dict[int, dict[tuple[int, str], Json]] = {}  # by guild, 0 for all; by type and name
        self.registered: dict[int, list[datetime]] = {}  # when a command was made anew
        self.interactions: dict[int, Interaction] = {}
        self.audit: dict[int, list[Json]] = {}  # by guild, what was done to its threads; oldest first
        self.pending: list[Told] = []
        self.url = ""  # where files are
        self._last = 0
        self.bot = self.user("Fairwell", bot=True)
        self.application = Application(id=self.bot.id, name="Fairwell", owner=self.user("operator"))

    def snowflake(self) -> int:
        """The next id; it holds the time it was made, and is greater than every one before."""
        at = int(self.now().timestamp() * 1000) - EPOCH
        self._last = max(self._last + 1, at << 22)
        return self._last

    def user(self, name: str, *, bot: bool = False, locale: str = "en-US") -> User:
        """Somebody new."""
        user = User(id=self.snowflake(), name=name, bot=bot, locale=locale)
        self.users[user.id] = user
        return user

    def found(self, guild: str, owner: User, mine: Permission, number: int | None = None) -> Guild:
        """A new guild with the bot in it."""
        new = Guild(id=number or self.snowflake(), name=guild, owner=owner)
        new.roles[new.id] = Role(id=new.id, name="@everyone", permissions=EVERYBODY, position=0)
        own = Role(id=self.snowflake(), name=self.bot.name, permissions=mine, managed=True)
        new.roles[own.id] = own
        for user, roles in ((owner, []), (self.bot, [own])):
            new.members[user.id] = Member(user=user, guild=new, roles=list(roles), joined=self.now())
        self.guilds[new.id] = new
        return new

    def dm(self, user: User) -> Channel:
        """The DM of a user and the bot."""
        for channel in self.channels.values():
            if channel.kind is Kind.DM and user in channel.recipients:
                return channel
        channel = Channel(id=self.snowflake(), kind=Kind.DM, recipients=(user, self.bot))
        self.channels[channel.id] = channel
        return channel

    def tell(self, told: Told) -> None:
        """Let the bot know, as soon as the one who does this is through."""
        self.pending.append(told)

    def take(self) -> list[Told]:
        """What the bot is to be told, once."""
        taken, self.pending = self.pending, []
        return taken

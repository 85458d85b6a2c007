"""What the bot may do in a server, what it lacks there and how that is mended: for those who run it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import discord

from adapters.discord import names
from adapters.discord.operators.findings import Channel, Findings, Lack, look
from adapters.discord.outgoing.escaping import literal
from adapters.discord.people.desk import Interaction, Visit
from bot.domain.conversation import Place
from bot.domain.naming import shown
from bot.reply.texts import Words

LONGEST = 1900  # characters of an answer; Discord takes 2,000
MANY = 10  # channels that are named in a line; the file names all

Seen = tuple[discord.Member, Sequence[object]]  # the bot in a server, and the channels there


@dataclass(frozen=True, slots=True)
class Naming:
    """How channels and roles are named, and how many of them in a line (None: all)."""

    channel: Callable[[Channel], str]
    role: Callable[[discord.Role], str]
    known: Callable[[str], str]  # an id from the settings
    most: int | None = None


MENTIONED = Naming(lambda channel: channel.mention, lambda role: role.mention, literal, MANY)
NAMED = Naming(
    lambda channel: f"#{shown(channel.name)} ({channel.id})",
    lambda role: f"{shown(role.name)} ({role.id})",
    shown,
)


async def check(visit: Visit) -> None:
    """Look at all channels in which the bot is to answer, at the moderators' one, and at who may look at endings."""
    guild = visit.interaction.guild
    if guild is None or not may_run(visit.interaction):
        await visit.say(visit.words.discord.check.only)
        return
    seen = await see(visit, guild)
    await report(visit, look(*seen, visit.desk.configuration.settings.at(Place(names.NAME, str(guild.id), ""))))


def may_run(interaction: Interaction) -> bool:
    """Whether whoever asks may manage the server, now."""
    may = interaction.permissions
    return interaction.guild is not None and (may.manage_guild or may.administrator)


async def see(visit: Visit, guild: discord.Guild) -> Seen:
    """A server, as the library knows it; else Discord is asked. Raises Denied, PlatformError."""
    if guild.unavailable:  # the gateway has not told of it
        return await visit.desk.requests.ask(lambda client: fetched(client, guild.id))
    return guild.me, guild.channels


async def fetched(client: discord.Client, guild: int) -> Seen:
    """A server as REST tells of it. Raises discord.DiscordException."""
    there = await client.fetch_guild(guild, with_counts=False)
    return await there.fetch_member(client.user.id if client.user else 0), await there.fetch_channels()


async def report(visit: Visit, findings: Findings, head: Sequence[str] = ()) -> None:
    """Answer with a heading and what was found; what is too long to read goes into a file, whole."""
    check = visit.words.discord.check
    about = list(_about_bot(visit))

    def lines(naming: Naming) -> list[str]:
        return [*head, *(f"- {each}" for each in (*told(findings, visit.words, naming), *about))]

    short, full = lines(MENTIONED), lines(NAMED)
    if lines(replace(MENTIONED, most=None)) == short and len("\n".join(short)) <= LONGEST:
        await visit.say("\n".join(short))
        return
    kept = list[str]()
    for line in short:
        if len("\n".join((*kept, line))) + len(check.whole) + 1 > LONGEST:
            break
        kept.append(line)
    await visit.say("\n".join((*kept, check.whole)), file=("fairwell-check.txt", "\n".join(full).encode()))


def told(findings: Findings, words: Words, naming: Naming) -> Iterator[str]:
    """What was found, in sentences."""
    texts = words.discord.check
    if findings.well:
        yield texts.well(count=findings.well)
    if findings.nowhere:
        yield texts.nowhere
    for lack in findings.lacks:
        text = texts.lacks if lack.denied else texts.lacks_everywhere
        yield text(channel=_several(lack.channels, naming, words), names=_permissions(lack, words))
    for name in dict.fromkeys(name for lack in findings.lacks for name in lack.names):
        yield f"{texts.permissions[name]}: {texts.why[name]}"
    for lack in findings.further:
        yield texts.further(channel=_several(lack.channels, naming, words), names=_permissions(lack, words))
    if findings.gone:
        yield texts.missing(who=", ".join(map(naming.known, findings.gone)))
    if findings.no_forums:
        yield texts.no_forum(channel=_several(findings.no_forums, naming, words))
    yield from _desk(findings, words, naming)
    yield from _reviewers(findings, words, naming)


def _desk(findings: Findings, words: Words, naming: Naming) -> Iterator[str]:
    texts = words.discord.check
    if not findings.called:
        yield texts.no_desk
    elif findings.desk is None:
        yield texts.gone
    elif findings.public:
        yield texts.public(channel=naming.channel(findings.desk))


def _reviewers(findings: Findings, words: Words, naming: Naming) -> Iterator[str]:
    texts = words.discord.check
    if findings.roles:
        yield texts.roles(who=", ".join(map(naming.role, findings.roles)))
    if findings.unknown:
        yield texts.no_role(who=", ".join(map(naming.known, findings.unknown)))
    if not findings.roles and not findings.unknown:
        yield texts.nobody
    if findings.silent:
        yield texts.silent(who=", ".join(map(naming.role, findings.silent)))


def _about_bot(visit: Visit) -> Iterator[str]:
    texts, client = visit.words.discord.check, visit.interaction.client
    if not client.intents.message_content:
        yield texts.mentions
    if not visit.desk.listed():
        yield texts.unlisted


def _several(channels: Sequence[Channel], naming: Naming, words: Words) -> str:
    shown = ", ".join(map(naming.channel, channels[: naming.most]))
    left = len(channels[naming.most :]) if naming.most else 0
    return f"{shown} {words.discord.check.more(count=left)}" if left else shown


def _permissions(lack: Lack, words: Words) -> str:
    return ", ".join(words.discord.check.permissions[name] for name in lack.names)

"""How the bot is set up in a server: its admins see it, and change it by what they type or choose from lists.

Whoever may manage the server may do that. It is looked at each time: when a command is used, a list or a button is
pressed, a form is sent.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import discord

from adapters.discord import names
from adapters.discord.operators.checking import Seen, may_run, report, see
from adapters.discord.operators.findings import look
from adapters.discord.operators.permissions import AT_THE_DESK, lacking
from adapters.discord.outgoing.escaping import literal
from adapters.discord.outgoing.sending import Denied, Post
from adapters.discord.people.desk import Desk, Interaction, Visit
from adapters.discord.people.pressing import (
    Panel,
    Part,
    button,
    channels_list,
    entered,
    form,
    line,
    named,
    options,
    panel,
    picked,
    roles_list,
    row,
)
from adapters.discord.people.transcripts import mention
from bot.boundary.ladder import Ladder
from bot.care.country import countries, parse_country
from bot.domain.conversation import Place
from bot.errors import ConfigError, PlatformError, where
from bot.reply.texts import Words
from bot.reply.wording import own_name
from bot.settings.model import Local

log = logging.getLogger(__name__)

LIST, ASK, ANSWER = "set", "country", "placed"  # the first part of an id: of a list, the button, and its form
WIDER = "-"  # chosen instead of a value: what holds everywhere is to hold here
MOST_SAID = 500  # characters of one fault
SHOWN = 5  # of several, on each side of an arrow
MOST = 25  # in a list

# What is shown and can be changed, in this order: keys of a [[space]] table.
KEYS = ("moderators", "moderator_roles", "channels", "forums", "plain_replies", "language", "country", "ladder")

TEXT, FORUM = (discord.ChannelType.text, discord.ChannelType.news), (discord.ChannelType.forum,)

Changes = Mapping[str, object]  # by key of a [[space]] table; None takes one back


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants to have changed. Channels and roles by their ids; None: nothing is said about it.

    answer_in, forum  a channel to answer in, and whether it is a forum
    """

    moderators: int | None = None
    role: int | None = None
    without_role: int | None = None
    country: str | None = None
    language: str | None = None
    ladder: str | None = None
    answer_in: int | None = None
    forum: bool = False
    not_in: int | None = None
    plain_replies: bool | None = None


class _Refused(Exception):
    """It cannot be done; the text is for whoever asked."""


async def set_up(visit: Visit, asked: Asked) -> None:
    """Change what is asked for; if that is nothing, show what is set, with lists to choose from."""
    guild = await _guild(visit)
    if guild is None:
        return
    if asked == Asked():
        await _show(visit, guild)
        return
    try:
        changes = _changes(visit, asked)
    except _Refused as refused:
        await _untouched(visit, [str(refused)])
    else:
        await _change(visit, guild, changes)


async def choose(desk: Desk, interaction: Interaction, key: str) -> None:
    """Somebody chose from a list."""
    await desk.attend(interaction, partial(_chosen, key=key, values=picked(interaction)))


async def ask_country(desk: Desk, interaction: Interaction, _: str) -> None:
    """Somebody wants to choose a country, of which there are too many for a list."""
    words = desk.at_once(interaction).discord
    if not may_run(interaction):
        await desk.refuse(interaction, words.check.only)
        return
    await desk.show(interaction, form(named(ANSWER, interaction.id), words.forms.country))


async def place(desk: Desk, interaction: Interaction, _: str) -> None:
    """Somebody entered a country, or nothing to take it back."""
    await desk.attend(interaction, partial(set_up, asked=Asked(country=entered(interaction) or WIDER)))


def preset(ladder: Ladder, words: Words) -> str:
    """A ladder in a line of a list."""
    return words.discord.setup.preset(
        name=ladder.name,
        redirections=ladder.redirections,
        warnings=ladder.warnings,
        hours=round(ladder.forgive_after.total_seconds() / 3600),
    )


async def _guild(visit: Visit) -> discord.Guild | None:
    """The server, if whoever asks may set the bot up there; otherwise they are told."""
    if may_run(visit.interaction):
        return visit.interaction.guild
    await visit.say(visit.words.discord.check.only)
    return None


async def _chosen(visit: Visit, *, key: str, values: Sequence[str]) -> None:
    guild = await _guild(visit)
    if guild is None:
        return
    if key not in KEYS:  # nobody is shown a list for anything else
        await visit.say(visit.words.discord.setup.unchanged)
        return
    if key in {"moderator_roles", "channels", "forums"}:
        chosen: object = list(values) or None
    elif key == "plain_replies":
        chosen = values == ("on",) or None
    else:
        chosen = values[0] if values and values[0] != WIDER else None
    await _change(visit, guild, {key: chosen})


def _changes(visit: Visit, asked: Asked) -> Changes:
    """What is to be changed. Raises _Refused."""
    local, texts = _local(visit), visit.words.discord.setup
    changes: dict[str, object] = {}
    if asked.moderators is not None:
        changes["moderators"] = str(asked.moderators)
    if asked.role is not None or asked.without_role is not None:
        changes["moderator_roles"] = _with(local.moderator_roles, asked.role, asked.without_role)
    if asked.country is not None:
        code = None if asked.country == WIDER else parse_country(asked.country)
        if code is None and asked.country != WIDER:
            raise _Refused(texts.country_unknown(place=literal(asked.country)))
        changes["country"] = code
    if asked.language is not None:
        changes["language"] = None if asked.language == WIDER else asked.language
    if asked.ladder is not None:
        changes["ladder"] = None if asked.ladder == WIDER else asked.ladder
    if asked.plain_replies is not None:
        changes["plain_replies"] = asked.plain_replies or None
    return {**changes, **_places(visit, asked)}


def _places(visit: Visit, asked: Asked) -> Changes:
    """Where it is to answer. Raises _Refused."""
    local, texts = _local(visit), visit.words.discord.setup
    add, forum, gone = asked.answer_in, asked.answer_in if asked.forum else None, asked.not_in
    channels = _with(local.channels, None if asked.forum else add, gone)
    forums = _with(local.forums, forum, gone)
    if gone is not None and local.channels and not channels:
        raise _Refused(texts.last(channel=f"<#{gone}>"))
    if gone is not None and not local.channels and str(gone) not in local.forums:
        raise _Refused(texts.all_already)
    changes = {"channels": channels, "forums": forums}
    return {key: value for key, value in changes.items() if (value or []) != list(getattr(local, key))}


def _with(known: Sequence[str], added: int | None, gone: int | None) -> list[str] | None:
    """A list with one more and one less; None: nothing is left in it."""
    every = dict.fromkeys((*known, *([str(added)] if added is not None else ())))
    return [each for each in every if each != str(gone)] or None


async def _change(visit: Visit, guild: discord.Guild, changes: Changes) -> None:
    """Change it, if it is as it must be. Then tell what has changed, and what is still lacking."""
    desk, before, seen = visit.desk, _local(visit), await see(visit, guild)
    if refused := list(_refused(visit, before, changes, seen)):
        await _untouched(visit, refused)
        return
    try:
        await desk.hearing.bot.set_up(f"{names.NAME}:{guild.id}", changes, visit.member)
    except ConfigError as fault:
        await _not_taken(visit, guild, fault)
        return
    after, texts = _local(visit), visit.words.discord.setup
    changed = list(_compared(before, after, visit.words))
    if changed:
        await _tell_moderators(visit, before, after)
    head = [texts.done, *changed] if changed else [texts.unchanged]
    await report(visit, look(*seen, after), head)


def _refused(visit: Visit, before: Local, changes: Changes, seen: Seen) -> Iterator[str]:
    """Why it cannot be as it is to be: channels and roles that are not there, or that do not serve."""
    (me, every), texts = seen, visit.words.discord
    channels = {str(each.id): each for each in every if isinstance(each, discord.abc.GuildChannel)}
    desk = changes.get("moderators")
    if isinstance(desk, str):
        there = channels.get(desk)
        absent = lacking(there.permissions_for(me), AT_THE_DESK) if there else ("view_channel",)
        if not isinstance(there, discord.TextChannel) or "view_channel" in absent:
            yield texts.setup.not_there(channel=f"<#{desk}>")
        elif absent:
            yield texts.check.lacks(
                channel=there.mention, names=", ".join(texts.check.permissions[each] for each in absent)
            )
    for key, kinds in (("channels", (discord.TextChannel, discord.ForumChannel)), ("forums", (discord.ForumChannel,))):
        for each in _added(before, changes, key):
            if not isinstance(channels.get(each), kinds):
                yield texts.setup.not_there(channel=f"<#{each}>")
    for each in _added(before, changes, "moderator_roles"):
        role = me.guild.get_role(int(each))
        if role is None:
            yield texts.setup.no_role(who=literal(each))
        elif role.is_default():
            yield texts.setup.everybody


def _added(before: Local, changes: Changes, key: str) -> Sequence[str]:
    """What a list has more than before."""
    now = changes.get(key)
    return [each for each in now if each not in getattr(before, key)] if isinstance(now, list) else []


async def _untouched(visit: Visit, why: Sequence[str]) -> None:
    await visit.say("\n".join((visit.words.discord.setup.untouched, *(f"- {each}" for each in why))))


async def _not_taken(visit: Visit, guild: discord.Guild, fault: ConfigError) -> None:
    """Tell why it was not taken, as far as it is about this server; what is to be written by hand is in a file."""
    texts, directory = visit.words.discord.setup, str(visit.desk.configuration.settings.directory)
    own = [each for each in fault.faults if str(guild.id) in each]
    said = [each.replace(directory, "config").partition("\n") for each in own]
    why = [literal(first)[:MOST_SAID] for first, _, _ in said] or [texts.elsewhere]
    by_hand = "\n".join(rest for _, _, rest in said if rest)
    lines = [texts.untouched, *(f"- {each}" for each in why[:SHOWN]), *([texts.file] if by_hand else [])]
    await visit.say("\n".join(lines), file=(f"{names.NAME}-{guild.id}.toml", by_hand.encode()) if by_hand else None)


async def _tell_moderators(visit: Visit, before: Local, after: Local) -> None:
    """Tell moderators who has changed what, where they were called and where they are called now; best effort."""
    words = visit.desk.words(_space(visit), "")
    said = words.discord.setup.audit(who=mention(visit.member.id))
    text = "\n".join((said, *_compared(before, after, words)))
    called = dict.fromkeys(local.moderators.channel for local in (before, after) if local.moderators)
    for number, channel in enumerate(each for each in called if each.isdecimal()):
        nonce = names.nonce(names.interacted(visit.interaction.id), number, "setup")
        try:
            await visit.desk.hearing.posts.put(int(channel), Post(nonce=nonce, text=text))
        except (Denied, PlatformError) as fault:
            log.warning("%s: a channel is not told: %s", names.interacted(visit.interaction.id), where(fault))


def _compared(before: Local, after: Local, words: Words) -> Iterator[str]:
    """What has changed, and from what to what."""
    texts = words.discord.setup
    for key in KEYS:
        was, now = _value(before, key), _value(after, key)
        if was != now:
            said = {"before": _said(key, was, now, words), "after": _said(key, now, was, words)}
            yield texts.changed(what=texts.names[key], **said)


def _value(local: Local, key: str) -> tuple[str, ...] | str | bool:
    """What is set, by its key."""
    match key:
        case "moderators":
            return local.moderators.channel if local.moderators else ""
        case "ladder":
            return local.ladder.name
    found: tuple[str, ...] | str | bool = getattr(local, key)
    return found


def _said(key: str, value: object, other: object, words: Words) -> str:
    """A value in words; of several those first that `other` does not have."""
    texts = words.discord.setup
    match key, value:
        case _, bool():
            return texts.on if value else texts.off
        case "channels", ():
            return texts.all
        case _, "" | ():
            return texts.none
        case "country", str():
            return countries(words.language).get(value, value)
        case "language", str():
            return own_name(value)
        case "moderators", str():
            return _pointed("#", value)
        case _, tuple():
            first = sorted(value, key=lambda each: isinstance(other, tuple) and each in other)
            shown = ", ".join(_pointed("@&" if key == "moderator_roles" else "#", each) for each in first[:SHOWN])
            left = len(value) - SHOWN
            return f"{shown} {words.discord.check.more(count=left)}" if left > 0 else shown
    return literal(str(value))


def _pointed(sign: str, number: str) -> str:
    """A channel or a role from the settings, in which anything may stand."""
    return f"<{sign}{number}>" if number.isascii() and number.isdigit() else literal(number)


async def _show(visit: Visit, guild: discord.Guild) -> None:
    """What is set, with lists to choose from."""
    local, texts = _local(visit), visit.words.discord.setup
    seen = await see(visit, guild)
    items: list[Part] = [line(texts.intro)]
    for key in KEYS:
        items.append(line(f"**{texts.names[key]}**\n-# {texts.hints[key]}"))
        if key == "country":
            items.append(line(_said(key, local.country, "", visit.words)))
            items.append(row(button(named(ASK), visit.words.discord.buttons.country)))
        elif len(there := _there(key, local, seen)) > MOST:
            items.append(line(texts.too_many(count=len(there))))
        else:
            items.append(row(_listed(visit, key, local, there)))
    shown = panel(*items)
    await visit.desk.requests.ask(lambda _: visit.interaction.edit_original_response(view=shown))


def _there(key: str, local: Local, seen: Seen) -> Sequence[discord.Object]:
    """The channels or roles that are set and that are there: Discord shows no list that begins with any others."""
    me, channels = seen
    value = _value(local, key)
    known = {str(each.id) for each in (*channels, *me.guild.roles) if isinstance(each, discord.abc.Snowflake)}
    every = value if isinstance(value, tuple) else (str(value),)
    return [discord.Object(int(each)) for each in every if each in known]


def _listed(visit: Visit, key: str, local: Local, there: Sequence[discord.Object]) -> discord.ui.Item[Panel]:
    """The list that a setting is chosen from, with what is set now."""
    known, texts, custom_id = visit.desk.configuration, visit.words.discord.setup, named(LIST, key)
    wider = {WIDER: texts.as_everywhere}
    match key:
        case "moderators":
            return channels_list(custom_id, TEXT, there, most=1)
        case "moderator_roles":
            return roles_list(custom_id, there, most=MOST)
        case "channels":
            return channels_list(custom_id, TEXT + FORUM, there, most=MOST)
        case "forums":
            return channels_list(custom_id, FORUM, there, most=MOST)
        case "language":
            spoken = {each: own_name(each) for each in known.wording.languages}
            return options(custom_id, _cut(wider | spoken), local.language)
        case "ladder":
            ladders = {each.name: preset(each, visit.words) for each in known.settings.ladders.values()}
            return options(custom_id, _cut(wider | ladders), local.ladder.name)
    return options(custom_id, {"on": texts.on, "off": texts.off}, "on" if local.plain_replies else "off")


def _cut(listed: Mapping[str, str]) -> Mapping[str, str]:
    return dict(list(listed.items())[:MOST])


def _space(visit: Visit) -> Place:
    """The server as a whole."""
    return Place(names.NAME, str(visit.interaction.guild_id), "")


def _local(visit: Visit) -> Local:
    """What is set there now."""
    return visit.desk.configuration.settings.at(_space(visit))

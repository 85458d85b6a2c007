"""How the bot is set up in a workspace: its admins see it in a form, and change it there.

Whether somebody is an admin is looked at when the form is asked for, and again when it is sent. Of a form that was
sent only what was changed in it counts: what another admin has changed meanwhile stays.
"""

import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.slack import names
from adapters.slack.operators.checking import here, may_run, report
from adapters.slack.operators.findings import groups_of, room
from adapters.slack.outgoing.blocks import Block
from adapters.slack.outgoing.post import Post
from adapters.slack.outgoing.sending import Denied
from adapters.slack.people.desk import Desk, Visit
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.surfaces import (
    choices,
    field_of,
    kept,
    modal,
    named,
    options,
    picked,
    plain,
    quoted,
    recalled,
    said,
    text_of,
)
from bot.boundary.ladder import Ladder
from bot.care.country import countries
from bot.domain.conversation import Place
from bot.errors import ConfigError, PlatformError, where
from bot.reply.texts import Words
from bot.reply.wording import own_name
from bot.settings.model import Local

log = logging.getLogger(__name__)

SETUP = "setup"  # the id of the form
WIDER = "-"  # chosen instead of a value: what holds everywhere is to hold here
GROUPS, PEOPLE = "groups", "people"  # the two fields of those who may look at endings
SHOWN = 5  # of several, on each side of an arrow
MOST_SAID = 500  # characters of one fault

# What is shown and can be changed, in this order: keys of a [[space]] table.
KEYS = ("moderators", "moderator_roles", "channels", "country", "language", "ladder")

Changes = Mapping[str, object]  # by key of a [[space]] table; None takes one back


async def show(visit: Visit) -> None:
    """Show what is set, as a form."""
    if not await may_run(visit):
        return
    team, texts = visit.interaction.team, visit.words.slack
    fields = list(_fields(visit, await groups_of(visit.desk.hearing.requests, team)))
    visit.desk.hearing.profiles.want(team, {visit.interaction.user})
    await visit.show(
        modal(
            texts.setup.title,
            texts.buttons.close,
            [*said(texts.setup.intro), *fields],
            callback_id=named(SETUP),
            submit=text_of(texts.buttons.send),
            private_metadata=kept({str(each["block_id"]): _mark(_begun(each["element"])) for each in fields}),
        )
    )


async def place(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody sent that form."""
    await desk.attend(interaction, ack, _place)


def _fields(visit: Visit, groups: Mapping[str, str]) -> Iterator[Block]:
    local, words, known = here(visit), visit.words, visit.desk.configuration
    texts = words.slack.setup
    wider = {WIDER: texts.as_everywhere}
    spoken = {each: own_name(each) for each in known.wording.languages}
    ladders = {each.name: _preset(each, words) for each in known.settings.ladders.values()}
    rooms: Block = {"filter": {"include": ["public", "private"], "exclude_bot_users": True}}
    chosen = {"initial_conversation": local.moderators.channel} if local.moderators else {}
    yield _field("moderators", words, {"type": "conversations_select", **rooms, **chosen})
    if groups:
        lists = choices(dict(sorted(groups.items(), key=lambda each: each[1])), local.moderator_roles)
        yield field_of(GROUPS, texts.groups, {"type": "multi_static_select", "action_id": GROUPS, **lists})
    people = _people(local)
    users: Block = {"type": "multi_users_select", "action_id": PEOPLE} | ({"initial_users": people} if people else {})
    yield field_of(PEOPLE, texts.people, users, hint=texts.hints["moderator_roles"])
    begun = {"initial_conversations": list(local.channels)} if local.channels else {}
    yield _field("channels", words, {"type": "multi_conversations_select", **rooms, **begun})
    for key, listed, now in (
        ("country", wider | dict(countries(words.language)), local.country),
        ("language", wider | spoken, local.language),
        ("ladder", wider | ladders, local.ladder.name),
    ):
        yield _field(key, words, {"type": "static_select", **options(listed, now)})


def _field(key: str, words: Words, element: Block) -> Block:
    texts = words.slack.setup
    return field_of(key, texts.names[key], {"action_id": key, **element}, hint=texts.hints[key])


async def _place(visit: Visit) -> None:
    """Change it, if it is as it must be. Then tell what has changed, and what is still lacking."""
    if not await may_run(visit):
        return
    before, texts, team = here(visit), visit.words.slack.setup, visit.interaction.team
    changes = _changes(visit.interaction.state, recalled(visit.interaction.about), before)
    profiles, people = visit.desk.hearing.profiles, {*_people(before), *picked(visit.interaction.state, PEOPLE)}
    profiles.want(team, people)
    if refused := await _refused(visit, before, changes):
        await _untouched(visit, refused)
        return
    try:
        await visit.desk.hearing.bot.set_up(f"{names.NAME}:{team}", changes, visit.member)
    except ConfigError as fault:
        await _not_taken(visit, fault)
        return
    after = here(visit)
    known = {**await groups_of(visit.desk.hearing.requests, team), **profiles.names(team, people)}
    changed = list(_compared(changes, before, after, known, visit.words))
    if changed:
        await _tell_moderators(visit, changes, before, after, known)
    head = [texts.done, *changed] if changed else [texts.unchanged]
    await visit.say("\n".join((*head, "", await report(visit))))


def _changes(state: Mapping[str, Any], begun: Mapping[str, str], before: Local) -> Changes:
    """What is to be changed: what was changed in the form, and is not already so. begun: marks of how it was shown."""
    given = {name: picked(state, name) for name in state}
    changed = {name: values for name, values in given.items() if _mark(values) != begun.get(name)}
    wanted: dict[str, object] = {}
    if {GROUPS, PEOPLE} & changed.keys():
        groups = [each for each in before.moderator_roles if each.startswith("S")]
        wanted["moderator_roles"] = [*changed.get(GROUPS, groups), *changed.get(PEOPLE, _people(before))]
    if "channels" in changed:
        wanted["channels"] = list(changed["channels"])
    for key in ("moderators", "country", "language", "ladder"):
        if key in changed:
            wanted[key] = next((each for each in changed[key] if each != WIDER), "")
    new = (key for key, value in wanted.items() if (value or _nothing(before, key)) != _value(before, key))
    return {key: wanted[key] or None for key in new}


def _people(local: Local) -> list[str]:
    """People who may look at endings, by their ids, beside user groups."""
    return [each for each in local.moderator_roles if not each.startswith("S")]


def _begun(element: Block) -> list[str]:
    """What a field begins with, as `picked` gives what it ends with."""
    begun: Any = next((value for name, value in element.items() if name.startswith("initial_")), [])
    several = begun if isinstance(begun, list) else [begun]
    return [each["value"] if isinstance(each, Mapping) else each for each in several]


def _mark(values: Sequence[str]) -> str:
    """What tells values from others, and is short: all of them may be more than a form can remember."""
    return f"{zlib.crc32(' '.join(sorted(values)).encode()):x}"


async def _refused(visit: Visit, before: Local, changes: Changes) -> Sequence[str]:
    """Why it cannot be as it is to be: channels that the bot is not in. Raises PlatformError."""
    requests, team, texts = visit.desk.hearing.requests, visit.interaction.team, visit.words.slack.setup
    desk, channels = changes.get("moderators"), changes.get("channels")
    added = [each for each in channels if each not in before.channels] if isinstance(channels, list) else []
    asked = [*([desk] if isinstance(desk, str) else []), *added]
    rooms = [await room(requests, team, each) for each in dict.fromkeys(asked)]
    return [texts.outside(channel=f"<#{each.id}>") for each in rooms if not each.inside or each.archived]


async def _untouched(visit: Visit, why: Sequence[str], *blocks: Block) -> None:
    text = "\n".join((visit.words.slack.setup.untouched, *(f"• {each}" for each in why)))
    await visit.say(text, *blocks)


async def _not_taken(visit: Visit, fault: ConfigError) -> None:
    """Tell why it was not taken, as far as it is about this workspace, and what is to be written by hand."""
    texts, directory = visit.words.slack.setup, str(visit.desk.configuration.settings.directory)
    own = [each.replace(directory, "config").partition("\n") for each in fault.faults if visit.interaction.team in each]
    why = [quoted(first)[:MOST_SAID] for first, _, _ in own] or [texts.elsewhere]
    by_hand = "\n".join(rest for _, _, rest in own if rest)
    await _untouched(visit, why[:SHOWN], *([*said(texts.by_hand), *plain(by_hand)] if by_hand else []))


async def _tell_moderators(
    visit: Visit, changes: Changes, before: Local, after: Local, known: Mapping[str, str]
) -> None:
    """Tell moderators who has changed what, where they were called and where they are called now; best effort."""
    desk, words = visit.desk, visit.desk.words(Place(names.NAME, visit.interaction.team, ""))
    who = quoted(visit.member.name) or f"`{visit.interaction.user}`"
    text = "\n".join((words.slack.setup.audit(who=who), *_compared(changes, before, after, known, words)))
    called = dict.fromkeys(local.moderators.channel for local in (before, after) if local.moderators)
    for number, channel in enumerate(called):
        post = Post(names.post(visit.interaction.key, number, "setup"), text, tuple(said(text)))
        try:
            await desk.hearing.posts.put(visit.interaction.team, channel, None, post)
        except (Denied, PlatformError) as fault:
            log.warning("%s: a channel is not told: %s", visit.interaction.key, where(fault))


def _compared(changes: Changes, before: Local, after: Local, known: Mapping[str, str], words: Words) -> Iterator[str]:
    """What has changed, and from what to what."""
    texts = words.slack.setup
    for key in filter(changes.__contains__, KEYS):
        was, now = _value(before, key), _value(after, key)
        if was != now:
            said = {"before": _said(key, was, now, known, words), "after": _said(key, now, was, known, words)}
            yield texts.changed(what=texts.names[key], **said)


def _nothing(before: Local, key: str) -> object:
    """What is set where nothing is."""
    return "" if isinstance(_value(before, key), str) else []


def _value(local: Local, key: str) -> object:
    """What is set, by its key, as the form has it."""
    match key:
        case "moderators":
            return local.moderators.channel if local.moderators else ""
        case "ladder":
            return local.ladder.name
    found = getattr(local, key)
    return list(found) if isinstance(found, tuple) else found


def _said(key: str, value: object, other: object, known: Mapping[str, str], words: Words) -> str:
    """A value in words, by which nobody is notified; of several those first that `other` does not have."""
    texts = words.slack.setup
    match key, value:
        case "channels", []:
            return texts.all
        case _, "" | []:
            return texts.none
        case "country", str():
            return countries(words.language).get(value, value)
        case "language", str():
            return own_name(value)
        case "moderators", str():
            return f"<#{value}>"
        case _, list():
            first = sorted(value, key=lambda each: isinstance(other, list) and each in other)
            shown = ", ".join(_pointed(key, each, known) for each in first[:SHOWN])
            left = len(value) - SHOWN
            return f"{shown} {texts.more(count=left)}" if left > 0 else shown
    return quoted(str(value))


def _pointed(key: str, identity: str, known: Mapping[str, str]) -> str:
    return f"<#{identity}>" if key == "channels" else quoted(known.get(identity, identity))


def _preset(ladder: Ladder, words: Words) -> str:
    """A ladder in a line of a list."""
    return words.slack.setup.preset(
        name=ladder.name,
        redirections=ladder.redirections,
        warnings=ladder.warnings,
        hours=round(ladder.forgive_after.total_seconds() / 3600),
    )

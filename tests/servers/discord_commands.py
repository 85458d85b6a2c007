"""The application's commands, and what they must be like. Docs: interactions/application-commands."""

import re
from collections.abc import Iterator
from datetime import timedelta

import discord

from tests.servers.discord_refusals import Refused, invalid
from tests.servers.discord_rest import Call, Route
from tests.servers.discord_state import Json
from tests.servers.discord_world import World

SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
MOST = {SLASH: 100, USER_MENU: 15, MESSAGE_MENU: 15}
MOST_OPTIONS = MOST_CHOICES = 25
MOST_NEW, DAY = 200, timedelta(days=1)  # commands made anew, for each guild or for all
GROUPS = {1, 2}  # the types of options that hold others
NAME = re.compile(r"[-_'\w]{1,32}")
LOCALES = frozenset(locale.value for locale in discord.Locale)


def _scope(call: Call) -> int:
    """Whose commands: a guild's, or 0 for everybody's."""
    if call.id("application") != call.world.application.id:
        raise Refused(50001)
    guild = int(call.ids.get("guild", 0))
    if guild and guild not in call.world.guilds:
        raise Refused(50001)
    return guild


def every(call: Call) -> list[Json]:
    """What is registered."""
    return list(call.world.commands.get(_scope(call), {}).values())


def replace(call: Call) -> list[Json]:
    """Register these and no others."""
    scope, asked = _scope(call), call.asked.body
    if not isinstance(asked, list):
        raise Refused(50109)
    for number, command in enumerate(asked):
        _check(command, str(number))
    for kind, most in MOST.items():
        if sum(_kind(command) == kind for command in asked) > most:
            raise Refused(30032)
    keys = [(_kind(command), command["name"]) for command in asked]
    if len(keys) != len(set(keys)):
        twice = next(number for number, key in enumerate(keys) if key in keys[:number])
        text = "Application command names must be unique"
        raise invalid(f"{twice}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", text)
    before = call.world.commands.get(scope, {})
    _not_too_many(call.world, scope, sum(key not in before for key in keys))
    after = {key: _registered(call.world, scope, one, before.get(key)) for key, one in zip(keys, asked, strict=True)}
    call.world.commands[scope] = after
    return list(after.values())


def add(call: Call) -> Json:
    """Register one, instead of the one of its name."""
    scope, asked = _scope(call), call.asked.fields
    _check(asked, "")
    there = call.world.commands.setdefault(scope, {})
    key = _kind(asked), asked["name"]
    _not_too_many(call.world, scope, int(key not in there))
    there[key] = _registered(call.world, scope, asked, there.get(key))
    return there[key]


def remove(call: Call) -> None:
    """Take one away."""
    there = call.world.commands.get(_scope(call), {})
    key = next((key for key, one in there.items() if one["id"] == call.ids["command"]), None)
    if key is None:
        raise Refused(10063)
    del there[key]


def find(world: World, guild: int | None, kind: int, name: str) -> Json:
    """The command somebody sees under a name: a guild's own first. Refused: there is none."""
    for scope in (guild or 0, 0):
        if found := world.commands.get(scope, {}).get((kind, name)):
            return found
    raise Refused(10063)


def _kind(command: Json) -> int:
    return int(command.get("type") or SLASH)


def _not_too_many(world: World, scope: int, new: int) -> None:
    now = world.now()
    lately = [at for at in world.registered.get(scope, []) if now - at < DAY]
    if len(lately) + new > MOST_NEW:
        after = (lately[new - MOST_NEW - 1] + DAY - now).total_seconds() if lately else DAY.total_seconds()
        raise Refused(30034, more={"retry_after": after, "global": False})
    world.registered[scope] = lately + [now] * new


def _registered(world: World, scope: int, asked: Json, before: Json | None) -> Json:
    permissions = asked.get("default_member_permissions")
    shape: Json = {
        "id": before["id"] if before else str(world.snowflake()),
        "application_id": str(world.application.id),
        "version": str(world.snowflake()),
        "type": _kind(asked),
        "name": asked["name"],
        "name_localizations": asked.get("name_localizations"),
        "description": asked.get("description") or "",
        "description_localizations": asked.get("description_localizations"),
        "options": asked.get("options") or [],
        "default_member_permissions": None if permissions is None else str(permissions),
        "dm_permission": asked.get("dm_permission", True),
        "contexts": asked.get("contexts"),
        "integration_types": asked.get("integration_types") or [0],
        "nsfw": asked.get("nsfw", False),
    }
    return shape | ({"guild_id": str(scope)} if scope else {})


def _check(command: Json, where: str) -> None:
    kind, name = _kind(command), str(command.get("name") or "")
    field = f"{where}.".lstrip(".")
    if kind == SLASH:
        _check_slash(command, field)
    elif not 1 <= len(name) <= 32:
        raise invalid(f"{field}name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
    elif command.get("description"):
        text = "Context menu commands cannot have description"
        raise invalid(f"{field}description", "APPLICATION_COMMANDS_CONTEXT_MENU_DESCRIPTION", text)
    for path, one in _deep(command, field):
        for what in ("name_localizations", "description_localizations"):
            for locale, text in (one.get(what) or {}).items():
                if locale not in LOCALES:
                    raise invalid(f"{path}{what}", "BASE_TYPE_CHOICES", f"{locale} is no locale.")
                most = 32 if what == "name_localizations" and kind == SLASH and "value" not in one else 100
                if not 1 <= len(text) <= most:
                    raise invalid(f"{path}{what}.{locale}", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {most}.")


def _check_slash(command: Json, field: str) -> None:
    for path, one in _deep(command, field):
        name, description = str(one.get("name") or ""), str(one.get("description") or "")
        if "value" in one:
            if not 1 <= len(name) <= 100:
                raise invalid(f"{path}name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
            continue
        if not NAME.fullmatch(name) or name != name.lower():
            raise invalid(f"{path}name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        if not 1 <= len(description) <= 100:
            raise invalid(f"{path}description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        options, choices = one.get("options") or [], one.get("choices") or []
        if len(options) > MOST_OPTIONS or len(choices) > MOST_CHOICES:
            raise invalid(f"{path}options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        if len({option.get("name") for option in options}) != len(options):
            raise invalid(f"{path}options", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Names must be unique")
        needed = [bool(option.get("required")) for option in options if option["type"] not in GROUPS]
        if needed != sorted(needed, reverse=True):
            text = "Required options must be placed before non-required options"
            raise invalid(f"{path}options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)


def _deep(command: Json, path: str) -> Iterator[tuple[str, Json]]:
    """A command with all its options and choices, and where each is."""
    yield path, command
    for inner in ("options", "choices"):
        for number, one in enumerate(command.get(inner) or []):
            yield from _deep(one, f"{path}{inner}.{number}.")


OF_ALL = "/applications/{application}/commands"
OF_GUILD = "/applications/{application}/guilds/{guild}/commands"
ROUTES: dict[str, Route] = {
    f"{method} {base}{rest}": route
    for base in (OF_ALL, OF_GUILD)
    for method, rest, route in (
        ("GET", "", every),
        ("PUT", "", replace),
        ("POST", "", add),
        ("DELETE", "/{command}", remove),
    )
}

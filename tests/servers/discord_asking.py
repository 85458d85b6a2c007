"""What people ask the bot by commands, buttons, menus and forms: the part of a test that is not the bot."""

import secrets
from collections.abc import Mapping, Sequence

from tests.servers import discord_commands as commands
from tests.servers import discord_shapes as shapes
from tests.servers.discord_drafts import BUTTON, LOADING, Upload, parts
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_permissions import EVERYTHING, Permission, permitted
from tests.servers.discord_refusals import Refused, need
from tests.servers.discord_state import (
    Attachment,
    Channel,
    Interaction,
    Json,
    Member,
    Message,
    Role,
    Thread,
    Told,
    Use,
    User,
)
from tests.servers.discord_world import World

Value = str | int | float | bool | User | Member | Channel | Role | Upload
Who = User | Member

LABEL, ROW, INPUT, RADIO, CHECKBOX = 18, 1, 4, 21, 23
MOST_FILE = 10 * 1024 * 1024  # bytes the bot may attach


class Asking:
    """Lets people use what the bot offers. What Discord would not let them do is Refused."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world, self._gateway = world, gateway

    async def slash(
        self, who: Who, where: Channel, name: str, options: Mapping[str, Value] | None = None
    ) -> Interaction:
        """Somebody uses a command; "review list" is the command list of the group review."""
        asked, resolved = self._command(who, where, name, options or {})
        return self._ask(Use.COMMAND, who, where, asked | resolved, command=commands.SLASH)

    async def autocomplete(
        self, who: Who, where: Channel, name: str, focused: str, options: Mapping[str, Value]
    ) -> Interaction:
        """Somebody is typing an option of a command."""
        asked, _ = self._command(who, where, name, options, focused=focused)
        return self._ask(Use.TYPING, who, where, asked, command=commands.SLASH)

    async def context(self, who: Who, message: Message, name: str) -> Interaction:
        """Somebody uses a command from a message's menu. Its content is shown, whatever the bot may read."""
        where = message.channel
        command = self._allowed(who, where, commands.MESSAGE_MENU, name)
        asked = _named(command) | {
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): shapes.message(self._world, message)}},
        }
        return self._ask(Use.COMMAND, who, where, asked, command=commands.MESSAGE_MENU)

    async def press(
        self, who: Who, message: Message, custom_id: str, values: Sequence[str | User | Member | Channel | Role] = ()
    ) -> Interaction:
        """Somebody presses a button, or chooses from a select. Nobody can in a locked thread, not even a moderator."""
        user, where = _user(who), message.channel
        need(user, where)
        if message.deleted or (message.only and message.only is not user):
            raise Refused(10008)
        _usable(where)
        found = next((one for one in parts(message.components) if one.get("custom_id") == custom_id), None)
        assert found, f"there is no {custom_id}"
        assert not found.get("disabled"), f"{custom_id} is greyed out"
        asked: Json = {"custom_id": custom_id, "component_type": found["type"], "id": found.get("id", 1)}
        if found["type"] != BUTTON:
            _choosable(found, values)
            asked |= {"values": [_written(one) for one in values], "resolved": self._resolved(where, list(values))}
        return self._ask(Use.COMPONENT, who, where, asked, message=message)

    async def forges(self, who: Who, message: Message, custom_id: str, kind: Use = Use.COMPONENT) -> Interaction:
        """Somebody sends what they were never shown: a client of their own can send anything."""
        sent: Json = {"custom_id": custom_id, "component_type": BUTTON, "id": 1, "components": []}
        return self._ask(kind, who, message.channel, sent, message=message)

    async def modal(self, asked: Interaction, values: Mapping[str, str | bool | Sequence[str]]) -> Interaction:
        """Whoever was shown a form in answer sends it. values: by custom_id; the rest is left empty."""
        assert asked.modal is not None, "the bot showed no form"
        fields = [_filled(one, values) for one in asked.modal["components"]]
        unknown = values.keys() - {one["custom_id"] for one in parts(fields) if "custom_id" in one}
        assert not unknown, f"the form has no {sorted(unknown)}"
        sent: Json = {"custom_id": asked.modal["custom_id"], "components": fields}
        return self._ask(Use.MODAL, asked.user, asked.channel, sent, message=asked.message)

    # how they are asked

    def _allowed(self, who: Who, where: Channel, kind: int, name: str) -> Json:
        user, guild = _user(who), where.guild
        command = commands.find(self._world, guild.id if guild else None, kind, name)
        in_dm = command["dm_permission"] and (command["contexts"] is None or 1 in command["contexts"])
        if guild is None and not in_dm:
            raise Refused(10063)
        need(user, where, Permission.USE_COMMANDS)
        wanted = command["default_member_permissions"]
        may = permitted(user, where)
        if guild and wanted is not None and (int(wanted) & ~may or (int(wanted) == 0 and may != EVERYTHING)):
            raise Refused(50013)
        _usable(where, moderates=bool(may & Permission.MANAGE_THREADS))
        return command

    def _command(
        self, who: Who, where: Channel, name: str, options: Mapping[str, Value], *, focused: str | None = None
    ) -> tuple[Json, Json]:
        first, *rest = name.split(" ")
        command = self._allowed(who, where, commands.SLASH, first)
        asked = _named(command)
        outer, inner = asked, command
        for part in rest:
            inner = next(one for one in inner["options"] if one["name"] == part)
            step: Json = {"name": part, "type": inner["type"]}
            outer["options"] = [step]
            outer = step
        known = {one["name"]: one for one in inner.get("options") or []}
        assert not options.keys() - known.keys(), f"/{name} has no {sorted(options.keys() - known.keys())}"
        assert focused is None or known[focused].get("autocomplete"), f"nobody completes {focused}"
        missing = [one for one in known.values() if one.get("required") and one["name"] not in options]
        assert focused or not missing, f"/{name} needs {[one['name'] for one in missing]}"
        files = {key: self._file(where, value) for key, value in options.items() if isinstance(value, Upload)}
        outer["options"] = [
            {"name": key, "type": known[key]["type"], "value": str(files[key].id) if key in files else _written(value)}
            | ({"focused": True} if key == focused else {})
            for key, value in options.items()
        ]
        resolved = self._resolved(where, list(options.values()))
        resolved |= {"attachments": {str(one.id): shapes.attachment(self._world, one) for one in files.values()}}
        return asked, {"resolved": resolved}

    def _file(self, where: Channel, upload: Upload) -> Attachment:
        file = Attachment(
            id=self._world.snowflake(),
            name=upload.name,
            content=upload.content,
            media_type=upload.media_type,
            channel=where.id,
        )
        self._world.files[file.id] = file
        return file

    def _resolved(self, where: Channel, values: Sequence[object]) -> Json:
        users = [_user(one) for one in values if isinstance(one, User | Member)]
        members = where.guild.members if where.guild else {}
        here = {str(user.id): members[user.id] for user in users if user.id in members}
        channels = [one for one in values if isinstance(one, Channel)]
        return {
            "users": {str(user.id): shapes.user(user) for user in users},
            "members": {number: shapes.member(one, whole=False) for number, one in here.items()},
            "roles": {str(one.id): shapes.role(one) for one in values if isinstance(one, Role)},
            "channels": {str(one.id): shapes.channel(self._world, one) | {"permissions": "0"} for one in channels},
        }

    def _ask(
        self,
        kind: Use,
        who: Who,
        where: Channel,
        asked: Json,
        *,
        command: int | None = None,
        message: Message | None = None,
    ) -> Interaction:
        interaction = Interaction(
            id=self._world.snowflake(),
            token=secrets.token_hex(),
            kind=kind,
            user=_user(who),
            channel=where,
            created=self._world.now(),
            asked=asked,
            command=command,
            message=message,
        )
        self._world.interactions[interaction.id] = interaction
        guild = where.guild.id if where.guild else None
        self._world.tell(Told("INTERACTION_CREATE", self._shape(interaction), guild=guild))
        self._gateway.tell(self._world.take())
        return interaction

    def _shape(self, of: Interaction) -> Json:
        guild, may = of.channel.guild, str(int(permitted(of.user, of.channel)))
        bot = permitted(self._world.bot, of.channel)
        shape: Json = {
            "id": str(of.id),
            "application_id": str(self._world.application.id),
            "type": int(of.kind),
            "version": 1,
            "token": of.token,
            "data": of.asked,
            "channel_id": str(of.channel.id),
            "channel": shapes.channel(self._world, of.channel) | {"permissions": may},
            "app_permissions": str(int(bot)),
            "locale": of.user.locale,
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(guild.id) if guild else "0"},
            "context": 0 if guild else 1,
            "attachment_size_limit": MOST_FILE,
        }
        if of.message:
            shape["message"] = shapes.message(self._world, of.message) | {"flags": of.message.flags & ~LOADING}
        if guild is None:
            return shape | {"user": shapes.user(of.user)}
        member = shapes.member(guild.members[of.user.id]) | {"permissions": may}
        about = {"id": str(guild.id), "locale": guild.locale, "features": []}
        return shape | {"guild_id": str(guild.id), "guild": about, "guild_locale": guild.locale, "member": member}


def _user(who: Who) -> User:
    return who.user if isinstance(who, Member) else who


def _usable(where: Channel, *, moderates: bool = False) -> None:
    """Refused in archived threads, and in locked ones unless a command is a moderator's."""
    if not isinstance(where, Thread):
        return
    if where.archived:
        raise Refused(50083)
    if where.locked and not moderates:
        raise Refused(160005)


def _choosable(found: Json, values: Sequence[object]) -> None:
    """What a list does not let anybody choose is a mistake of the test."""
    low, high = found.get("min_values", 1), found.get("max_values", 1)
    assert low <= len(values) <= high, f"{low} to {high} can be chosen"
    if options := found.get("options"):
        assert {one["value"] for one in options} >= set(values), "there is no such line"
    kinds = found.get("channel_types") or ()
    assert not kinds or all(isinstance(one, Channel) and one.kind in kinds for one in values), "it is not in the list"


def _named(command: Json) -> Json:
    shape = {key: command[key] for key in ("id", "name", "type")}
    return shape | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})


def _written(value: object) -> object:
    return str(value.id) if isinstance(value, User | Member | Channel | Role) else value


def _filled(component: Json, values: Mapping[str, str | bool | Sequence[str]]) -> Json:
    """A part of a form with what was entered. What may not be sent so is a mistake of the test."""
    shape: Json = {"type": component["type"], "id": component.get("id", 1)}
    if component["type"] == ROW:
        return shape | {"components": [_filled(one, values) for one in component["components"]]}
    if component["type"] == LABEL:
        return shape | {"component": _filled(component["component"], values)}
    if "custom_id" not in component:
        return shape
    name = component["custom_id"]
    shape["custom_id"] = name
    if component["type"] == CHECKBOX:
        return shape | {"value": bool(values.get(name, False))}
    value = values.get(name) or ""
    assert value or not component.get("required", True), f"the form needs {name}"
    if component["type"] == INPUT:
        low, high = component.get("min_length") or 0, component.get("max_length") or 4_000
        assert not value or low <= len(str(value)) <= high, f"{name} is too short or too long"
    if component["type"] in {INPUT, RADIO}:
        return shape | {"value": value}
    return shape | {"values": [value] if isinstance(value, str) and value else value or []}

"""Interactions: how the bot may answer them. Docs: interactions/receiving-and-responding."""

from dataclasses import replace
from datetime import timedelta

from tests.servers import discord_acts as acts
from tests.servers import discord_shapes as shapes
from tests.servers.discord_commands import MOST_CHOICES
from tests.servers.discord_drafts import EPHEMERAL, LOADING, Draft, draft, parts
from tests.servers.discord_refusals import Refused, invalid
from tests.servers.discord_rest import Call, Route
from tests.servers.discord_state import Answer, Interaction, Json, Message, Use
from tests.servers.discord_world import World

DEADLINE, LASTS = timedelta(seconds=3), timedelta(minutes=15)
ALLOWED = {
    Use.COMMAND: {Answer.MESSAGE, Answer.LATER, Answer.MODAL},
    Use.COMPONENT: {Answer.MESSAGE, Answer.LATER, Answer.UPDATE_LATER, Answer.UPDATE, Answer.MODAL},
    Use.TYPING: {Answer.CHOICES},
    Use.MODAL: {Answer.MESSAGE, Answer.LATER, Answer.UPDATE_LATER, Answer.UPDATE},
}
ORIGINAL = "@original"


def answer(call: Call) -> Json | None:
    """The first answer, of which there is only one, in three seconds."""
    world, asked = call.world, call.asked.fields
    interaction = world.interactions.get(call.id("interaction"))
    if interaction is None or interaction.token != call.ids["token"]:
        raise Refused(10062)
    if interaction.answer is not None:
        raise Refused(40060)
    if world.now() - interaction.created > DEADLINE:
        raise Refused(10062)
    kind = asked.get("type")
    if kind not in ALLOWED[interaction.kind] or (kind in {6, 7} and interaction.message is None):
        raise invalid("type", "INTERACTION_APPLICATION_COMMAND_INVALID_CALLBACK_TYPE", "Invalid type for this one")
    _answer(call, interaction, Answer(kind), asked.get("data") or {})
    interaction.answer = Answer(kind)
    return _callback(world, interaction) if call.asked.query.get("with_response") in {"1", "true"} else None


def _answer(call: Call, interaction: Interaction, kind: Answer, said: Json) -> None:
    world = call.world
    match kind:
        case Answer.MESSAGE:
            interaction.original = _post(world, interaction, draft(said, call.asked.uploads))
        case Answer.LATER:
            hidden = int(said.get("flags") or 0) & EPHEMERAL
            interaction.original = _post(world, interaction, Draft(flags=hidden | LOADING))
        case Answer.UPDATE:
            assert interaction.message
            _open(world, interaction)
            interaction.original = acts.rewrite(world, interaction.message, draft(said, call.asked.uploads))
        case Answer.UPDATE_LATER:
            interaction.original = interaction.message
        case Answer.CHOICES:
            interaction.choices = _choices(said.get("choices") or [])
        case Answer.MODAL:
            interaction.modal = _modal(said)


def _post(world: World, interaction: Interaction, said: Draft) -> Message:
    """A message in answer; one that only the asker sees is in no channel."""
    hidden, later = said.flags & EPHEMERAL, said.flags & LOADING
    if said.empty and not later:
        raise Refused(50006)
    if not hidden:
        _open(world, interaction)
    message = acts.written(world, world.bot, interaction.channel, replace(said, nonce=None, answers=None))
    message.flags |= hidden | later
    message.kind = {Use.COMMAND: 20}.get(interaction.kind, 0) if interaction.command != 3 else 23
    message.metadata = {
        "id": str(interaction.id),
        "type": int(interaction.kind),
        "user": shapes.user(interaction.user),
        "authorizing_integration_owners": {},
    }
    interaction.messages.append(message)
    if hidden:
        message.only = interaction.user
    else:
        acts.keep(world, message)
    return message


def _open(world: World, interaction: Interaction) -> None:
    """Refused where nothing can be said any more."""
    acts.may_change(world.bot, interaction.channel)


def _callback(world: World, interaction: Interaction) -> Json:
    original, kind = interaction.original, interaction.answer
    shape: Json = {"id": str(interaction.id), "type": int(interaction.kind)}
    if original is not None:
        shape["response_message_id"] = str(original.id)
        shape["response_message_loading"] = bool(original.flags & LOADING)
        shape["response_message_ephemeral"] = bool(original.flags & EPHEMERAL)
    resource: Json = {"type": int(kind or 0)}
    if kind in {Answer.MESSAGE, Answer.LATER, Answer.UPDATE} and original is not None:
        resource["message"] = shapes.message(world, original)
    return {"interaction": shape, "resource": resource}


def _choices(choices: list[Json]) -> list[Json]:
    if len(choices) > MOST_CHOICES:
        raise invalid("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    if any(not 1 <= len(one["name"]) <= 100 for one in choices):
        raise invalid("data.choices", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    return choices


def _modal(modal: Json) -> Json:
    rules = {
        "title": (1 <= len(modal.get("title") or "") <= 45, "Must be between 1 and 45 in length."),
        "custom_id": (1 <= len(modal.get("custom_id") or "") <= 100, "Must be between 1 and 100 in length."),
        "components": (1 <= len(modal.get("components") or []) <= 5, "Must be between 1 and 5 in length."),
    }
    for field, (kept, text) in rules.items():
        if not kept:
            raise invalid(f"data.{field}", "BASE_TYPE_BAD_LENGTH", text)
    names = [one["custom_id"] for one in parts(modal["components"]) if "custom_id" in one]
    if len(names) != len(set(names)):
        raise invalid("data.components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    return modal


# afterwards


def _later(call: Call) -> Interaction:
    """The interaction of a token, for fifteen minutes, once it has been answered."""
    every = call.world.interactions.values()
    interaction = next((one for one in every if one.token == call.ids["token"]), None)
    if interaction is None or interaction.answer is None:
        raise Refused(10015)
    if call.world.now() - interaction.created > LASTS:
        raise Refused(50027)
    return interaction


def follow_up(call: Call) -> Json:
    """Say more; after "later", it is what was to be said."""
    interaction, said = _later(call), draft(call.asked.fields, call.asked.uploads)
    original = interaction.original
    if interaction.answer is Answer.LATER and original and original.flags & LOADING:
        return shapes.message(call.world, _fill(call.world, interaction, original, said))
    return shapes.message(call.world, _post(call.world, interaction, said))


def _found(call: Call) -> tuple[Interaction, Message]:
    interaction, name = _later(call), call.ids["message"]
    every = {str(message.id): message for message in interaction.messages}
    found = interaction.original if name == ORIGINAL else every.get(name)
    if found is None or found.deleted:
        raise Refused(10008)
    return interaction, found


def read(call: Call) -> Json:
    """What was said."""
    return shapes.message(call.world, _found(call)[1])


def edit(call: Call) -> Json:
    """Say it differently."""
    interaction, message = _found(call)
    changed = draft(call.asked.fields, call.asked.uploads)
    return shapes.message(call.world, _fill(call.world, interaction, message, changed))


def _fill(world: World, interaction: Interaction, message: Message, said: Draft) -> Message:
    if not message.only:
        _open(world, interaction)
    waited = message.flags & LOADING
    message.flags &= ~LOADING
    acts.rewrite(world, message, said)
    if waited:
        message.edited, message.versions = None, []
    return message


def delete(call: Call) -> None:
    """Take it back."""
    _, message = _found(call)
    if message.only:
        message.deleted = True
    else:
        acts.delete(call.world, call.world.bot, message)


HOOK = "/webhooks/{application}/{token}"
ROUTES: dict[str, Route] = {
    "POST /interactions/{interaction}/{token}/callback": answer,
    f"POST {HOOK}": follow_up,
    f"GET {HOOK}/messages/{{message}}": read,
    f"PATCH {HOOK}/messages/{{message}}": edit,
    f"DELETE {HOOK}/messages/{{message}}": delete,
}

"""views.*: modals and home tabs. Docs: surfaces/modals."""

import hashlib
import json

from tests.servers import slack_shapes as shapes
from tests.servers.slack_blocks import checked
from tests.servers.slack_call import Call, Method
from tests.servers.slack_refusals import Refused, invalid
from tests.servers.slack_state import Json, Trigger, User, View, Workspace
from tests.servers.slack_world import TRIGGER_LASTS, World

MOST_STACKED = 3
MOST_TITLE = 24  # characters; of submit and close as well
MOST_PRIVATE = 3_000  # characters of private_metadata


def content(given: object, *kinds: str) -> Json:
    """A view as an app sends it. Refused: it is none."""
    if not isinstance(given, dict) or given.get("type") not in kinds:
        raise invalid("invalid_arguments", f"must be one of {', '.join(kinds)} [json-pointer:/view/type]")
    if len(str(given.get("private_metadata") or "")) > MOST_PRIVATE:
        raise invalid("invalid_arguments", f"must be less than {MOST_PRIVATE + 1} characters: private_metadata")
    if len(str(given.get("callback_id") or "")) > 255:
        raise invalid("invalid_arguments", "must be less than 256 characters: callback_id")
    if given["type"] == "modal":
        _titled(given)
    surface = "home" if given["type"] == "home" else "modal"
    return given | {"blocks": checked(given.get("blocks"), surface)}  # type: ignore[arg-type]


def _titled(modal: Json) -> None:
    for name in ("title", "submit", "close"):
        part = modal.get(name)
        if part is None and name != "title":
            continue
        if not isinstance(part, dict) or part.get("type") != "plain_text" or not part.get("text"):
            raise invalid("invalid_arguments", f"missing required field: {name} [json-pointer:/view/{name}]")
        if len(part["text"]) > MOST_TITLE:
            where = f"[json-pointer:/view/{name}/text]"
            raise invalid("invalid_arguments", f"must be less than {MOST_TITLE + 1} characters {where}")
    inputs = any(block.get("type") == "input" for block in modal.get("blocks") or [] if isinstance(block, dict))
    if inputs and not modal.get("submit"):
        raise invalid("invalid_arguments", "missing required field: submit [json-pointer:/view/submit]")


def made(world: World, user: User, workspace: Workspace, given: Json, below: View | None = None) -> View:
    """A new view."""
    view = View(id=world.id("V"), user=user, workspace=workspace, content=given, hash="", below=below)
    world.views[view.id] = view
    _hashed(world, view)
    return view


def _hashed(world: World, view: View) -> None:
    text = json.dumps(view.content, sort_keys=True) + world.ts()
    view.hash = f"{int(world.now)}.{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def stacked(world: World, user: User, workspace: Workspace, given: object) -> View:
    """A modal, on top of those that are open. Refused: there are three."""
    modal = content(given, "modal")
    stack = world.modals.setdefault(user.id, [])
    if len(stack) >= MOST_STACKED:
        raise Refused("push_limit_reached")
    view = made(world, user, workspace, modal, stack[-1] if stack else None)
    stack.append(view)
    return view


def replaced(world: World, view: View, given: object) -> None:
    """Something else in a view."""
    view.content = content(given, view.type)
    _hashed(world, view)


def cleared(world: World, user: User) -> None:
    """Close what somebody has open."""
    for view in world.modals.pop(user.id, []):
        view.open = False


def _triggered(call: Call) -> Trigger:
    number = call.text("trigger_id") or call.text("interactivity_pointer")
    trigger = call.world.triggers.get(number)
    if trigger is None or trigger.workspace not in call.install.workspaces:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if call.world.now - trigger.issued > TRIGGER_LASTS:
        raise Refused("expired_trigger_id")
    return trigger


def open_(call: Call) -> Json:
    """Show a modal to who has just done something."""
    trigger = _triggered(call)
    modal = content(call.args.get("view"), "modal")
    trigger.used = True
    cleared(call.world, trigger.user)
    view = stacked(call.world, trigger.user, trigger.workspace, modal)
    return {"view": shapes.view(call.world, view)}


def push(call: Call) -> Json:
    """Show another on top."""
    trigger = _triggered(call)
    if not call.world.modals.get(trigger.user.id):
        raise Refused("not_found")
    view = stacked(call.world, trigger.user, trigger.workspace, call.args.get("view"))
    trigger.used = True
    return {"view": shapes.view(call.world, view)}


def update(call: Call) -> Json:
    """Change one that is open."""
    named, external = call.text("view_id"), call.text("external_id")
    view = call.world.views.get(named)
    if external:
        view = next((one for one in call.world.views.values() if one.content.get("external_id") == external), None)
    if view is None or not view.open or view.workspace not in call.install.workspaces:
        raise Refused("not_found")
    _unchanged(call, view)
    replaced(call.world, view, call.args.get("view"))
    return {"view": shapes.view(call.world, view)}


def publish(call: Call) -> Json:
    """Change somebody's home tab."""
    user = call.world.person(call.install, call.need("user_id"))
    home = content(call.args.get("view"), "home")
    view = call.world.homes.get(user.id)
    if view is None:
        view = call.world.homes[user.id] = made(call.world, user, user.home, home)
    else:
        _unchanged(call, view)
        replaced(call.world, view, home)
    return {"view": shapes.view(call.world, view)}


def _unchanged(call: Call, view: View) -> None:
    if call.text("hash") and call.text("hash") != view.hash:
        raise Refused("hash_conflict")


METHODS = {
    "views.open": Method(open_, tier=4),
    "views.push": Method(push, tier=4),
    "views.update": Method(update, tier=4),
    "views.publish": Method(publish, tier=4),
}

"""What people ask of the app by buttons, forms, commands and its home. Docs: reference/interaction-payloads."""

from collections.abc import Mapping

from tests.servers import slack_shapes as shapes
from tests.servers import slack_views as views
from tests.servers.slack_blocks import elements
from tests.servers.slack_deliveries import Deliveries, Delivery, Sort
from tests.servers.slack_refusals import Refused
from tests.servers.slack_responses import Responses
from tests.servers.slack_state import Channel, Json, Message, User, View, Workspace
from tests.servers.slack_telling import tell
from tests.servers.slack_world import World


class Asking:
    """Lets people ask. What comes of it is in the delivery: `acked`, `answer`, `lost`."""

    def __init__(self, world: World, deliveries: Deliveries, responses: Responses) -> None:
        self._world, self._deliveries, self._responses = world, deliveries, responses

    async def opens_home(self, who: User, tab: str = "home") -> View | None:
        """Somebody opens the app's home ("home", "messages"); what they see there, if anything was published."""
        install = self._world.installed(who.home)
        assert install is not None
        home = self._world.homes.get(who.id)
        event: Json = {"type": "app_home_opened", "user": who.id, "channel": self._world.dm(install.bot, who).id}
        event |= {"tab": tab} | ({"view": shapes.view(self._world, home)} if home and tab == "home" else {})
        tell(self._world, install, who.home, event)
        self._deliveries.tell(self._world.take())
        return home if tab == "home" else None

    async def presses(self, who: User, on: Message | View, action_id: str, *, value: object = None) -> Delivery:
        """Somebody uses a button or a select. value: what they chose, or one of the two of feedback buttons."""
        blocks = on.blocks if isinstance(on, Message) else on.content["blocks"]
        block, element = _shown(blocks, action_id, who)
        action = {"action_id": action_id, "block_id": block["block_id"], "type": element["type"]}
        action |= _used(element, value) | {"action_ts": self._world.ts()}
        body = self._body(who, _place(on), "block_actions") | {"actions": [action], "state": {"values": {}}}
        if isinstance(on, View):
            if not on.open:
                raise Refused("not_shown")
            container: Json = {"type": "view", "view_id": on.id}
            body |= {"container": container, "view": shapes.view(self._world, on)}
            return self._send("interactive", body)
        self._sees(who, on)
        container = {"type": "message", "message_ts": on.ts, "channel_id": on.channel.id}
        container |= {"is_ephemeral": on.only is not None} | ({"thread_ts": on.thread_ts} if on.thread_ts else {})
        body |= {"container": container} | self._about(who, on)
        return self._send("interactive", body)

    async def rates(self, who: User, message: Message, *, good: bool) -> Delivery:
        """Somebody presses one of a message's feedback buttons."""
        found = [one for block in message.blocks for one in elements(block) if one["type"] == "feedback_buttons"]
        if not found:
            raise Refused("not_shown")
        button = found[0]["positive_button" if good else "negative_button"]
        return await self.presses(who, message, found[0]["action_id"], value=button.get("value"))

    async def uses_shortcut(self, who: User, callback_id: str, message: Message | None = None) -> Delivery:
        """Somebody uses a shortcut: on a message, or anywhere."""
        place = who.home if message is None else _place(message)
        body = self._body(who, place, "shortcut" if message is None else "message_action")
        body |= {"callback_id": callback_id, "action_ts": self._world.ts()}
        if message is not None:
            self._sees(who, message)
            body |= {"message_ts": message.ts} | self._about(who, message)
        return self._send("interactive", body)

    async def commands(
        self, who: User, where: Channel, command: str, text: str = "", *, thread: Message | None = None
    ) -> Delivery:
        """Somebody uses a slash command. Refused: in a thread, and where the app has no such command."""
        if thread is not None:
            raise Refused("slash_commands_not_supported_in_threads")
        if self._world.app.commands is not None and command not in self._world.app.commands:
            raise Refused("invalid_command")
        install = self._world.install_of(where)
        if install is None or "commands" not in install.scopes:
            raise Refused("invalid_command")
        body: Json = {
            "token": self._world.app.verification,
            "command": command,
            "text": text,
            "team_id": who.home.id,
            "team_domain": who.home.domain,
            "channel_id": where.id,
            "channel_name": "directmessage" if where.direct else where.name,
            "user_id": who.id,
            "user_name": who.name,
            "api_app_id": self._world.app.id,
            "is_enterprise_install": str(install.wide).lower(),
            "response_url": self._responses.issue(who, where, install.bot),
            "trigger_id": self._world.trigger(who, who.home).id,
        }
        if who.home.enterprise:
            body |= {"enterprise_id": who.home.enterprise.id, "enterprise_name": who.home.enterprise.name}
        delivery = self._make("slash_commands", body)
        delivery.then = lambda done: self._says(done, who, where)
        self._deliveries.send(delivery)
        return delivery

    def _says(self, delivery: Delivery, who: User, where: Channel) -> None:
        install = self._world.install_of(where)
        if isinstance(delivery.answer, dict) and delivery.answer and install:
            self._responses.say(who, where, install.bot, delivery.answer)

    async def submits(self, who: User, view: View, values: Mapping[str, object] | None = None) -> Delivery:
        """Somebody sends a modal. values: by action_id, what they entered or chose. Refused: something is missing."""
        if view not in self._world.modals.get(who.id, []):
            raise Refused("not_shown")
        state = _state(view, values or {})
        shape = shapes.view(self._world, view) | {"state": {"values": state}}
        body = self._body(who, view.workspace, "view_submission") | {"view": shape, "response_urls": []}
        delivery = self._make("interactive", body)
        delivery.then = lambda done: self._submitted(done, who, view)
        self._deliveries.send(delivery)
        return delivery

    def _submitted(self, delivery: Delivery, who: User, view: View) -> None:
        stack, answer = self._world.modals.get(who.id, []), delivery.answer
        said = answer if isinstance(answer, dict) else {}
        match said.get("response_action"):
            case "errors":
                known = {block["block_id"] for block in view.content["blocks"]}
                if not set(said.get("errors") or {"": ""}) <= known:
                    self._deliveries.mistakes.append(f"errors for blocks that are not there: {said.get('errors')}")
            case "update":
                views.replaced(self._world, view, said.get("view"))
            case "push":
                views.stacked(self._world, who, view.workspace, said.get("view"))
            case "clear":
                views.cleared(self._world, who)
            case _ if view in stack:
                stack.remove(view)
                view.open = False

    async def closes(self, who: User, view: View, *, all_of_them: bool = False) -> Delivery | None:
        """Somebody closes a modal without sending it. The app hears of it only where it asked to."""
        stack = self._world.modals.get(who.id, [])
        if view not in stack:
            raise Refused("not_shown")
        shape = shapes.view(self._world, view)
        stack.remove(view)
        view.open = False
        if all_of_them:
            views.cleared(self._world, who)
        if not view.content.get("notify_on_close"):
            return None
        body = self._body(who, view.workspace, "view_closed") | {"view": shape, "is_cleared": all_of_them}
        del body["trigger_id"]
        return self._send("interactive", body)

    # the parts of what is sent

    def _make(self, sort: Sort, payload: Json) -> Delivery:
        return Delivery(sort=sort, payload=payload, envelope=self._world.id("env-"))

    def _send(self, sort: Sort, payload: Json) -> Delivery:
        delivery = self._make(sort, payload)
        self._deliveries.send(delivery)
        return delivery

    def _body(self, who: User, workspace: Workspace, kind: str) -> Json:
        install, org = self._world.installed(workspace), workspace.enterprise
        return {
            "type": kind,
            "token": self._world.app.verification,
            "api_app_id": self._world.app.id,
            "team": shapes.team(workspace),
            "user": {"id": who.id, "username": who.name, "name": who.name, "team_id": who.home.id},
            "enterprise": {"id": org.id, "name": org.name} if org else None,
            "is_enterprise_install": bool(install and install.wide),
            "trigger_id": self._world.trigger(who, workspace).id,
        }

    def _about(self, who: User, message: Message) -> Json:
        channel, install = message.channel, self._world.install_of(message.channel)
        assert install is not None
        return {
            "channel": {"id": channel.id, "name": "directmessage" if channel.direct else channel.name},
            "message": shapes.message(self._world, message),
            "response_url": self._responses.issue(who, channel, install.bot, message),
        }

    def _sees(self, who: User, message: Message) -> None:
        if who.id not in message.channel.members or message.only not in {None, who} or message.deleted:
            raise Refused("not_shown")


def _place(on: Message | View) -> Workspace:
    return on.channel.workspace if isinstance(on, Message) else on.workspace


def _shown(blocks: list[Json], action_id: str, who: User) -> tuple[Json, Json]:
    for block in blocks:
        for element in elements(block):
            only = element.get("visible_to_user_ids")
            if element.get("action_id") == action_id and (only is None or who.id in only):
                return block, element
    raise Refused("not_shown")


def _used(element: Json, value: object) -> Json:
    """What an action says of what was used."""
    if element["type"] == "feedback_buttons":
        for name in ("positive_button", "negative_button"):
            if element[name].get("value") == value:
                return {"value": value, "text": element[name]["text"]}
        raise Refused("not_shown")
    if "options" in element or "option_groups" in element:
        return {"selected_option": _option(element, value)}
    given: Json = {name: element[name] for name in ("value", "text") if name in element}
    return given if value is None else given | {"value": value}


def _option(element: Json, value: object) -> Json:
    listed = [element.get("options") or [], *(group["options"] for group in element.get("option_groups") or [])]
    for option in (one for options in listed for one in options):
        if option.get("value") == value:
            chosen: Json = option
            return chosen
    raise Refused("not_shown")


def _state(view: View, values: Mapping[str, object]) -> Json:
    state: Json = {}
    for block in view.content["blocks"]:
        for element in elements(block):
            name = element.get("action_id")
            if block["type"] != "input" and name not in values:
                continue
            given = values.get(str(name), _initial(element))
            if given is None and not block.get("optional"):
                raise Refused("required")
            state[block["block_id"]] = {name: _entered(element, given)}
    return state


def _initial(element: Json) -> object:
    """What stands in a field before anybody touches it."""
    for name in ("initial_value", "initial_user", "initial_conversation", "initial_channel", "initial_date"):
        if name in element:
            return element[name]
    if "initial_option" in element:
        return element["initial_option"]["value"]
    if "initial_options" in element:
        return [one["value"] for one in element["initial_options"]]
    return element.get("initial_users") or element.get("initial_conversations") or element.get("initial_channels")


def _entered(element: Json, value: object) -> Json:
    kind = element["type"]
    if kind in {"checkboxes", "multi_static_select"}:
        return {"type": kind, "selected_options": [_option(element, one) for one in value or []]}  # type: ignore[attr-defined]
    if kind.startswith("multi_"):
        name = f"selected_{kind.removeprefix('multi_').removesuffix('_select')}"
        return {"type": kind, name: list(value or [])}  # type: ignore[call-overload]
    if "options" in element or "option_groups" in element:
        return {"type": kind, "selected_option": None if value is None else _option(element, value)}
    name = {"users_select": "selected_user", "conversations_select": "selected_conversation",
            "channels_select": "selected_channel", "datepicker": "selected_date"}.get(kind, "value")  # fmt: skip
    return {"type": kind, name: value}

"""Everything that is typed after the command, pressed, chosen and sent on Slack, each answered by whoever knows how."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from adapters.slack import inbound, names
from adapters.slack.hearing import message
from adapters.slack.hearing.listening import Hearing
from adapters.slack.hearing.message import Reaction
from adapters.slack.operators import setting_up
from adapters.slack.outgoing.blocks import FEEDBACK, Block
from adapters.slack.people import asking, branches, commands, handing_out, home, members, moderators, watching
from adapters.slack.people.desk import Desk
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.prompts import Prompts
from adapters.slack.people.reviewers import Reviewers
from adapters.slack.people.surfaces import OURS, entered, meant
from bot.domain.action import Action, AskFeedback, CallModerators, OfferBranch, Say, ShowVerdict
from bot.errors import StoreError, where

log = logging.getLogger(__name__)

Act = Callable[[Desk, Interaction, Ack], Awaitable[None]]
Json = Mapping[str, Any]

COMMAND = "/fairwell"
REVIEW, REPORT = "fairwell:review", "fairwell:report"  # the ids of what is offered in a message's menu
ANY = re.compile(f"{OURS}:.*")
SOON = 2.0  # seconds; Slack waits for three
FORMS = frozenset({moderators.VERDICT, watching.REASON, members.APPEALED, asking.ASKED, setting_up.SETUP})
CHANGING = frozenset({members.APPEALED, members.ERASE, moderators.VERDICT})  # after these the home tab is another
REACTIONS = frozenset({"reaction_added", "reaction_removed"})

# What a button, a list or a form means, by the first part of its id.
ACTS: Mapping[str, Act] = {
    moderators.UPHOLD: moderators.ask_why,
    moderators.OVERTURN: moderators.ask_why,
    moderators.VERDICT: moderators.judge,
    moderators.OPEN: moderators.open_transcript,
    moderators.LOOK: moderators.open_transcript,
    moderators.PAGE: moderators.turn_page,
    moderators.QUEUE: moderators.open_queue,
    "review": moderators.review,
    "report": members.report,
    FEEDBACK: watching.rate,
    watching.REASON: watching.say_why,
    watching.APPEAL: members.ask_appeal,
    members.APPEALED: members.appeal,
    members.ERASE: members.erase,
    members.KEEP: members.keep,
    handing_out.MORE: handing_out.read_on,
    members.COUNTRY: members.choose_country,
    members.LANGUAGE: members.choose_language,
    branches.ACCEPT: branches.take,
    asking.ANEW: asking.show_form,
    asking.ASKED: asking.sent,
    home.COMMAND: commands.press,
    setting_up.SETUP: setting_up.place,
}


class Interactions:
    """The command, buttons, forms, reactions, the home tab, and what can be asked.

    soon  seconds until whoever has sent a form is told that the answer takes longer
    """

    def __init__(self, *, soon: float = SOON) -> None:
        self._soon = soon
        self._desk: Desk | None = None
        self._prompts = Prompts()
        self._under_way: set[asyncio.Task[Any]] = set()

    def register(self, app: AsyncApp, hearing: Hearing) -> None:
        """Be there for what Bolt hears."""
        self._desk = Desk(hearing, Reviewers(hearing.requests, hearing.clock), self._soon)
        app.middleware(self._react)
        app.command(COMMAND)(self._typed)
        app.action(ANY)(self._pressed)
        app.action(FEEDBACK)(self._pressed)
        app.view(ANY)(self._sent)
        app.shortcut(re.compile(f"{REVIEW}|{REPORT}"))(self._pointed)
        app.event("app_home_opened")(self._opened)

    def blocks(self, action: Action) -> Sequence[Block]:
        """What goes below an action's text: buttons, mostly."""
        if self._desk is None:
            return ()
        words = self._desk.words(action.place)
        match action:
            case AskFeedback():
                return watching.thumbs(action.ending, words)
            case OfferBranch():
                return branches.offered(action.id, words)
            case CallModerators(ending=str() as ending):
                return moderators.card(ending, words)
            case ShowVerdict():
                return moderators.card_judged(action, words)
            case Say(aside=True):
                return asking.anew(words)
        return ()

    async def settled(self) -> None:
        """Return when nobody waits for an answer any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _react(self, body: Json, next: Callable[[], Awaitable[Any]]) -> BoltResponse | None:  # noqa: A002  as Bolt calls it
        """Bolt's middleware: a reaction is kept before Slack is told that it has arrived. After 503 it comes again."""
        event = body.get("event")
        if self._desk is None or not isinstance(event, Mapping) or event.get("type") not in REACTIONS:
            await next()
            return None
        report = message.report(body)
        try:
            if report and isinstance(report.what, Reaction):
                await watching.react(self._desk.hearing, report, report.what)
        except (StoreError, watching.TooEarly) as fault:
            log.warning("a reaction could not be kept: %s", where(fault))
            return BoltResponse(status=503)
        return BoltResponse(status=200)

    async def _typed(self, body: Json, ack: Ack) -> None:
        desk = self._busy()
        word, _, rest = str(body.get("text") or "").strip().partition(" ")
        interaction = Interaction(
            team=str(body["team_id"]),
            user=str(body["user_id"]),
            id=str(body["trigger_id"]),
            at=desk.hearing.clock(),
            what=word.casefold(),
            value=inbound.plain(rest).strip(),
            channel=str(body["channel_id"]),
            trigger=str(body["trigger_id"]),
            respond=str(body.get("response_url") or ""),
        )
        await commands.run(desk, interaction, ack)

    async def _pressed(self, body: Json, ack: Ack) -> None:
        desk, action = self._busy(), body["actions"][0]
        what, about = meant(action["action_id"]) or (action["action_id"], "")
        container, view = body.get("container") or {}, body.get("view") or {}
        at_home = view.get("type") == "home"
        channel = view.get("private_metadata") if at_home else (body.get("channel") or {}).get("id")
        interaction = Interaction(
            team=_team(body),
            user=str(body["user"]["id"]),
            id=f"{action['action_id']}:{action['action_ts']}:{names.member(_team(body), body['user']['id']).id}",
            at=names.moment(action["action_ts"]),
            what=what,
            about=about,
            value=str((action.get("selected_option") or action).get("value") or ""),
            channel=str(channel or ""),
            trigger=str(body.get("trigger_id") or ""),
            respond=str(body.get("response_url") or ""),
            message=body.get("message") or _ephemeral(container),
            hidden=bool(container.get("is_ephemeral")),
            view=str(view["id"]) if view.get("type") == "modal" else "",
        )
        await self._act(desk, interaction, ack)
        if what in CHANGING:
            await home.show_again(desk, interaction.team, interaction.user)
        elif at_home:
            chosen = {what: members.chosen(interaction)} if what in {members.COUNTRY, members.LANGUAGE} else {}
            await home.show(desk, interaction.team, interaction.user, interaction.channel, chosen)

    async def _sent(self, body: Json, ack: Ack) -> None:
        desk, view = self._busy(), body["view"]
        what, _ = meant(view["callback_id"]) or ("", "")
        state = view["state"]["values"]
        interaction = Interaction(
            team=_team(body),
            user=str(body["user"]["id"]),
            id=f"{view['id']}:{view['hash']}",
            at=desk.hearing.clock(),
            what=what,
            about=str(view.get("private_metadata") or ""),
            value=entered(state),
            state=state,
            view=str(view["id"]),
            sent=True,
        )
        await self._act(desk, interaction, ack)
        if what in CHANGING:
            await home.show_again(desk, interaction.team, interaction.user)

    async def _pointed(self, body: Json, ack: Ack) -> None:
        desk = self._busy()
        what, about = meant(body["callback_id"]) or ("", "")
        interaction = Interaction(
            team=_team(body),
            user=str(body["user"]["id"]),
            id=str(body["trigger_id"]),
            at=desk.hearing.clock(),
            what=what,
            about=about,
            channel=str(body["channel"]["id"]),
            trigger=str(body["trigger_id"]),
            respond=str(body.get("response_url") or ""),
            message=body["message"],
        )
        await self._act(desk, interaction, ack)

    async def _opened(self, body: Json, event: Json) -> None:
        desk = self._busy()
        if event.get("tab") == "home":
            await home.show(desk, _team(body), str(event["user"]), str(event["channel"]))
        elif event.get("tab") == "messages":
            await self._prompts.show(desk, _team(body), str(event["user"]), str(event["channel"]))

    async def _act(self, desk: Desk, interaction: Interaction, ack: Ack) -> None:
        act = ACTS.get(interaction.what)
        if act and interaction.sent is (interaction.what in FORMS):
            await act(desk, interaction, ack)
        else:
            await ack()

    def _busy(self) -> Desk:
        """Remember that somebody is being answered: Bolt forgets what it has begun."""
        if self._desk is None:
            raise RuntimeError("nobody is registered")
        if task := asyncio.current_task():
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return self._desk


def _team(body: Json) -> str:
    """The workspace in which the bot was asked."""
    view, first = body.get("view") or {}, (body.get("authorizations") or [{}])[0]
    known = (view.get("app_installed_team_id"), first.get("team_id"), (body.get("team") or {}).get("id"))
    others = (body.get("team_id"), (body.get("user") or {}).get("team_id"), view.get("team_id"))
    return next((str(each) for each in (*known, *others) if each), "")


def _ephemeral(container: Json) -> Json | None:
    """A message that only one person sees comes without what is in it."""
    return {"ts": container["message_ts"]} if container.get("is_ephemeral") else None

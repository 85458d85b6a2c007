"""The dialogs of tests/dialogs/ on Slack: with the real core, the real slack-bolt, and people who type and press."""

import asyncio
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack import names
from adapters.slack.outgoing.composing import composed
from adapters.slack.outgoing.posting import marked
from bot import configuration
from bot.configuration import Configuration
from bot.domain.action import CallModerators, OfferBranch, Outcome, Say, Tell
from bot.domain.step import Reason, Step
from bot.replay.script import Dialog
from tests.adapters.slack.community import INSULTS, Community
from tests.adapters.slack.outgoing import POST
from tests.adapters.slack.stage import SlacksClock, SlackStage
from tests.dialog import load, play
from tests.fakes.clock import NOON
from tests.servers.slack import LocalSlack, Waits

DIALOGS = {dialog.name: dialog for dialog in map(load, sorted((Path(__file__).parents[2] / "dialogs").rglob("*.toml")))}
NOT_PLAYED = {
    "failure/a_hundred_thousand_characters": "a message has 40,000 characters at most there, whoever sends it",
    "ladder/written_before_the_warning": "nobody can write in the past, so a step has to take long: a test of its own",
    "together/somebody_elses_message": "nobody can change another's message, nor can a bot be told that they did",
}
PLAYED = [dialog for name, dialog in DIALOGS.items() if name not in NOT_PLAYED]
NAMED = re.compile(r"\A<@U\w+>\n")  # what somebody has to know begins with them
QUOTED = "> "  # the root of a branch quotes what it goes on from


@pytest.fixture(scope="module")
def whole() -> Configuration:
    """The configuration that ships: some dialogs are in other languages."""
    return configuration.load(Path(__file__).parents[3] / "config", {})


@pytest.mark.parametrize("dialog", PLAYED, ids=lambda dialog: dialog.name)
async def test_on_slack(dialog: Dialog, whole: Configuration, tmp_path: Path) -> None:
    async with LocalSlack(start=NOON.timestamp(), limited=False) as slack:
        clock = SlacksClock(slack)
        stage = SlackStage(slack, clock, dialog)
        try:
            await play(dialog, stage, clock, stage.configured(whole), tmp_path / "slack.db")
        finally:
            await stage.leave()
    done = [action for action, receipt in stage.current.performed if receipt.outcome is Outcome.DELIVERED]
    posted = [one for one in stage.own() if QUOTED not in one.text.splitlines()[-1][:2]]
    asked = Counter(post.text for each in done if isinstance(each, Say) for post in composed(each.id, "say", each.text))
    shown = Counter(one.text for one in stage.shown() if one.text in asked)
    assert asked - shown <= Counter(NAMED.sub("", one.text) for one in posted)
    once = sum(isinstance(each, Tell | OfferBranch | CallModerators) for each in done)
    assert len(posted) + shown.total() == asked.total() + once
    marks = Counter(marked({"metadata": one.metadata}) for one in stage.own())
    assert set(marks.values()) == {1}


def test_every_dialog_is_played_or_it_is_said_why_not() -> None:
    assert {dialog.name for dialog in PLAYED} == DIALOGS.keys() - NOT_PLAYED.keys()
    assert NOT_PLAYED.keys() < DIALOGS.keys()
    assert all(len(reason.split()) > 5 for reason in NOT_PLAYED.values())


async def test_what_was_written_before_the_last_step_could_be_read_does_not_climb(town: Community) -> None:
    readable = asyncio.Event()
    town.slack.fault(POST, Waits(until=readable))
    async with town.running():
        root = await town.asks(INSULTS[0])
        await town.slack.until(lambda: town.slack.requests(POST))
        await town.says(INSULTS[1], root)
        await town.over(lambda each: each.acked)
        town.slack.passes(timedelta(minutes=1).total_seconds())
        readable.set()
        await town.settled()
        conversation = names.conversation(town.team, town.general.id, root.ts)
        turns = await town.store.turns(conversation)
        standing = dict(await town.store.standings(conversation))[f"slack:{town.team}:{town.robin.id}"]
    decided = [(each.decision.step, each.decision.reason) for each in turns]
    assert decided[1:] == [(Step.SILENCE, Reason.OVERTAKEN)]
    assert standing.count(Step.REDIRECT) == 1
    assert len(town.said(root)) == 1

"""The dialogs of tests/dialogs/ on Discord: with the real core, the real discord.py, and people who type and react."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.discord.outgoing.composing import composed
from bot import configuration
from bot.configuration import Configuration
from bot.domain.action import CallModerators, OfferBranch, Outcome, Say, Tell
from bot.domain.step import Reason, Step
from bot.replay.script import Dialog
from tests.adapters.discord.community import INSULTS, Community
from tests.adapters.discord.stage import DiscordStage
from tests.dialog import load, play
from tests.fakes.clock import SetClock
from tests.servers.discord import Server, Waits, pointed

DIALOGS = {dialog.name: dialog for dialog in map(load, sorted((Path(__file__).parents[2] / "dialogs").rglob("*.toml")))}
NOT_PLAYED = {
    "failure/a_hundred_thousand_characters": "a message has 2,000 characters there, and 4,000 where somebody pays",
    "ladder/written_before_the_warning": "nobody can write in the past, so a step has to take long: a test of its own",
    "together/somebody_elses_message": "nobody can change another's message, nor can a bot be told that they did",
}
PLAYED = [dialog for name, dialog in DIALOGS.items() if name not in NOT_PLAYED]
QUESTION = "> "  # what was asked by a command is quoted
WRITTEN = {0, 19}  # the types of messages that are no notes of Discord's own


@pytest.fixture(scope="module")
def whole() -> Configuration:
    """The configuration that ships: some dialogs are in other languages."""
    return configuration.load(Path(__file__).parents[3] / "config", {})


@pytest.mark.parametrize("dialog", PLAYED, ids=lambda dialog: dialog.name)
async def test_on_discord(dialog: Dialog, whole: Configuration, tmp_path: Path) -> None:
    clock = SetClock()
    async with Server(clock) as server:
        with pointed(server):
            stage = DiscordStage(server, clock, dialog)
            try:
                await play(dialog, stage, clock, stage.configured(whole), tmp_path / "discord.db")
            finally:
                await stage.leave()
    done = [action for action, receipt in stage.current.performed if receipt.outcome is Outcome.DELIVERED]
    own = [one for each in server.world.channels.values() for one in each.messages.values() if one.author is server.bot]
    posted = [one for one in own if one.kind in WRITTEN and not one.content.startswith(QUESTION)]
    asked = Counter(post.text for each in done if isinstance(each, Say) for post in composed(each.id, "say", each.text))
    assert asked <= Counter(one.content for one in posted)
    once = sum(isinstance(each, Tell | OfferBranch | CallModerators) for each in done)
    assert len(posted) == asked.total() + once


def test_every_dialog_is_played_or_it_is_said_why_not() -> None:
    assert {dialog.name for dialog in PLAYED} == DIALOGS.keys() - NOT_PLAYED.keys()
    assert NOT_PLAYED.keys() < DIALOGS.keys()
    assert all(len(reason.split()) > 5 for reason in NOT_PLAYED.values())


async def test_what_was_written_before_the_last_step_could_be_read_does_not_climb(town: Community) -> None:
    there, readable = town.server.dm(town.robin), asyncio.Event()
    posts = f"POST /channels/{there.id}/messages"
    town.server.fault(posts, Waits(until=readable))
    async with town.running():
        await town.server.says(town.robin, there, INSULTS[0])
        await town.server.until(lambda: town.server.requests(posts))
        town.clock.wait(timedelta(minutes=1))
        await town.server.says(town.robin, there, INSULTS[1])
        town.clock.wait(timedelta(minutes=1))
        readable.set()
        await town.settled()
        turns = await town.store.turns(f"discord:{there.id}")
        standing = dict(await town.store.standings(f"discord:{there.id}"))[f"discord:{town.robin.id}"]
    decided = [(each.decision.step, each.decision.reason) for each in turns]
    assert decided[1:] == [(Step.SILENCE, Reason.OVERTAKEN)]
    assert standing.count(Step.REDIRECT) == 1
    assert len(town.own(there)) == 1

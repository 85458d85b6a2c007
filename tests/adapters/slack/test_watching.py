"""How endings are rated: by the thumbs under a notice, with a reason or without, and by reactions."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from adapters.slack.people import interactions
from bot.configuration import Configuration
from bot.domain.ending import EndingState
from bot.domain.event import Event
from bot.errors import StoreError
from bot.ports import Store
from tests.adapters.slack.outgoing import START
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers import slack_acts as acts
from tests.servers.slack import App, Breaks, Fails, LocalSlack, Message, User


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


class Broken:
    """A store that keeps nothing new. asked: it was to keep something."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = asyncio.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def accept(self, event: Event, at: datetime) -> bool:
        """It cannot."""
        self.asked.set()
        raise StoreError("told to fail")


async def notice(here: Town) -> tuple[Message, Message]:
    """The root of a conversation that was ended, and the notice of that."""
    root, _ = await here.closed()
    return root, here.own(here.general, root)[-1]


async def rates(here: Town, who: User, on: Message, *, good: bool) -> None:
    """Somebody presses a thumb."""
    await here.answers(await here.slack.rates(who, on, good=good))


async def reacts(here: Town, who: User, on: Message, name: str, *, over: bool = False, tone: int | None = None) -> None:
    """Somebody reacts, or takes that back; the bot has heard of it."""
    before = len(here.slack.deliveries.events("reaction_removed" if over else "reaction_added"))
    await (here.slack.unreacts if over else here.slack.reacts)(who, on, name, tone=tone)
    (new,) = here.slack.deliveries.events("reaction_removed" if over else "reaction_added")[before:]
    await here.slack.until(lambda: new.over)
    await here.settled()


async def votes(here: Town, root: Message) -> Mapping[str, str]:
    """The votes that count, by who gave them."""
    found = await here.transcript(root)
    return {here.slack.world.users[by.rpartition(":")[2]].name: vote for by, vote, _ in found.votes if vote}


async def test_a_notice_has_thumbs_and_leads_to_another_look(here: Town) -> None:
    _, said = await notice(here)
    assert [block["type"] for block in said.blocks] == ["markdown", "context_actions", "actions"]
    assert list(labels(said)) == ["feedback_buttons", "Ask for another look"]


async def test_one_vote_each_and_the_last_one_counts(here: Town) -> None:
    root, said = await notice(here)
    await rates(here, here.robin, said, good=True)
    await rates(here, here.sam, said, good=True)
    await rates(here, here.robin, said, good=False)
    assert await votes(here, root) == {"robin": "unfair", "sam": "fair"}
    await rates(here, here.robin, said, good=True)
    assert await votes(here, root) == {"robin": "fair", "sam": "fair"}


async def test_whoever_finds_it_unfair_may_say_why(here: Town) -> None:
    root, said = await notice(here)
    await rates(here, here.robin, said, good=True)
    assert here.robin.id not in here.slack.world.modals
    await rates(here, here.robin, said, good=False)
    assert here.shown(here.robin).content["title"]["text"] == "Why was it unfair?"
    assert await votes(here, root) == {"robin": "unfair"}  # before anything is sent
    await here.sends(here.robin, here.shown(here.robin), "It was a quotation.")
    assert read(here.shown(here.robin)).startswith("Thank you.")
    assert await votes(here, root) == {"robin": "unfair"}
    kept = await here.store.export_member(f"slack:{here.team}:{here.robin.id}")
    assert "It was a quotation." in str(kept)


async def test_a_reason_that_is_closed_or_left_empty_leaves_the_vote(here: Town) -> None:
    root, said = await notice(here)
    await rates(here, here.robin, said, good=False)
    await here.sends(here.robin, here.shown(here.robin))
    assert await votes(here, root) == {"robin": "unfair"}


async def test_a_reason_does_not_bring_back_a_vote_that_was_changed(here: Town) -> None:
    root, said = await notice(here)
    await rates(here, here.robin, said, good=False)
    await reacts(here, here.robin, said, "+1")
    await here.sends(here.robin, here.shown(here.robin), "well")
    assert await votes(here, root) == {"robin": "fair"}


@pytest.mark.parametrize(("name", "vote"), [("+1", "fair"), ("thumbsup", "fair"), ("-1", "unfair")])
@pytest.mark.parametrize("tone", [None, 4])
async def test_reactions_count_in_any_tone(here: Town, name: str, vote: str, tone: int | None) -> None:
    root, said = await notice(here)
    await reacts(here, here.sam, said, name, tone=tone)
    assert await votes(here, root) == {"sam": vote}
    await reacts(here, here.sam, said, name, over=True, tone=tone)
    assert await votes(here, root) == {}


async def test_taking_back_a_reaction_leaves_a_later_vote(here: Town) -> None:
    root, said = await notice(here)
    await reacts(here, here.sam, said, "+1")
    await rates(here, here.sam, said, good=False)
    await reacts(here, here.sam, said, "+1", over=True)
    assert await votes(here, root) == {"sam": "unfair"}


async def test_of_two_reactions_what_is_left_counts(here: Town) -> None:
    root, said = await notice(here)
    await reacts(here, here.sam, said, "+1")
    await reacts(here, here.sam, said, "-1")
    assert await votes(here, root) == {"sam": "unfair"}
    await reacts(here, here.sam, said, "-1", over=True)
    assert await votes(here, root) == {"sam": "fair"}


async def test_what_was_done_last_counts_however_late_slack_tells_of_it(here: Town) -> None:
    root, said = await notice(here)
    world = here.slack.world
    acts.react(world, here.sam, said, "+1")
    acts.unreact(world, here.sam, said, "+1")
    acts.react(world, here.sam, said, "-1")
    for told in reversed(world.take()):
        here.slack.deliveries.tell([told])
        await here.over(lambda each: each.over)
    await here.settled()
    assert await votes(here, root) == {"sam": "unfair"}


async def test_another_bots_reaction_is_no_vote(here: Town) -> None:
    root, said = await notice(here)
    robot = here.slack.robot(here.workspace, "robot")
    here.general.members[robot.id] = robot
    await reacts(here, robot, said, "+1")
    assert await votes(here, root) == {}


async def test_who_cannot_be_asked_about_is_taken_for_a_person(here: Town) -> None:
    root, said = await notice(here)
    here.slack.fault("users.info", Fails(error="user_not_visible"))
    await reacts(here, here.sam, said, "+1")
    assert await votes(here, root) == {"sam": "fair"}


async def test_somebody_of_another_workspace_who_saw_it_may_rate_it(here: Town) -> None:
    root, said = await notice(here)
    guest = here.slack.member(here.slack.workspace("The Museum", installed=False), "guest")
    here.slack.shares(here.general, guest.home, guest)
    await reacts(here, guest, said, "-1")
    assert await votes(here, root) == {"guest": "unfair"}
    await rates(here, guest, said, good=True)
    assert await votes(here, root) == {"guest": "fair"}


async def test_other_reactions_and_reactions_elsewhere_are_no_votes(here: Town) -> None:
    root, said = await notice(here)
    await reacts(here, here.sam, said, "heart")
    await reacts(here, here.sam, here.own(here.general, root)[0], "+1")
    await reacts(here, here.sam, root, "-1")
    assert await votes(here, root) == {}


async def test_a_reaction_is_kept_before_slack_is_told(here: Town) -> None:
    """What was not kept comes again, and is counted once."""
    root, said = await notice(here)
    store = here.bot.store
    here.bot.store = broken = Broken(store)  # type: ignore[assignment]
    await here.slack.reacts(here.sam, said, "-1")
    told = here.slack.deliveries.events("reaction_added")[-1]
    await asyncio.wait_for(broken.asked.wait(), 10)
    assert not told.acked
    here.bot.store = store
    here.slack.passes(4)
    await here.slack.until(lambda: told.acked)
    await here.settled()
    assert await votes(here, root) == {"sam": "unfair"}


class Told(logging.Handler):
    """Hears what is logged. early: that a reaction came too early."""

    def __init__(self) -> None:
        super().__init__()
        self.early = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Hear of it."""
        if "TooEarly" in record.getMessage():
            self.early.set()


async def test_a_reaction_to_what_is_not_known_yet_comes_again(here: Town) -> None:
    """The store learns of a notice a little after Slack shows it."""
    interactions.log.addHandler(heard := Told())
    said = await here.slack.says(here.me, here.general, "Was this fair?")
    await here.slack.reacts(here.sam, said, "+1")
    told = here.slack.deliveries.events("reaction_added")[-1]
    await asyncio.wait_for(heard.early.wait(), 10)
    interactions.log.removeHandler(heard)
    assert not told.acked
    here.slack.passes(64)
    await here.slack.until(lambda: told.acked)


async def test_a_vote_by_a_thumb_is_kept_before_slack_is_told(here: Town) -> None:
    """Nobody sends it again: whoever pressed sees that it did not work."""
    _, said = await notice(here)
    here.bot.store = broken = Broken(here.bot.store)  # type: ignore[assignment]
    delivery = await here.slack.rates(here.sam, said, good=True)
    await asyncio.wait_for(broken.asked.wait(), 10)
    await here.people.settled()
    here.slack.passes(4)
    assert delivery.lost


async def test_whoever_was_ended_can_appeal_where_they_read_of_it(here: Town) -> None:
    root, said = await notice(here)
    await here.presses(here.robin, said, "Ask for another look")
    await here.sends(here.robin, here.shown(here.robin), "I was quoting somebody.")
    assert read(here.shown(here.robin)) == "Thank you. Your request is on its way to the moderators."
    found = await here.transcript(root)
    assert [each.words for each in found.appeals] == ["I was quoting somebody."]
    assert found.ending.state is EndingState.APPEALED
    assert len(here.own(here.desk)) == 2


async def test_nobody_else_can(here: Town) -> None:
    root, said = await notice(here)
    await here.presses(here.sam, said, "Ask for another look")
    await here.sends(here.sam, here.shown(here.sam), "let them")
    assert read(here.shown(here.sam)) == "There's no ending here to look at again."
    assert (await here.ending(root)).state is EndingState.STANDING


# What was done while nobody listened.


@asynccontextmanager
async def away(town: Town) -> AsyncIterator[None]:
    """The bot hears nothing for a while; then it has caught up."""
    town.naps.held = True
    town.slack.sockets.abort()
    await town.so(lambda: not town.adapter.condition().notes["sockets"])
    yield
    read = len(town.slack.requests("reactions.get"))
    town.naps.held = False
    town.slack.passes(60)
    await town.slack.until(lambda: len(town.slack.requests("reactions.get")) > read)
    await town.so(lambda: not town.adapter.condition().notes["catching_up"])
    await town.settled()


async def test_a_vote_that_was_given_while_the_bot_was_away_counts(here: Town) -> None:
    root, said = await notice(here)
    robot = here.slack.robot(here.workspace, "robot")
    async with away(here):
        await here.slack.reacts(here.robin, said, "-1", tone=3)
        await here.slack.reacts(here.robin, said, "heart")
        await here.slack.reacts(here.sam, said, "thumbsup")
        await here.slack.reacts(robot, said, "+1")
        assert here.slack.deliveries.sent[-1].lost
    assert await votes(here, root) == {"robin": "unfair", "sam": "fair"}


async def test_a_vote_that_was_taken_back_while_the_bot_was_away_counts_no_more(here: Town) -> None:
    root, said = await notice(here)
    await reacts(here, here.robin, said, "-1")
    await reacts(here, here.sam, said, "+1")
    async with away(here):
        await here.slack.unreacts(here.robin, said, "-1")
        await here.slack.unreacts(here.sam, said, "+1")
        await here.slack.reacts(here.sam, said, "-1")
    assert await votes(here, root) == {"sam": "unfair"}


async def test_a_vote_by_a_thumb_stays_when_reactions_are_counted_again(here: Town) -> None:
    """Whether or not there was a reaction before it; only a later one is another vote."""
    root, said = await notice(here)
    await rates(here, here.robin, said, good=False)
    await reacts(here, here.sam, said, "+1")
    await rates(here, here.sam, said, good=False)
    await rates(here, here.mo, said, good=True)
    async with away(here):
        await here.slack.reacts(here.mo, said, "-1")
    assert await votes(here, root) == {"robin": "unfair", "sam": "unfair", "mo": "unfair"}
    async with away(here):
        await here.slack.unreacts(here.mo, said, "-1")
        await here.slack.unreacts(here.sam, said, "+1")
    assert await votes(here, root) == {"robin": "unfair", "sam": "unfair"}


async def test_reactions_are_counted_again_after_a_restart_and_once(everything: Configuration, tmp_path: Path) -> None:
    async with LocalSlack(App(distributed=True), start=START) as slack:
        town = Town(slack, tmp_path / "slack.db", everything)
        async with town.running(killed=True):
            root, said = await notice(town)
            await reacts(town, town.sam, said, "+1")
        await slack.reacts(town.robin, said, "-1")
        for _ in range(2):
            read = len(slack.requests("reactions.get"))
            async with town.running():
                await slack.until(lambda read=read: len(slack.requests("reactions.get")) > read)  # type: ignore[misc]
                await town.so(lambda: not town.adapter.condition().notes["catching_up"])
                await town.settled()
                assert await votes(town, root) == {"robin": "unfair", "sam": "fair"}


async def test_who_was_forgotten_is_not_counted_again(here: Town) -> None:
    root, said = await notice(here)
    await reacts(here, here.sam, said, "+1")
    await here.store.forget(f"slack:{here.team}:{here.sam.id}", here.now())
    async with away(here):
        await here.slack.reacts(here.robin, said, "-1")
    found = await here.transcript(root)
    assert [(by, vote) for by, vote, _ in found.votes] == [("forgotten", "fair")]
    assert here.sam.id not in str(await here.store.accepted("slack:r:"))


@pytest.mark.parametrize("fault", [Breaks(), Fails(error="message_not_found"), Fails(error="missing_scope")])
async def test_votes_stay_where_reactions_cannot_be_read(here: Town, fault: Breaks | Fails) -> None:
    root, said = await notice(here)
    await reacts(here, here.sam, said, "+1")
    here.slack.fault("reactions.get", fault, times=9)
    async with away(here):
        pass
    assert await votes(here, root) == {"sam": "fair"}


async def test_reactions_are_looked_for_while_an_ending_can_be_rated(here: Town) -> None:
    await notice(here)
    here.slack.passes(4 * 86_400)
    before = len(here.slack.requests("conversations.history"))
    here.slack.sockets.abort()
    await here.slack.until(lambda: len(here.slack.requests("conversations.history")) > before)
    await here.so(lambda: not here.adapter.condition().notes["catching_up"])
    assert not here.slack.requests("reactions.get")

"""Which threads are the bot's own: those that began with a message for it, before and after their first turn."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.slack import names
from adapters.slack.hearing import known
from adapters.slack.hearing.message import Changed, Gone, Message, Person, Report
from adapters.slack.inbound import Room, event
from bot.domain.action import CallModerators, Outcome, Receipt
from bot.domain.event import Said
from bot.domain.review import Matter
from bot.store.sqlite import SqliteStore
from tests.adapters.slack.payloads import CHANNEL, LATER, ME, ROOT, TEAM, TS
from tests.store.cases import turned
from tests.strategies import NOON

ASKED = Message(channel=CHANNEL, ts=ROOT, author=Person("U0ANA"), kind="channel", text=f"<@{ME}> hello")
REPLY = replace(ASKED, ts=TS, thread=ROOT, text="and then?", parent="U0ANA")
OWN = names.conversation(TEAM, CHANNEL, ROOT)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path / "fairwell.db", exclusive=True)
    yield store
    await store.close()


def reported(what: Message | Changed | Gone) -> Report:
    return Report(TEAM, ME, what)


async def thread(store: SqliteStore, message: Message) -> str | None:
    return await known.thread(reported(message), message, store, NOON)


async def hears(store: SqliteStore, message: Message, *, turn: bool = True) -> None:
    """The bot takes a message in; turn: and decides about it."""
    said = event(reported(message), Room())
    assert isinstance(said, Said)
    await store.accept(said, NOON)
    if turn:
        await store.record(turned(await store.scene(said, 0), said))


async def test_a_thread_that_hangs_at_a_message_for_the_bot_is_its_own(store: SqliteStore) -> None:
    assert await thread(store, REPLY) is None
    await hears(store, ASKED)
    assert await thread(store, REPLY) == OWN
    assert await thread(store, ASKED) is None  # it stands in no thread itself


async def test_it_is_its_own_before_the_first_turn(store: SqliteStore) -> None:
    await hears(store, ASKED, turn=False)
    assert await thread(store, REPLY) == OWN


@pytest.mark.parametrize("turn", [True, False])
async def test_a_mention_in_a_thread_of_others_does_not_make_it_the_bots(store: SqliteStore, turn: bool) -> None:
    await hears(store, replace(REPLY, text=f"<@{ME}> and you?"), turn=turn)
    assert await thread(store, replace(REPLY, ts=LATER)) is None


async def test_a_post_of_the_bots_is_a_root_only_if_a_conversation_began_there(store: SqliteStore) -> None:
    under = replace(REPLY, parent=ME)
    assert await thread(store, under) is None
    await hears(store, replace(REPLY, channel=CHANNEL, text=f"<@{ME}> from an earlier message"))  # said as its first
    assert await thread(store, replace(under, ts=LATER)) == OWN
    assert await thread(store, replace(REPLY, ts=LATER)) is None  # as long as somebody else wrote the root


async def test_a_card_for_moderators_begins_no_conversation(store: SqliteStore) -> None:
    """It tells of one that stands elsewhere: what is said below the card is not said there."""
    await hears(store, ASKED, turn=False)
    said = event(reported(ASKED), Room())
    assert isinstance(said, Said)
    card = CallModerators(
        id=f"{said.key}/0",
        conversation=OWN,
        place=said.place,
        matter=Matter.RISK,
        member=said.member.id,
        text="Somebody may be in danger.",
    )
    await store.record(turned(await store.scene(said, 0), said, actions=[card]))
    await store.note([Receipt(card.id, Outcome.DELIVERED, NOON, message=f"C0DESK:{TS}")])
    assert await store.conversation_at("slack", f"C0DESK:{TS}") == OWN
    below = replace(REPLY, channel="C0DESK", ts=LATER, thread=TS, parent=ME)
    assert await thread(store, below) is None


async def test_where_a_message_was_heard_is_known_for_its_edits_and_its_deletion(store: SqliteStore) -> None:
    mention = replace(REPLY, text=f"<@{ME}> and you?")
    for what in (Changed(mention, None, LATER), Gone(mention, LATER)):
        assert await known.heard(reported(what), what, store) is None
    await hears(store, mention, turn=False)
    for what in (Changed(mention, None, LATER), Gone(mention, LATER)):
        assert await known.heard(reported(what), what, store) == OWN
    other = replace(mention, ts=LATER)
    assert await known.heard(reported(other), Gone(other, LATER), store) is None


async def test_where_a_message_was_heard_is_known_after_its_turn(store: SqliteStore) -> None:
    await hears(store, ASKED)
    gone = Gone(ASKED, LATER)
    assert await known.heard(reported(gone), gone, store) == OWN

"""What the store knows for moderators and of members: what waits, where it was shown, how somebody stands."""

from dataclasses import replace
from pathlib import Path

from bot.domain.action import CallModerators, Outcome, Receipt
from bot.domain.conversation import Place
from bot.domain.ending import EndingState, Vote
from bot.domain.record import Cast, Referral
from bot.domain.review import Matter
from bot.domain.standing import NEW, Mark
from bot.domain.step import Reason, Step
from bot.ports import Store
from bot.store.sqlite import SqliteStore
from tests.store.cases import ANN, BEN, DAY, MINUTE, PLACE, TALK, change, end, ending, live, said
from tests.strategies import NOON

DESK = Place(PLACE.platform, PLACE.space, "desk", private=True)


def call(event: str, number: int = 0, *, ending: str | None = "ab-1") -> CallModerators:
    """Moderators are called."""
    identity = f"{event}/{number}"
    return CallModerators(
        id=identity, conversation=TALK, place=PLACE, matter=Matter.ENDING, member=ANN.id, text="look", ending=ending,
        desk=DESK,
    )  # fmt: skip


async def test_what_waits_comes_appeals_first_and_then_the_oldest(store: SqliteStore) -> None:
    states = (
        EndingState.STANDING,
        EndingState.APPEALED,
        EndingState.UPHELD,
        EndingState.STANDING,
        EndingState.APPEALED,
        EndingState.OVERTURNED,
    )
    for number, state in enumerate(states):
        talk = f"c{number}"
        made = ending(f"n{number}", conversation=talk, at=NOON - number * DAY, state=state)
        await end(store, made, said(key=f"e{number}", conversation=talk))
    for state in (EndingState.STANDING, EndingState.APPEALED):
        made = ending(f"asked {state}", conversation=state, at=NOON + DAY, reason=Reason.REQUEST, state=state)
        await end(store, made, said(key=state, conversation=state))
    waiting = ["n4", "n1", "asked appealed", "n3", "n0"]
    assert [each.id for each in await store.queue(PLACE.space)] == waiting
    assert [each.id for each in await store.queue(PLACE.space, 2, 1)] == waiting[1:3]
    assert await store.queue("elsewhere") == ()
    assert await store.tally(PLACE.space) == {
        EndingState.STANDING: 2,
        EndingState.APPEALED: 3,
        EndingState.UPHELD: 1,
        EndingState.OVERTURNED: 1,
    }
    assert set((await store.tally("elsewhere")).values()) == {0}


async def test_where_moderators_were_asked_about_an_ending_is_known_as_far_as_it_arrived(store: Store) -> None:
    await end(store, ending("ab-1"), said("you fool", key="e1"))
    assert await store.calls("ab-1") == []
    mine, other, risk = call("a1"), call("a1", 1, ending="cd-2"), call("a1", 2, ending=None)
    appeal = Referral("a1/appeal", Matter.APPEAL, TALK, ANN.id, NOON, "ab-1", "please")
    await change(store, said(key="a1"), actions=(mine, other, risk), referrals=(appeal,))
    assert await store.calls("ab-1") == []
    await store.note([Receipt(each.id, Outcome.DELIVERED, NOON, f"m {each.id}") for each in (mine, other, risk)])
    assert await store.calls("ab-1") == [("a1/0", "m a1/0")]
    late = call("a2")
    await change(store, said(key="a2"), actions=(late,), referrals=(replace(appeal, id="a2/appeal"),))
    await store.note([Receipt(late.id, Outcome.REFUSED, NOON, why="no channel")])
    assert await store.calls("ab-1") == [("a1/0", "m a1/0")]
    assert await store.calls("nothing") == []


async def test_why_an_ending_was_found_unfair_is_there_for_moderators(store: Store) -> None:
    await end(store, ending("ab-1"), said("you fool"))
    await change(store, said(key="v1"), cast=Cast("ab-1", BEN.id, Vote.FAIR, "", NOON))
    await change(store, said(key="v2"), cast=Cast("ab-1", ANN.id, Vote.UNFAIR, "it was banter", NOON))
    read = await store.ending("ab-1")
    assert read
    assert list(read.reasons) == [("unfair", "it was banter")]
    await store.forget(ANN.id, NOON + DAY)
    read = await store.ending("ab-1")
    assert read
    assert list(read.reasons) == []


async def test_a_members_latest_standing_is_in_the_channel_before_all_others(store: Store) -> None:
    assert await store.latest_standing(ANN.id, PLACE) is None
    await live(store, said("fool", key="e1", conversation="here"), step=Step.REDIRECT)
    aside = replace(PLACE, channel="aside")
    hello = said("hello", key="e2", conversation="aside", at=NOON + DAY)
    await live(store, replace(hello, place=aside))
    for number in range(30):
        await live(store, said(key=f"b{number}", conversation=f"b{number}", member=BEN, at=NOON + 2 * DAY))
    redirected = replace(NEW, marks=(Mark(Step.REDIRECT, 1, NOON + MINUTE),))
    assert await store.latest_standing(ANN.id, PLACE) == ("here", redirected)
    assert await store.latest_standing(ANN.id, aside) == ("aside", NEW)
    assert await store.latest_standing(ANN.id, replace(PLACE, channel="new")) == ("aside", NEW)
    assert await store.latest_standing(ANN.id, replace(PLACE, space="elsewhere")) is None


async def test_what_somebody_reported_does_not_name_them_once_they_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "here.db"
    store = await SqliteStore.open(path, exclusive=True)
    key = f"t:message:{ANN.id}"
    await change(store, said(key=key), referrals=(Referral(f"{key}/message", Matter.MESSAGE, TALK, ANN.id, NOON),))
    await store.forget(ANN.id, NOON + DAY)
    await store.close()
    assert ANN.id.encode() not in path.read_bytes()

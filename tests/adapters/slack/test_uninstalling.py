"""The app is taken out: its token goes at once, what was said there in its time; and nobody else's goes with it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.installs.authorizing import Absent
from bot.domain.conversation import Place
from bot.store import spaces
from bot.store.sqlite import SqliteStore
from tests.adapters.slack.installs import House, house
from tests.adapters.slack.test_renewing import Rounds
from tests.servers.slack import Breaks, Limits, Workspace
from tests.store.cases import live, said

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack-sdk's own

DAYS = timedelta(days=3)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        yield made


@pytest.fixture
async def north(home: House) -> Workspace:
    """A workspace that has installed the app, and in which something was said."""
    there, ann = home.workspace("North")
    await home.installs(ann, there)
    await talks(home.store, there)
    home.slack.passes(60)
    return there


def talk(there: Workspace) -> str:
    return f"slack:{there.id}:C1:1"


async def talks(store: SqliteStore, there: Workspace) -> None:
    """Something is said in a workspace."""
    event = said(key=f"slack:m:{there.id}", conversation=talk(there))
    await live(store, replace(event, place=Place("slack", there.id, "C1")))


async def told(home: House) -> None:
    """Slack has told everything, and was understood."""
    await home.slack.until(lambda: all(each.acked for each in home.slack.deliveries.sent))


async def absent(home: House, there: Workspace) -> bool:
    try:
        await home.authorizing.client(there.id)
    except Absent:
        return await home.authorizing.identity(there.id) is None
    return False


def tells(home: House, there: Workspace, event: dict[str, Any], *, wide: bool = False) -> dict[str, Any]:
    """An event of now, as Slack would have it."""
    org = there.enterprise.id if there.enterprise else None
    authorization = {"enterprise_id": org, "team_id": None if wide else there.id, "is_enterprise_install": wide}
    return {
        "type": "event_callback",
        "team_id": there.id,
        "authorizations": [authorization],
        "event": event,
        "event_time": int(home.slack.clock.now),
    }


async def test_its_token_goes_at_once_and_what_was_said_when_it_is_time(
    home: House, north: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    token = home.slack.installed(north).token
    south, ben = home.workspace("South")
    await home.installs(ben, south)
    await talks(home.store, south)
    home.slack.uninstalls(home.slack.installed(north))
    await told(home)
    assert await absent(home, north)
    assert not await absent(home, south)
    assert len([each for each in caplog.records if "taken out" in each.message]) == 1
    assert not any(token in each.secret for each in await home.store.installations("slack"))
    assert len(await home.store.turns(talk(north))) == 1
    assert await home.store.erase_uninstalled(home.now() - DAYS) == 0
    home.slack.passes((DAYS + timedelta(seconds=1)).total_seconds())
    assert await home.store.erase_uninstalled(home.now() - DAYS) == 1
    assert (await home.store.turns(talk(north)), len(await home.store.turns(talk(south)))) == ((), 1)


@pytest.mark.parametrize("backwards", [False, True])
async def test_in_whichever_order_it_is_told(
    home: House, north: Workspace, backwards: bool, caplog: pytest.LogCaptureFixture
) -> None:
    home.slack.deliveries.hold()
    home.slack.uninstalls(home.slack.installed(north))
    home.slack.deliveries.release(backwards=backwards)
    await told(home)
    first, last = (each.event["type"] for each in home.slack.deliveries.sent[-2:])
    assert {first, last} == {"tokens_revoked", "app_uninstalled"}
    assert (first == "app_uninstalled") is backwards
    assert await absent(home, north)
    assert len([each for each in caplog.records if "taken out" in each.message]) == 1
    home.slack.passes(5)
    await home.installs(home.slack.member(north, "ann", admin=True), north)
    for each in home.slack.deliveries.sent[-2:]:  # late once more, of what is over
        await home.authorizing.heard(each.payload)
    assert not await absent(home, north)


@pytest.mark.parametrize("named", [{}, {"team_id": None}, {"team_id": "E"}])
async def test_an_organisation_takes_it_out_in_whichever_way_slack_names_it(
    home: House, named: dict[str, str | None]
) -> None:
    org = home.slack.enterprise("The Libraries")
    east, ann = home.workspace("East", org)
    await home.installs(ann, org)
    await home.authorizing.identity(east.id, org.id)
    home.slack.passes(60)
    home.slack.installed(east).revoked = True
    said = {"type": "event_callback", "enterprise_id": org.id, "event": {"type": "app_uninstalled"}}
    named = {key: value and org.id for key, value in named.items()}
    await home.authorizing.heard({**said, **named, "event_time": int(home.slack.clock.now)})
    assert await absent(home, east)
    home.slack.passes(1)
    assert [each.space for each in await _due(home)] == [east.id]


async def test_back_in_time_it_finds_everything(home: House, north: Workspace) -> None:
    home.slack.uninstalls(home.slack.installed(north))
    await told(home)
    home.slack.passes(3_600)
    await home.installs(home.slack.member(north, "ann", admin=True), north)
    assert not await absent(home, north)
    assert await home.store.erase_uninstalled(home.now() + 9 * DAYS) == 0
    assert len(await home.store.turns(talk(north))) == 1


async def test_an_organisation_takes_it_out_of_all_its_workspaces(home: House) -> None:
    org = home.slack.enterprise("The Libraries")
    (east, ann), (west, _) = (home.workspace(name, org) for name in ("East", "West"))
    await home.installs(ann, org)
    for there in (east, west):
        await home.authorizing.identity(there.id, org.id)
        await talks(home.store, there)
    home.slack.passes(60)
    home.slack.uninstalls(home.slack.installed(east))
    await told(home)
    assert await absent(home, east)
    assert await absent(home, west)
    home.slack.passes(1)
    assert await home.store.erase_uninstalled(home.now()) == 2


async def test_what_an_organisation_says_is_not_asked_again(home: House) -> None:
    org = home.slack.enterprise("The Libraries")
    east, ann = home.workspace("East", org)
    await home.installs(ann, org)
    home.slack.passes(60)
    before = len(home.slack.requests("auth.test"))
    await home.authorizing.heard(tells(home, east, {"type": "app_uninstalled"}, wide=True))
    assert await home.authorizing.identity(east.id, org.id) is None
    assert len(home.slack.requests("auth.test")) == before


async def test_an_organisation_takes_one_workspace_away_and_gives_it_back(home: House) -> None:
    org = home.slack.enterprise("The Libraries")
    (east, ann), (west, _) = (home.workspace(name, org) for name in ("East", "West"))
    await home.installs(ann, org)
    for there in (east, west):
        await home.authorizing.identity(there.id, org.id)
    home.slack.passes(60)
    about = {"type": "team_access_revoked", "team_ids": [west.id]}
    before = home.now()
    await home.authorizing.heard(tells(home, east, about, wide=True))
    assert (await absent(home, east), await absent(home, west)) == (False, True)
    home.slack.passes(5)
    # Something that was said there before, and comes late, is no reason to think that it is back.
    assert await home.authorizing.identity(west.id, org.id, before - timedelta(seconds=9)) is not None
    home.slack.passes(60)
    assert [each.space for each in await _due(home)] == [west.id]
    await home.authorizing.heard(tells(home, east, about | {"type": "team_access_granted"}, wide=True))
    assert await _due(home) == []
    home.slack.passes(61)
    assert not await absent(home, west)


async def test_a_workspace_that_was_given_back_unheard_is_seen_by_what_is_said_there(home: House) -> None:
    org = home.slack.enterprise("The Libraries")
    east, ann = home.workspace("East", org)
    await home.installs(ann, org)
    home.slack.passes(60)
    await home.authorizing.heard(tells(home, east, {"type": "team_access_revoked", "team_ids": [east.id]}, wide=True))
    await home.authorizing.identity(east.id, org.id, home.now() - timedelta(seconds=9))
    home.slack.passes(61)
    assert len(await _due(home)) == 1
    await home.authorizing.identity(east.id, org.id, home.now())
    assert await _due(home) == []


async def _due(home: House) -> list[Any]:
    return list(await home.store._reader.run(lambda connection: spaces.due(connection, home.now())))


async def test_one_workspaces_own_goes_and_its_organisations_stays(home: House) -> None:
    org = home.slack.enterprise("The Libraries")
    east, ann = home.workspace("East", org)
    await home.installs(ann, org)
    everywhere = home.slack.installed(east).token
    home.slack.passes(60)
    await home.authorizing.heard(tells(home, east, {"type": "app_uninstalled"}))
    identity = await home.authorizing.identity(east.id, org.id)
    assert identity is not None
    assert identity.bot_token == everywhere


async def test_somebodys_own_token_revoked_is_nobody_elses_business(home: House, north: Workspace) -> None:
    before = len(home.slack.asked)
    await home.authorizing.heard(tells(home, north, {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}}))
    await home.authorizing.heard(tells(home, north, {"type": "tokens_revoked"}))
    assert not await absent(home, north)
    assert len(home.slack.asked) == before


async def test_a_bots_token_revoked_is_believed_if_slack_takes_it_no_more(home: House, north: Workspace) -> None:
    revoked = tells(home, north, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U1"]}})
    await home.authorizing.heard(revoked)  # an old one's, as after a renewal
    assert not await absent(home, north)
    home.slack.installed(north).revoked = True
    await home.authorizing.heard(revoked)
    assert await absent(home, north)
    home.slack.passes(1)
    assert await home.store.erase_uninstalled(home.now()) == 1


@pytest.mark.parametrize("fault", [Breaks(), Limits(after=1)])
async def test_what_cannot_be_found_out_now_is_not_acknowledged(
    home: House, north: Workspace, fault: Breaks | Limits
) -> None:
    home.slack.fault("auth.test", fault)
    home.slack.deliveries.spoil("app_uninstalled", "lost")
    home.slack.uninstalls(home.slack.installed(north))
    await told(home)  # Slack told it again
    assert [len(each.attempts) for each in home.slack.deliveries.events("tokens_revoked")] == [2]
    assert await absent(home, north)


async def test_told_late_of_a_time_before_it_was_installed_again_it_stays(home: House, north: Workspace) -> None:
    late = tells(home, north, {"type": "app_uninstalled"})
    home.slack.uninstalls(home.slack.installed(north))
    await told(home)
    home.slack.passes(120)
    await home.installs(home.slack.member(north, "ann", admin=True), north)
    await home.authorizing.heard(late)
    assert not await absent(home, north)


async def test_a_clock_of_ours_that_goes_before_slacks_keeps_no_dead_token(home: House, north: Workspace) -> None:
    event = tells(home, north, {"type": "app_uninstalled"})
    event["event_time"] -= 3_600  # so that it seems to be of a time before the installation
    home.slack.installed(north).revoked = True
    await home.authorizing.heard(event)
    assert await absent(home, north)


async def test_told_twice_it_is_out_once_since_the_first_time(
    home: House, north: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    event = tells(home, north, {"type": "app_uninstalled"})
    home.slack.installed(north).revoked = True
    await home.authorizing.heard(event)
    home.slack.passes(DAYS.total_seconds())
    await home.authorizing.heard(event | {"event_time": event["event_time"] + 3_600})
    assert len(caplog.records) == 1
    assert await home.store.erase_uninstalled(home.now() - timedelta(days=2)) == 1


async def test_taken_out_while_nobody_listened_is_seen_within_a_day(home: House, north: Workspace) -> None:
    south, ben = home.workspace("South")
    await home.installs(ben, south)
    going = Rounds(home, 2 * 24 * 6)
    job = asyncio.create_task(home.authorizing.tend(going.sleep))
    before = len(home.slack.requests("auth.test"))
    home.slack.installed(north).revoked = True
    await going.over.wait()
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert await absent(home, north)
    assert not await absent(home, south)
    assert len(home.slack.requests("auth.test")) - before <= 4


async def test_the_one_workspace_of_the_environment_takes_it_out_too(tmp_path: Path) -> None:
    async with house(tmp_path, many=False) as home:
        (there,) = home.slack.world.workspaces.values()
        await home.authorizing.begin()
        await talks(home.store, there)
        home.slack.passes(60)
        home.slack.uninstalls(home.slack.installed(there))
        await told(home)
        assert await home.authorizing.identity(there.id) is None
        home.slack.passes(60)
        assert len(await _due(home)) == 1
        home.anew()
        home.slack.world.installs[0].revoked = False  # it is installed again
        await home.authorizing.begin()
        assert await _due(home) == []
        assert len(await home.store.turns(talk(there))) == 1

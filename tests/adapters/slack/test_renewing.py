"""Tokens that end are renewed ahead of that: once, written down before they are used, through whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.installs.authorizing import Absent
from bot.domain.installation import Installation
from bot.errors import PlatformError, StoreError
from bot.store.sqlite import SqliteStore
from tests.adapters.slack.installs import House, house
from tests.servers.slack import Breaks, Drops, Fails, Limits, Waits, Workspace

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack-sdk's own

HOUR = 3_600.0


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, rotates=True) as made:
        yield made


@pytest.fixture
async def north(home: House) -> Workspace:
    """A workspace that has installed the app."""
    there, ann = home.workspace("North")
    await home.installs(ann, there)
    return there


def renewals(home: House) -> int:
    """How often Slack has given new tokens."""
    asked = home.slack.requests("oauth.v2.access")
    return sum(each.done and each.args.get("grant_type") == "refresh_token" for each in asked)


async def works(home: House, there: Workspace) -> bool:
    """Whether something can be posted there now."""
    client = await home.authorizing.client(there.id)
    return bool((await client.auth_test())["team_id"] == there.id)


class Rounds:
    """Lets a job go so many rounds; between two of them, the time passes that it sleeps."""

    def __init__(self, home: House, rounds: int) -> None:
        self._home, self._left = home, rounds
        self.over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """A round is over."""
        self._left -= 1
        if self._left == 0:
            self.over.set()
            await asyncio.Event().wait()
        self._home.slack.passes(seconds)


async def tended(home: House, rounds: int = 1) -> None:
    """The job, for so many rounds."""
    going = Rounds(home, rounds)
    job = asyncio.create_task(home.authorizing.tend(going.sleep))
    over = asyncio.create_task(going.over.wait())
    await asyncio.wait((job, over), return_when=asyncio.FIRST_COMPLETED)
    assert not job.done(), job.exception()
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)


async def test_with_no_event_at_all_the_token_lasts_for_days(home: House, north: Workspace) -> None:
    await tended(home, 3 * 24 * 6)
    assert await works(home, north)
    assert 7 <= renewals(home) <= 9  # every ten hours


async def test_it_is_not_renewed_before_it_has_to_be(home: House, north: Workspace) -> None:
    home.slack.passes(9.8 * HOUR)
    await tended(home)
    assert renewals(home) == 0
    home.slack.passes(0.3 * HOUR)
    await tended(home)
    assert renewals(home) == 1


async def test_after_a_long_sleep_whoever_needs_it_renews_it_and_many_at_once_renew_once(
    home: House, north: Workspace
) -> None:
    home.slack.passes(13 * HOUR)
    clients = await asyncio.gather(*(home.authorizing.client(north.id) for _ in range(20)), tended(home))
    assert {client.token for client in clients if client} == {home.slack.installed(north).token}
    assert renewals(home) == 1
    assert await works(home, north)


async def test_the_new_tokens_are_written_down_before_they_are_used(home: House, north: Workspace) -> None:
    home.slack.passes(13 * HOUR)
    token = (await home.authorizing.client(north.id)).token
    (kept,) = await home.store.installations("slack")
    assert str(token) in kept.secret
    home.anew()
    assert await works(home, north)
    assert renewals(home) == 1


async def test_an_organisations_token_is_renewed_for_all_its_workspaces(home: House) -> None:
    org = home.slack.enterprise("The Libraries")
    (east, ann), (west, _) = (home.workspace(name, org) for name in ("East", "West"))
    await home.installs(ann, org)
    for there in (east, west):
        await home.authorizing.identity(there.id, org.id)
    home.slack.passes(13 * HOUR)
    clients = await asyncio.gather(*(home.authorizing.client(there.id) for there in (east, west)))
    assert {client.token for client in clients} == {home.slack.installed(east).token}
    assert renewals(home) == 1


@pytest.mark.parametrize("fault", [Breaks(), Drops(), Limits(after=5), Fails(error="internal_error")])
async def test_a_renewal_that_fails_is_tried_again_and_costs_nothing_meanwhile(
    home: House, north: Workspace, fault: Breaks | Drops | Limits | Fails
) -> None:
    home.slack.passes(11 * HOUR)
    home.slack.fault("oauth.v2.access", fault)
    await tended(home)
    assert await works(home, north)
    assert renewals(home) == 0
    await tended(home)  # too soon
    home.slack.passes(60)
    await tended(home)
    assert renewals(home) == 1
    assert await works(home, north)


async def test_a_token_is_used_to_its_end_if_it_cannot_be_renewed(home: House, north: Workspace) -> None:
    home.slack.passes(12 * HOUR - 120)
    home.slack.fault("oauth.v2.access", Breaks())
    assert await works(home, north)
    assert renewals(home) == 0


async def test_one_that_fails_does_not_keep_the_others_from_theirs(home: House, north: Workspace) -> None:
    south, ben = home.workspace("South")
    await home.installs(ben, south)
    home.slack.passes(11 * HOUR)
    home.slack.fault("oauth.v2.access", Breaks())
    await tended(home)
    assert renewals(home) == 1


async def test_when_it_has_ended_and_cannot_be_renewed_nothing_is_refused_for_good(
    home: House, north: Workspace
) -> None:
    home.slack.passes(13 * HOUR)
    home.slack.fault("oauth.v2.access", Limits(after=90))
    for _ in range(3):
        with pytest.raises(PlatformError):
            await home.authorizing.client(north.id)
    home.slack.passes(89)
    with pytest.raises(PlatformError):
        await home.authorizing.client(north.id)
    assert len(home.slack.requests("oauth.v2.access")) == 2  # the installation, and one try
    home.slack.passes(1)
    assert await works(home, north)


# What is lost on the way.


async def test_killed_before_slack_was_asked_it_is_renewed(home: House, north: Workspace) -> None:
    home.slack.passes(11 * HOUR)
    home.slack.fault("oauth.v2.access", Drops())
    await tended(home)
    home.anew()
    await tended(home)
    assert renewals(home) == 1
    assert await works(home, north)


async def killed_with_the_answer(home: House, north: Workspace) -> None:
    """As after kill -9 between Slack's answer and the writing down of it."""
    home.slack.passes(11 * HOUR)
    home.slack.fault("oauth.v2.access", Drops(stored=True))
    await tended(home)
    home.anew()


async def test_killed_with_the_answer_it_is_told_once_what_to_do_and_nothing_is_erased(
    home: House, north: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    await killed_with_the_answer(home, north)
    await tended(home, 3)
    told = [record.message for record in caplog.records if "installed there anew" in record.message]
    assert told == [f"{north.id}: its new tokens were lost on the way, so the app has to be installed there anew"]
    client = await home.authorizing.client(north.id)  # Slack may take it until it ends
    assert not await home.authorizing.refused(north.id, str(client.token), "token_revoked")
    home.slack.passes(2 * HOUR)
    with pytest.raises(Absent):
        await home.authorizing.client(north.id)
    assert await home.store.erase_uninstalled(home.now()) == 0
    ann = home.slack.member(north, "ann", admin=True)
    await home.installs(ann, north)
    assert await works(home, north)
    home.slack.passes(11 * HOUR)
    await tended(home)
    assert await works(home, north)


async def test_killed_with_the_answer_somebody_is_reminded_every_day(
    home: House, north: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    await killed_with_the_answer(home, north)
    await tended(home, 2 * 24 * 6 + 1)  # three looks
    reminders = [each.message for each in caplog.records if "still waits" in each.message]
    assert reminders == [f"{north.id}: it still waits for somebody to install the app anew"] * 3


async def test_killed_with_the_answer_it_may_still_be_taken_out(home: House, north: Workspace) -> None:
    await killed_with_the_answer(home, north)
    home.slack.uninstalls(home.slack.installed(north))
    await home.authorizing.heard(home.slack.deliveries.sent[-1].payload)
    home.slack.passes(1)
    assert await home.store.erase_uninstalled(home.now()) == 1


async def test_told_to_stop_it_waits_for_the_answer_and_keeps_it(home: House, north: Workspace) -> None:
    home.slack.passes(11 * HOUR)
    answer = asyncio.Event()
    home.slack.fault("oauth.v2.access", Waits(until=answer))
    job = asyncio.create_task(home.authorizing.tend(Rounds(home, 1).sleep))
    other = asyncio.create_task(home.authorizing.client(north.id))
    await home.slack.until(lambda: len(home.slack.requests("oauth.v2.access")) == 2)
    job.cancel()
    other.cancel()
    answer.set()
    await asyncio.gather(job, other, return_exceptions=True)
    assert job.cancelled()
    home.anew()
    assert (renewals(home), await works(home, north)) == (1, True)


async def test_killed_with_the_answer_and_taken_out_while_nobody_listened_is_seen(
    home: House, north: Workspace
) -> None:
    await killed_with_the_answer(home, north)
    home.slack.installed(north).revoked = True
    await tended(home)
    assert await home.store.installations("slack") == ()
    home.slack.passes(1)
    assert await home.store.erase_uninstalled(home.now()) == 1


class Unwritable(SqliteStore):
    """A disk that is full while `full`, for what is as long as tokens."""

    full = False

    async def keep_installation(self, installation: Installation) -> None:
        if self.full and "begun" not in installation.secret:
            raise StoreError("the disk is full")
        await super().keep_installation(installation)


async def test_what_cannot_be_written_down_waits_and_is_not_used(tmp_path: Path) -> None:
    async with house(tmp_path, rotates=True, kind=Unwritable) as home:
        north, ann = home.workspace("North")
        await home.installs(ann, north)
        old, store = home.slack.installed(north).token, home.store
        home.slack.passes(11 * HOUR)
        assert isinstance(store, Unwritable)
        store.full = True
        for _ in range(3):
            await tended(home)
            assert (await home.authorizing.client(north.id)).token == old
            with pytest.raises(StoreError):  # it is not taken out for it
                await home.authorizing.refused(north.id, old, "token_revoked")
        assert renewals(home) == 1
        store.full = False
        assert await home.authorizing.refused(north.id, old, "token_revoked")
        assert await works(home, north)
        assert renewals(home) == 1


# Others, meanwhile.


async def test_installed_anew_while_it_is_renewed_the_newer_holds(home: House, north: Workspace) -> None:
    ann = home.slack.member(north, "ann", admin=True)
    home.slack.passes(11 * HOUR)
    answer = asyncio.Event()
    home.slack.fault("oauth.v2.access", Waits(until=answer))
    job = asyncio.create_task(tended(home))
    await home.slack.until(lambda: len(home.slack.requests("oauth.v2.access")) == 2)
    for event in ("app_uninstalled", "tokens_revoked"):
        home.slack.deliveries.spoil(event, "lost")
    home.slack.uninstalls(home.slack.installed(north))
    await home.installs(ann, north)
    newer = home.slack.installed(north).token
    answer.set()
    await job
    assert (await home.authorizing.client(north.id)).token == newer


async def test_taken_out_while_it_is_renewed_it_is_out(home: House, north: Workspace) -> None:
    home.slack.passes(11 * HOUR)
    answer = asyncio.Event()
    home.slack.fault("oauth.v2.access", Waits(until=answer))
    job = asyncio.create_task(tended(home))
    await home.slack.until(lambda: len(home.slack.requests("oauth.v2.access")) == 2)
    home.slack.passes(1)
    await home.store.remove_installation("slack", "", north.id, home.now())
    answer.set()
    await job
    assert await home.store.installations("slack") == ()


async def test_an_old_token_that_somebody_still_used_does_not_take_the_app_out(home: House, north: Workspace) -> None:
    old = str((await home.authorizing.client(north.id)).token)
    home.slack.passes(11 * HOUR)
    await tended(home)
    assert await home.authorizing.refused(north.id, old, "token_revoked")
    assert await home.authorizing.refused(north.id, old, "token_expired")
    assert await works(home, north)


async def test_a_token_that_slack_calls_expired_is_renewed_whatever_our_clock_says(
    home: House, north: Workspace
) -> None:
    token = str((await home.authorizing.client(north.id)).token)
    assert await home.authorizing.refused(north.id, token, "token_expired")
    assert renewals(home) == 1
    assert await works(home, north)


async def test_taken_out_while_nobody_listened_is_seen_when_it_cannot_be_renewed(
    home: House, north: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    home.slack.installed(north).revoked = True  # and no event told of it
    home.slack.passes(13 * HOUR)
    with pytest.raises(Absent):
        await home.authorizing.client(north.id)
    assert "the app was taken out" in caplog.text
    assert await home.store.erase_uninstalled(home.now()) == 1


async def test_no_token_is_in_the_log(home: House, north: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "adapters")
    install = home.slack.installed(north)
    seen = {install.token, install.refresh}
    home.slack.passes(11 * HOUR)
    home.slack.fault("oauth.v2.access", Fails(error="internal_error"))
    await tended(home)
    home.slack.passes(60)
    await tended(home)
    seen |= {install.token, install.refresh}
    assert len(seen) == 4
    assert not any(str(each) in caplog.text for each in seen)

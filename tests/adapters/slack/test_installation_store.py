"""What slack-sdk asks of an installation store, on the project's own: every method, asynchronous, deletes too."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from slack_sdk.oauth.installation_store import Bot, Installation

from adapters.slack.installs.installations import Installations
from bot.store.sqlite import SqliteStore
from tests.fakes.clock import NOON, SetClock

NORTH, SOUTH, ORG = "T-north", "T-south", "E-libraries"
EARLY = {"installed_at": NOON.timestamp()}


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Installations]:
    store = await SqliteStore.open(tmp_path / "slack.db", exclusive=True)
    yield Installations(store, SetClock())
    await store.close()


def new(token: str, team: str | None = NORTH, org: str | None = None, **more: object) -> Installation:
    return Installation(
        app_id="A1",
        enterprise_id=org,
        team_id=team,
        team_name="The Library",
        bot_token=token,
        bot_id="B1",
        bot_user_id="U1",
        bot_scopes="chat:write,commands",
        bot_refresh_token="xoxe-1",  # noqa: S106
        bot_token_expires_at=1_900_000_000,
        user_id="U-ann",
        user_token="xoxp-anns-own",  # noqa: S106
        is_enterprise_install=team is None,
        **more,  # type: ignore[arg-type]
    )


async def token(kept: Installations, team: str | None, org: str | None = None, *, wide: bool = False) -> str | None:
    bot = await kept.async_find_bot(enterprise_id=org, team_id=team, is_enterprise_install=wide)
    return bot.bot_token if bot else None


async def test_everything_of_the_bots_comes_back_and_nothing_of_anybody_elses(kept: Installations) -> None:
    installation = new("xoxb-1", installed_at=NOON.timestamp())
    await kept.async_save(installation)
    bot = await kept.async_find_bot(enterprise_id=None, team_id=NORTH)
    assert bot is not None
    assert vars(bot) == vars(installation.to_bot())
    found = await kept.async_find_installation(enterprise_id=None, team_id=NORTH)
    assert found is not None
    assert vars(found.to_bot()) == vars(bot)
    assert (found.user_token, found.user_id) == (None, "")
    assert await kept.async_find_installation(enterprise_id=None, team_id=NORTH, user_id="U-ann") is None
    (row,) = await kept._store.installations("slack")
    assert not any(word in row.secret for word in ("U-ann", "xoxp"))


async def test_of_two_the_later_holds(kept: Installations) -> None:
    await kept.async_save(new("xoxb-1"))
    await kept.async_save_bot(Bot(bot_token="xoxb-2", bot_id="B2", bot_user_id="U2", team_id=NORTH, **EARLY))  # type: ignore[arg-type]  # noqa: S106
    assert await token(kept, NORTH) == "xoxb-2"


async def test_an_organisations_has_no_team(kept: Installations) -> None:
    await kept.async_save(new("xoxb-org", None, ORG))
    for team in (None, NORTH, SOUTH):
        assert await token(kept, team, ORG, wide=True) == "xoxb-org"
        assert await token(kept, team, ORG) == "xoxb-org"
    assert await token(kept, NORTH) is None
    await kept.async_save(new("xoxb-north", NORTH, ORG))
    assert (await token(kept, NORTH, ORG), await token(kept, SOUTH, ORG)) == ("xoxb-north", "xoxb-org")
    assert await token(kept, NORTH, ORG, wide=True) == "xoxb-org"


@pytest.mark.parametrize(
    "delete",
    [
        lambda kept: kept.async_delete_bot(enterprise_id=None, team_id=NORTH),
        lambda kept: kept.async_delete_installation(enterprise_id=None, team_id=NORTH),
        lambda kept: kept.async_delete_all(enterprise_id=None, team_id=NORTH),
    ],
)
async def test_what_is_deleted_is_gone_and_may_come_again(
    kept: Installations, delete: Callable[[Installations], AsyncIterator[None]]
) -> None:
    await kept.async_save(new("xoxb-1"))
    await kept.async_save(new("xoxb-south", SOUTH))
    await delete(kept)  # type: ignore[misc]
    assert (await token(kept, NORTH), await token(kept, SOUTH)) == (None, "xoxb-south")
    await delete(kept)  # type: ignore[misc]
    await kept.async_save(new("xoxb-2"))
    assert await token(kept, NORTH) == "xoxb-2"


async def test_an_organisations_delete_leaves_what_a_workspace_has_of_its_own(kept: Installations) -> None:
    await kept.async_save(new("xoxb-org", None, ORG))
    await kept.async_save(new("xoxb-north", NORTH, ORG))
    await kept.async_delete_all(enterprise_id=ORG, team_id=None)
    assert (await token(kept, NORTH, ORG), await token(kept, SOUTH, ORG)) == ("xoxb-north", None)
    await kept.async_save(new("xoxb-org-2", None, ORG))
    await kept.async_delete_all(enterprise_id=ORG, team_id=NORTH)
    assert await token(kept, NORTH, ORG) == "xoxb-org-2"


async def test_what_is_of_one_user_deletes_nothing_of_the_bots(kept: Installations) -> None:
    await kept.async_save(new("xoxb-1"))
    await kept.async_delete_installation(enterprise_id=None, team_id=NORTH, user_id="U-ann")
    assert await token(kept, NORTH) == "xoxb-1"


async def test_a_removal_of_before_comes_too_late(kept: Installations) -> None:
    await kept.async_save(new("xoxb-1"))
    assert not await kept.remove(NORTH, "", NOON - timedelta(seconds=1))
    assert await token(kept, NORTH) == "xoxb-1"


async def test_whoever_goes_by_them_is_told_of_each_change(kept: Installations) -> None:
    told = []
    kept.changed = lambda: told.append(1)
    await kept.async_save(new("xoxb-1"))
    await kept.async_delete_all(enterprise_id=None, team_id=NORTH)
    assert len(told) == 2

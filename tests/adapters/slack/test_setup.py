"""`/fairwell setup` and `/fairwell check`: a workspace's admins see how the bot is set up there, and change it."""

import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.domain.conversation import Place
from bot.settings import Local, load
from bot.settings.live import Live
from bot.settings.space_files import Drafts
from tests.adapters.slack.people import Town, peopled, read
from tests.configs import SHIPPED
from tests.servers.slack import Fails, User, View
from tests.servers.slack_blocks import elements
from tests.servers.slack_state import Kind

ONLY = "Only admins and owners of this workspace can do that."


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and a bot that follows a config/ in which the workspace has no table yet."""
    config = tmp_path / "config"
    config.mkdir()
    for name in ("fairwell.toml", "ladder.toml", "concerns.toml"):
        shutil.copy(SHIPPED / name, config / name)

    def built(directory: Path, drafts: Drafts) -> Configuration:
        return replace(everything, settings=load(directory, {}, drafts))

    async with peopled(everything, tmp_path, live=Live(config, built)) as made:
        yield made


def local(here: Town) -> Local:
    """What is in force for the workspace."""
    assert here.live
    return here.live.current.settings.at(Place("slack", here.team, ""))


async def form(here: Town, who: User | None = None) -> View:
    """The form that somebody (ada) is shown."""
    await here.types(who or here.ada, "setup")
    return here.shown(who or here.ada)


async def sets(here: Town, values: Mapping[str, object], who: User | None = None) -> str:
    """Somebody (ada) changes that in the form, and sends it. Out: what they are told."""
    view = await form(here, who)
    await here.answers(await here.slack.submits(who or here.ada, view, values))
    return read(here.shown(who or here.ada))


def fields(view: View) -> dict[str, object]:
    """What stands in the form, by its fields."""
    found = (one for block in view.content["blocks"] for one in elements(block))
    return {
        one["action_id"]: next((value for name, value in one.items() if name.startswith("initial")), None)
        for one in found
    }


async def test_nobody_but_admins_is_shown_it(here: Town) -> None:
    for who in (here.robin, here.mo):
        assert read(await form(here, who)) == ONLY
        assert await here.types(who, "check") == ONLY


async def test_it_shows_what_is_set(here: Town) -> None:
    await sets(here, {"moderators": here.desk.id, "country": "NZ", "people": [here.mo.id], "groups": [here.keepers.id]})
    shown = fields(await form(here))
    assert shown["moderators"] == here.desk.id
    assert shown["people"] == [here.mo.id]
    assert [each["value"] for each in shown["groups"]] == [here.keepers.id]  # type: ignore[attr-defined]
    assert shown["country"]["value"] == "NZ"  # type: ignore[index]
    assert shown["channels"] is None


async def test_what_is_chosen_holds_at_once_and_is_told_to_moderators(here: Town) -> None:
    told = await sets(here, {"moderators": here.desk.id, "groups": [here.keepers.id], "ladder": "gentle"})
    assert told.startswith("Done:\nModerators' channel: none, now ")
    assert f"now <#{here.desk.id}>" in told
    found = local(here)
    assert found.moderators
    assert found.moderators.channel == here.desk.id
    assert found.moderator_roles == (here.keepers.id,)
    assert found.ladder.name == "gentle"
    assert found.country == ""
    (audit,) = here.own(here.desk)
    assert read(audit).splitlines()[0] == "ada has changed how I am set up:"
    assert "Who may look at endings: none, now @keepers" in read(audit)
    assert audit.pings == set()
    (change, *_) = await here.store.changes(f"slack:{here.team}")
    assert change.by == f"slack:{here.team}:{here.ada.id}"


async def test_both_channels_are_told_where_moderators_were_and_are(here: Town) -> None:
    other = here.slack.channel(here.workspace, "other desk", here.ada, kind=Kind.PRIVATE)
    await sets(here, {"moderators": here.desk.id})
    await sets(here, {"moderators": other.id})
    assert len(here.own(here.desk)) == 2
    assert len(here.own(other)) == 1


async def test_what_is_emptied_is_taken_back(here: Town) -> None:
    await sets(here, {"moderators": here.desk.id, "country": "NZ", "channels": [here.general.id]})
    assert local(here).channels == (here.general.id,)
    told = await sets(here, {"country": "-", "channels": []})
    assert "Country: New Zealand, now none" in told
    assert "Channels I answer in: <#" in told
    assert "now wherever I am" in told
    assert local(here).channels == ()
    assert local(here).moderators


async def test_groups_that_slack_does_not_list_stay(here: Town) -> None:
    await sets(here, {"groups": [here.keepers.id]})
    here.slack.fault("usergroups.list", Fails(error="missing_scope"), times=9)
    view = await form(here)
    assert "groups" not in fields(view)
    await here.answers(await here.slack.submits(here.ada, view, {"people": [here.robin.id]}))
    assert local(here).moderator_roles == (here.keepers.id, here.robin.id)


async def test_of_more_groups_than_a_list_takes_each_can_be_chosen(here: Town) -> None:
    for number in range(250):
        here.slack.group(here.workspace, f"team-{number:03}", here.mo)
    last = here.slack.group(here.workspace, "wardens", here.mo)
    assert "now @wardens" in await sets(here, {"groups": [last.id]})
    assert local(here).moderator_roles == (last.id,)
    assert [each["value"] for each in fields(await form(here))["groups"]] == [last.id]  # type: ignore[attr-defined]
    assert "now @keepers, @wardens" in await sets(here, {"groups": [here.keepers.id, last.id]})


async def test_people_are_told_by_their_names(here: Town) -> None:
    await sets(here, {"moderators": here.desk.id})
    await sets(here, {"people": [here.robin.id]})
    told = read(here.own(here.desk)[-1])
    assert told.splitlines() == ["ada has changed how I am set up:", "Who may look at endings: none, now robin"]
    assert "Who may look at endings: robin, now @keepers, robin" in await sets(here, {"groups": [here.keepers.id]})


async def test_what_another_admin_has_changed_meanwhile_stays(here: Town) -> None:
    bea = here.slack.member(here.workspace, "bea", admin=True)
    here.general.members[bea.id] = here.desk.members[bea.id] = bea
    await sets(here, {"moderators": here.desk.id})
    first, second = await form(here), await form(here, bea)
    await here.answers(await here.slack.submits(here.ada, first, {"country": "NZ", "groups": [here.keepers.id]}))
    await here.answers(await here.slack.submits(bea, second, {"ladder": "gentle", "people": [here.robin.id]}))
    found = local(here)
    assert (found.country, found.ladder.name) == ("NZ", "gentle")
    assert found.moderator_roles == (here.keepers.id, here.robin.id)
    assert "Country" not in read(here.own(here.desk)[-1])


async def test_two_admins_at_once_are_both_heard(here: Town) -> None:
    bea = here.slack.member(here.workspace, "bea", admin=True)
    here.general.members[bea.id] = bea
    first, second = await form(here), await form(here, bea)
    one = await here.slack.submits(here.ada, first, {"country": "NZ"})
    other = await here.slack.submits(bea, second, {"ladder": "gentle"})
    await here.answers(one)
    await here.answers(other)
    assert (local(here).country, local(here).ladder.name) == ("NZ", "gentle")
    assert "Ladder" not in read(here.shown(here.ada))
    assert "Country" not in read(here.shown(bea))
    assert len(await here.store.changes(f"slack:{here.team}")) == 2


async def test_it_stands_in_a_file_of_its_own_and_holds_after_a_restart(here: Town) -> None:
    await sets(here, {"country": "NZ", "channels": [here.general.id]})
    assert here.live
    directory = here.live.current.settings.directory
    written = (directory / "spaces" / f"slack-{here.team}.toml").read_text()
    assert f"slack:{here.team}" in written
    assert written.endswith(f'country = "NZ"\nchannels = ["{here.general.id}"]\n')
    again = load(directory, {}).at(Place("slack", here.team, ""))
    assert (again.country, again.channels) == ("NZ", (here.general.id,))


async def test_what_cannot_be_written_changes_nothing(here: Town) -> None:
    assert here.live
    beside = here.live.current.settings.directory / "spaces" / f".slack-{here.team}.toml.new"
    beside.mkdir(parents=True)
    told = await sets(here, {"country": "NZ"})
    assert told.startswith(f"I have changed nothing:\n• config/spaces/slack-{here.team}.toml: cannot be written (")
    assert 'country = "NZ"' in told
    assert local(here).country == ""
    assert not await here.store.changes(f"slack:{here.team}")


async def test_nothing_is_changed_by_sending_it_as_it_is(here: Town) -> None:
    await sets(here, {"moderators": here.desk.id})
    assert (await sets(here, {})).startswith("That is how it is already.")
    assert len(here.own(here.desk)) == 1


async def test_a_channel_that_the_bot_is_not_in_is_not_taken(here: Town) -> None:
    lonely = here.slack.channel(here.workspace, "lonely", bot=False)
    before = local(here)
    for values in ({"moderators": lonely.id}, {"channels": [here.general.id, lonely.id]}):
        told = await sets(here, values)
        assert told == f"I have changed nothing:\n• I'm not in <#{lonely.id}>. Invite me there first."
    assert local(here) == before


async def test_who_may_is_looked_at_again_when_it_is_sent(here: Town) -> None:
    view = await form(here)
    here.ada.admin = False
    here.slack.passes(61)
    await here.answers(await here.slack.submits(here.ada, view, {"country": "NZ"}))
    assert read(here.shown(here.ada)) == ONLY
    assert local(here).country == ""


async def test_what_cannot_be_written_is_told_with_what_to_do_by_hand(here: Town) -> None:
    assert here.live
    directory = here.live.current.settings.directory
    with (directory / "fairwell.toml").open("a") as file:
        file.write(f'\n[[space]]\nid = "slack:{here.team}"\n')
    told = await sets(here, {"country": "NZ"})
    assert told.startswith("I have changed nothing:\n• config/fairwell.toml: has the [[space]] of slack:")
    assert 'country = "NZ"' in told


async def test_check_tells_what_is_lacking(here: Town) -> None:
    told = await here.types(here.ada, "check")
    assert "Nobody has said where moderators are called." in told
    assert "Nobody is named for looking at endings" in told
    assert "nobody is called by name" in told
    await sets(here, {"moderators": here.desk.id, "groups": [here.keepers.id], "channels": [here.general.id]})
    told = await here.types(here.ada, "check")
    assert told.splitlines()[-1] == "• Endings are looked at again by: @keepers"
    here.workspace.groups.clear()
    here.slack.archives(here.desk)
    await here.slack.leaves(here.me, here.general)
    told = await here.types(here.ada, "check", here.slack.dm(here.ada))
    assert f"<#{here.desk.id}> is archived" in told
    assert f"I'm not in <#{here.general.id}>." in told
    assert f"are not there: {here.keepers.id}" in told


async def test_check_tells_which_scopes_are_lacking(here: Town) -> None:
    install = here.slack.installed(here.workspace)
    install.scopes -= {"usergroups:read", "reactions:read"}
    told = await here.types(here.ada, "check")
    assert "I lack these scopes: `reactions:read`, `usergroups:read`" in told
    install.scopes |= {"usergroups:read", "reactions:read"}
    assert (await here.types(here.ada, "check")).startswith("• I have all the scopes I need.")


async def test_where_slack_does_not_answer_nothing_is_guessed(here: Town) -> None:
    here.slack.fault("users.info", Fails(error="request_timeout"), times=9)
    assert (await here.types(here.ada, "check")).startswith("I can't answer just now.")

"""Who may look at endings, as Slack tells, and of the workspace that it is about."""

from datetime import UTC, datetime

from adapters.slack.outgoing.clients import Clients
from adapters.slack.outgoing.sending import Requests
from adapters.slack.people.reviewers import Reviewers
from tests.adapters.slack.outgoing import Keys, Naps, Outgoing
from tests.servers.slack import LocalSlack


def reviewers(there: Outgoing) -> Reviewers:
    """Those of a workspace."""
    return Reviewers(there.requests, lambda: datetime.fromtimestamp(there.slack.clock.now, UTC))


async def test_a_moderator_is_asked_about_each_time_they_do_something(there: Outgoing) -> None:
    known, group = reviewers(there), there.slack.group(there.workspace, "keepers", there.mo)
    assert await known.may(there.team, there.mo.id, (group.id,))
    group.users.clear()
    assert await known.may(there.team, there.mo.id, (group.id,), anew=False)  # what they see is a minute old at most
    assert not await known.may(there.team, there.mo.id, (group.id,))
    assert there.asked("usergroups.users.list") == 2


async def test_somebody_else_cannot_use_up_what_slack_lets_the_bot_ask(there: Outgoing) -> None:
    known, group = reviewers(there), there.slack.group(there.workspace, "keepers", there.mo)
    for _ in range(30):
        assert not await known.may(there.team, there.robin.id, (group.id,))
        assert not await known.is_admin(there.team, there.robin.id)
    assert (there.asked("usergroups.users.list"), there.asked("users.info")) == (1, 1)
    group.users.append(there.robin)
    there.slack.passes(61)
    assert await known.may(there.team, there.robin.id, (group.id,))


async def test_an_admin_who_is_none_any_more_is_none_at_once(there: Outgoing) -> None:
    known, ada = reviewers(there), there.slack.member(there.workspace, "ada", admin=True)
    assert await known.is_admin(there.team, ada.id)
    ada.admin = False
    assert not await known.is_admin(there.team, ada.id)


async def test_a_group_that_is_not_there_or_disabled_has_nobody(there: Outgoing) -> None:
    group = there.slack.group(there.workspace, "keepers", there.mo)
    group.disabled = True
    assert not await reviewers(there).may(there.team, there.mo.id, (group.id, "S0NOBODY"))
    assert not await reviewers(there).may(there.team, there.mo.id, ("D123", "whatever"))


async def test_an_admin_elsewhere_in_the_organisation_is_none_here() -> None:
    async with LocalSlack() as slack:
        organisation = slack.enterprise("Libraries")
        here, elsewhere = (slack.workspace(name, enterprise=organisation, installed=False) for name in ("A", "B"))
        install, zoe = slack.install(organisation), slack.member(elsewhere, "zoe", admin=True)
        clients, naps = Clients(slack.url), Naps(slack)
        keys = Keys(slack, clients, {each.id: install.token for each in (here, elsewhere)})
        known = Reviewers(Requests(keys, naps.sleep, naps.timer), lambda: datetime.fromtimestamp(slack.clock.now, UTC))
        assert await known.is_admin(elsewhere.id, zoe.id)
        assert not await known.is_admin(here.id, zoe.id)
        zoe.deleted = True
        assert not await known.is_admin(elsewhere.id, zoe.id)
        await clients.close()

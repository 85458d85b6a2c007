"""Who may look at endings, as Slack tells: asked once a minute, and of the workspace that it is about."""

from datetime import UTC, datetime

from adapters.slack.clients import Clients
from adapters.slack.reviewers import Reviewers
from adapters.slack.sending import Requests
from tests.adapters.slack.outgoing import Keys, Naps, Outgoing
from tests.servers.slack import LocalSlack


def reviewers(there: Outgoing) -> Reviewers:
    """Those of a workspace."""
    return Reviewers(there.requests, lambda: datetime.fromtimestamp(there.slack.clock.now, UTC))


async def test_what_slack_said_holds_for_a_minute(there: Outgoing) -> None:
    known, group = reviewers(there), there.slack.group(there.workspace, "keepers", there.mo)
    assert await known.may(there.team, there.mo.id, (group.id,))
    assert not await known.may(there.team, there.robin.id, (group.id,))
    group.users.clear()
    assert await known.may(there.team, there.mo.id, (group.id,))
    assert there.asked("usergroups.users.list") == 1
    there.slack.passes(61)
    assert not await known.may(there.team, there.mo.id, (group.id,))


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
        slack.passes(61)
        assert not await known.is_admin(elsewhere.id, zoe.id)
        await clients.close()

"""What is another workspace's is nobody's business here, whatever its admins get hold of."""

import json
from pathlib import Path

import pytest

from adapters.slack import names
from adapters.slack.people.interactions import Interactions
from bot.configuration import Configuration
from bot.domain.ending import Ending, EndingState
from tests.adapters.slack.community import INSULTS, Community
from tests.adapters.slack.people import labels, read
from tests.adapters.slack.test_many import Place, many, place, said
from tests.servers.slack import View
from tests.servers.slack_blocks import elements
from tests.servers.slack_deliveries import Delivery

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack-sdk's own

ONLY = "Only moderators can do that."


async def closed(town: Community, here: Place) -> Ending:
    """How a conversation of robin's ended there."""
    robin = town.slack.member(here.workspace, "robin")
    here.general.members[robin.id] = robin
    root = await town.slack.mentions(robin, here.general, INSULTS[0])
    for number, insult in enumerate(INSULTS[1:], start=1):
        await town.slack.until(lambda number=number: len(said(town, root)) == number)  # type: ignore[misc]
        await town.settled()
        town.slack.passes(60)
        await town.slack.says(robin, here.general, insult, thread=root)
    await town.slack.until(lambda: len(said(town, root)) == len(INSULTS))
    await town.settled()
    ending = await town.store.latest_ending(names.conversation(here.workspace.id, here.general.id, root.ts))
    assert ending is not None
    return ending


async def test_an_admin_of_another_workspace_judges_no_ending_and_reads_none(
    everything: Configuration, tmp_path: Path
) -> None:
    """Nobody is named as a moderator in either; so the admins of each may, and of each alone."""
    people = Interactions(soon=30.0)
    async with many(everything, tmp_path) as town:
        town.parts = (people,)

        async def shown(asked: Delivery) -> View:
            """What the admin of the south sees then."""
            await town.slack.until(lambda: asked.over)
            await people.settled()
            await town.settled()
            return town.slack.world.modals[south.ann.id][-1]

        async with town.running():
            north, south = await place(town, "North"), await place(town, "South")
            theirs, own = await closed(town, north), await closed(town, south)
            typed = await town.slack.commands(south.ann, south.general, "/fairwell", "endings")
            await town.slack.until(lambda: typed.over)
            await people.settled()
            listed = south.general.ephemerals[-1]
            (choice,) = (one for block in listed.blocks for one in elements(block) if "options" in one)
            for value, told in ((theirs.id, ONLY), (own.id, "I closed conversation")):
                choice["options"][0]["value"] = value
                look = labels(listed)["Look at one of them"]
                view = await shown(await town.slack.presses(south.ann, listed, look, value=value))
                assert read(view).startswith(told)
            form = await shown(await town.slack.presses(south.ann, view, labels(view)["Overturn"]))
            form.content["private_metadata"] = json.dumps({"ending": theirs.id, "verdict": "overturned"})
            assert read(await shown(await town.slack.submits(south.ann, form, {}))) == ONLY
            found = await town.store.ending(theirs.id)
            assert found is not None
            assert found.ending.state is EndingState.STANDING

"""Care, through the whole adapter: where the card goes, ahead of what, and what nobody else learns of it."""

import asyncio
from pathlib import Path

import pytest

from adapters.slack import names
from adapters.slack.outgoing.streaming import SOON
from bot.configuration import Configuration
from tests.adapters.slack.community import EXPLICIT, INSULTS, Community
from tests.adapters.slack.people import Town, labels, peopled
from tests.servers.slack import Channel, Fails, Hangs, Limits, Message, User
from tests.servers.slack_blocks import elements

NOW = "I'm going to kill myself tonight"  # a life is at stake
OPEN, POST = "conversations.open", "chat.postMessage"
ANYWHERE = "findahelpline.com"  # where a card leads somebody of whom nobody knows the country


def fixed(town: Community, where: Message | Channel) -> list[str]:
    """What the bot has said there, without the model's own words."""
    return [each for each in town.said(where) if not each.startswith("answer to")]


async def cared(town: Community, root: Message, who: User) -> tuple[str, str]:
    """What a thread reads last, and what somebody reads alone, when nothing is under way."""
    await town.told(town.slack.dm(who))
    await town.settled()
    return fixed(town, root)[-1], fixed(town, town.slack.dm(who))[-1]


def nobody_sees(town: Community, where: Channel) -> bool:
    """Whether nothing was shown there to one person alone."""
    return not where.ephemerals


async def test_the_thread_reads_a_short_word_and_the_member_the_card(town: Community) -> None:
    async with town.running():
        root = await town.asks(EXPLICIT)
        short, card = await cared(town, root, town.robin)
        assert "private message" in short
        assert "I'm a bot" in card
        assert card.endswith("What is going on for you right now?")
        assert len(short) < len(card)
        assert ANYWHERE in short
        assert ANYWHERE in card
        assert len(fixed(town, root)) == len(town.said(town.slack.dm(town.robin))) == 1
        assert nobody_sees(town, town.general)


async def test_in_a_direct_message_it_is_all_there(town: Community) -> None:
    dm = town.slack.dm(town.robin)
    async with town.running():
        root = await town.slack.says(town.robin, dm, EXPLICIT)
        await town.told(root)
        await town.settled()
        (card,) = fixed(town, dm)
        assert card.endswith("What is going on for you right now?")
        assert not town.slack.requests(OPEN)


@pytest.mark.parametrize("text", [EXPLICIT, NOW])
@pytest.mark.parametrize("code", ["cannot_dm_bot", "user_not_visible", "user_disabled", "missing_scope"])
async def test_where_no_direct_message_arrives_the_thread_reads_more(town: Community, code: str, text: str) -> None:
    town.slack.fault(OPEN, Fails(error=code), times=9)
    async with town.running():
        root = await town.asks(text)
        await town.told(root, 2)
        await town.settled()
        _, instead = fixed(town, root)
        assert ANYWHERE in instead
        assert nobody_sees(town, town.general)


async def test_somebody_of_another_workspace_whom_the_bot_may_not_write_to_reads_it_in_the_thread(
    town: Community,
) -> None:
    guest = town.slack.member(town.slack.workspace("The Museum", installed=False), "guest")
    town.slack.shares(town.general, guest.home, guest)
    town.slack.fault(OPEN, Fails(error="user_not_visible"), times=9)
    async with town.running():
        root = await town.asks(EXPLICIT, guest)
        assert ANYWHERE in (await town.told(root, 2))[1]
        (call,) = await town.told(town.desk)
        assert EXPLICIT not in call
        await town.settled()
        (turn,) = await town.store.turns(names.conversation(town.team, town.general.id, root.ts))
        assert turn.turn.member.id == names.member(town.team, guest.id).id
        assert turn.turn.member.name == "guest"


async def test_somebody_of_another_workspace_is_answered_and_heard_like_anybody(town: Community) -> None:
    guest = town.slack.member(town.slack.workspace("The Museum", installed=False), "guest")
    town.slack.shares(town.general, guest.home, guest)
    async with town.running():
        root = await town.asks("Good evening.", guest)
        assert await town.told(root) == ["answer to Good evening."]
        await town.says("And now?", root, guest)
        await town.told(root, 2)


async def test_what_the_thread_cannot_take_comes_by_direct_message(town: Community) -> None:
    town.slack.fault(POST, Fails(error="restricted_action_thread_only_channel"))
    async with town.running():
        await town.asks(EXPLICIT)
        assert len(await town.told(town.slack.dm(town.robin), 2)) == 2


# Moderators.


@pytest.mark.parametrize("text", [EXPLICIT, NOW])
async def test_moderators_are_called_without_a_word_of_what_was_said(town: Community, text: str) -> None:
    keepers = town.slack.group(town.workspace, "keepers", town.mo)
    town.set_up(moderator_roles=(keepers.id, town.mo.id))
    async with town.running():
        root = await town.asks(f"{text}, my poor badger")
        (call,) = await town.told(town.desk)
        await town.settled()
        (card,) = [each for each in town.desk.messages.values() if each.author is town.me]
    assert "badger" not in str(card)
    assert "kill" not in call
    assert f"{town.general.id}/p{root.ts.replace('.', '')}" in call
    assert card.pings == ({keepers.id, town.mo.id} if text == NOW else set())


async def test_of_what_is_said_in_private_moderators_are_told_that_alone(town: Community) -> None:
    async with town.running():
        await town.slack.says(town.robin, town.slack.dm(town.robin), f"{NOW}, my poor badger")
        (call,) = await town.told(town.desk)
        assert "badger" not in call


# After an ending.


@pytest.mark.parametrize("who", ["robin", "sam"])
async def test_an_ended_thread_is_not_deaf(town: Community, who: str) -> None:
    async with town.running():
        root = await town.ended()
        someone = {"robin": town.robin, "sam": town.sam}[who]
        before = len(fixed(town, root))
        await town.says(EXPLICIT, root, someone)
        short, card = await cared(town, root, someone)
        assert len(fixed(town, root)) == before + 1
        assert ANYWHERE in short
        assert ANYWHERE in card
        assert "closed" not in short + card
        assert nobody_sees(town, town.general)  # no word of how to begin anew


async def test_in_an_ended_thread_an_edit_is_not_overlooked(town: Community) -> None:
    async with town.running():
        root = await town.ended()
        mine = next(each for each in town.general.replies(root.ts) if each.author is town.robin)
        before = len(town.said(root))
        await town.slack.edits(town.robin, mine, EXPLICIT)
        await town.told(root, before + 1)
        await town.settled()
        assert any(ANYWHERE in each for each in town.said(town.slack.dm(town.robin)))
        assert len(await town.told(town.desk, 2)) == 2


async def test_whoever_is_in_danger_is_not_closed_out_however_they_speak(town: Community) -> None:
    async with town.running():
        root = await town.asks(EXPLICIT)
        await cared(town, root, town.robin)
        for insult in INSULTS:
            town.slack.passes(60)
            await town.says(insult, root)
            await town.settled()
        assert root.reactions == {}
        assert await town.store.latest_ending(names.conversation(town.team, town.general.id, root.ts)) is None


@pytest.mark.parametrize("below", [True, False], ids=["below it", "beside it"])
async def test_who_answers_the_card_where_they_read_it_is_no_stranger_there(town: Community, below: bool) -> None:
    """Nobody is redirected or warned for how they speak then."""
    dm = town.slack.dm(town.robin)
    async with town.running():
        await cared(town, await town.asks(EXPLICIT), town.robin)
        card = next(each for each in dm.messages.values() if each.author is town.me)
        said = await town.slack.says(town.robin, dm, INSULTS[0], thread=card if below else None)
        await town.told(card if below else said)
        await town.settled()
        assert town.reader.asked[-1].in_care
        (held,) = town.said(card if below else said)
        assert ANYWHERE in held
        assert "tone" not in held


# Ahead of everything.


async def test_nothing_that_waits_is_waited_for(town: Community) -> None:
    """Not the answers that a channel has no room for, nor names, nor what is shown while the bot thinks."""
    town.slack.fault("users.info", Hangs(), times=4)
    town.slack.fault("assistant.threads.setStatus", Hangs(), times=4)
    waits = town.voice.waits["Good evening."] = asyncio.Event()
    async with town.running(killed=True):
        roots = [await town.asks("Good evening.") for _ in range(4)]
        await town.over(lambda each: each.acked)
        town.naps.held = True
        waits.set()
        await town.told(town.general, 3)  # the fourth waits for its turn
        root = await town.asks(EXPLICIT)
        async with asyncio.timeout(10):
            assert ANYWHERE in (await town.told(root))[0]
            await town.told(town.slack.dm(town.robin))
        assert sum(len(town.said(each)) for each in roots) == 3
        town.naps.held = False
        town.slack.passes(60)


async def test_slack_that_has_had_too_much_gets_the_card_first(town: Community) -> None:
    town.slack.fault(POST, Limits(after=30))
    async with town.running():
        town.naps.held = True
        other = await town.asks("Good evening.", town.sam)
        await town.slack.until(lambda: 30.0 in town.naps.taken)
        root = await town.asks(EXPLICIT)
        await town.slack.until(lambda: any(each > SOON for each in town.naps.taken[town.naps.taken.index(30.0) + 1 :]))
        town.slack.passes(31)
        await town.told(other)
        posted = [each.thread_ts for each in town.general.messages.values() if each.author is town.me]
        assert posted[0] == root.ts
        town.naps.held = False
        town.slack.passes(60)


# Which country.


async def test_where_somebodys_clock_and_language_are_from_is_no_country(town: Community) -> None:
    """What Slack tells of somebody is a hint at most: they may travel, or have never set it."""
    town.robin.tz, town.robin.locale, town.robin.tz_offset = "America/New_York", "en-US", -18_000
    async with town.running():
        await town.told(await town.asks("Good evening."))
        await town.adapter._profiles.settled()
        root = await town.asks(EXPLICIT)
        short, card = await cared(town, root, town.robin)
        assert "988" not in short + card
        assert ANYWHERE in card
        assert "which country" in card
        person = await town.store.person(names.member(town.team, town.robin.id).id, town.team)
        assert (person.country, person.language) == ("", "")
        assert not labels(next(each for each in town.general.replies(root.ts) if each.author is town.me))


async def test_where_somebodys_clock_is_set_is_what_they_are_offered_first_and_no_more(
    everything: Configuration, tmp_path: Path
) -> None:
    async with peopled(everything, tmp_path) as here:
        here.robin.tz, here.sam.tz = "Pacific/Auckland", "Etc/UTC"
        for who in (here.robin, here.sam):
            await here.told(await here.asks("Good evening.", who))
        await here.adapter._profiles.settled()
        assert await offered(here, here.robin) == ["None: forget what I set", "New Zealand", "Afghanistan"]
        assert await offered(here, here.sam) == ["None: forget what I set", "Afghanistan", "Albania"]
        (home,) = [each for each in (await here.opens_home(here.robin)).content["blocks"] if "NZ" in str(each)]
        assert "initial_option" not in home["elements"][0]
        assert (await here.store.person(names.member(here.team, here.robin.id).id, here.team)).country == ""


async def offered(here: Town, who: User) -> list[str]:
    """The first countries that somebody can choose from; none is chosen."""
    await here.types(who, "country")
    (lists,) = [each for block in here.general.ephemerals[-1].blocks for each in elements(block)]
    assert "initial_option" not in lists
    groups = [lists.get("options") or []] + [each["options"] for each in lists.get("option_groups") or []]
    return [each["text"]["text"] for group in groups for each in group][:3]


async def test_the_workspaces_country_is_one_as_long_as_nobody_told_theirs(town: Community) -> None:
    town.set_up(country="NZ")
    async with town.running():
        _, card = await cared(town, await town.asks(EXPLICIT), town.robin)
        assert "1737" in card
        assert "which country" not in card

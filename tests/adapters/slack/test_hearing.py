"""What is heard and for whom it is, through the whole adapter: threads, people among themselves, other bots, edits."""

import pytest

from adapters.slack import names
from tests.adapters.slack.community import EXPLICIT, Community
from tests.servers.slack import Message, Upload, User
from tests.servers.slack_state import Kind, Told
from tests.servers.slack_telling import tell_new


async def turns(town: Community, root: Message) -> list[tuple[str, bool]]:
    """What is remembered of a thread, and whether it was for the bot."""
    found = await town.store.turns(names.conversation(town.team, root.channel.id, root.ts))
    return [(each.turn.text, each.turn.to_bot) for each in found]


async def greeted(town: Community) -> Message:
    """A thread of the bot's, begun by robin."""
    root = await town.asks("Good evening.")
    await town.told(root)
    await town.settled()
    return root


async def hears(town: Community, who: User, text: str, thread: Message) -> None:
    """Somebody says something in a thread, and the bot is through with it."""
    await town.says(text, thread, who)
    await town.settled()


# Threads.


async def test_in_a_thread_of_others_it_hears_what_mentions_it_and_no_more(town: Community) -> None:
    async with town.running():
        root = await town.slack.says(town.sam, town.general, "Who knows bees?")
        await hears(town, town.robin, "I do.", root)
        await town.slack.mentions(town.robin, town.general, "And you?", thread=root)
        assert await town.told(root) == ["answer to And you?"]
        await hears(town, town.sam, "Thank you.", root)
        await hears(town, town.robin, EXPLICIT, root)
        assert len(town.said(root)) == 1
        assert await turns(town, root) == [("And you?", True)]


async def test_where_the_bot_is_no_member_it_hears_a_mention_and_moderators_learn_that_it_cannot_answer(
    town: Community,
) -> None:
    """There Slack tells of the mention alone."""
    async with town.running():
        lobby = town.slack.channel(town.workspace, "lobby", bot=False)
        root = await town.asks("Anybody?", where=lobby)
        (card,) = await town.told(town.desk)
        assert "not_in_channel" in card
        assert town.slack.deliveries.events("message")[0].event["channel"] == town.desk.id
        assert await turns(town, root) == [("Anybody?", True)]
        await town.asks(EXPLICIT, town.sam, lobby)
        assert len(await town.told(town.slack.dm(town.sam), 2)) == 2  # what the thread would have read, and the card


async def test_in_a_group_of_several_it_is_mentioned_first(town: Community) -> None:
    async with town.running():
        several = town.slack.channel(town.workspace, "mpdm", town.robin, town.sam, kind=Kind.GROUP_DM)
        await town.slack.says(town.robin, several, "Anybody?")
        root = await town.asks("Good evening.", where=several)
        assert await town.told(root) == ["answer to Good evening."]
        await town.says("And now?", root, town.sam)
        await town.told(root, 2)
        assert len(town.said(several)) == 2


async def test_an_answer_that_is_sent_to_the_channel_too_is_heard_once(town: Community) -> None:
    async with town.running():
        root = await greeted(town)
        await town.slack.says(town.robin, town.general, "And now?", thread=root, broadcast=True)
        await town.told(root, 2)
        await town.settled()
        assert await turns(town, root) == [("Good evening.", True), ("And now?", True)]


async def test_each_message_in_the_messages_tab_begins_a_thread_and_there_edits_are_heard(town: Community) -> None:
    dm = town.slack.dm(town.robin)
    async with town.running():
        await town.slack.opens_home(town.robin, "messages")
        first = await town.slack.says(town.robin, dm, "five")
        await town.told(first)
        second = await town.slack.says(town.robin, dm, "six", thread=first)
        await town.told(first, 2)
        await town.settled()
        await town.slack.edits(town.robin, second, "seven")
        await town.slack.deletes(town.robin, first)
        await town.settled()
        assert await turns(town, first) == [("", True), ("seven", True)]
        third = await town.slack.says(town.robin, dm, "eight")
        assert await town.told(third) == ["answer to eight"]
    assert [len(each.history) for each in town.voice.asked] == [0, 1, 0]


async def test_a_file_without_words_is_heard(town: Community) -> None:
    async with town.running():
        root = await greeted(town)
        await town.slack.says(
            town.robin, town.general, "", thread=root, files=[Upload(name="bees.txt", content=b"Buzz")]
        )
        await town.told(root, 2)
        (file,) = town.voice.asked[-1].attachments
        assert (file.name, file.text) == ("bees.txt", "Buzz")


async def test_an_answer_that_comes_before_the_first_message_of_its_thread_is_heard_after_it(
    town: Community,
) -> None:
    async with town.running():
        root, told = await untold(town, "Good evening.", None)
        await town.says("And now?", root, town.sam)
        await town.settled()
        assert town.said(root) == []
        town.slack.deliveries.tell(told)
        assert await town.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
        await town.settled()
        assert town.voice.asked[-1].member.id.endswith(town.sam.id)
        town.slack.deliveries.again(town.slack.deliveries.sent[-1])
        await town.settled()
        assert len(town.said(root)) == 2


async def test_a_thread_of_others_is_not_left_by_whoever_is_in_danger_there(town: Community) -> None:
    """They were told that the bot stays. Nobody else there is heard."""
    async with town.running():
        root = await town.slack.says(town.sam, town.general, "How are you all?")
        await town.slack.mentions(town.robin, town.general, EXPLICIT, thread=root)
        await town.told(root)
        await hears(town, town.sam, "Oh no.", root)
        assert await turns(town, root) == [(EXPLICIT, True)]
        await hears(town, town.robin, "I am still here.", root)
        assert (await turns(town, root))[1:] == [("I am still here.", True)]


@pytest.mark.parametrize("closed", [True, False])
async def test_whoever_began_a_thread_and_was_forgotten_leaves_it_to_the_others(town: Community, closed: bool) -> None:
    async with town.running() as bot:
        root = await (town.ended() if closed else greeted(town))
        await bot.store.forget(names.member(town.team, town.robin.id).id, town.now())
        before = len(town.said(town.slack.dm(town.sam)))
        await hears(town, town.sam, EXPLICIT, root)
        assert len(town.said(town.slack.dm(town.sam))) == before + 1


# People among themselves.


async def test_people_who_talk_to_each_other_are_left_alone_until_one_of_them_asks_the_bot(town: Community) -> None:
    async with town.running():
        root = await greeted(town)
        await hears(town, town.robin, f"{town.sam.mention} what do you think?", root)
        await hears(town, town.sam, "They are bees.", root)
        await hears(town, town.robin, "Or wasps.", root)
        assert len(town.said(root)) == 1
        assert [to_bot for _, to_bot in await turns(town, root)] == [True, False, False, False]
        await hears(town, town.sam, f"{town.me.mention} which is it?", root)
        await hears(town, town.sam, "And why?", root)
        assert town.said(root)[1:] == ["answer to which is it?", "answer to And why?"]


async def test_who_goes_on_after_calling_somebody_talks_to_the_bot(town: Community) -> None:
    async with town.running():
        root = await greeted(town)
        await hears(town, town.robin, f"{town.sam.mention} look", root)
        await hears(town, town.robin, "What are bees?", root)
        assert town.said(root)[1:] == ["answer to What are bees?"]


async def test_after_a_pause_nobody_is_taken_to_answer_what_was_said_to_others(town: Community) -> None:
    async with town.running():
        root = await greeted(town)
        await hears(town, town.robin, f"{town.sam.mention} look", root)
        town.slack.passes(601)
        await hears(town, town.sam, "What are bees?", root)
        assert town.said(root)[1:] == ["answer to What are bees?"]


async def test_nobody_takes_the_bot_away_from_others_by_talking_to_somebody(town: Community) -> None:
    async with town.running():
        root = await greeted(town)
        await hears(town, town.sam, f"{town.mo.mention} look", root)
        await hears(town, town.robin, "What are bees?", root)
        await hears(town, town.mo, "I see.", root)
        await hears(town, town.robin, "And wasps?", root)
        await hears(town, town.sam, "<!here> anybody?", root)
        await hears(town, town.robin, "And hornets?", root)
        assert town.said(root)[1:] == [f"answer to {each}" for each in ("What are bees?", "And wasps?", "And hornets?")]
        assert [to_bot for _, to_bot in await turns(town, root)] == [True, False, True, False, True, False, True]


async def test_what_comes_again_is_said_to_whom_it_was_said(town: Community) -> None:
    town.slack.deliveries.spoil("message", "twice", 9)
    async with town.running():
        root = await greeted(town)
        for who, text in ((town.robin, f"{town.sam.mention} look"), (town.sam, "I see."), (town.robin, "Do you?")):
            await hears(town, who, text, root)
        assert [to_bot for _, to_bot in await turns(town, root)] == [True, False, False, False]


async def test_among_themselves_people_are_heard_in_danger(town: Community) -> None:
    async with town.running():
        root = await greeted(town)
        await hears(town, town.robin, f"{town.sam.mention} are you there?", root)
        await hears(town, town.sam, EXPLICIT, root)
        assert len(town.said(root)) == 2
        assert len(town.said(town.slack.dm(town.sam))) == 1


# Other bots.


@pytest.mark.parametrize("classic", [False, True])
async def test_another_bot_is_not_heard_whatever_it_says(town: Community, classic: bool) -> None:
    robot = town.slack.robot(town.workspace, "robot")
    town.general.members[robot.id] = robot
    async with town.running():
        root = await greeted(town)
        for thread in (root, None):
            for text in (f"{town.me.mention} hello", EXPLICIT):
                await town.slack.says(robot, town.general, text, thread=thread, classic=classic)
        await town.settled()
        assert len(town.said(town.general)) == 1
        assert await turns(town, root) == [("Good evening.", True)]


async def test_two_of_its_kind_do_not_answer_each_other(town: Community) -> None:
    """What it says comes back to it; it may mention itself or be mentioned."""
    town.voice.begins = f"{town.me.mention} {EXPLICIT} "
    async with town.running():
        root = await greeted(town)
        await town.slack.mentions(town.me, town.general, "And you?", thread=root)
        await town.settled()
        assert len(town.voice.asked) == 1


# Edits and deletions.


async def test_a_mention_that_is_edited_in_begins_nothing(town: Community) -> None:
    async with town.running():
        said = await town.slack.says(town.robin, town.general, "hello")
        await town.slack.edits(town.robin, said, f"{town.me.mention} hello")
        await town.settled()
        assert town.said(town.general) == []
        assert await turns(town, said) == []


async def test_a_mention_that_is_edited_in_is_read_for_risk(town: Community) -> None:
    async with town.running():
        said = await town.slack.says(town.robin, town.general, "hello all")
        await town.slack.edits(town.robin, said, f"{town.me.mention} {EXPLICIT}")
        await town.settled()
        assert len(town.said(said)) == len(town.said(town.slack.dm(town.robin))) == 1
        await hears(town, town.robin, "Are you there?", said)
        assert await turns(town, said) == [("Are you there?", True)]


async def test_a_mention_that_is_edited_out_corrects_what_was_said(town: Community) -> None:
    async with town.running():
        root = await greeted(town)
        await town.slack.edits(town.robin, root, "Good morning.")
        await town.settled()
        assert await turns(town, root) == [("Good morning.", True)]
        assert len(town.said(root)) == 1


@pytest.mark.parametrize("first", [True, False], ids=["mention", "answer"])
@pytest.mark.parametrize("killed", [True, False], ids=["killed", "not"])
async def test_a_change_that_comes_before_its_message_is_what_is_remembered(
    town: Community, first: bool, killed: bool
) -> None:
    """The process may be killed in between: it keeps nothing of it to itself."""
    async with town.running(killed=killed):
        root = None if first else await greeted(town)
        said, told = await untold(town, "five", root)
        await town.slack.edits(town.robin, said, f"{town.me.mention} six")
        await town.settled()
    async with town.running():
        town.slack.deliveries.tell(told)
        await town.settled()
        assert (await turns(town, root or said))[-1] == ("six", True)
        assert [each.text for each in town.voice.asked if each.text in {"five", "six"}] == ["five"]


@pytest.mark.parametrize("first", [True, False], ids=["mention", "answer"])
@pytest.mark.parametrize("killed", [True, False], ids=["killed", "not"])
async def test_a_deletion_that_comes_before_its_message_takes_it_out(
    town: Community, first: bool, killed: bool
) -> None:
    async with town.running(killed=killed):
        root = None if first else await greeted(town)
        said, told = await untold(town, "my secret", root)
        await town.slack.deletes(town.robin, said)
        await town.settled()
    async with town.running():
        town.slack.deliveries.tell(told)
        await town.settled()
        assert (await turns(town, root or said))[-1] == ("", True)


async def test_what_was_in_danger_before_it_was_changed_is_met_though_the_change_comes_first(town: Community) -> None:
    async with town.running():
        said, told = await untold(town, EXPLICIT, None)
        await town.slack.edits(town.robin, said, f"{town.me.mention} never mind")
        await town.settled()
        assert len(town.said(town.slack.dm(town.robin))) == 1
        town.slack.deliveries.tell(told)
        await town.settled()
        assert len(town.said(town.slack.dm(town.robin))) == 1


async def test_what_comes_no_more_is_not_heard_by_its_change(town: Community) -> None:
    """An old message that the bot never heard stays unheard, and so does one that was never for it."""
    async with town.running():
        old, _ = await untold(town, "Good evening.", None)
        other = await town.slack.says(town.robin, town.general, "not for you")
        town.slack.passes(601)
        for each in (old, other):
            await town.slack.edits(town.robin, each, "something else")
            await town.slack.deletes(town.robin, each)
        await town.settled()
        assert town.said(town.general) == []
        assert await town.store.conversations("slack", town.team) == ()


async def untold(town: Community, text: str, thread: Message | None) -> tuple[Message, list[Told]]:
    """Something robin says to the bot, and what Slack is to tell of that later."""
    town.slack.deliveries.spoil("message", "lost")
    if thread is None:
        town.slack.deliveries.spoil("app_mention", "lost")
    said = await (town.says(text, thread) if thread else town.asks(text))
    tell_new(town.slack.world, said)
    return said, town.slack.world.take()

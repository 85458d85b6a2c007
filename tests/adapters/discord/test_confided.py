"""Words that are typed where nothing comes of them: whoever is in danger is met all the same (rules 1 and 6)."""

from tests.adapters.discord.asking import answered, attended, hidden, shown
from tests.adapters.discord.community import EXPLICIT, Community, answers
from tests.servers.discord import Channel, Drops, Fails, Member, Permission
from tests.servers.discord_state import Interaction

ASK, FIRST, THEN = "ask", "POST /interactions/*/*/callback", "PATCH /webhooks/*/*/messages/@original"


async def met(town: Community, who: Member) -> None:
    """Somebody is shown where to find help, and moderators are called: once each."""
    (card,) = await town.told(town.server.dm(who))
    (call,) = await town.told(town.desk)
    await town.settled()
    assert "What is going on for you right now?" in card.content
    assert call.content.startswith("robin may need a person to look in")
    assert len(town.own(town.server.dm(who))) == len(town.own(town.desk)) == 1
    assert not town.own(town.general)


async def asks(town: Community, where: Channel, *, private: bool = False) -> Interaction:
    """robin says it beside a command."""
    return await town.server.slash(town.robin, where, ASK, {"question": EXPLICIT, "private": private})


async def test_a_question_in_a_channel_where_the_bot_does_not_answer(town: Community) -> None:
    town.set_up(channels=(str(town.desk.id),))
    async with attended(town):
        answer = await answered(town, await asks(town, town.general))
        await met(town, town.robin)
    assert hidden(answer)
    assert f"<#{town.desk.id}>" in answer.content


async def test_a_question_for_which_no_thread_can_be_opened(town: Community) -> None:
    async with attended(town):
        answer = await answered(town, await asks(town, town.general, private=True))
        await met(town, town.robin)
    assert hidden(answer)
    assert answer.content.startswith("I couldn't open a thread for that.")
    assert "https://findahelpline.com" in answer.content


async def test_the_answer_that_nobody_else_sees_says_where_to_find_help_if_no_direct_message_arrives(
    town: Community,
) -> None:
    town.set_up(channels=(str(town.desk.id),))
    town.robin.user.open = False
    async with attended(town):
        robin = await town.server.slash(town.robin, town.general, "country", {"country": "NZ"})
        await answered(town, robin)
        answer = await answered(town, await asks(town, town.general))
        other = await town.server.slash(town.sam, town.general, ASK, {"question": "Good evening.", "private": False})
        plain = await answered(town, other)
        await town.told(town.desk)
    assert answer.content.startswith(plain.content)
    assert "1737" in answer.content
    assert "111" not in plain.content


async def test_a_question_whose_thread_does_not_open_has_its_card_all_the_same(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
    async with attended(town):
        asked = await asks(town, town.general)
        (card,) = await town.told(town.general)
        await town.told(town.server.dm(town.robin))
        await town.told(town.desk)
        await town.settled()
    assert asked.original is not None
    assert asked.original.content == f"> {EXPLICIT}"
    assert answers(card) == asked.original.id
    assert "I've sent you a private message" in card.content


async def test_a_question_whose_answer_does_not_arrive(town: Community) -> None:
    async with attended(town):
        town.server.fault(FIRST, Fails(status=404, code=10062))
        await asks(town, town.general)
        await met(town, town.robin)


async def test_a_question_that_discord_does_not_show(town: Community) -> None:
    async with attended(town):
        town.server.fault(THEN, Drops(), times=3)
        await asks(town, town.general)
        await met(town, town.robin)


async def test_a_question_is_read_once_where_all_but_its_last_answer_works(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, allow=Permission.CREATE_PRIVATE_THREADS)
    async with attended(town):
        town.server.fault(THEN, Drops(), times=3)
        await answered(town, await asks(town, town.general, private=True))
        (thread,) = town.guild.threads.values()
        question, card, *_ = await town.told(thread, 2)
        await town.settled()
        assert len(await town.store.turns(f"discord:{thread.id}")) == 1
        assert len(town.own(town.desk)) == 1
    assert question.content == f"> {EXPLICIT}"
    assert card.content != question.content


async def test_words_with_which_somebody_goes_on_from_nothing(town: Community) -> None:
    async with attended(town):
        options: dict[str, str | bool] = {"message": "1", "words": EXPLICIT}
        await answered(town, await town.server.slash(town.robin, town.general, "branch", options))
        await met(town, town.robin)


async def test_a_message_of_somebody_elses_from_which_nobody_goes_on(town: Community) -> None:
    async with attended(town):
        await town.ended()
        options: dict[str, str | bool] = {"message": "1", "words": EXPLICIT}
        asked = await town.server.slash(town.robin, town.general, "branch", options)
        assert (await answered(town, asked)).content.startswith("Please pick one of your own messages")
        (card,) = await town.told(town.server.dm(town.robin))
    assert "What is going on for you right now?" in card.content


async def test_an_appeal_where_there_is_nothing_to_appeal(town: Community) -> None:
    async with attended(town):
        asked = await town.server.slash(town.robin, town.general, "appeal")
        await shown(town, asked)
        answer = await answered(town, await town.server.modal(asked, {"words": EXPLICIT}))
        await met(town, town.robin)
    assert answer.content.startswith("There's no ending here to look at again.")


async def test_an_appeal_that_was_made_before(town: Community) -> None:
    async with attended(town):
        await town.ended()
        for words in ("I was quoting.", EXPLICIT):
            asked = await town.server.slash(town.robin, town.general, "appeal")
            await shown(town, asked)
            await answered(town, await town.server.modal(asked, {"words": words}))
        _, card = await town.told(town.server.dm(town.robin), 2)
        await town.told(town.desk, 3)
    assert "What is going on for you right now?" in card.content


async def test_what_is_no_country(town: Community) -> None:
    async with attended(town):
        await answered(town, await town.server.slash(town.robin, town.general, "country", {"country": EXPLICIT}))
        await met(town, town.robin)


async def test_what_is_said_in_a_direct_message_without_an_answer(town: Community) -> None:
    there = town.server.dm(town.robin)
    async with attended(town):
        town.server.fault(FIRST, Fails(status=404, code=10062))
        await asks(town, there)
        (card,) = await town.told(there)
        await town.settled()
    assert "What is going on for you right now?" in card.content

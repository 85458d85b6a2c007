"""Commands: what members ask, choose, see and erase."""

import json
from dataclasses import replace

import pytest

from bot.domain.step import Step
from tests.adapters.discord.asking import answered, attended, buttons, hidden
from tests.adapters.discord.community import INSULTS, Community
from tests.servers.discord import Permission


async def test_a_question_opens_a_thread_and_is_answered_there(town: Community) -> None:
    async with attended(town):
        asked = await town.server.slash(town.robin, town.general, "ask", {"question": "What's [up](https://x.y)?"})
        shown = await answered(town, asked)
        thread = town.guild.threads[shown.id]
        (answer,) = await town.told(thread)
        (turn,) = await town.store.turns(f"discord:{thread.id}")
    assert not hidden(shown)
    assert shown.content == "> What's [up]\u200b(https://x.y)?"  # an address that can be seen
    assert answer.content.startswith("answer to What's [up]")
    assert turn.turn.text == "What's [up](https://x.y)?"
    assert (thread.name, turn.turn.member.name) == ("robin & Fairwell", "robin")


async def test_a_question_can_be_asked_in_private(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, allow=Permission.CREATE_PRIVATE_THREADS)
    async with attended(town):
        asked = await town.server.slash(
            town.robin, town.general, "ask", {"question": "Just between us.", "private": True}
        )
        shown = await answered(town, asked)
        (thread,) = town.guild.threads.values()
        question, answer = await town.told(thread, 2)
        (turn,) = await town.store.turns(f"discord:{thread.id}")
    assert hidden(shown)
    assert shown.content == f"It goes on here: <#{thread.id}>"
    assert thread.private
    assert town.robin.id in thread.members
    assert town.sam.id not in thread.members
    assert (question.content, turn.turn.text) == ("> Just between us.", "Just between us.")
    assert answer.content.startswith("answer to Just between us.")


async def test_a_question_in_a_thread_goes_on_there(town: Community) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.slash(town.sam, thread, "ask", {"question": "And me?"})
        await answered(town, asked)
        turns = await town.store.turns(f"discord:{thread.id}")
    assert [each.turn.text for each in turns] == ["Good evening.", "And me?"]
    assert [one.content for one in town.own(thread)][-1].startswith("answer to And me?")


async def test_a_question_in_a_direct_message_goes_on_there(town: Community) -> None:
    there = town.server.dm(town.robin)
    async with attended(town):
        asked = await town.server.slash(town.robin, there, "ask", {"question": "Just between us.", "private": True})
        await answered(town, asked)
        (turn,) = await town.store.turns(f"discord:{there.id}")
    assert turn.turn.text == "Just between us."
    assert there.said()[0] == "> Just between us."
    assert there.said()[1].startswith("answer to Just between us.")


async def test_a_command_that_there_is_no_more_is_answered(town: Community, caplog: pytest.LogCaptureFixture) -> None:
    """Discord goes on listing what an earlier version had, for a while and in some clients."""
    async with attended(town):
        old = town.server.world.commands[0][1, "standing"]
        town.server.world.commands[0][1, "rank"] = old | {"name": "rank"}
        answer = await answered(town, await town.server.slash(town.robin, town.general, "rank"))
    assert answer.content.startswith("I can't answer just now.")
    assert hidden(answer)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("private", [False, True])
async def test_where_no_thread_can_be_opened_that_is_said(town: Community, private: bool) -> None:
    town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
    async with attended(town):
        options: dict[str, str | bool] = {"question": "Anybody there?", "private": private}
        shown = await answered(town, await town.server.slash(town.robin, town.general, "ask", options))
        known = await town.store.conversations("discord", str(town.guild.id))
        assert not [each for name in known for each in await town.store.turns(name)]
    assert shown.content.startswith("I couldn't open a thread for that.")
    assert not town.guild.threads


async def test_a_direct_message_begins_anew_for_good(town: Community) -> None:
    there = town.server.dm(town.robin)
    async with attended(town):
        await town.server.says(town.robin, there, "Good evening.")
        await town.told(there)
        asked = await town.server.slash(town.robin, there, "new")
        await answered(town, asked)
    async with attended(town):
        await town.server.says(town.robin, there, "Something else.")
        await town.told(there, 2)
        await town.settled()
        (old,) = await town.store.turns(f"discord:{there.id}")
        (new,) = await town.store.turns(f"discord:{there.id}:{asked.id}")
    assert (old.turn.text, new.turn.text) == ("Good evening.", "Something else.")


async def test_a_member_learns_where_they_stand(town: Community) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks(INSULTS[0]))
        await town.told(thread)
        await town.settled()
        robins = await answered(town, await town.server.slash(town.robin, thread, "standing"))
        sams = await answered(town, await town.server.slash(town.sam, thread, "standing"))
        outside = await answered(town, await town.server.slash(town.sam, town.general, "standing"))
        own = dict(await town.store.standings(f"discord:{thread.id}"))[f"discord:{town.robin.id}"]
    assert own.count(Step.REDIRECT) == 1
    assert robins.content.startswith("What counts for you in this conversation: redirections 1, warnings 0.")
    assert sams.content == "Nothing counts against you in this conversation."
    assert outside.content == "This is no conversation with me. In one of our threads I can tell you."
    assert hidden(robins)


async def test_answers_are_in_the_language_of_whoever_asks(town: Community) -> None:
    lea = town.server.member(town.guild, "lea", locale="de")
    kei = town.server.member(town.guild, "kei", locale="ja")
    async with attended(town):
        leas = await answered(town, await town.server.slash(lea, town.general, "boundaries"))
        keis = await answered(town, await town.server.slash(kei, town.general, "boundaries"))
        asked = await town.server.slash(lea, town.general, "language", {"language": "pt"})
        set_ = await answered(town, asked)
        after = await answered(town, await town.server.slash(lea, town.general, "boundaries"))
        back = await answered(town, await town.server.slash(lea, town.general, "language"))
        again = await answered(town, await town.server.slash(lea, town.general, "boundaries"))
    assert leas.content.startswith("Meine Grenzen")
    assert keis.content.startswith("My boundaries")
    assert set_.content == "De agora em diante escrevo para você em português."
    assert after.content.startswith("Meus limites")
    assert back.content.startswith("Von jetzt an schreibe ich in der Sprache, in der du schreibst")
    assert again.content == leas.content


async def test_a_country_is_set_and_taken_back(town: Community) -> None:
    robin = f"discord:{town.robin.id}"
    async with attended(town):
        for typed in ("NZ", "Neuseeland"):
            asked = await town.server.slash(town.robin, town.general, "country", {"country": typed})
            assert (await answered(town, asked)).content.endswith("(New Zealand).")
            assert (await town.store.person(robin, str(town.guild.id))).country == "NZ"
        unknown = await answered(
            town, await town.server.slash(town.robin, town.general, "country", {"country": "Middle-earth"})
        )
        assert unknown.content.startswith("I don't know that country.")
        assert (await town.store.person(robin, str(town.guild.id))).country == "NZ"
        back = await answered(town, await town.server.slash(town.robin, town.general, "country"))
        assert back.content == "I've forgotten the country you told me."
        assert (await town.store.person(robin, str(town.guild.id))).country == ""


async def test_countries_are_offered_while_one_is_typed(town: Community) -> None:
    lea = town.server.member(town.guild, "lea", locale="de")
    async with attended(town):
        asked = await town.server.autocomplete(lea, town.general, "country", "country", {"country": "öster"})
        await town.server.until(lambda: asked.choices is not None)
        every = await town.server.autocomplete(lea, town.general, "country", "country", {"country": ""})
        await town.server.until(lambda: every.choices is not None)
    assert [(one["name"], one["value"]) for one in asked.choices or []] == [("Österreich", "AT")]
    assert len(every.choices or []) == 25


async def test_a_message_is_put_before_the_moderators_once_by_each_member(town: Community) -> None:
    async with attended(town):
        message = await town.server.says(town.sam, town.general, "a secret of somebody's")
        for who in (town.robin, town.robin, town.mo):
            answer = await answered(town, await town.server.context(who, message, "Report to moderators"))
            assert answer.content == "Thank you. I'm asking the moderators to look at that message."
            assert hidden(answer)
        cards = [card.content for card in town.own(town.desk)]
    link = f"https://discord.com/channels/{town.guild.id}/{town.general.id}/{message.id}"
    assert len(cards) == 2
    assert cards[0].startswith("robin asks you to look at a message")
    assert cards[0].endswith(link)
    assert "secret" not in "".join(cards)


async def test_where_moderators_cannot_be_reached_that_is_said(town: Community) -> None:
    town.everything = replace(town.everything, settings=replace(town.everything.settings, locals={}))
    async with attended(town):
        message = await town.server.says(town.sam, town.general, "a secret of somebody's")
        answer = await answered(town, await town.server.context(town.robin, message, "Report to moderators"))
    assert answer.content.startswith("Nobody has told me yet where I can reach the moderators here.")


async def test_forgetting_asks_once_more_and_then_really_erases(town: Community) -> None:
    robin = f"discord:{town.robin.id}"
    async with attended(town):
        thread = await town.thread(await town.asks("My secret is a blue door."))
        await town.told(thread)
        await town.settled()
        await answered(town, await town.server.slash(town.robin, town.general, "country", {"country": "NZ"}))
        question = await answered(town, await town.server.slash(town.robin, town.general, "forgetme"))
        kept = await town.server.press(town.robin, question, buttons(question)["Keep it"])
        await answered(town, kept)
        assert question.content == "All right, I've erased nothing."
        assert buttons(question) == {}
        (turn,) = await town.store.turns(f"discord:{thread.id}")
        assert turn.turn.text == "My secret is a blue door."
        question = await answered(town, await town.server.slash(town.robin, town.general, "forgetme"))
        await answered(town, await town.server.press(town.robin, question, buttons(question)["Erase it all"]))
        await town.server.until(lambda: "Done" in question.content)
        assert question.content == "Done: I've erased what I kept about you. Messages erased: 1"
        assert buttons(question) == {}
        left = await town.store.export_member(robin)
        rows = [json.dumps(row, ensure_ascii=False) async for row in town.store.export_all()]
    assert {table: found for table, found in left.items() if found} == {}
    assert not [row for row in rows if "blue door" in row or robin in row or "robin" in row]


async def test_of_somebody_who_rated_and_reported_nothing_is_left_either(town: Community) -> None:
    async with attended(town):
        thread, said = await town.ended()
        notice = town.own(thread)[-1]
        await town.server.reacts(town.sam, notice, "👎")
        await town.settled()
        asked = await town.server.context(town.sam, said[0], "Report to moderators")
        await answered(town, asked)
        before = [json.dumps(row) async for row in town.store.export_all()]
        question = await answered(town, await town.server.slash(town.sam, town.general, "forgetme"))
        await answered(town, await town.server.press(town.sam, question, buttons(question)["Erase it all"]))
        await town.server.until(lambda: "Done" in question.content)
        rows = [json.dumps(row) async for row in town.store.export_all()]
    assert [row for row in before if str(town.sam.id) in row]
    assert not [row for row in rows if str(town.sam.id) in row]


async def test_a_member_gets_everything_that_is_kept_about_them(town: Community) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks("My secret is a blue door."))
        await town.told(thread)
        await town.server.says(town.sam, thread, "Mine is a red one.")
        await town.told(thread, 2)
        await town.settled()
        mine = await answered(town, await town.server.slash(town.robin, town.general, "mydata"))
        kept = await town.store.export_member(f"discord:{town.robin.id}")
    (file,) = mine.attachments
    assert hidden(mine)
    assert file.name == "fairwell.json"
    assert json.loads(file.content) == json.loads(json.dumps(kept))
    assert {table for table, rows in kept.items() if rows} >= {"turn", "member", "person", "action", "inbox"}
    assert "blue door" in file.content.decode()
    assert "red one" not in file.content.decode()

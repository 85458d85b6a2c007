"""What members ask about themselves and choose for themselves, by the command."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.connection import adapter
from bot.configuration import Configuration
from bot.domain.assessment import Reading
from bot.reply.on_slack import TABLES
from tests.adapters.slack.community import INSULTS, community
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers.slack import Fails, Refused


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


@pytest.mark.parametrize("typed", ["", "help", "HELP", "whatever it is", "standings"])
async def test_what_is_no_word_of_it_is_answered_with_what_there_is(here: Town, typed: str) -> None:
    told = await here.types(here.robin, typed)
    assert told.startswith("*What you can type*\n`/fairwell ask`")
    assert "`/fairwell forgetme`" in told


async def test_slack_is_told_before_the_store_is_asked(here: Town) -> None:
    """Whoever types sees no error, however long the store takes: and then is told that it went wrong."""
    store = here.bot.store

    class Gone:
        """A store that cannot be asked."""

        def __getattr__(self, name: str) -> object:
            raise RuntimeError("told to fail")

    here.bot.store = Gone()  # type: ignore[assignment]
    assert (await here.types(here.robin, "standing")).startswith("I can't answer just now.")
    here.bot.store = store


async def test_it_cannot_be_used_in_threads_which_is_slacks_own_limit(here: Town) -> None:
    root = await here.slack.mentions(here.robin, here.general, "hello")
    with pytest.raises(Refused):
        await here.slack.commands(here.robin, here.general, "/fairwell", "standing", thread=root)


async def test_standing_is_told_of_the_latest_conversation_here(here: Town) -> None:
    assert (await here.types(here.robin, "standing")).startswith("I know of no conversation with you here")
    root = await here.slack.mentions(here.robin, here.general, INSULTS[0])
    await here.answered(root, 1)
    told = await here.types(here.robin, "standing")
    assert told.startswith("In our latest conversation here (<http")
    assert told.endswith("redirections 1, warnings 0. With time they are forgiven.")
    assert (await here.types(here.sam, "standing")).startswith("I know of no conversation with you here")


async def test_boundaries_are_told(here: Town) -> None:
    assert (await here.types(here.robin, "boundaries")).startswith("My boundaries, in short:")


async def test_a_country_can_be_typed_and_shows_who_can_be_reached(here: Town) -> None:
    told = await here.types(here.robin, "country Aotearoa")
    assert told.startswith("I don't know that country.")
    told = await here.types(here.robin, "country New Zealand")
    assert told.startswith("Thank you. If it ever matters, I'll show you where to find help (New Zealand).")
    entry = here.everything.directory.countries["NZ"].lines[0]
    assert entry.name in told
    assert entry.phone in told
    assert (await here.store.person(f"slack:{here.team}:{here.robin.id}", here.team)).country == "NZ"


async def test_a_country_can_be_chosen_and_taken_back(here: Town) -> None:
    await here.types(here.robin, "country")
    asked = here.general.ephemerals[-1]
    await here.presses(here.robin, asked, "Choose a country", value="DE")
    assert read(asked).startswith("Thank you. If it ever matters, I'll show you where to find help (Germany).")
    await here.types(here.robin, "country")
    await here.presses(here.robin, here.general.ephemerals[-1], "Choose a country", value="-")
    assert read(here.general.ephemerals[-1]) == "I've forgotten the country you told me."
    assert (await here.store.person(f"slack:{here.team}:{here.robin.id}", here.team)).country == ""


async def test_a_language_can_be_typed_or_chosen_and_holds_at_once(here: Town) -> None:
    languages = here.everything.wording.languages
    other = next(each for each in languages if each != "en")
    words = here.everything.wording.words(other, "slack")
    assert await here.types(here.robin, f"language {other}") == words.talk.choices.language_set
    assert (await here.types(here.robin, "appeal")) == ""
    await here.types(here.robin, "language")
    asked = here.general.ephemerals[-1]
    assert read(asked) == words.slack.answers.language
    await here.presses(here.robin, asked, words.slack.buttons.language, value="-")
    assert read(asked) == "From now on I write in the language you write in, if I have texts in it."
    assert "Deutsch" in await here.types(here.robin, "language klingon")


async def test_everything_kept_is_shown_page_by_page_to_them_alone(here: Town) -> None:
    root = await here.slack.mentions(here.robin, here.general, "I like bees")
    await here.answered(root, 1)
    for number in range(2, 22):
        here.slack.passes(60)
        await here.says(f"number {number} &lt;!channel&gt; *bees* {'bees ' * 600}", root)
        await here.answered(root, number)
    await here.types(here.robin, "mydata")
    whole, pages = read(here.shown(here.robin)), 1
    assert whole.startswith("This is everything I keep about you.\n*Your settings*")
    while "Read on" in labels(here.shown(here.robin)):
        await here.presses(here.robin, here.shown(here.robin), "Read on")
        whole, pages = f"{whole}\n{read(here.shown(here.robin))}", pages + 1
    assert pages > 1
    assert all(f"number {number} <!channel> *bees*" in whole for number in range(2, 22))
    assert "text: I like bees" in whole
    assert "greeted: 20" in whole
    marked = [block["text"] for block in here.shown(here.robin).content["blocks"] if block["type"] == "section"]
    assert not any("<!channel>" in each["text"] for each in marked if each["type"] == "mrkdwn")
    await here.presses(here.robin, here.shown(here.robin), "Back")
    assert f"{pages - 1}/{pages}" in read(here.shown(here.robin))
    assert not here.own(here.slack.dm(here.robin))
    exported = await here.store.export_member(f"slack:{here.team}:{here.robin.id}")
    assert exported.keys() == set(TABLES)


async def test_somebody_is_forgotten_after_a_second_word_and_not_without(here: Town) -> None:
    root = await here.slack.mentions(here.robin, here.general, "I like bees")
    await here.answered(root, 1)
    member = f"slack:{here.team}:{here.robin.id}"
    await here.types(here.robin, "forgetme")
    asked = here.general.ephemerals[-1]
    assert list(labels(asked)) == ["Erase it all", "Keep it"]
    await here.presses(here.robin, asked, "Keep it")
    assert read(asked) == "All right, I've erased nothing."
    assert "I like bees" in str(await here.store.export_member(member))
    await here.types(here.robin, "forgetme")
    asked = here.general.ephemerals[-1]
    await here.presses(here.robin, asked, "Erase it all")
    assert read(asked) == "Done: I've erased what I kept about you. Messages erased: 1"
    assert "I like bees" not in str(await here.store.export_member(member))


async def test_an_appeal_by_the_command_is_about_the_latest_ending(here: Town) -> None:
    await here.types(here.robin, "appeal")
    await here.sends(here.robin, here.shown(here.robin), "please")
    assert read(here.shown(here.robin)) == "There's no ending here to look at again."
    root, _ = await here.closed()
    await here.types(here.robin, "appeal because")
    await here.sends(here.robin, here.shown(here.robin), "please")
    assert [each.words for each in (await here.transcript(root)).appeals] == ["please"]


async def test_whoever_appeals_twice_is_told_that_it_is_known(here: Town) -> None:
    root, _ = await here.closed()
    for words in ("please", "and this"):
        await here.types(here.robin, "appeal")
        await here.sends(here.robin, here.shown(here.robin), words)
    assert read(here.shown(here.robin)).startswith("You've asked for that already.")
    assert [each.words for each in (await here.transcript(root)).appeals] == ["please"]


async def test_an_appeal_by_the_command_is_not_about_what_somebody_asked_to_end(here: Town) -> None:
    root, _ = await here.closed()
    own = await here.asks("about bees")
    await here.answered(own, 1)
    for number, words in enumerate(("end this conversation", "yes"), 2):
        here.reader.readings[words] = Reading(by=here.reader.name, asks_to_end=True)
        await here.says(words, own)
        await here.answered(own, number)
    assert (await here.ending(own)).concern is None
    await here.types(here.robin, "appeal")
    await here.sends(here.robin, here.shown(here.robin), "please")
    assert [each.words for each in (await here.transcript(root)).appeals] == ["please"]


async def test_standing_is_found_however_many_others_talk(here: Town) -> None:
    root = await here.asks(INSULTS[0])
    await here.answered(root, 1)
    for number in range(25):
        here.slack.passes(30)
        await here.answered(await here.asks(f"bees {number}", here.sam), 1)
    assert "redirections 1, warnings 0" in await here.types(here.robin, "standing")


async def test_any_message_can_be_put_before_the_moderators_once(here: Town) -> None:
    said = await here.slack.says(here.sam, here.general, "something bad")
    for _ in range(2):
        await here.answers(await here.slack.uses_shortcut(here.robin, "fairwell:report", said))
        assert read(here.general.ephemerals[-1]).startswith("Thank you.")
    (card,) = here.own(here.desk)
    assert "asks you to look at a message" in card.text
    assert "something bad" not in card.text


async def test_moderators_read_no_code_in_place_of_a_name(here: Town) -> None:
    here.slack.fault("users.info", Fails(error="user_not_found"), times=9)
    said = await here.slack.says(here.sam, here.slack.dm(here.sam), "something bad")
    await here.settled()
    await here.answers(await here.slack.uses_shortcut(here.sam, "fairwell:report", said))
    card = here.own(here.desk)[-1]
    assert read(card).startswith("somebody asks you to look at a message in conversation (direct message).")
    assert "slack:" not in read(card)


async def test_where_nobody_said_where_moderators_are_it_says_so(here: Town) -> None:
    here.set_up(moderators=None)
    said = await here.slack.says(here.sam, here.general, "something bad")
    await here.answers(await here.slack.uses_shortcut(here.robin, "fairwell:report", said))
    assert read(here.general.ephemerals[-1]).startswith("Nobody has told me yet")


async def test_the_adapter_that_the_environment_makes_has_all_this(everything: Configuration, tmp_path: Path) -> None:
    async with community(everything, tmp_path) as there:
        env = {"SLACK_BOT_TOKEN": there.slack.installed(there.workspace).token, "SLACK_API_BASE": there.slack.url}
        made = adapter(env | {"SLACK_APP_TOKEN": there.slack.app.token}, there.now)
        assert made
        async with there.made() as bot:
            serving = asyncio.create_task(made.serve(bot))
            await there.slack.until(lambda: len(there.slack.sockets.open) == 2)
            typed = await there.slack.commands(there.robin, there.general, "/fairwell", "help")
            await there.slack.until(lambda: typed.acked and there.general.ephemerals)
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    assert read(there.general.ephemerals[0]).startswith("*What you can type*")

"""Files that come with a message: read for risk, told to the models, remembered, and never in a turn's way."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.assessment import Reading
from bot.domain.conversation import Attachment
from bot.domain.event import Deleted, Said
from bot.domain.step import Reason, Step
from bot.errors import LLMError, LLMRefused, PlatformError
from bot.ports import Written
from tests.attachments.files import png
from tests.core.cases import ANN, BEN, EXPLICIT, INSULT, PLACE, TALK, World, adjusted, edited, said, shipped, texts
from tests.fakes.platforms import Board

WORDS = shipped().wording.words("en", "board")
LIMITS = shipped().settings.limits
HARMLESS = b"Bees use the sun."
DANGER = EXPLICIT.encode()
PICTURE = png()


def limited(whole: Configuration | None = None, **limits: object) -> Configuration:
    """With other limits for files."""
    whole = whole or shipped()
    changed = whole.settings.limits.model_copy(update=limits)
    return replace(whole, settings=replace(whole.settings, limits=changed))


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db")
    made.voice.writes = {Step.CARE: [Written("I am here.")]}
    made.reader.readings = {f"abuse {number}": INSULT for number in range(100)}
    return made


def file(world: World, name: str = "notes.txt", data: bytes = HARMLESS, kind: str = "text/plain") -> Attachment:
    """A file on the board."""
    world.board.files[name] = data
    return Attachment(name, kind, len(data), source=name)


def sent(number: int, text: str, *files: Attachment, **how: object) -> Said:
    """A message with files."""
    return replace(said(number, text, **how), attachments=files)  # type: ignore[arg-type]


def note(*names: str) -> str:
    return WORDS.talk.apology.attachment_left_out(names=", ".join(names))


async def history(bot: Bot) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """What is remembered of the messages and their files."""
    turns = (await bot.store.scene(said(99, ""), 99)).history
    return [(turn.text, [(each.name, each.text) for each in turn.attachments]) for turn in turns]


# Read for risk.


@pytest.mark.parametrize("text", ["", "look", "abuse 1"])
@pytest.mark.parametrize("unread", [True, False])
async def test_explicit_danger_in_a_file_has_a_card(text: str, unread: bool, world: World) -> None:
    if unread:
        world.reader.readings[text] = LLMError("told to fail")
    async with world.bot() as bot:
        actions = await world.hear(bot, sent(1, text, file(world, data=DANGER)))
        turn = (await bot.store.turns(TALK))[-1]
        standing = dict(await bot.store.standings(TALK))[ANN.id]
    assert [each.kind for each in actions] == ["say", "tell", "call_moderators", "say"]
    assert texts(actions)[1] == "I am here."
    assert (turn.decision.step, turn.decision.reason) == (Step.CARE, Reason.RISK)
    assert standing.care_until is not None
    assert standing.marks == ()
    assert [brief.decision and brief.decision.step for brief in world.voice.asked] == [Step.CARE]


async def test_what_an_adapter_has_read_already_has_its_card_ahead_of_all_models(world: World) -> None:
    read = Attachment("notes.txt", "text/plain", len(DANGER), text=EXPLICIT)
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", read))
    assert world.done[0] == "e1/care0"
    assert world.board.fetched == []


async def test_danger_in_a_file_between_people_or_where_the_bot_has_ended_is_met_too(world: World) -> None:
    world.config = adjusted(redirections=1)
    async with world.bot() as bot:
        overheard = sent(1, "look", file(world, data=DANGER), to_bot=False, conversation="board:other")
        assert texts(await world.hear(bot, replace(overheard, member=BEN)))
        await world.hear(bot, *(said(number, f"abuse {number}") for number in (2, 3, 4)))
        assert await bot.store.latest_ending(TALK)
        actions = await world.hear(bot, sent(5, "look", file(world, data=DANGER)))
        assert (await bot.store.turns(TALK))[-1].decision.step is Step.CARE
    assert actions[0].kind == "say"


@pytest.mark.parametrize(
    ("text", "held"),
    [("fuck you", "concerns"), ("please end this conversation", "asks_to_end"), ("I live in Germany", "country")],
)
async def test_nothing_but_risk_is_read_into_a_file(text: str, held: str, world: World) -> None:
    """A log, a story or a letter: whoever sends it has not said that to the bot. Offline it would even climb."""
    plain = shipped().reader(PLACE).read(text)
    assert getattr(plain, held)
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", file(world, data=text.encode())))
        turn = (await bot.store.turns(TALK))[-1]
    wording = turn.assessment.readings[0]
    assert getattr(wording, held) == getattr(Reading("wording"), held)


# What is told.


async def test_the_models_are_told_what_is_in_a_file(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", file(world), file(world, "bee.png", PICTURE, "image/png")))
    for brief in (world.voice.asked[0], world.reader.asked[0]):
        assert [(each.name, each.text) for each in brief.attachments] == [
            ("notes.txt", HARMLESS.decode()),
            ("bee.png", None),
        ]
        assert brief.loaded == {"bee.png": PICTURE}
        assert brief.left_out == ()
    assert "couldn't read" not in texts(world.board.performed)[0]


async def test_a_message_that_is_a_file_alone_is_answered(world: World) -> None:
    async with world.bot() as bot:
        (answer,) = texts(await world.hear(bot, sent(1, "", file(world))))
    assert answer.startswith("answer to ")
    assert WORDS.talk.apology.empty not in answer


async def test_the_answer_says_which_files_it_leaves_out(world: World) -> None:
    lost = replace(file(world, "lost.txt"), source="nowhere")
    odd = file(world, "odd.bin", b"\0\1\2" * 9, "application/octet-stream")
    many = [file(world, f"{number}.txt") for number in range(LIMITS.attachments)]
    async with world.bot() as bot:
        await world.hear(bot, said(1, "hello"))
        assert texts(await world.hear(bot, sent(2, "look", file(world), lost, odd))) == [
            f"answer to look\n\n{note('lost.txt', 'odd.bin')}"
        ]
        assert world.voice.asked[-1].left_out == ("lost.txt", "odd.bin")
        assert texts(await world.hear(bot, sent(3, "look", *many, file(world, "more.txt")))) == [
            f"answer to look\n\n{note('more.txt')}"
        ]


async def test_where_there_is_no_answer_nothing_is_left_out_of_it(world: World) -> None:
    world.config = adjusted(redirections=1)
    lost = replace(file(world, "lost.txt"), source="nowhere")
    async with world.bot() as bot:
        for number, text in enumerate(("abuse 1", "abuse 2", EXPLICIT), start=1):
            await world.hear(bot, sent(number, text, lost))
        assert [each.decision.step for each in await bot.store.turns(TALK)] == [Step.REDIRECT, Step.WARN, Step.CARE]
    assert "lost.txt" not in "".join(texts(world.board.performed))


@pytest.mark.parametrize("fault", [LLMError("told to fail"), LLMRefused("told to refuse")])
async def test_nor_where_an_apology_stands_in_for_it(fault: Exception, world: World) -> None:
    world.voice.faults["look"] = fault
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", replace(file(world, "lost.txt"), source="nowhere")))
    assert "lost.txt" not in "".join(texts(world.board.performed))


# Never in the way.


@pytest.mark.parametrize("fault", [PlatformError("told to fail"), KeyError("a secret"), OSError("a secret")])
async def test_a_file_that_cannot_be_fetched_breaks_nothing(
    fault: Exception, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty(Board):
        async def fetch(self, attachment: Attachment, most: int) -> bytes:
            raise fault

    world.board = Faulty(world.clock)
    async with world.bot() as bot:
        (answer,) = texts(await world.hear(bot, sent(1, "look", file(world))))
        assert not await world.store.parked()
    assert answer.startswith(f"answer to look\n\n{note('notes.txt')}")
    assert "secret" not in caplog.text


async def test_a_file_that_never_comes_is_left_out_and_what_came_is_read(world: World) -> None:
    world.config = limited(fetch_timeout=timedelta(milliseconds=50))
    slow, danger = file(world, "slow.txt"), file(world, "danger.txt", DANGER)
    world.board.waits["slow.txt"] = asyncio.Event()
    async with world.bot() as bot:
        (answer,) = texts(await world.hear(bot, sent(1, "look", slow)))
        assert answer.startswith(f"answer to look\n\n{note('slow.txt')}")
        await world.hear(bot, sent(2, "look", slow, danger))
        assert (await bot.store.turns(TALK))[-1].decision.step is Step.CARE


async def test_a_file_that_is_another_than_was_told_is_left_out(world: World) -> None:
    longer = replace(file(world, data=DANGER), size=len(DANGER) - 1)
    picture = file(world, "bee.png", DANGER, "image/png")
    async with world.bot() as bot:
        (answer,) = texts(await world.hear(bot, sent(1, "look", longer, picture)))
    assert note("notes.txt", "bee.png") in answer


async def test_explicit_danger_in_the_message_waits_for_no_file(world: World) -> None:
    slow = world.board.waits["notes.txt"] = asyncio.Event()
    async with world.bot() as bot:
        await bot.receive(sent(1, EXPLICIT, file(world)))
        async with asyncio.timeout(30):
            while "e1/care0" not in world.done:
                await bot.store.open_conversations()
        assert world.voice.asked == []
        slow.set()
        await bot.settled()
    assert [each.text for each in world.voice.asked[0].attachments] == [HARMLESS.decode()]


# Remembered.


async def test_the_next_turn_is_told_of_a_file_which_is_fetched_once(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", file(world), file(world, "bee.png", PICTURE, "image/png")))
        await world.hear(bot, said(2, "and what of the second one?"))
    brief = world.voice.asked[-1]
    assert [(each.name, each.text) for each in brief.history[0].attachments] == [
        ("notes.txt", HARMLESS.decode()),
        ("bee.png", None),
    ]
    assert (brief.loaded, brief.attachments, brief.left_out) == ({"bee.png": PICTURE}, (), ())
    assert world.board.fetched == ["notes.txt", "bee.png"]
    async with world.bot() as bot:
        await world.hear(bot, said(3, "and now?"))
    assert world.voice.asked[-1].loaded == {"bee.png": PICTURE}
    assert world.board.fetched == ["notes.txt", "bee.png", "bee.png"]  # a text is in the store


async def test_an_earlier_file_that_is_gone_is_not_spoken_of(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", file(world, "bee.png", PICTURE, "image/png")))
    world.board.files.clear()
    async with world.bot() as bot:
        assert texts(await world.hear(bot, said(2, "and now?"))) == ["answer to and now?"]
    assert (world.voice.asked[-1].loaded, world.voice.asked[-1].left_out) == ({}, ())


async def test_files_are_erased_with_their_message_and_stay_with_an_edited_one(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", file(world), file(world, "bee.png", PICTURE, "image/png")))
        await world.hear(bot, edited(2, "m1", "look here"))
        kept = [("notes.txt", HARMLESS.decode()), ("bee.png", None)]
        assert await history(bot) == [("look here", kept)]
        await world.hear(
            bot, Deleted(key="e3", conversation=TALK, place=PLACE, member=ANN, at=said(3, "").at, message="m1")
        )
        assert await history(bot) == []
        await world.hear(bot, said(4, "and now?"))
    assert (world.voice.asked[-1].history, world.voice.asked[-1].loaded) == ((), {})
    assert HARMLESS not in world.path.read_bytes()


async def test_files_are_forgotten_with_their_member(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", file(world)), sent(2, "mine", file(world, "b.txt", b"ours"), member=BEN))
        await bot.store.forget(ANN.id, world.clock())
        assert await history(bot) == [("mine", [("b.txt", "ours")])]
    assert HARMLESS not in world.path.read_bytes()


async def test_an_unread_file_is_remembered_by_name(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", replace(file(world, "lost.txt"), source="nowhere")))
        assert await history(bot) == [("look", [("lost.txt", None)])]


async def test_a_file_that_is_told_no_more_is_not_fetched(world: World) -> None:
    whole = shipped()
    llm = whole.settings.llm.model_copy(update={"history_tokens": 500})
    world.config = replace(whole, settings=replace(whole.settings, llm=llm))
    async with world.bot() as bot:
        await world.hear(bot, sent(1, "look", file(world, "bee.png", PICTURE, "image/png")))
        await world.hear(bot, *(said(number, "about bees " * 99) for number in range(2, 12)))
    world.board.fetched.clear()
    async with world.bot() as bot:
        await world.hear(bot, said(20, "hello"))
    assert 1 not in {turn.number for turn in world.voice.asked[-1].history}
    assert world.board.fetched == []

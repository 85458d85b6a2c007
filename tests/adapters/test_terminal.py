"""The terminal as people use it: through real pipes, and at a real prompt."""

import asyncio
import io
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.terminal import Terminal
from adapters.terminal.chat import COMMANDS
from adapters.terminal.help import HELP
from bot.domain.action import Outcome
from bot.domain.conversation import Member, Place
from bot.domain.event import Judged, Said
from tests.adapters.desk import ABUSE, ENDED, Desk


async def test_what_is_piped_in_is_shown_with_its_number_and_answered(desk: Desk) -> None:
    shown = await desk.types("how do bees find home?\nand ants?")
    assert "1. guest: how do bees find home?\nFairwell: answer to how do bees" in shown
    assert "2. guest: and ants?\nFairwell: answer to and ants?" in shown


async def test_the_help_names_every_command(desk: Desk) -> None:
    shown = await desk.types("/help\n")
    assert HELP in shown
    assert all(f"/{command}" in HELP for command in COMMANDS)


async def test_an_ending_its_rating_and_an_appeal(desk: Desk) -> None:
    shown = await desk.types(f"{ENDED}/fair\n/unfair\n/unrate\n/appeal we were joking\nhello\nhello?\n")
    assert "I'm closing this conversation because of insults." in shown
    assert "[to the moderators] I closed conversation terminal:" in shown
    assert shown.count("Thank you, your answer is on record.") == 2
    assert "Taken back." in shown
    assert "Fairwell (to guest alone): The moderators have your request" in shown
    assert "5. guest: hello\nFairwell: This conversation is closed" in shown
    assert shown.rstrip().endswith("6. guest: hello?")  # silence


async def test_rating_and_appealing_where_nothing_was_ended(desk: Desk) -> None:
    shown = await desk.types("/fair\n/appeal\n")
    assert "There's no ending here to rate." in shown
    assert "There's no ending here to look at again." in shown


async def test_an_edit_in_a_closed_conversation_offers_a_branch(desk: Desk) -> None:
    shown = await desk.types(f"plan a trip\n/branch\n{ENDED}/edit 2 how far is Porto?\n/branch\n/branch\n")
    assert "There is no offer." in shown.split("2. guest")[0]
    assert "This conversation stays closed, but I can go on from that message in a new one: /branch" in shown
    assert "I remember what came before it" in shown
    assert "answer to how far is Porto?" in shown
    assert shown.count("There is no offer.") == 2


async def test_messages_are_changed_and_deleted_by_number(desk: Desk) -> None:
    shown = await desk.types("one\ntwo\n/edit 1 uno\n/delete 2\n/edit 9 x\n/edit 1\n/edit\n/delete x\n/history\n")
    assert "Message 1 is changed." in shown
    assert "Message 2 is deleted." in shown
    assert shown.count("I can't find that message of yours") == 4
    history = shown.split("guest: /history")[1]
    assert "1. guest: uno" in history
    assert "two" not in history.replace("answer to two", "")


async def test_nobody_changes_the_message_of_another(desk: Desk) -> None:
    shown = await desk.types("/as ana\nmine\n/as ben\n/edit 1 yours\n/delete 1\n/history\n")
    assert shown.count("I can't find that message of yours") == 2
    assert "1. ana: mine" in shown.split("/history")[1]


async def test_with_a_second_person_the_place_is_public(desk: Desk) -> None:
    alone = await desk.types("/as ana\nI want to kill myself\n")
    assert "private message" not in alone
    together = await desk.types("/new\n/as ana\nhello\n/as ben\nI want to kill myself\n/as\n")
    assert "Fairwell: I'm glad you said that. I've sent you a private message" in together
    assert "Fairwell (to ben alone): I'm really glad you told me." in together
    assert "You are ben." in together
    still = await desk.types("I want to kill myself\n")  # after a restart ana may still read along
    assert "I'm really glad you told me." not in still.split("Type to talk.")[1].split("Fairwell (to ben alone)")[0]


async def test_only_the_part_of_one_is_ended_among_several(desk: Desk) -> None:
    shown = await desk.types(f"/as ben\nhello\n/as ana\n{ENDED}/as ben\nstill there?\n")
    assert "ana, I won't answer you in this conversation any more" in shown
    assert "Fairwell: answer to still there?" in shown


async def test_why_and_what_counts(desk: Desk) -> None:
    shown = await desk.types(f"/why\n/standing\n{ABUSE[0]}\n/why\n/standing\n/boundaries\n")
    assert "Nothing has been said here yet." in shown
    assert "Nothing counts against you" in shown
    assert "turn 1: redirect (concern), ladder default-" in shown
    assert "scripted reader: insult serious “as read”" in shown
    assert "What counts for you in this conversation: redirections 1, warnings 0." in shown
    assert "My boundaries, in short:" in shown


async def test_country_and_language_are_chosen_and_taken_back(desk: Desk) -> None:
    shown = await desk.types(
        "/country Canada\n/country Atlantis\n/country\n/language de\n/boundaries\n/language xx\n/language\n"
    )
    assert "I'll show you where to find help (Canada)." in shown
    assert "I don't know that country." in shown
    assert "I've forgotten the country you told me." in shown
    assert "Meine Grenzen" in shown
    assert "de, en, es, fr, pt" in shown
    assert "From now on I write to you in English." in shown


async def test_somebody_is_forgotten(desk: Desk) -> None:
    shown = await desk.types("I like lighthouses\n/forgetme\n/history\n")
    assert "Messages erased: 1" in shown
    assert "lighthouses" not in shown.split("/history")[1]


async def test_conversations_are_listed_and_gone_to(desk: Desk) -> None:
    listed = await desk.types("about bees\n/new\nabout ants\n/threads\n")
    here, there = listed.split("guest: /threads\n")[1].splitlines()
    assert here.endswith("1. about ants  (here)")
    assert there.endswith("1. about bees")
    name = there.split()[0].removeprefix("terminal:")
    gone = await desk.types(f"/open {name[:5]}\nmore\n/open nowhere\n/open\n")
    assert "1. guest: about bees\n     Fairwell: answer to about bees" in gone
    assert "2. guest: more" in gone
    assert gone.count("There is no such conversation.") == 2


async def test_a_slash_can_be_said_and_an_unknown_command_is_no_message(desk: Desk) -> None:
    shown = await desk.types(f"//etc/hosts\n/nosuch thing\n/{'x' * 5_000}\n/quit\nnever read\n")
    assert "1. guest: //etc/hosts\nFairwell: answer to /etc/hosts" in shown
    assert "There is no /nosuch." in shown
    assert f"There is no /{'x' * 40}…" in shown
    assert "2. guest" not in shown
    assert "never read" not in shown


async def test_after_a_restart_all_is_where_it_was(desk: Desk) -> None:
    await desk.types(f"hello\n{ENDED}/unfair\n")
    again = await desk.types("/why\n/standing\n/unrate\nhello?\n")
    before, after = again.split("Type to talk.")
    assert "2. guest: you useless machine" in before
    assert "I'm closing this conversation" in before
    assert "turn 5: end (concern)" in after
    assert "redirections 2, warnings 1" in after
    assert "Taken back." in after
    assert "6. guest: hello?\nFairwell: This conversation is closed" in after


async def test_nothing_that_is_typed_steers_the_screen(desk: Desk) -> None:
    typed = b"\xff\xfe \x1b[31mred\x1b]0;title\x07 \x00 \x9b2J \xc2\x9b2J \xe2\x80\xaereversed\r\n"
    shown = await desk.types(b"/as \x1b[5mana\n" + typed + b"/\x1b[2J\n/country \x1b[2J\n/history\n")
    again = await desk.types("/threads\n")
    for raw in ("\x1b", "\x07", "\x00", "\x9b", "\u202e", "\r"):
        assert raw not in shown + again
    assert "�� ␛[31mred␛]0;title␇ ␀ �2J" in shown


async def test_text_of_several_lines_cannot_look_like_somebody_else(desk: Desk) -> None:
    screen = io.StringIO()
    Terminal(desk.clock, out=screen).screen.say("guest", "hello\nFairwell: I give in", "bold")
    assert screen.getvalue() == "guest: hello\n  Fairwell: I give in\n"


async def test_joined_letters_and_hard_spaces_stay(desk: Desk) -> None:
    family, persian, french = "👨\u200d👩\u200d👧", "می\u200cخواهم", "Quoi\u00a0?"
    shown = await desk.types(f"{family} {persian} {french}\n")
    assert f"1. guest: {family} {persian} {french}" in shown


@pytest.mark.parametrize("typed", ["", "\n", "\n\n\n", "a" * 100_000, "a" * 100_000 + "\n" + "I want to kill myself"])
async def test_whatever_is_piped_in_comes_to_an_end(desk: Desk, typed: str) -> None:
    shown = await desk.types(typed)
    assert ("up to 20000 characters work" in shown) is (len(typed) > 1_000)
    assert ("I'm really glad you told me." in shown) is ("kill" in typed)


async def test_it_has_no_lock_and_says_so(desk: Desk) -> None:
    await desk.types(ENDED)
    terminal = Terminal(desk.clock, out=io.StringIO())
    async with desk.bot(terminal) as bot:
        [conversation] = await bot.store.conversations("terminal", "local")
        ending = await bot.store.latest_ending(conversation)
        assert ending is not None
        place, moderator = Place("terminal", "local", "terminal"), Member("cli:mo", "mo")
        await bot.receive(
            Judged(
                key="verdict",
                conversation=conversation,
                place=place,
                member=moderator,
                at=desk.clock(),
                ending=ending.id,
                upheld=False,
            )
        )
        await bot.settled()
        reopening = await bot.store.action("verdict/0")
        assert reopening is not None
        receipt = await terminal.find(reopening)
    assert receipt is not None
    assert (receipt.outcome, receipt.why) == (Outcome.NEEDLESS, "a terminal has no lock")


async def test_what_is_said_elsewhere_names_its_conversation(desk: Desk) -> None:
    await desk.types(f"{ENDED}/new\nhello\n")
    terminal = Terminal(desk.clock, lines=None, out=(screen := io.StringIO()))
    async with desk.bot(terminal) as bot:
        elsewhere = (await bot.store.conversations("terminal", "local"))[1]
        ending = await bot.store.latest_ending(elsewhere)
        assert ending is not None
        carried = {"key": "verdict", "conversation": elsewhere, "at": desk.clock(), "ending": ending.id}
        verdict = Judged(**carried, place=Place("terminal", "local", "x"), member=Member("cli:mo"), upheld=False)  # type: ignore[arg-type]
        await bot.store.accept(verdict, desk.clock())  # as the command line does, beside a running bot
        read, write = os.pipe()
        os.close(write)
        with os.fdopen(read) as nothing:
            terminal._lines = nothing
            await terminal.serve(bot)
    assert f"Fairwell in {elsewhere}: A moderator has looked at this again" in screen.getvalue()


async def test_a_chat_ends_when_nobody_looks_any_more(desk: Desk) -> None:
    read, write = os.pipe()
    looking, screen = os.pipe()
    os.close(looking)
    unbuffered = os.fdopen(screen, "wb", buffering=0)
    with os.fdopen(read) as lines, io.TextIOWrapper(unbuffered, write_through=True) as out:
        terminal = Terminal(desk.clock, lines=lines, out=out)
        async with desk.bot(terminal) as bot:
            await asyncio.wait_for(terminal.serve(bot), 10)  # though the other pipe is still open
        os.close(write)


async def test_an_answer_that_was_not_shown_is_shown_after_the_restart(desk: Desk) -> None:
    await desk.types("hello\n")
    silent = Terminal(desk.clock, out=io.StringIO())
    silent.name = "nowhere"  # a process without this screen decides, and cannot show
    async with desk.bot(silent) as bot:
        [conversation] = await bot.store.conversations("terminal", "local")
        [turn] = await bot.store.turns(conversation)
        said = Said(
            key="beside",
            conversation=conversation,
            place=Place("terminal", "local", "terminal", private=True),
            member=turn.turn.member,
            at=desk.clock(),
            message="beside",
            text="and ants?",
        )
        await bot.receive(said)
        await bot.settled()
    desk.clock.wait(timedelta(minutes=1))
    shown = await desk.types("")
    assert "  2. guest: and ants?\nFairwell: answer to and ants?\nType to talk." in shown
    assert "Fairwell: answer to and ants?" not in (await desk.types("")).replace("     Fairwell: answer", "")


class AtAPrompt:
    """A chat on a pseudo-terminal."""

    def __init__(self, database: Path) -> None:
        self._ours, theirs = pty.openpty()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
        self.chat = subprocess.Popen(  # noqa: S603  our own command
            [sys.executable, "-m", "bot", "chat", "--database", str(database)],
            cwd=Path(__file__).parents[2],
            env=clean | {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "400"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = b""

    def sees(self, words: str, within: float = 20) -> bool:
        """Whether the screen shows these words, since this was asked last."""
        until = time.monotonic() + within
        while words.encode() not in self.shown:
            if not select.select([self._ours], [], [], max(0, until - time.monotonic()))[0]:
                return False
            try:
                self.shown += os.read(self._ours, 1 << 16)
            except OSError:  # the other side has hung up
                return False
        self.shown = self.shown.split(words.encode(), 1)[1]
        return True

    def types(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def hang_up(self) -> None:
        self.chat.kill()
        self.chat.wait()
        os.close(self._ours)


@pytest.fixture
def at_a_prompt(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], AtAPrompt]:
    def sit_down() -> AtAPrompt:
        sitting = AtAPrompt(tmp_path / "prompt.db")
        request.addfinalizer(sitting.hang_up)
        return sitting

    return sit_down


def test_at_a_prompt(at_a_prompt: Callable[[], AtAPrompt]) -> None:
    sitting = at_a_prompt()
    assert sitting.sees("No language model is connected")
    assert sitting.sees("1. guest>")
    sitting.types(b"hello\r")
    assert sitting.sees("built-in stand-in")
    assert sitting.sees("2. guest>")
    sitting.types(b"/as ana\r")
    assert sitting.sees("2. ana>")
    sitting.types(b"half a line\x15")  # Ctrl-U takes it back
    sitting.types(b"\x04")  # Ctrl-D
    assert sitting.chat.wait(timeout=10) == 0

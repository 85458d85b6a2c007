"""What was said before, shown again."""

from collections.abc import Callable, Sequence

from bot.cli.screen import indented
from bot.domain.conversation import Attachment, Member
from bot.domain.event import Said
from bot.domain.record import Vetted
from bot.ports import Store

NAME = "terminal"
SPACE = "local"
RECALLED = 6  # turns shown again after a restart
ALL = 10_000  # turns of a conversation; nobody types more
GLANCE = 50  # characters of a message in a list
NOTHING_YET = "Nothing has been said here yet."


class Past:
    """Shows what the store holds.

    note     prints what the terminal itself says
    answers  what the bot is called here
    """

    def __init__(self, store: Store, note: Callable[[str], None], answers: Callable[[], str]) -> None:
        self._store = store
        self._note = note
        self._answers = answers

    async def opened(self, conversation: str) -> Sequence[Vetted]:
        """The last turns of a conversation, and what was kept in it but not answered yet. Out: all of its turns."""
        turns = await self._store.turns(conversation, ALL)
        self._note(f"Conversation {conversation}, where it was:")
        heard = await self._store.open_events(conversation)
        waiting = {each.event.message for each in heard if isinstance(each.event, Said)}
        for each in turns[-RECALLED:]:
            self._recall(each, answered=each.turn.message not in waiting)
        # What was kept but not answered yet has no turn so far; its answer comes by itself, right after this.
        kept = [each.event for each in heard if isinstance(each.event, Said) and each.actions is None]
        for number, event in enumerate(kept, start=turns[-1].turn.number + 1 if turns else 1):
            self._said(number, event.member, event.text, event.attachments)
        return turns

    async def history(self, conversation: str) -> None:
        """Everything that was said, numbered."""
        turns = await self._store.turns(conversation, ALL)
        for each in turns:
            self._recall(each)
        if not turns:
            self._note(NOTHING_YET)

    async def threads(self, here: str) -> None:
        """The conversations, each with its last message; `here` is marked."""
        for conversation in await self._store.conversations(NAME, SPACE, limit=20):
            latest = await self._store.turns(conversation, 1)
            last = f"  {latest[-1].turn.number}. {_glance(latest[-1].turn.text)}" if latest else ""
            self._note(f"  {conversation}{last}{'  (here)' if conversation == here else ''}")

    async def found(self, wanted: str) -> str | None:
        """A conversation by its id or a beginning of it, with or without "terminal:". None: there is not just one."""
        wanted = wanted.removeprefix(f"{NAME}:")
        known = await self._store.conversations(NAME, SPACE, limit=1_000)
        found = [each for each in known if wanted and each.removeprefix(f"{NAME}:").startswith(wanted)]
        return found[0] if len(found) == 1 else None

    def _recall(self, each: Vetted, *, answered: bool = True) -> None:
        """Show a turn again; a reply that is still on its way comes by itself."""
        turn = each.turn
        self._said(turn.number, turn.member, turn.text, turn.attachments)
        if turn.reply and answered:
            self._note(f"     {self._answers()}: {indented(turn.reply, 5)}")

    def _said(self, number: int, member: Member, text: str, files: Sequence[Attachment]) -> None:
        named = f" [{', '.join(each.name for each in files)}]" if files else ""
        self._note(f"  {number}. {member.name or member.id}: {indented(f'{text}{named}'.strip(), 4)}")


def _glance(text: str) -> str:
    """The beginning of a message, in one line."""
    words = " ".join(text.split())
    return words if len(words) <= GLANCE else f"{words[:GLANCE]}…"

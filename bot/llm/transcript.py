"""A conversation as the models are told it. What members wrote stands between tags that it can neither close nor forge."""

from collections.abc import Sequence
from html import escape

from anthropic.types import MessageParam

from bot.domain.conversation import Turn
from bot.ports import Brief


def fenced(tag: str, name: str, text: str) -> str:
    """A member's words between tags. `<`, `>` and `&` in them are escaped, so that they open and close nothing."""
    return f'<{tag} from="{escape(name)}">{escape(text, quote=False)}</{tag}>'


def as_messages(brief: Brief) -> list[MessageParam]:
    """The history and the new message, in the turns of a chat: members are the user, the bot is the assistant."""
    messages: list[MessageParam] = []
    said: list[str] = [f"<earlier>{escape(brief.summary, quote=False)}</earlier>"] if brief.summary else []
    for turn in brief.history:
        said.append(fenced("message", name(turn), turn.text))
        if turn.reply:
            messages += _exchange(said, turn.reply)
            said = []
    messages.append({"role": "user", "content": "\n".join((*said, _new(brief, "message")))})
    return messages


def as_material(brief: Brief) -> str:
    """The same for a reader: everything is material, the bot's own words too."""
    return f"<history>\n{_history(brief.history)}\n</history>\n{_new(brief, 'turn')}"


def name(turn: Turn) -> str:
    """How a turn's member is called."""
    return turn.member.name or turn.member.id


def _exchange(said: Sequence[str], reply: str) -> list[MessageParam]:
    return [{"role": "user", "content": "\n".join(said)}, {"role": "assistant", "content": reply}]


def _history(turns: Sequence[Turn]) -> str:
    lines: list[str] = []
    for turn in turns:
        lines.append(fenced("message", name(turn), turn.text))
        if turn.reply:
            lines.append(f"<bot>{escape(turn.reply, quote=False)}</bot>")
    return "\n".join(lines)


def _new(brief: Brief, tag: str) -> str:
    attached = [f"<attachment>{escape(text, quote=False)}</attachment>" for text in brief.attachments]
    return "\n".join((fenced(tag, brief.member.name or brief.member.id, brief.text), *attached))

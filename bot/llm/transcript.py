"""A conversation as the models are told it.

What members wrote stands between tags that it can neither close nor forge: `<`, `>` and `&` in it are escaped, and
nothing else is relied on. Characters that only look like them open no tag.
"""

from collections.abc import Sequence
from html import escape

from anthropic.types import MessageParam

from bot.domain.conversation import Member
from bot.ports import Brief


def fenced(tag: str, text: str, author: Member | None = None) -> str:
    """Somebody's words between tags, which name their author where there are several."""
    named = f' from="{_quoted(called(author))}"' if author else ""
    return f"<{tag}{named}>{_escaped(text)}</{tag}>"


def as_messages(brief: Brief) -> list[MessageParam]:
    """The history and the new message, in the turns of a chat: members are the user, the bot is the assistant."""
    messages: list[MessageParam] = []
    said: list[str] = [fenced("earlier", brief.summary)] if brief.summary else []
    for turn in brief.history:
        said.append(fenced("message", turn.text, turn.member))
        if turn.reply.strip():  # the vendor refuses an empty one
            messages += _exchange(said, turn.reply)
            said = []
    messages.append({"role": "user", "content": "\n".join((*said, _new(brief, "message")))})
    return messages


def as_material(brief: Brief) -> str:
    """The same for a reader: everything is material, the bot's own words too."""
    lines: list[str] = []
    for turn in brief.history:
        lines.append(fenced("message", turn.text, turn.member))
        if turn.reply:
            lines.append(fenced("bot", turn.reply))
    return "\n".join(("<history>", *lines, "</history>", _new(brief, "turn")))


def called(member: Member) -> str:
    """What a member is called: one line, whatever they put into their name."""
    return " ".join(member.name.split()) or member.id


def _new(brief: Brief, tag: str) -> str:
    attached = (fenced("attachment", each.text) for each in brief.attachments if each.text)
    return "\n".join((fenced(tag, brief.text, brief.member), *attached))


def _exchange(said: Sequence[str], reply: str) -> list[MessageParam]:
    return [{"role": "user", "content": "\n".join(said)}, {"role": "assistant", "content": _sendable(reply)}]


def _escaped(text: str) -> str:
    return escape(_sendable(text), quote=False)


def _quoted(name: str) -> str:
    """As an attribute between double quotes; others may stay, names have apostrophes."""
    return _escaped(name).replace('"', "&quot;")


def _sendable(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can carry in and UTF-8 cannot carry out."""
    return text.encode("utf-8", "replace").decode()

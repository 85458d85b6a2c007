"""A conversation as the models are told it.

It only ever grows at its end: a message is told in the same bytes when it is new and when it is history, so that the
vendor can keep what it has read (`cache`) and is only told what came since. What changes from turn to turn, such as
the date, stands behind the newest message and never becomes history.
"""

import base64
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Literal

from anthropic.types import DocumentBlockParam, ImageBlockParam, MessageParam, TextBlockParam
from babel.dates import format_date

from bot.domain.conversation import Attachment, Member
from bot.domain.step import Step
from bot.llm.fences import empty, fenced, legible, one_line
from bot.llm.folding import folded
from bot.ports import Brief

Cache = Literal["5m", "1h", "off"]  # how long the vendor keeps what it has read
Block = TextBlockParam | ImageBlockParam | DocumentBlockParam
ImageType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]

NOT_SHOWN = 'Attachments marked shown="no" are images or other files; you are not shown what is in them.'


def as_messages(brief: Brief, cache: Cache = "off") -> list[MessageParam]:
    """The history and the new message, in the turns of a chat: members are the user, the bot is the assistant.

    Two blocks are marked to be kept: the last one of the new message that will be told again, and the last one before
    it, which was marked a turn ago.
    """
    names, messages = _Names(), list[MessageParam]()
    said: list[Block] = [_text(fenced("earlier", brief.summary))] if brief.summary else []
    before = said
    for turn in brief.history:
        said += _message(names.of(turn.member), turn.text, turn.attachments, brief)
        before = said
        if reply := legible(turn.reply).strip():  # the vendor refuses an empty one
            before = [_text(reply)]
            messages += [{"role": "user", "content": said}, {"role": "assistant", "content": before}]
            said = []
    _keep(before, cache)
    said += _message(names.of(brief.member), brief.text, brief.attachments, brief)
    _keep(said, cache)
    if told := _only_now(brief):
        said.append(_text(told))
    return [*messages, {"role": "user", "content": said}]


def as_material(brief: Brief, cache: Cache = "off") -> list[TextBlockParam]:
    """The same for a reader: everything is material, the bot's own words too. What the bot knows stands in no tag."""
    names = _Names()
    history = _history(brief, names, cache)
    new = _numbered("turn", brief.turn, names.of(brief.member), brief.text, brief.attachments)
    return [*history, _text(f"{_standing(brief)} {NOT_SHOWN}"), _text(new)]


def as_history(brief: Brief, cache: Cache = "off") -> list[TextBlockParam]:
    """What went before the new message, as material."""
    return _history(brief, _Names(), cache)


def called(member: Member) -> str:
    """What a member is called: one line, whatever they put into their name."""
    return one_line(member.name, one_line(member.id, "?"))


class _Names:
    """What the members of one conversation are called: whoever comes later with a name like another's is numbered."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}  # by whom, by the folded name

    def of(self, member: Member) -> str:
        """The member's name, alike in no other member's."""
        name = own = called(member)
        number = 1
        while self._taken.setdefault(folded(name), member.id) != member.id:
            number += 1
            name = f"{own} ({number})"
        return name


def _text(text: str) -> TextBlockParam:
    return {"type": "text", "text": text}


def _keep(blocks: Sequence[Block], cache: Cache) -> None:
    """Mark the last block, if there is one: the vendor keeps what it has read up to here."""
    if blocks and cache != "off":
        blocks[-1]["cache_control"] = {"type": "ephemeral", "ttl": cache}


def _message(name: str, text: str, attachments: Iterable[Attachment], brief: Brief) -> list[Block]:
    """A message and its files: images and documents, each behind a tag with its name, or what could be read of them."""
    blocks: list[Block] = [_text(fenced("message", text, {"from": name}))]
    for each in attachments:
        if file := _file(brief.loaded.get(each.source, b"")):
            blocks += [_text(empty("attachment", {"name": one_line(each.name, "?")})), file]
        else:
            blocks.append(_text(_attached(each)))
    return blocks


def _attached(attachment: Attachment) -> str:
    """What could be read of a file."""
    named = {"name": one_line(attachment.name, "?")}
    if attachment.text is None:
        return empty("attachment", named | {"shown": "no"})
    return fenced("attachment", attachment.text, named)


def _file(content: bytes) -> ImageBlockParam | DocumentBlockParam | None:
    """An image or a PDF, by how its content begins: what a platform says it is may be wrong, and is then refused."""
    coded = base64.b64encode(content).decode()
    if content.startswith(b"%PDF-"):
        return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": coded}}
    if kind := _image(content):
        return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": coded}}
    return None


def _image(content: bytes) -> ImageType | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if content.startswith(b"RIFF") and content[8:12] == b"WEBP" else None


def _only_now(brief: Brief) -> str:
    """What holds for this message alone: the date, and how many files could not be shown; no name a member chose."""
    told = []
    if brief.now:
        told.append(f"Today is {format_date(brief.now.astimezone(UTC), 'EEEE, d MMMM y', locale='en')} (UTC).")
    if brief.left_out:
        told.append(f"Files of this message that could not be shown to you: {len(brief.left_out)}. The bot says so.")
    return " ".join(told)


def _history(brief: Brief, names: _Names, cache: Cache) -> list[TextBlockParam]:
    told = [_text(fenced("earlier", brief.summary))] if brief.summary else []
    for turn in brief.history:
        message = _numbered("message", turn.number, names.of(turn.member), turn.text, turn.attachments)
        told.append(_text(message + (fenced("bot", turn.reply) if turn.reply else "")))
    _keep(told, cache)
    return [_text("<history>"), *told, _text("</history>")]


def _numbered(tag: str, number: int, name: str, text: str, attachments: Iterable[Attachment]) -> str:
    return fenced(tag, text, {"number": str(number), "from": name}) + "".join(map(_attached, attachments))


def _standing(brief: Brief) -> str:
    """What the bot knows of the author, for a reader that sees one message and some history."""
    parts = [
        f"was {done} in {_messages([mark.turn for mark in brief.standing.marks if mark.step is step])}"
        for step, done in ((Step.REDIRECT, "redirected"), (Step.WARN, "warned"))
        if brief.standing.count(step)
    ]
    before = " and ".join(parts) or "was neither redirected nor warned before"
    care = "yes" if brief.in_care else "no"
    return f"The author of message {brief.turn} {before}. Somebody here may have been in danger lately: {care}."


def _messages(numbers: Sequence[int]) -> str:
    *before, last = map(str, numbers)
    return f"messages {', '.join(before)} and {last}" if before else f"message {last}"

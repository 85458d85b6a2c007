"""Text that goes out: nothing in it notifies anybody, or hides where a link leads.

Slack reads `<@U…>`, `<!channel>` and `<https://…|words>` in Markdown as well as in its own markup, in code too. No `<`
goes out, and no `>` but one that begins a quotation; Slack shows their entities as the characters, and reads them no
further (measured, like all that is said of entities here: PostHog#95054). An `&` stays: in the address of a link no
entity is decoded.
"""

import re

BREAK = "\N{ZERO WIDTH SPACE}"

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CHARACTERS = {entity: character for character, entity in _ENTITIES.items()}
_ENTITY = re.compile("|".join(_CHARACTERS))
_ADDRESS = re.compile(r"<(https?://[^\s<>|]+|(?:mailto:)?[^\s<>|@!#:]+@[^\s<>|@]+)>")
_ANGLE = re.compile(r"^([ \t]*>[ \t>]*)|[<>]", re.MULTILINE)  # the first begins a quotation
# "](" before an address: anything but words, as in f[i](x)
_MASK = re.compile(r"\](?=\((?![\w ,]*\)))")
# what Markdown lets another place in the text link to: "[bank]: https://elsewhere" on a line of its own
_DEFINITION = re.compile(r"^([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t>]+)*\[(?:\\[\s\S]|[^\[\]\\])*\]):", re.MULTILINE)
_MARKUP = re.compile(r"[\\`*_{}\[\]()#+!-]|(?<=\d)\.|~(?=~)")


def harmless(text: str) -> str:
    """Markdown in which no one is notified and every link shows its address. What is harmless stays as it is.

    An address in angle brackets goes without them, as it is shown.
    """
    text = _ANGLE.sub(lambda mark: mark[1] or _ENTITIES[mark[0]], _ADDRESS.sub(r"\1", text))
    return _MASK.sub(f"]{BREAK}", _DEFINITION.sub(rf"\1{BREAK}:", text))


def literal(text: str) -> str:
    """A name or a quotation for Markdown: nothing in it is markup, a mention or a link, or looks like another line."""
    whole = _MARKUP.sub(lambda mark: mark[0] + BREAK if mark[0] == "~" else f"\\{mark[0]}", " ".join(text.split()))
    return mrkdwn(whole)


def mrkdwn(text: str) -> str:
    """Plain text for Slack's own markup (sections, `text`): as it is, but for marks of bold and the like."""
    return "".join(_ENTITIES.get(each, each) for each in text)


def decoded(text: str) -> str:
    """What was harmless, for a file: entities are no entities there."""
    return _ENTITY.sub(lambda entity: _CHARACTERS[entity[0]], text)

"""Text that goes out: nothing in it mentions anybody, or hides where a link leads.

The break is an invisible character, put in wherever Discord would see a mention or a masked link, in code as well:
what Discord takes for code cannot be told for sure, and what is not code must not slip through.
"""

import re

BREAK = "\N{ZERO WIDTH SPACE}"

_MENTION = re.compile(r"<(?=@[!&]?\d)|@(?=everyone|here)")
# "](" and an address with its scheme, as loosely as Discord reads it: "[bank](https://elsewhere)"
_MASK = re.compile(r"\](?=\(\s*(?:<\s*)?[a-z][a-z0-9+.\\-]*:)", re.IGNORECASE)
_MARKUP = re.compile(r"[\\*_~|`<>\[\]()#:@-]")


def harmless(text: str) -> str:
    """The text, in which no one is mentioned and every link shows its address. What is harmless stays as it is."""
    return _MASK.sub(f"]{BREAK}", _MENTION.sub(_broken, text))


def literal(text: str) -> str:
    """A name or a quotation as it is: nothing in it is markup, a mention or a link, or looks like another line."""
    return _MARKUP.sub(lambda mark: f"\\{mark[0]}", _MENTION.sub(_broken, " ".join(text.split())))


def _broken(mark: re.Match[str]) -> str:
    return f"{mark[0]}{BREAK}"

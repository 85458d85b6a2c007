"""What in a message is not the member's own speech: quotations, code, pasted logs. And links, which say nothing.

All in single passes: an opening mark is paired with the next closing one, an unpaired mark means nothing.
"""

import re
from collections.abc import Iterable, Iterator

Span = tuple[int, int]

_LINK = re.compile(r"(?:https?://|www\.)\S+|<[@#:][^<>\s]{1,80}>", re.IGNORECASE)
_WORTH_A_LOOK = re.compile(r"[\"'“”„«»‹›‘’`>「」『』\[<:]|^\s*at ", re.MULTILINE)
_MARKS = re.compile(r"```|`|\"|“|”|„|«|»|「|」|『|』|(?<!\w)['‘‚](?=\w)|(?<=[\w.!?,])['’](?!\w)|\n\s*\n")
_CLOSED_BY = {
    "```": "```",
    "`": "`",
    '"': '"',
    "“": "”",
    "”": "”",  # as typed in Swedish and Finnish
    "„": "“”",
    "«": "»",
    "»": "«",
    "「": "」",
    "『": "』",
    "'": "'’",
    "‘": "'’",
    "‚": "‘'",
}
# A line that a program or somebody else wrote: quoted lines, chat logs, stamps, tracebacks, stack frames, prompts.
_FOREIGN_LINE = re.compile(
    r"^(?:[ \t]{0,8}(?:>|<[\w\-\[\]`|^]{1,30}> "
    r"|\[?\d{1,4}[-:/]\d{2}(?:[-:/]\d{2,4})?\b|\[(?:info|warn|warning|error|debug|trace|fatal)\]"
    r"|(?:info|warn|warning|error|debug|fatal)[:\]] |traceback \(|file \"|at [\w.$<>]{1,80}\(|\$ |# ?\w{1,20}/"
    r"|exception in |caused by: )).*$",
    re.IGNORECASE | re.MULTILINE,
)


def links(text: str) -> list[Span]:
    """Links, and a platform's codes for members, channels and emoji."""
    return [match.span() for match in _LINK.finditer(text)]


def foreign(text: str) -> list[Span]:
    """What stands in quotation marks, in code, or on lines that a program or somebody else wrote."""
    if not _WORTH_A_LOOK.search(text):
        return []
    return sorted([*_paired(text), *(match.span() for match in _FOREIGN_LINE.finditer(text))])


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches of text, in order and without overlap."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def _paired(text: str) -> Iterator[Span]:
    """Stretches between an opening mark and the next mark that closes it; a paragraph's end closes all but code."""
    opened, closing, since = "", "", 0
    for match in _MARKS.finditer(text):
        mark = match[0]
        if opened and mark[0] in closing and (len(mark) == 3) == (len(opened) == 3):
            yield since, match.end()
            opened = closing = ""
        elif mark[0] == "\n":
            if opened != "```":
                opened = closing = ""
        elif (not opened and mark in _CLOSED_BY) or (opened in ("'", "‘", "‚") and mark in _CLOSED_BY):
            opened, closing, since = mark, _CLOSED_BY[mark], match.start()

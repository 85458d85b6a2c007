"""Names that people give themselves, as they may be shown."""

import unicodedata

_JOINERS = "\u200c\u200d"  # scripts and emoji need them inside a word
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols by class, yet nothing to see


def shown(*names: str | None) -> str:
    """The first name in which there is something to see; "" if there is none.

    It is one line, without characters that steer what is printed.
    """
    return next(filter(None, map(_line, names)), "")


def _line(name: str | None) -> str:
    kept = " ".join("".join(each for each in name or "" if each.isspace() or _is_text(each)).split())
    return kept if kept.strip(f" {_JOINERS}{_BLANK}") else ""


def _is_text(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"} or character in _JOINERS

"""What people see in a terminal: text that cannot steer it, and JSON for scripts."""

import json
import re
import sys
from datetime import date

from rich.console import Console
from rich.text import Text

# Control characters (ESC begins what a terminal obeys), marks that turn the writing direction of what follows them,
# and halves of characters that cannot be printed. Joiners stay: scripts and emoji need them.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PICTURES = 0x2400  # "␀", and so on in the order of the control characters


def printable(text: str) -> str:
    """The text, with what would steer the terminal made visible instead: ESC as "␛", the rest as "�"."""
    return _STEERING.sub(_shown, text.replace("\r\n", "\n"))


def indented(text: str, by: int) -> str:
    """Printable, with every line but the first moved in: so that no message can look like a line of ours."""
    first, *rest = printable(text).split("\n")
    return "\n".join((first, *(f"{' ' * by}{line}" if line.strip() else "" for line in rest)))


def tell(text: str = "", style: str = "") -> None:
    """Print what was asked for."""
    Console(highlight=False, soft_wrap=True).print(Text(printable(text), style))


def complain(text: str, style: str = "") -> None:
    """Print what is said beside it, for whoever operates: to standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(printable(text), style))


def tell_json(what: object, *, indent: int | None = 2) -> None:
    """Print it for scripts. Dates are ISO 8601; what JSON has no form for is written as text."""
    sys.stdout.write(json.dumps(what, ensure_ascii=False, indent=indent, default=_plain) + "\n")


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(_PICTURES + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


def _plain(what: object) -> object:
    return what.isoformat() if isinstance(what, date) else str(what)

"""Tags around what members wrote, which it can neither close nor forge.

`<`, `>` and `&` in it are escaped, and nothing else is relied on: a tag of ours is written with these and is the only
thing that is. On top of that, for readers who are not so strict: a character that only looks like `<` is escaped too
where the name of a tag follows, and what nobody sees but a model reads is left out (letters written in Unicode's tag
characters, overrides of the direction of text).
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from html import escape

LONGEST_NAME = 64  # characters of a name, of a member's or of a file's

OURS = ("message", "earlier", "attachment", "history", "turn", "bot")
# Names that a look-alike bracket makes into a forgery: ours, and what models know from elsewhere.
_NAMES = frozenset({
    *OURS, "system", "user", "human", "assistant", "moderator", "operator", "admin", "instructions", "thinking",
    "tool", "tool_use", "tool_result", "function", "function_calls", "function_results", "invoke", "antml",
})  # fmt: skip
_LONGEST_TAG = max(map(len, _NAMES))
_LOOKALIKES = "＜﹤‹«˂˱ᐸᚲ≺≪⋖⧼⪡⟨⟪⦑〈\u2329《❬❮❰𝈶≮"
_BRACKET = re.compile(f"[{_LOOKALIKES}]")
_SLASHES = str.maketrans("∕⁄⧸", "///")

# The three flags that are written with tag characters: England's, Scotland's, Wales's.
_FLAGS = "|".join("".join(chr(0xE0000 + ord(each)) for each in name) for name in ("gbeng", "gbsct", "gbwls"))
_UNSEEN = re.compile(
    f"(\U0001f3f4(?:{_FLAGS})\U000e007f)"  # stays
    "|[\U000e0000-\U000e007f]"  # tag characters, each a letter that is not shown
    "|[\u202a-\u202e\u2066-\u2069]"  # text that runs the other way than it is read
    "|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]|(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
)  # the last line: variation selectors where they vary nothing, which can stand for bytes
_UNSHOWN = frozenset({"Cc", "Cf", "Co", "Mn", "Me", "Zs", "Zl", "Zp"})
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a sign that look like a space


def fenced(tag: str, text: str, named: Mapping[str, str] | None = None) -> str:
    """Somebody's words between tags. `named`: attributes, such as who it is from."""
    return f"<{tag}{_attributes(named or {})}>{_escaped(text)}</{tag}>"


def empty(tag: str, named: Mapping[str, str]) -> str:
    """A tag with nothing in it."""
    return f"<{tag}{_attributes(named)}/>"


def legible(text: str) -> str:
    """A text without what is not shown to people, and without halves of surrogate pairs, which UTF-8 cannot carry."""
    whole = text.encode("utf-8", "replace").decode()
    return whole if whole.isascii() else _UNSEEN.sub(lambda found: found[1] or "", whole)


def one_line(name: str, otherwise: str) -> str:
    """A name on one line, cut to LONGEST_NAME; `otherwise` if there is nothing to be seen in it."""
    shown = "".join(" " if unicodedata.category(each) == "Cc" else each for each in legible(name))
    line = " ".join(shown.split())[:LONGEST_NAME].rstrip()
    seen = any(unicodedata.category(each) not in _UNSHOWN for each in line if each not in _BLANKS)
    return line if seen else otherwise


def _attributes(named: Mapping[str, str]) -> str:
    """Values stand between double quotes; single ones may stay, names have apostrophes."""
    quoted = {name: _escaped(value).replace('"', "&quot;") for name, value in named.items()}
    return "".join(f' {name}="{value}"' for name, value in quoted.items())


def _escaped(text: str) -> str:
    text, parts, done = legible(text), [], 0
    for bracket in _BRACKET.finditer(text):
        if _names_a_tag(text, bracket.end()):
            parts += [escape(text[done : bracket.start()], quote=False), f"&#{ord(bracket[0])};"]
            done = bracket.end()
    return "".join((*parts, escape(text[done:], quote=False)))


def _names_a_tag(text: str, start: int) -> bool:
    """Whether what follows reads as the name of a tag. Looks no further than to the next sign that is no letter."""
    name = ""
    for index in range(start, len(text)):
        for seen in _seen(text[index]):
            if seen.isalnum() or seen == "_":
                name += seen
            elif name or not (seen.isspace() or seen == "/"):
                return name in _NAMES
        if len(name) > _LONGEST_TAG:
            return False
    return name in _NAMES


@lru_cache(4096)
def _seen(character: str) -> str:
    """A character as it is read: in lower case and its plainest form; "" if it is not seen at all."""
    plain = unicodedata.normalize("NFKD", character.translate(_SLASHES)).casefold()
    return "".join(
        each for each in plain if unicodedata.category(each) not in {"Mn", "Me", "Cf"} and each not in _BLANKS
    )

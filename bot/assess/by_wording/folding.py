"""How one written word becomes the word that was meant, letter by letter.

Case, compatibility forms (full-width, mathematical, circled and small-capital letters), marks stacked on letters,
invisible characters and letters borrowed from another script are undone here. What needs to know a vocabulary
(digits for letters, stretched letters, typing mistakes, shorthand) is in vocabulary.py.
"""

import re
import unicodedata
from functools import cache

from confusable_homoglyphs import confusables

LONGEST_TYPED = 64  # characters of a word as typed; a longer one is read, but not remembered

# Scripts written without spaces: every character is a word of its own, so that phrases match as substrings.
UNSPACED = "\u0e00-\u0e7f\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"

# Marks and invisible characters that stand inside words and are no letters to the `re` module.
_INSIDE = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u115f\u1160\u180b-\u180e\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0000-\U000e01ef"
)
_IGNORED = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u115f\u1160\u180b-\u180e\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u2064\u20d0-\u20ff"
    "\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0000-\U000e01ef]+"
)
# Pictures that people use as words; all others are passed over.
PICTURES = "🔫🔪💊🪦⚰🗡🪓🩸🚬💉"
_NO_PART_OF_A_WORD = re.compile(rf"[^\w@$*|€£!{_INSIDE}{PICTURES}]+")

_APOSTROPHES = "'’ʼ`´ʹ＇‘"
_SIGNS = "@$*|€£"  # stand for letters inside a word
# Ends a sentence; phrases do not reach across. Three dots do not: people trail off in the middle of one.
_BREAK = r"(?<!\.)[.!?;।](?=[^\w.]|$)|[。！？]|\n\s*\n"  # no space follows those of Chinese and Japanese

# One scan of ASCII text, and one of any other. Each character is looked at a bounded number of times.
ASCII_WORDS = re.compile(rf"[\w@$*|]+(?:['`!][\w@$*|]+)*|{_BREAK}")
WIDE_WORDS = re.compile(
    rf"[{UNSPACED}]|(?:[^\W{UNSPACED}]|[{_SIGNS}{_INSIDE}\U0001f1e6-\U0001f1ff\U0001f130-\U0001f189])+"
    rf"(?:[{_APOSTROPHES}!](?:[^\W{UNSPACED}]|[{_SIGNS}{_INSIDE}])+)*|[{PICTURES}]|{_BREAK}"
)
# "k i l l", "k.i.l.l", "k-y-s": three or more single letters with the same kind of gap.
SPREAD = re.compile(r"(?<![\w'’@])[^\W_](?:[ .\-*~,·]{1,2}[^\W_]){2,}(?![\w'’])\.?")

_UNSPACED = re.compile(f"[{UNSPACED}]")
PIECES = re.compile(rf"[{UNSPACED}]|[^\-_/\s{UNSPACED}]+")  # a word of a phrase, cut as messages are
_QUOTE_MARKS = str.maketrans("", "", _APOSTROPHES)
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz")
_WRITTEN_OUT = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "þ": "th"})
# What the library's table lacks or maps to rarer letters: capitals' look-alikes in lower case, and Greek.
_MORE_LOOKALIKES = dict(
    zip("іїјѕвгкмнптузшьєɑαβεηικνορτυχωλ", "iijsbrkmhntyzwbeaabenikvoptuxwl", strict=True),
)
_LATIN_A_TO_Z = re.compile(r"[a-z]")


@cache
def lookalikes() -> dict[int, str]:
    """Letters of other scripts that look like one of a to z; from Unicode's confusables and a small table."""
    table: dict[int, str] = {}
    for character, similar in confusables.confusables_data.items():
        if len(character) != 1 or ord(character) < 128:
            continue
        latin = sorted({twin["c"].casefold() for twin in similar if len(twin["c"]) == 1 and twin["c"].isascii()})
        if len(latin) == 1 and latin[0].isalpha():
            table[ord(character.casefold()[:1])] = latin[0]
    return table | {ord(letter): latin for letter, latin in _MORE_LOOKALIKES.items()}


def folded(word: str) -> str:
    """Fold one word: lower case, plain letters, without marks and invisible characters; may come out empty."""
    if word.isascii():
        return word.lower().replace("'", "").replace("`", "")
    word = "".join(map(_letter, word)).translate(_QUOTE_MARKS)
    word = _IGNORED.sub("", unicodedata.normalize("NFKD", word).casefold())
    word = unicodedata.normalize("NFKC", word).translate(_QUOTE_MARKS)
    word = _NO_PART_OF_A_WORD.sub("", word)  # some signs come apart into words, brackets or dots
    return word.translate(_WRITTEN_OUT).translate(_SMALL_CAPITALS)


def unmasked(word: str) -> str | None:
    """Give a folded word in Latin letters if it is written with look-alikes throughout; None if it is not."""
    latin = word.translate(lookalikes())
    return latin if latin.isascii() and latin != word else None


def mixes_scripts(word: str) -> bool:
    """Tell whether a folded word mixes letters a to z with letters of another script."""
    return not word.isascii() and _LATIN_A_TO_Z.search(word) is not None


def is_unspaced(text: str) -> bool:
    """Tell whether a text has characters of a script written without spaces."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def _letter(character: str) -> str:
    """Undo letters in circles, squares and flags that Unicode's own compatibility forms leave alone."""
    code = ord(character)
    for first in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6):
        if first <= code < first + 26:
            return chr(code - first + ord("a"))
    return character

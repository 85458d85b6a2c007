"""Turns the tables of a file of config/replies into the classes of `texts`, and tells every fault on the way."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from string import Formatter
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from bot.reply.gaps import Fits, How, Keys, Names
from bot.settings.faults import nearest

Fault = Callable[[str], object]  # is told one fault, as a line
KNOWN = "allowed are"  # before the names there are
_WORD = re.compile(r"[-'\w]+")


@dataclass(frozen=True, slots=True)
class Check:
    """Checks one file for one platform. What has a fault becomes None, which nobody sees: `wording.load` raises."""

    file: str
    how: Mapping[str, str | None]  # the platform's phrases, by the names of their gaps
    tell: Fault

    def _fault(self, at: str, wrong: str) -> None:
        self.tell(f"{self.file}: {at} {wrong}")

    def section(self, kind: Any, found: Any, like: Any, at: str) -> Any:
        """A table as its class. In: the class, the table, the same table in English, its path in the file."""
        if not isinstance(found, dict):
            self._fault(f"[{at}]", "is missing" if found is None else "must be a table")
            return None
        hints = get_type_hints(kind, include_extras=True)
        for key in sorted(found.keys() - hints.keys()):
            self._fault(_under(at, key), f"is not known; {nearest(key, hints, KNOWN)}")
        like = like if isinstance(like, dict) else {}
        return kind(
            **{key: self._value(hint, found.get(key), like.get(key), _under(at, key)) for key, hint in hints.items()}
        )

    def _value(self, hint: Any, found: Any, like: Any, at: str) -> Any:
        kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        if is_dataclass(kind):
            return self.section(kind, found, like, at)
        if kind == Names:
            return self._names(notes[0], found, like, at)
        if kind == frozenset[str]:
            return frozenset(self._all(found, at))
        how = frozenset[str]().union(*(note.names for note in notes if isinstance(note, How)))
        if kind == tuple[str, ...]:
            return self._variants(how, found, like, at)
        if kind is str:
            return self._fitting(self._plain(found, at, how), at, notes)
        return self._text(found, at, how, frozenset(inspect.signature(kind.__call__).parameters) - {"self"})

    def _names(self, keys: Keys, found: Any, like: Any, at: str) -> Any:
        if not isinstance(found, dict):
            self._fault(f"[{at}]", "is missing" if found is None else "must be a table")
            return None
        allowed = keys.names | (frozenset(like) if keys.more and isinstance(like, dict) else frozenset())
        for key in sorted(found.keys() - allowed):
            self._fault(f"{at}.{key}", f"is not known; {nearest(key, allowed, KNOWN)}")
        return MappingProxyType({key: self._plain(found.get(key), f"{at}.{key}") for key in sorted(allowed)})

    def _variants(self, how: frozenset[str], found: Any, like: Any, at: str) -> Any:
        texts = self._all(found, at)
        if isinstance(like, list) and texts and len(texts) != len(like):
            self._fault(at, f"has {len(texts)} variants; English has {len(like)}, and so must every language")
        return tuple(self._plain(text, f"{at}[{number}]", how) for number, text in enumerate(texts, 1))

    def _all(self, found: Any, at: str) -> list[str]:
        if not isinstance(found, list) or not found or not all(isinstance(each, str) and each for each in found):
            self._fault(at, "is missing" if found is None else "must be a list of texts, none of them empty")
            return []
        return found

    def _plain(self, found: Any, at: str, how: frozenset[str] = frozenset()) -> Any:
        """A text into which only the platform's phrases go, and they go in now."""
        said = self._text(found, at, how, frozenset())
        return said and said()

    def _fitting(self, text: Any, at: str, notes: list[Any]) -> Any:
        """A text, if it is as the platform takes it."""
        for fits in (each for each in notes if text and isinstance(each, Fits)):
            if len(text) > fits.most:
                self._fault(at, f"has {len(text)} characters; there can be {fits.most} at most")
            if fits.word and not (_WORD.fullmatch(text) and text == text.lower()):
                self._fault(at, "must be one word in small letters")
        return text

    def _text(self, found: Any, at: str, how: frozenset[str], called_with: frozenset[str]) -> Callable[..., str] | None:
        """A text to be called with what goes into it; the platform's phrases are in it already."""
        needed = how | called_with
        if not isinstance(found, str) or not found.strip():
            self._fault(at, f"{'is missing' if found is None else 'must be a text'}; {_gaps(needed)}")
            return None
        try:
            parts = [part[:3] for part in Formatter().parse(found.strip())]
        except ValueError:
            self._fault(at, "has a brace too few or too many; a brace to be seen is written twice")
            return None
        if any(form for _, _, form in parts) or {gap for _, gap, _ in parts if gap is not None} != needed:
            self._fault(at, f"has {_said(parts)}; {_gaps(needed)}")
            return None
        return "".join(_braced(text) + self._filled(gap) for text, gap, _ in parts).format

    def _filled(self, gap: str | None) -> str:
        if gap is None:
            return ""
        return _braced(self.how[gap] or "") if gap in self.how else f"{{{gap}}}"


def _under(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _gaps(names: frozenset[str]) -> str:
    gaps = ", ".join(f"{{{name}}}" for name in sorted(names))
    return f"exactly these gaps must stand in it: {gaps}" if gaps else "no gap may stand in it"


def _said(parts: list[Any]) -> str:
    gaps = ", ".join(f"{{{gap}{':' if form else ''}{form or ''}}}" for _, gap, form in parts if gap is not None)
    return gaps or "no gaps"

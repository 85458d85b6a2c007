"""A space's own settings, as its admins change them: its file in config/spaces/, rewritten as a whole or not at all."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from pydantic import ValidationError
from tomlkit import TOMLDocument
from tomlkit.items import Array

from bot.errors import ConfigError
from bot.settings import faults, files, space_files
from bot.settings.space_files import Spot
from bot.settings.tables import SpaceTable

OWN = (
    "name",
    "language",
    "country",
    "ladder",
    "moderators",
    "moderator_roles",
    "channels",
    "forums",
    "plain_replies",
)  # keys of a [[space]] table that its own admins may change; the others cost money, or speak for the operator

BEGINNING = """\
#:schema ../schema/space.json

# What {space} does otherwise than fairwell.toml says. Its admins change it with a command, which keeps what else
# stands here; `fairwell changes` tells who changed what.
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A space's file as it is to be, and what of it changes."""

    path: Path
    before: str | None  # what it says now; None: it is not there
    text: str
    was: Mapping[str, object]  # by key, only of those that change; one left out was not set
    now: Mapping[str, object]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that change."""
        return tuple(key for key in OWN if key in self.was or key in self.now)


def draft(directory: Path, space: str, changes: Mapping[str, object]) -> Draft:
    """The file of `space` ("discord:123") with changes by key; None takes a key back. Nothing is written yet.

    Raises ConfigError: a key is not the space's own, a value is not allowed, or the space stands in fairwell.toml. That
    the rest of config/ agrees (there is such a ladder) is for whoever loads it with the draft to see.
    """
    path = space_files.path_of(directory, space)
    valid = _valid(Spot(str(path)), space, changes)
    before = _text(path)
    said = {} if before is None else files.toml(path)
    changed = [key for key in OWN if key in changes and said.get(key) != valid.get(key)]
    was = {key: said[key] for key in changed if key in said}
    now = {key: valid[key] for key in changed if key in valid}
    if changed and _in_fairwell(directory / "fairwell.toml", space):
        why = f"has the [[space]] of {space}, which only whoever operates the bot changes"
        raise ConfigError([f"{directory / 'fairwell.toml'}: {why}; {_by_hand(was, now)}"])
    text = _rewritten(BEGINNING.format(space=space) if before is None else before, was, now)
    return Draft(path, before, text, was, now)


@contextmanager
def staged(draft: Draft) -> Iterator[Path]:
    """A draft, written beside its file and safe on the disk; gone again at the end, unless it was put in place.

    Raises ConfigError that says what to do by hand.
    """
    beside = draft.path.with_name(f".{draft.path.name}.new")
    try:
        try:
            draft.path.parent.mkdir(exist_ok=True)
            with beside.open("w", encoding="utf-8") as file:
                file.write(draft.text)
                file.flush()
                os.fsync(file.fileno())
            if draft.before is not None:
                beside.chmod(draft.path.stat().st_mode)
        except OSError as error:
            raise not_written(draft, error) from None
        if _text(draft.path) != draft.before:
            raise ConfigError([f"{draft.path}: was changed by somebody else just now; look at it and try again"])
        yield beside
    finally:
        with suppress(OSError):
            beside.unlink()


def put(beside: Path, path: Path) -> None:
    """Put a staged draft in its file's place, at once and for good. Raises OSError: then nothing was changed."""
    beside.replace(path)
    with suppress(OSError):  # some file systems cannot sync a directory; the file itself is safe
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def not_written(draft: Draft, error: OSError) -> ConfigError:
    """What to tell where a draft cannot be written."""
    why = f"cannot be written ({error.strerror}), so nothing was changed"
    return ConfigError([f"{draft.path}: {why}; {_by_hand(draft.was, draft.now)}"])


def _text(path: Path) -> str | None:
    """None: it is not there."""
    return files.text(path) if os.path.lexists(path) else None


def _valid(spot: Spot, space: str, changes: Mapping[str, object]) -> Mapping[str, object]:
    """The values that are set, as TOML has them."""
    found = []
    for key in changes:
        if key in SpaceTable.model_fields and key not in OWN:
            what = f"only whoever operates the bot changes it; its own admins may change {', '.join(OWN)}"
            found.append(spot.fault((key,), what))
        elif key not in OWN:
            found.append(spot.fault((key,), f"is not known; {faults.nearest(key, OWN, 'known here are')}"))
    given = {key: changes[key] for key in OWN if changes.get(key) is not None}
    try:
        table = SpaceTable.model_validate({"id": space, **given})
    except ValidationError as error:
        found += spot.lines(error, SpaceTable.model_json_schema())
    if found:
        raise ConfigError(found)
    return table.model_dump(mode="json", include=set(given))


def _in_fairwell(fairwell: Path, space: str) -> bool:
    try:
        tables = files.toml(fairwell).get("space")
    except ConfigError:  # told by whoever loads it
        return False
    return isinstance(tables, list) and any(isinstance(each, dict) and each.get("id") == space for each in tables)


def _by_hand(was: Mapping[str, object], now: Mapping[str, object]) -> str:
    gone = ", ".join(_gone(was, now))
    parts = [f"take out {gone} there by hand"] if gone else []
    if now:
        parts.append(f"put this there by hand:\n{tomlkit.dumps(now).rstrip()}")
    return ", and ".join(parts)


def _gone(was: Mapping[str, object], now: Mapping[str, object]) -> Sequence[str]:
    return [key for key in was if key not in now]


def _rewritten(text: str, was: Mapping[str, object], now: Mapping[str, object]) -> str:
    """A TOML text with some keys set and some taken out; everything else stays, comments too."""
    document = tomlkit.parse(text)
    for key in _gone(was, now):
        document.remove(key)
    for key, value in now.items():
        if not (isinstance(value, list) and _entries_changed(document, key, value)):
            document[key] = value
    return tomlkit.dumps(document)


def _entries_changed(document: TOMLDocument, key: str, value: Sequence[object]) -> bool:
    """Whether an array could be changed entry by entry, which keeps the comments on those that stay."""
    array = document.get(key)
    if not isinstance(array, Array):
        return False
    for entry in [each for each in array.unwrap() if each not in value]:
        array.remove(entry)
    for entry in value[len(array) :]:
        array.append(entry)
    return bool(array.unwrap() == value)

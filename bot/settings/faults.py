"""What is wrong in a file of config/, as lines an operator can act on: file, key, what is wrong, what is allowed."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from bot.settings import durations

Path = Sequence[int | str]  # of keys and positions in a file: ("space", 0, "ladder")
Schema = Mapping[str, Any]  # JSON Schema

_KEY = "[key]"  # with which pydantic ends the path to a name that is wrong itself
MAX_SHOWN = 40  # characters of a wrong value: enough to find it, too few to spill something pasted by mistake


def lines(error: ValidationError, schema: Schema, file: str, under: Path = ()) -> list[str]:
    """One line for each fault that pydantic found.

    In: its error, the JSON Schema of what was validated, the file's name, and the path of the validated table.
    """
    said: list[str] = []
    for found in error.errors(include_url=False):
        path = tuple(part for part in found["loc"] if part != _KEY)
        table = _at(schema, path).get("type") == "object"
        said.append(line(file, (*under, *path), _what(found, schema), table=table))
    return said


def line(file: str, path: Path, what: str, *, table: bool = False) -> str:
    """One fault. `table`: the path is a table's, not a key's."""
    return f"{file}: {where(path, table=table)}: {what}" if path else f"{file}: {what}"


def where(path: Path, *, table: bool = False) -> str:
    """A path as the file shows it: `[llm] main`, `[[space]] 1 [[space.channel]] 2 ladder`, `not_abuse, entry 3`."""
    said: list[str] = []
    keys: list[str] = []  # since the last position
    names: list[str] = []  # of all tables so far
    for index, part in enumerate(path):
        if isinstance(part, str):
            keys.append(part)
        elif index + 1 < len(path) or table:
            names += keys
            said.append(f"[[{'.'.join(names)}]] {part + 1}")
            keys = []
        else:
            return " ".join([*said, f"{_key(keys, bool(said), table=False)}, entry {part + 1}"])
    return " ".join([*said, _key(keys, bool(said), table)] if keys else said)


def nearest(name: str, known: Collection[str], otherwise: str) -> str:
    """Of the names there are, the one that was probably meant; all of them, after `otherwise`, if none is near."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else f"{otherwise} {', '.join(sorted(known))}"


def shown(value: object) -> str:
    """A value as the file has it, cut to a length that fits a line."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "an array"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _key(keys: Sequence[str], inside: bool, table: bool) -> str:
    if inside:
        return ".".join(keys)
    if table:
        return f"[{'.'.join(keys)}]"
    *tables, key = keys
    return f"[{'.'.join(tables)}] {key}" if tables else key


def _what(found: Mapping[str, Any], schema: Schema) -> str:
    """What is wrong with one value, and what is allowed."""
    path, value, more = found["loc"], found["input"], found.get("ctx", {})
    match found["type"]:
        case "missing":
            what = f"is missing, must be {_allowed(_at(schema, path))}"
        case "extra_forbidden":
            known = _at(schema, path[:-1]).get("properties", {})
            what = f"is not known; {nearest(str(path[-1]), known, 'known here are')}"
        case "value_error" if isinstance(value, Mapping):
            what = str(more["error"])
        case "value_error":
            what = f"is {shown(value)}, {more['error']}"
        case "greater_than_equal" if isinstance(value, timedelta):
            what = f"is {shown(durations.spell(value))}, must be {more['ge']} or longer"
        case "less_than_equal" if isinstance(value, timedelta):
            what = f"is {shown(durations.spell(value))}, must be {more['le']} or shorter"
        case "string_pattern_mismatch" if path[-1:] in {(_KEY,), (value,)}:
            what = 'is no name; use small letters, digits, "_" and "-", beginning with a letter'
        case _:
            what = f"is {shown(value)}, must be {_allowed(_at(schema, path))}"
    return what


def _at(schema: Schema, path: Path) -> Schema:
    """The part of a schema that a path leads to; an empty one where it leads nowhere."""
    part = _followed(schema, schema)
    for step in path:
        below = part.get("items") if isinstance(step, int) else part.get("properties", {}).get(step, _named(part))
        part = _followed(below, schema) if isinstance(below, Mapping) else {}
    return part


def _named(part: Schema) -> object:
    """What a table says about keys of the operator's own making."""
    return next(iter(part.get("patternProperties", {}).values()), part.get("additionalProperties"))


def _followed(part: Schema, schema: Schema) -> Schema:
    """A part with its reference followed, and without the null of what may be left out.

    `schema` is the whole, which holds the definitions.
    """
    while "$ref" in part or "anyOf" in part:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        else:
            part = next(each for each in part["anyOf"] if each != {"type": "null"})
    return part


def _allowed(part: Schema) -> str:
    """What a part of a schema allows, in words."""
    return next(_said_of(part), "another value")


def _said_of(part: Schema) -> Iterator[str]:
    if "errorMessage" in part:
        yield str(part["errorMessage"])
    if "enum" in part:
        yield f"one of {', '.join(json.dumps(each) for each in part['enum'])}"
    match part.get("type"):
        case "integer":
            yield f"a whole number{_bounds(part)}"
        case "number":
            yield f"a number{_bounds(part)}"
        case "boolean":
            yield "true or false"
        case "string":
            yield "a text in quotes that is not empty" if part.get("minLength") else "a text in quotes"
        case "array":
            entry = _allowed(part.get("items", {}))
            yield f"an array with at least one entry: {entry}" if part.get("minItems") else f"an array, each {entry}"
        case "object":
            yield "a table"


def _bounds(part: Schema) -> str:
    least, most = part.get("minimum"), part.get("maximum")
    return f", {least} or more" if most is None else f" from {least} to {most}"

"""config/*.toml -> Settings: every fault of every file at once, or none."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.errors import ConfigError
from bot.settings import faults, files, ladders, space_files
from bot.settings.model import Concerns, Settings
from bot.settings.space_files import NO_DRAFTS, Drafts
from bot.settings.spaces import Spaces
from bot.settings.tables import ConcernsFile, FairwellFile, LadderFile, LadderTable

T = TypeVar("T")


def load(directory: Path, env: Mapping[str, str], drafts: Drafts = NO_DRAFTS) -> Settings:
    """All settings. Of the environment, only whether a variable is set is kept.

    drafts  files of config/spaces/ that are not written yet, to see what would hold with them

    Raises ConfigError with one line for each fault: file, key, what is wrong, what is allowed.
    """
    files.directory(directory)
    found: list[str] = []
    fairwell = _fairwell(directory / "fairwell.toml", found)
    concerns = _concerns(directory / "concerns.toml", found)
    tables, names = _ladders(directory / "ladder.toml", found)
    own = space_files.read(directory, drafts, found)
    if fairwell is None:
        raise ConfigError(found)
    stated = (*space_files.each_in(fairwell.space, directory / "fairwell.toml"), *own)
    gravest = concerns.gravest if concerns else ()
    spaces = Spaces(directory=directory, file=fairwell, stated=stated, tables=tables, names=names, gravest=gravest)
    everywhere, local = spaces.everywhere(), spaces.locals()
    found += spaces.faults
    if found or concerns is None or everywhere is None:
        raise ConfigError(found)
    return Settings(
        directory=directory,
        bot=fairwell.bot,
        store=fairwell.store,
        retention=fairwell.retention,
        answers=fairwell.answers,
        endings=fairwell.endings,
        llm=fairwell.llm,
        turns=fairwell.turns,
        limits=fairwell.limits,
        prices=MappingProxyType(fairwell.prices),
        concerns=concerns,
        ladders=MappingProxyType({name: ladders.ladder(name, tables[name], concerns.gravest) for name in tables}),
        everywhere=everywhere,
        locals=MappingProxyType(local),
        stated=MappingProxyType({table.id: Path(spot.file) for table, spot in stated}),
        has_key=bool(env.get("ANTHROPIC_API_KEY")),
        has_base_url=bool(env.get("ANTHROPIC_BASE_URL")),
    )


def _read(path: Path, found: list[str]) -> dict[str, object] | None:
    """What a file has; None, and what is wrong goes to `found`."""
    try:
        return files.toml(path)
    except ConfigError as error:
        found += error.faults
        return None


def _valid(read: object, kind: TypeAdapter[T], path: Path, found: list[str]) -> T | None:
    """What a file says; None, and what is wrong goes to `found`."""
    try:
        return kind.validate_python(read)
    except ValidationError as error:
        found += faults.lines(error, kind.json_schema(), str(path))
        return None


def _fairwell(path: Path, found: list[str]) -> FairwellFile | None:
    read = _read(path, found)
    return None if read is None else _valid(read, TypeAdapter(FairwellFile), path, found)


def _concerns(path: Path, found: list[str]) -> Concerns | None:
    read = _read(path, found)
    file = None if read is None else _valid(read, TypeAdapter(ConcernsFile), path, found)
    if file is None:
        return None
    if not file.kinds:
        found.append(faults.line(str(path), (), "defines no kind of conduct, must have a table for at least one"))
    return Concerns(
        kinds=MappingProxyType(file.kinds),
        not_abuse=file.not_abuse,
        gravest=frozenset(kind for kind, conduct in file.kinds.items() if conduct.gravest),
        requests=frozenset(kind for kind, conduct in file.kinds.items() if conduct.request),
    )


def _ladders(path: Path, found: list[str]) -> tuple[Mapping[str, LadderTable], Collection[str] | None]:
    """The valid tables, so that what builds on them can be looked at as well; and the names of all, None: unread."""
    read = _read(path, found)
    if read is None:
        return {}, None
    each = {name: _valid({name: table}, TypeAdapter(LadderFile), path, found) for name, table in read.items()}
    return {name: valid[name] for name, valid in each.items() if valid is not None}, read.keys()

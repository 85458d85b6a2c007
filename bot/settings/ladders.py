"""Tables of config/ladder.toml as Ladders, each with a version of its own."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from bot.boundary.ladder import Ladder
from bot.domain.assessment import Level, Severity
from bot.settings.tables import LadderTable


def ladder(name: str, table: LadderTable, gravest: Collection[str]) -> Ladder:
    """The ladder of a table; `gravest` are the kinds of concern that need fewer redirections."""
    settings: dict[str, Any] = {
        **dict(table),
        "climbs_from": Severity[table.climbs_from.upper()],
        "care_for_good_from": Level[table.care_for_good_from.upper()],
        "gravest": frozenset(gravest),
    }
    unversioned = Ladder(name=name, version="", **settings)
    version = hashlib.sha256(body(unversioned).encode()).hexdigest()[:8]
    return Ladder(name=name, version=f"{name}-{version}", **settings)


def body(ladder: Ladder) -> str:
    """A ladder's settings as canonical JSON: what its version is made from. Durations are in seconds."""
    settings = {key: value for key, value in asdict(ladder).items() if key not in {"name", "version"}}
    settings["gravest"] = sorted(ladder.gravest)
    return json.dumps(settings, sort_keys=True, separators=(",", ":"), default=lambda each: each.total_seconds())

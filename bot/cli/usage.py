"""A command for operators: usage. What models used in each space, and about what that cost."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from bot import build, settings
from bot.cli.options import AsJson, Config, Database, directory, visit
from bot.cli.screen import tell, tell_json
from bot.domain.usage import Usage
from bot.settings.tables import PriceTable
from bot.store.retention import MEMBER_USAGE

Prices = Mapping[str, PriceTable]

MOST = 10  # members that are listed of a space
PER = 1_000_000  # tokens that a price is for
CENT = 0.01  # US dollars
HEADINGS = ("turns", "fresh input", "cache written", "cache read", "from cache", "output", "estimate")


@dataclass(frozen=True, slots=True)
class Sum:
    """Uses, added up."""

    turns: int
    fresh: int  # tokens, like the next three
    cache_write: int
    cache_read: int
    output: int
    from_cache: float | None  # share of the input that was read from the cache; None: there was no input
    cost: float | None  # US dollars, of the models that have a price; None: none has
    no_price: tuple[str, ...]  # the models that have none, and used tokens


@dataclass(frozen=True, slots=True)
class InSpace:
    """What was used in a space; `members` holds those who used most, if they were asked for."""

    models: Mapping[str, Sum]
    total: Sum
    members: Mapping[str, Sum]


def usage(
    *,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="How many days (UTC), today among them.")] = 30,
    space: Annotated[str | None, typer.Option(help="Only this space.")] = None,
    members: Annotated[bool, typer.Option("--members", help="Also list the members who used most.")] = False,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Show what models used in each space, and about what that cost."""
    prices = settings.load(directory(config), os.environ).prices
    until = build.clock().date()
    since = until - timedelta(days=days - 1)
    by_model, by_member = asyncio.run(_used(config, database, since, until, space, members=members))
    found = {where: _in_space(uses, by_member.get(where, ()), prices) for where, uses in by_model.items()}
    if as_json:
        tell_json({"since": since, "until": until, "spaces": {where: asdict(each) for where, each in found.items()}})
    elif found:
        _tell(found, since, until, members=members)
    else:
        tell(f"No model was used{f' in {space}' if space else ''} from {since} to {until} (UTC).")


def added_up(uses: Sequence[Usage], prices: Prices) -> Sum:
    """The sum of uses. What it cost is estimated only of models that have a price; no tokens cost nothing."""
    fresh, write, read = (sum(getattr(use, kind) for use in uses) for kind in ("fresh", "cache_write", "cache_read"))
    costs = [_cost(use, prices[use.model]) for use in uses if use.model in prices]
    no_price = dict.fromkeys(use.model for use in uses if use.tokens and use.model not in prices)
    return Sum(
        turns=sum(use.turns for use in uses),
        fresh=fresh,
        cache_write=write,
        cache_read=read,
        output=sum(use.output for use in uses),
        from_cache=read / (fresh + write + read) if fresh + write + read else None,
        cost=sum(costs) if costs or not no_price else None,
        no_price=tuple(no_price),
    )


async def _used(
    config: Path | None, database: Path | None, since: date, until: date, space: str | None, *, members: bool
) -> tuple[Mapping[str, Sequence[Usage]], Mapping[str, Sequence[Usage]]]:
    """By space: what models used, and what they used for each member, if that is asked for."""
    async with visit(config, database) as store:
        days = (since.isoformat(), until.isoformat())
        by_model = await store.usage(*days, space=space)
        by_member = await store.usage(*days, space=space, members=True) if members else ()
    return _by_space(by_model), _by_space(by_member)


def _by_space(uses: Sequence[Usage]) -> dict[str, Sequence[Usage]]:
    return {space: tuple(group) for space, group in groupby(uses, key=lambda use: use.space)}


def _in_space(by_model: Sequence[Usage], by_member: Sequence[Usage], prices: Prices) -> InSpace:
    each = {member: tuple(group) for member, group in groupby(by_member, key=lambda use: use.member)}
    most = sorted(each, key=lambda member: sum(use.tokens for use in each[member]), reverse=True)[:MOST]
    return InSpace(
        models={use.model: added_up((use,), prices) for use in by_model},
        total=added_up(by_model, prices),
        members={member: added_up(each[member], prices) for member in most},
    )


def _cost(use: Usage, price: PriceTable) -> float:
    """US dollars."""
    whole = use.fresh * price.input + use.cache_write * price.cache_write
    return (whole + use.cache_read * price.cache_read + use.output * price.output) / PER


def _tell(found: Mapping[str, InSpace], since: date, until: date, *, members: bool) -> None:
    tables = {space: [("", HEADINGS), *_rows(each)] for space, each in found.items()}
    rows = [row for table in tables.values() for row in table]
    widths = [max(len(cells[column]) for _, cells in rows) for column in range(len(HEADINGS))]
    first = max(len(name) for name, _ in rows)
    tell(f"What models used from {since} to {until} (UTC), in tokens.")
    for space, table in tables.items():
        tell(f"\n{space}", "bold")
        for name, cells in table:
            aligned = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
            tell(f"  {name.ljust(first)}  {aligned}".rstrip())
    tell("\nfrom cache: how much of the input was read from the vendor's cache.", "dim")
    tell("estimate: in US dollars, by [prices] in fairwell.toml; the vendor's bill is what counts.", "dim")
    if members:
        kept = f"their own numbers are kept for {MEMBER_USAGE.days} days"
        tell(f"members: the {MOST} who used most of each space; {kept}.", "dim")


def _rows(each: InSpace) -> list[tuple[str, tuple[str, ...]]]:
    members = [(f"member {member}", total) for member, total in each.members.items()]
    return [(name, _cells(total)) for name, total in (*each.models.items(), ("all models", each.total), *members)]


def _cells(total: Sum) -> tuple[str, ...]:
    share = "" if total.from_cache is None else f"{total.from_cache:.0%}"
    counts = [f"{count:,}" for count in (total.turns, total.fresh, total.cache_write, total.cache_read)]
    return (*counts, share, f"{total.output:,}", _estimate(total))


def _estimate(total: Sum) -> str:
    if total.cost is None:
        return "no price in [prices]"
    dollars = f"${total.cost:,.2f}" if total.cost >= CENT or not total.cost else "under $0.01"
    return f"{dollars} without {', '.join(total.no_price)}" if total.no_price else dollars

"""`fairwell usage`: what models used, in plain words, and no price that nobody named."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import transcript
from bot.cli.usage import added_up
from bot.domain.assessment import Assessment
from bot.domain.conversation import Member, Turn
from bot.domain.decision import Decision
from bot.domain.ending import Ending, EndingState
from bot.domain.record import Vetted
from bot.domain.standing import NEW
from bot.domain.step import Reason, Scope, Step
from bot.domain.usage import Usage
from bot.ports import Transcript
from bot.settings.tables import PriceTable
from bot.store.sqlite import SqliteStore
from tests.cli.conftest import Fairwell
from tests.configs import small_config
from tests.fakes.clock import NOON
from tests.store.cases import PLACE

PRICES = """
[prices.main]
input = 2.0
cache_write = 2.5
cache_read = 0.2
output = 10.0
"""
MAIN = PriceTable(input=2.0, cache_write=2.5, cache_read=0.2, output=10.0)
MILLION = 1_000_000


def used(model: str = "main", member: str = "id-ann", space: str = "guild", **counts: int) -> Usage:
    return Usage(space=space, member=member, model=model, **counts)


@pytest.fixture
def database(tmp_path: Path, fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty database, beside a configuration with one price of ours."""
    config = small_config(tmp_path / "config")
    with (config / "fairwell.toml").open("a", encoding="utf-8") as file:
        file.write(PRICES)
    monkeypatch.setenv("FAIRWELL_CONFIG", str(config))
    spend(tmp_path / "used.db", [])
    return tmp_path / "used.db"


def spend(database: Path, uses: Sequence[Usage], *, days_ago: int = 0) -> None:
    """Book uses, some days before today."""
    day = (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()

    async def booked() -> None:
        store = await SqliteStore.open(database, exclusive=True)
        await store.spend(uses, day)
        await store.close()

    asyncio.run(booked())


def lines(fairwell: Fairwell, database: Path, *arguments: str) -> list[list[str]]:
    """What it prints, each line by its columns."""
    told = fairwell("usage", "--database", str(database), *arguments)
    assert (told.code, told.err) == (0, "")
    return [[cell for cell in line.split("  ") if cell] for line in told.out.splitlines()]


def test_nothing_used_is_said_in_words(fairwell: Fairwell, database: Path) -> None:
    told = fairwell("usage", "--database", str(database))
    assert told.code == 0
    assert told.out.startswith("No model was used from ")
    assert told.out.count("\n") == 1
    assert "in nowhere from" in fairwell("usage", "--space", "nowhere", "--database", str(database)).out
    assert json.loads(fairwell("usage", "--json", "--database", str(database)).out)["spaces"] == {}


def test_each_space_and_model_has_its_line_and_each_space_its_total(fairwell: Fairwell, database: Path) -> None:
    talk = used(turns=12, fresh=100_000, cache_write=200_000, cache_read=700_000, output=50_000)
    spend(database, [talk, used("reader", fresh=1_000), used(space="other", output=1), used(turns=1, member="id-ben")])
    told = [[cell.strip() for cell in line] for line in lines(fairwell, database)]
    assert ["guild"] in told
    header = ["turns", "fresh input", "cache written", "cache read", "from cache", "output", "estimate"]
    assert told.count(header) == 2
    assert ["main", "13", "100,000", "200,000", "700,000", "70%", "50,000", "$1.34"] in told
    assert ["reader", "0", "1,000", "0", "0", "0%", "0", "no price in [prices]"] in told
    assert ["all models", "13", "101,000", "200,000", "700,000", "70%", "50,000", "$1.34 without reader"] in told
    assert told.index(["guild"]) < told.index(["other"])
    assert ["main", "0", "0", "0", "0", "1", "under $0.01"] in told  # no input, so no share of it


def test_one_space_alone(fairwell: Fairwell, database: Path) -> None:
    spend(database, [used(turns=1, output=1), used(space="other", turns=2, output=1)])
    told = [line for line in lines(fairwell, database, "--space", "other") if line]
    assert ["other"] in told
    assert ["guild"] not in told


@pytest.mark.parametrize(("days", "turns"), [(2, 1), (20, 11), (35, 111), (3_650, 1_111)])
def test_days_count_today(fairwell: Fairwell, database: Path, days: int, turns: int) -> None:
    """None of the uses is at a border, so that midnight may come while this runs."""
    for number, ago in enumerate((0, 15, 30, 2_000)):
        spend(database, [used(turns=10**number, output=1)], days_ago=ago)
    found = json.loads(fairwell("usage", "--days", str(days), "--json", "--database", str(database)).out)
    assert found["spaces"]["guild"]["total"]["turns"] == turns
    assert (date.fromisoformat(found["until"]) - date.fromisoformat(found["since"])).days == days - 1


@pytest.mark.parametrize("days", ["0", "-1", "3651", "many"])
def test_days_that_there_cannot_be(fairwell: Fairwell, database: Path, days: str) -> None:
    assert fairwell("usage", "--days", days, "--database", str(database)).code == 2


def test_who_used_most_is_listed_when_asked_for(fairwell: Fairwell, database: Path) -> None:
    spend(database, [used(member=f"id-{number}", turns=1, output=number * 100_000) for number in range(1, 13)])
    spend(database, [used("reader", member="id-5", output=50 * MILLION)])
    assert not any("member" in "".join(line) for line in lines(fairwell, database))
    told = [line for line in lines(fairwell, database, "--members") if line and line[0].startswith("member id-")]
    named = [line[0].split()[1] for line in told]
    assert named == ["id-5", *(f"id-{number}" for number in (12, 11, 10, 9, 8, 7, 6, 4, 3))]
    assert told[0][-1].strip() == "$5.00 without reader"
    found = json.loads(fairwell("usage", "--members", "--json", "--database", str(database)).out)
    assert list(found["spaces"]["guild"]["members"]) == named
    assert json.loads(fairwell("usage", "--json", "--database", str(database)).out)["spaces"]["guild"]["members"] == {}


def test_a_forgotten_member_is_listed_no_more_and_the_space_has_its_total(fairwell: Fairwell, database: Path) -> None:
    spend(database, [used(turns=1, output=1), used(member="id-ben", turns=1, output=1)])
    fairwell("forget", "id-ann", "--database", str(database))
    found = json.loads(fairwell("usage", "--members", "--json", "--database", str(database)).out)["spaces"]["guild"]
    assert found["total"]["turns"] == 2
    assert list(found["members"]) == ["id-ben"]


def test_for_scripts(fairwell: Fairwell, database: Path) -> None:
    spend(database, [used(turns=1, fresh=MILLION, cache_read=MILLION), used("reader", output=7)])
    found = json.loads(fairwell("usage", "--json", "--database", str(database)).out)
    assert found["since"] < found["until"]
    space = found["spaces"]["guild"]
    counts = {"turns": 1, "fresh": MILLION, "cache_write": 0, "cache_read": MILLION, "output": 0}
    assert space["models"]["main"] == counts | {"from_cache": 0.5, "cost": 2.2, "no_price": []}
    assert space["models"]["reader"]["cost"] is None
    assert space["total"]["cost"] == 2.2
    assert space["total"]["no_price"] == ["reader"]


def test_a_database_that_is_not_there_is_not_made(fairwell: Fairwell, tmp_path: Path) -> None:
    absent = fairwell("usage", "--database", str(tmp_path / "typo.db"))
    assert absent.code == 3
    assert not (tmp_path / "typo.db").exists()


def test_the_command_is_listed_and_explains_itself(fairwell: Fairwell) -> None:
    assert "usage" in fairwell("--help").out
    assert "--members" in fairwell("usage", "--help").out


@pytest.mark.parametrize(
    ("kind", "dollars"), [("fresh", 2.0), ("cache_write", 2.5), ("cache_read", 0.2), ("output", 10.0), ("turns", 0.0)]
)
def test_each_kind_of_token_has_its_price(kind: str, dollars: float) -> None:
    million = replace(used(), **{kind: MILLION})  # type: ignore[arg-type]
    assert added_up([million], {"main": MAIN}).cost == pytest.approx(dollars)
    assert added_up([million] * 3, {"main": MAIN}).cost == pytest.approx(3 * dollars)


def test_without_tokens_there_is_nothing_to_pay() -> None:
    """As of the stand-in that answers where no model is connected."""
    nothing = added_up([used("stand-in", turns=3)], {})
    assert (nothing.turns, nothing.cost, nothing.no_price, nothing.from_cache) == (3, 0, (), None)
    assert added_up([used("stand-in", turns=3), used("other", output=1)], {}).no_price == ("other",)


def test_an_ending_shows_which_tools_were_called() -> None:
    vetted = Vetted(
        Turn(1, Member("id-ann", "Ann"), "you fool"),
        NOON,
        Assessment(),
        Decision(Step.ANSWER, Reason.CLEAN, NEW, "ladder-1", 1),
        "main",
        "prompts-1",
        0.1,
        ("end_conversation: refused", "odd\x1b[2J\nSo: ended"),
    )
    ending = Ending(
        id="e",
        conversation="c",
        member="id-ann",
        turn=1,
        scope=Scope.PART,
        reason=Reason.CONCERN,
        concern="insult",
        evidence=(),
        ladder="ladder-1",
        prompts="prompts-1",
        models="main",
        at=NOON,
        state=EndingState.STANDING,
    )
    shown = [text for text, _ in transcript.lines(Transcript(ending, vetted.turn.member, PLACE, [vetted], [], [], []))]
    assert "       called end_conversation: refused" in shown
    assert "       called odd␛[2J\n         So: ended" in shown
    assert not any("called" in text for text in shown[:4])

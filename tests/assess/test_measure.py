"""The evaluation's own arithmetic, on sets written here."""

import json
from pathlib import Path

import pytest

from bot.assess.by_wording import WordingReader
from bot.measure import main, measured, wilson

CONFIG = Path(__file__).parents[2] / "config"
POSTS = [
    {"id": "1", "text": "I want to kill myself", "labels": {"severity": 5}},
    {"id": "2", "text": "the weather is fine", "labels": {"severity": 2}},
    {"id": "3", "text": "hello there", "labels": {"severity": 0}},
]


def write(directory: Path) -> None:
    (directory / "cssrs_rsw1170.jsonl").write_text("\n".join(map(json.dumps, POSTS)), "utf-8")


def test_wilson_holds_the_share_and_never_leaves_zero_to_one() -> None:
    low, high = wilson(8, 10)  # the textbook example
    assert (round(low, 2), round(high, 2)) == (0.49, 0.94)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == pytest.approx(1.0)


def test_shares_count_what_was_found(reader: WordingReader, tmp_path: Path) -> None:
    write(tmp_path)
    found = {(share.what, share.how): (share.found, share.of) for share in measured(reader, tmp_path)}
    assert found["recall, severity >= 2", "sure or possible"] == (1, 2)
    assert found["recall, severity >= 4", "sure"] == (1, 1)
    assert found["fired, severity 0", "sure or possible"] == (0, 1)


def test_without_sets_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path, CONFIG, as_json=False) == 0
    assert "nothing measured" in capsys.readouterr().out


def test_as_json_it_can_be_read_by_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    assert main(tmp_path, CONFIG, as_json=True) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {row["of_set"] for row in printed["shares"]} == {"cssrs_rsw1170"}

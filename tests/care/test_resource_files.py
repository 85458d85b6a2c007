"""config/resources/: what ships, and what is refused."""

import re
from pathlib import Path

import pytest
from phonenumbers import shortnumberinfo

from bot.care.directory import Directory, load
from bot.domain.resource import Kind, Resource
from bot.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "config" / "resources"
# As people dial it at home: never with a country code, least of all before a short code.
DIALLED = re.compile(r"\(?\d[\d ()-]*\d(?: ext \d+| then press \d)?")

GOOD = """
[[emergency]]
number = "999"
services = ["police", "ambulance", "fire"]
sources = ["a list"]
confirmed = true
checked = 2026-11-20

[[line]]
name = "Listeners"
kind = "suicide"
phone = "123"
audience = ""
sources = ["a list", "another"]
confirmed = true
checked = 2026-11-20
"""
INTERNATIONAL = (SHIPPED / "international.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load(SHIPPED)


def entries(directory: Directory) -> list[Resource]:
    return [one for country in directory.countries.values() for one in (*country.emergency, *country.lines)]


def faults(folder: Path, text: str, name: str = "GB.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "international.toml").write_text(INTERNATIONAL, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return "\n".join(caught.value.faults)


def test_every_helpline_that_ships_is_confirmed_by_two_sources(directory: Directory) -> None:
    helplines = [one for one in entries(directory) if one.kind is not Kind.EMERGENCY]
    assert len(helplines) >= 150
    assert [one.name for one in helplines if not one.confirmed or len(one.sources) < 2] == []


def test_an_emergency_number_without_two_lists_is_in_the_phone_library(directory: Directory) -> None:
    numbers = [one for one in entries(directory) if one.kind is Kind.EMERGENCY]
    unconfirmed = [one for one in numbers if not one.confirmed]
    assert unconfirmed
    for one in unconfirmed:
        assert shortnumberinfo.is_emergency_number(one.phone, one.country), (one.country, one.phone)


def test_every_number_is_as_people_dial_it(directory: Directory) -> None:
    for one in entries(directory):
        for number in one.phone.split(" / ") if one.phone else []:
            assert DIALLED.fullmatch(number), (one.country, one.name, number)
        assert "+" not in one.sms, (one.country, one.sms)


def test_every_entry_says_when_it_was_checked_and_by_what(directory: Directory) -> None:
    for one in entries(directory):
        assert one.checked is not None
        assert one.sources
        assert one.hours in {"", "24/7"} or re.search(r"\d", one.hours)
        for link in (one.chat, one.website):
            assert not link or re.fullmatch(r"https?://\S+", link), link


def test_every_country_has_an_emergency_number(directory: Directory) -> None:
    assert len(directory.countries) >= 240
    assert [code for code, country in directory.countries.items() if not country.emergency] == []


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "GB.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "international.toml").write_text(INTERNATIONAL, encoding="utf-8")
    read = load(tmp_path).countries["GB"]
    assert [one.phone for one in (*read.emergency, *read.lines)] == ["999", "123"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (GOOD.replace('phone = "123"', 'phone = "123"\nhour = "24/7"'), "hour"),
        (GOOD.replace('sources = ["a list", "another"]\n', ""), "sources"),
        (GOOD.replace('["a list", "another"]', "[]"), "sources"),
        (GOOD.replace("checked = 2026-11-20", 'checked = "last week"'), "checked"),
        (GOOD.replace("checked = 2026-11-20", "checked = 1"), "checked"),
        (GOOD.replace('audience = ""', 'audience = "vetrans"'), "audience"),
        (GOOD.replace('audience = ""\n', ""), "audience"),
        (GOOD.replace('phone = "123"\n', ""), "Listeners has no phone"),
        (GOOD.replace('"suicide"', '"emergency"'), "[[emergency]]"),
        (GOOD.replace('"fire"', '"coastguard"'), "services"),
        ('pairs = [["Listeners", "Nobody"]]\n' + GOOD, "Nobody"),
        (GOOD + GOOD[GOOD.index("[[line]]") :], "Listeners"),
        (GOOD + "[[line", "TOML"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place(tmp_path: Path, wrong: str, said: str) -> None:
    told = faults(tmp_path, wrong)
    assert "GB.toml" in told
    assert said in told


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "UK.toml").write_text(GOOD, encoding="utf-8")
    told = faults(tmp_path, GOOD.replace("checked = 2026-11-20", "checked = 7").replace("confirmed", "confirm"))
    assert "UK is no country code" in told
    assert told.count("checked") == 2
    assert told.count("confirm: is not known") == 2


def test_without_an_international_file_nothing_loads(tmp_path: Path) -> None:
    (tmp_path / "GB.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"international\.toml"):
        load(tmp_path)

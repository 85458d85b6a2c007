"""Which lines are offered, in which order, and which entries are stale."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.care.directory import MOST_LINES, Country, Directory, fits, load
from bot.care.resource_files import AUDIENCES
from bot.domain.assessment import About, Level
from bot.domain.resource import Kind, Resource

DIRECTORY = load(Path(__file__).parents[2] / "config" / "resources")
CHECKED = date(2026, 11, 20)
RISKS = [level for level in Level if level.calls_for_care]

countries = st.sampled_from([None, "ZZ", *DIRECTORY.countries])
hints = st.frozensets(
    st.sampled_from([*sorted(AUDIENCES), "region: Scotland", "language: en", "language: fr", "language: nl"])
)


@pytest.mark.parametrize(
    ("country", "name", "contact"),
    [
        ("AT", "TelefonSeelsorge", "142"),
        ("AU", "Lifeline", "13 11 14"),
        ("BE", "Zelfmoordlijn 1813", "1813"),
        ("BR", "CVV - Centro de Valorização da Vida", "188"),
        ("CA", "9-8-8 Suicide Crisis Helpline", "988"),
        ("CH", "Die Dargebotene Hand / La Main Tendue", "143"),
        ("DE", "TelefonSeelsorge", "0800 111 0 111 / 0800 111 0 222 / 116 123"),
        ("ES", "Línea 024 (conducta suicida)", "024"),
        ("FR", "3114 Numéro national de prévention du suicide", "3114"),
        ("GB", "Samaritans", "116 123"),
        ("HK", "The Samaritan Befrienders Hong Kong", "2389 2222"),
        ("IE", "Samaritans Ireland", "116 123"),
        ("IN", "Vandrevala Foundation", "9999 666 555"),
        ("IT", "Telefono Amico Italia", "02 2327 2327"),
        ("JP", "Yorisoi Hotline", "0120-279-338"),
        ("KR", "Mental health crisis counselling", "1577-0199"),
        ("MX", "SAPTEL", "55 5259 8121"),
        ("NL", "113 Zelfmoordpreventie", "113 / 0800 0113"),
        ("NZ", "1737 Need to talk?", "1737"),
        ("PH", "NCMH Crisis Hotline", "1553"),
        ("PL", "Kryzysowy Telefon Zaufania (adults)", "116 123"),
        ("PT", "Telefone da Amizade", "22 832 35 35"),
        ("SE", "Mind Självmordslinjen", "90101"),
        ("SG", "Samaritans of Singapore", "1767"),
        ("US", "988 Suicide & Crisis Lifeline", "988"),
        ("ZA", "SADAG Suicide Crisis Helpline", "0800 567 567"),
    ],
)
def test_the_first_line_is_the_one_people_there_would_name(country: str, name: str, contact: str) -> None:
    first = DIRECTORY.lines(country)[0]
    assert (first.name, first.phone) == (name, contact)


@pytest.mark.parametrize("country", ["AR", "CO"])
def test_a_line_for_one_region_follows_the_international_directory(country: str) -> None:
    first, second = DIRECTORY.lines(country)
    assert first == DIRECTORY.international
    assert second.audience.startswith("region: ")


@pytest.mark.parametrize("country", ["VN", "TR", "PK", None, "ZZ"])
def test_without_a_line_for_everyone_there_is_the_international_directory(country: str | None) -> None:
    assert DIRECTORY.lines(country) == (DIRECTORY.international,)


def paired(country: str | None, line: Resource) -> bool:
    return any(line.name in pair for pair in DIRECTORY.countries.get(country or "", Country()).pairs)


@given(countries, st.sampled_from(RISKS), st.sampled_from(About), hints)
def test_a_line_for_one_group_is_never_first(
    country: str | None, level: Level, about: About, hints: frozenset[str]
) -> None:
    first, *_ = DIRECTORY.lines(country, level=level, about=about, hints=hints)
    assert not first.audience or paired(country, first)


@given(countries, st.sampled_from(RISKS), st.sampled_from(About), hints)
def test_a_line_for_one_group_is_offered_only_where_it_fits(
    country: str | None, level: Level, about: About, hints: frozenset[str]
) -> None:
    offered = DIRECTORY.lines(country, level=level, about=about, hints=hints)
    known = hints | {"bereaved"} if about is About.BEREAVED else hints
    for line in offered:
        beside_directory = line.audience.startswith("region: ") and offered[0] == DIRECTORY.international
        assert fits(line, known) or paired(country, line) or beside_directory


@given(countries, st.sampled_from(RISKS), st.sampled_from(About), hints)
def test_one_or_two_lines_of_that_country_are_offered(
    country: str | None, level: Level, about: About, hints: frozenset[str]
) -> None:
    offered = DIRECTORY.lines(country, level=level, about=about, hints=hints)
    assert 1 <= len(offered) <= MOST_LINES
    assert len({line.name for line in offered}) == len(offered)
    assert {line.country for line in offered} <= {country, ""}
    assert all(line.kind is not Kind.EMERGENCY for line in offered)


@given(countries, st.sampled_from(RISKS), st.sampled_from(About), hints)
def test_a_pair_is_shown_whole_or_not_at_all(
    country: str | None, level: Level, about: About, hints: frozenset[str]
) -> None:
    names = {line.name for line in DIRECTORY.lines(country, level=level, about=about, hints=hints)}
    for pair in DIRECTORY.countries.get(country or "", Country()).pairs:
        assert len(names & set(pair)) in {0, 2}


@pytest.mark.parametrize("level", [Level.IMMINENT, Level.VIOLENCE])
def test_behind_an_emergency_number_stands_one_line(level: Level) -> None:
    assert len(DIRECTORY.lines("US", level=level)) == 1


@pytest.mark.parametrize("level", [Level.NONE, Level.TOPIC])
def test_a_topic_gets_no_lines(level: Level) -> None:
    assert DIRECTORY.lines("US", level=level) == ()


@pytest.mark.parametrize(
    ("country", "hint", "second"),
    [
        ("US", "veterans", "Veterans Crisis Line"),
        ("US", "LGBTQ+", "The Trevor Project (LGBTQ+ under 25)"),
        ("GB", "under 35", "Papyrus HOPELINE (under 35)"),
        ("JP", "language: en", "TELL Lifeline (English)"),
        ("FR", "language: en", "SOS Help (English)"),
        ("AT", "children and youth", "Rat auf Draht"),
    ],
)
def test_a_line_for_the_member_s_own_group_comes_second(country: str, hint: str, second: str) -> None:
    first, other = DIRECTORY.lines(country, hints=frozenset({hint}))
    assert not first.audience
    assert other.name == second


def test_the_bereaved_are_offered_a_line_for_the_bereaved() -> None:
    assert DIRECTORY.lines("SE", about=About.BEREAVED)[1].name == "SPES (bereaved by suicide)"
    assert len(DIRECTORY.lines("SE")) == 1


def named(name: str, audience: str = "") -> Resource:
    return Resource(country="GB", name=name, kind=Kind.SUICIDE, phone="1", audience=audience)


def test_half_a_pair_is_not_a_second_line() -> None:
    alone, left, right = named("alone"), named("left", "adults"), named("right")
    country = Country(lines=(alone, left, right), pairs=(("left", "right"),))
    directory = Directory({"GB": country}, named("everywhere"), ("112",))
    assert directory.lines("GB", hints=frozenset({"adults"})) == (alone,)


def test_of_two_numbers_alike_the_confirmed_one_is_first() -> None:
    one, two = (
        Resource("GB", "", Kind.EMERGENCY, phone=number, services=("ambulance",), confirmed=number == "2")
        for number in "12"
    )
    directory = Directory({"GB": Country(emergency=(one, two))}, named("everywhere"), ("112",))
    assert directory.emergency("GB") == (two, one)


def test_a_pair_begins_with_the_member_s_language() -> None:
    assert DIRECTORY.lines("BE", hints=frozenset({"language: fr"}))[0].languages == ("fr",)
    assert DIRECTORY.lines("BE", hints=frozenset({"language: nl"}))[0].languages == ("nl",)


@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("US", ["911"]),
        ("GB", ["999"]),
        ("DE", ["112", "110"]),
        ("IE", ["112", "999"]),
        ("NZ", ["111", "112", "911"]),
        ("CA", ["911", "112"]),
        ("BR", ["192", "193", "190"]),
        ("JP", ["119", "110"]),
        ("KR", ["119", "112"]),
        ("SG", ["995", "999"]),
        (None, []),
        ("ZZ", []),
    ],
)
def test_emergency_numbers_come_in_order(country: str | None, numbers: list[str]) -> None:
    assert [one.phone for one in DIRECTORY.emergency(country)] == numbers


@given(countries)
def test_one_number_for_everything_is_first_and_else_ambulance_before_police(country: str | None) -> None:
    services = [set(one.services) for one in DIRECTORY.emergency(country)]
    if any({"police", "ambulance"} <= reached for reached in services):
        assert {"police", "ambulance"} <= services[0]
    elif any("ambulance" in reached for reached in services):
        assert "ambulance" in services[0]


def entry(*, checked: date | None = CHECKED, confirmed: bool = True) -> Resource:
    return Resource(country="GB", name="Listeners", kind=Kind.SUICIDE, phone="1", confirmed=confirmed, checked=checked)


@pytest.mark.parametrize(
    ("line", "after", "why"),
    [
        (entry(), timedelta(days=180), None),
        (entry(), timedelta(days=181), "last checked 2026-11-20"),
        (entry(checked=None), timedelta(0), "last checked never"),
        (entry(confirmed=False), timedelta(0), "no two independent lists agree on it"),
    ],
)
def test_what_is_old_or_unconfirmed_is_stale(line: Resource, after: timedelta, why: str | None) -> None:
    directory = Directory({"GB": Country(lines=(line,))}, entry(checked=date.max), ("112",))
    assert [one.why for one in directory.stale(CHECKED + after)] == ([why] if why else [])


def test_everything_that_ships_was_checked_when_it_shipped() -> None:
    fresh = DIRECTORY.stale(CHECKED)
    assert {one.resource.kind for one in fresh} == {Kind.EMERGENCY}
    assert len(DIRECTORY.stale(CHECKED + timedelta(days=400))) > len(fresh) + 300

"""A space's own settings, changed: the file that a person would have written, or no change at all."""

import asyncio
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.conversation import Place
from bot.errors import ConfigError
from bot.settings import Settings, load
from bot.settings.changing import OWN, Draft, draft
from bot.settings.live import Live
from bot.settings.space_files import Drafts
from bot.settings.tables import SpaceTable
from tests.settings.conftest import FILES, SHIPPED, Edit

GUILD = "discord:1"
HERE = Place("discord", "1", "any")
BY_HAND = """\
# Our own file.
name = "Robin"  # after the bird

# Where it may talk.
channels = [
  "1",  # help
  "2",  # garden
]
persona = "Gardens."  # the operator's
# They asked for it.
adjust = { warnings = 3 }

[[channel]]  # quiet
id = "7"
ladder = "strict"  # no nonsense
"""

lines = st.text("aZ1 é✓𝔘\"'#[]{}=,.\\\n\r\t\0\x1b\x7f\u2028\ufeff", min_size=1, max_size=12)  # what TOML has words for
ids = st.lists(st.sampled_from(["1", "2", "3", "4"]) | lines, max_size=4)
values: dict[str, st.SearchStrategy[object]] = {
    "name": lines,
    "language": st.sampled_from(["de", "en"]),
    "country": st.sampled_from(["DE", "GB", ""]),
    "ladder": st.sampled_from(["default", "gentle", "strict"]),
    "moderators": lines,
    "moderator_roles": ids | ids.map(tuple),
    "channels": ids | ids.map(tuple),
    "forums": ids,
    "plain_replies": st.booleans(),
}
changes = st.fixed_dictionaries({}, optional={key: st.none() | each for key, each in values.items()})


def built(directory: Path, drafts: Drafts) -> Settings:
    return load(directory, {}, drafts)


def file_of(config: Path) -> Path:
    return config / "spaces" / "discord-1.toml"


class Kept:
    """Puts changes on record, as the store does."""

    def __init__(self) -> None:
        self.rows: list[tuple[Mapping[str, object], Mapping[str, object]]] = []

    async def __call__(self, _: Settings, was: Mapping[str, object], now: Mapping[str, object]) -> None:
        self.rows.append((was, now))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config/ for many examples, each of which writes its space's file first."""
    directory = tmp_path_factory.mktemp("shared") / "config"
    (directory / "spaces").mkdir(parents=True)
    for name in FILES:
        shutil.copy(SHIPPED / name, directory / name)
    return directory


@pytest.fixture
def by_hand(config: Path) -> Path:
    file_of(config).parent.mkdir()
    file_of(config).write_text(BY_HAND, encoding="utf-8")
    return config


def write(config: Path, changed: Draft) -> Settings:
    changed.path.write_text(changed.text, encoding="utf-8")
    return load(config, {})


@settings(deadline=None)  # reading and writing takes as long as the machine's disk does
@given(asked=st.lists(changes, max_size=6), new=st.booleans())
def test_after_any_changes_it_is_the_file_that_a_person_would_have_written(
    shared: Path, asked: list[dict[str, object]], *, new: bool
) -> None:
    path, meant = file_of(shared), {} if new else tomllib.loads(BY_HAND)
    path.unlink(missing_ok=True)
    if not new:
        path.write_text(BY_HAND, encoding="utf-8")
    for each in asked:
        before = dict(meant)
        meant |= {key: list(value) if isinstance(value, tuple) else value for key, value in each.items()}
        meant = {key: value for key, value in meant.items() if value is not None}
        changed = draft(shared, GUILD, each)
        differ = [key for key in OWN if before.get(key) != meant.get(key)]
        assert changed.was == {key: before[key] for key in differ if key in before}
        assert changed.now == {key: meant[key] for key in differ if key in meant}
        assert load(shared, {}, {path: changed.text}).locals == write(shared, changed).locals
        assert tomllib.loads(path.read_text(encoding="utf-8")) == meant
    if path.exists():
        changed_step_by_step = load(shared, {}).locals
        path.write_text(tomlkit.dumps(meant), encoding="utf-8")
        assert changed_step_by_step == load(shared, {}).locals


@settings(deadline=None)
@given(changes)
def test_what_an_operator_wrote_beside_it_stays(shared: Path, asked: dict[str, object]) -> None:
    file_of(shared).write_text(BY_HAND, encoding="utf-8")
    text = draft(shared, GUILD, asked).text
    kept = ["# Our own file.", "# Where it may talk.", '"Gardens."  # the operator\'s', "# They asked for it."]
    kept += ["[[channel]]  # quiet", 'ladder = "strict"  # no nonsense']
    kept += ["  # after the bird"] if asked.get("name", "") is not None else []
    channels = asked.get("channels", ("1", "2"))
    if isinstance(channels, list | tuple) and [*channels][:2] == ["1", "2"]:
        kept += ['"1",  # help', '"2",  # garden']
    assert all(each in text for each in kept)
    if not asked:
        assert text == BY_HAND


@pytest.mark.parametrize(
    ("channels", "kept"),
    [(["1", "2", "3"], ["# help", "# garden"]), (["2", "3"], ["# garden"]), (["1"], ["# help"]), (["2", "1"], [])],
)
def test_comments_on_entries_that_stay_stay_with_them(by_hand: Path, channels: list[str], kept: list[str]) -> None:
    text = draft(by_hand, GUILD, {"channels": channels}).text
    assert tomllib.loads(text)["channels"] == channels
    assert [each for each in ("# help", "# garden") if each in text] == kept


def test_a_file_that_is_made_says_what_it_is_and_where_its_schema_is(config: Path) -> None:
    changed = draft(config, GUILD, {"country": "DE"})
    first, *_ = changed.text.splitlines()
    assert (changed.path.parent / first.removeprefix("#:schema ")).resolve().name == "space.json"
    assert (SHIPPED / "schema" / "space.json").is_file()
    assert "# What discord:1 does otherwise" in changed.text
    assert changed.text.endswith('\ncountry = "DE"\n')


def refused(config: Path, asked: dict[str, object], space: str = GUILD) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        draft(config, space, asked)
    return [fault.removeprefix(f"{config}/") for fault in caught.value.faults]


@pytest.mark.parametrize("key", sorted(SpaceTable.model_fields.keys() - {*OWN}))
def test_what_is_the_operators_is_refused_whatever_it_is_set_to(by_hand: Path, key: str) -> None:
    for value in ("secret words", None):
        (fault,) = refused(by_hand, {key: value})
        assert fault.startswith(f"spaces/discord-1.toml: {key}: only whoever operates the bot changes it")
        assert "secret" not in fault


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"contry": "DE"}, 'contry: is not known; did you mean "country"?'),
        ({"zzz": None}, f"zzz: is not known; known here are {', '.join(sorted(OWN))}"),
        ({"country": "uk"}, 'country: is "uk", must be two capitals (ISO 3166, "GB", not "UK")'),
        ({"name": ""}, 'name: is "", must be a text in quotes that is not empty'),
        ({"name": "\ud800"}, "name: is "),
        ({"name": object()}, "name: is "),
        ({"channels": "12"}, 'channels: is "12", must be an array, each a text in quotes that is not empty'),
        ({"channels": [1]}, "channels, entry 1: is 1, must be a text in quotes that is not empty"),
        ({"plain_replies": 1}, "plain_replies: is 1, must be true or false"),
        ({"ladder": "No Name"}, 'ladder: is "No Name"'),
    ],
)
def test_what_cannot_be_is_told_with_its_key(config: Path, asked: dict[str, object], fault: str) -> None:
    (found,) = refused(config, asked)
    assert found.startswith(f"spaces/discord-1.toml: {fault}")


def test_all_that_is_wrong_is_told_at_once(config: Path) -> None:
    assert len(refused(config, {"persona": "x", "contry": "DE", "name": "", "country": "uk"})) == 4


@pytest.mark.parametrize("space", ["discord:../../x", "discord:a/b", "discord", ""])
def test_no_id_leads_out_of_the_directory(config: Path, space: str) -> None:
    (fault,) = refused(config, {"name": "Robin"}, space)
    assert "its id is no file name" in fault


def test_a_space_in_fairwell_is_the_operators_and_the_lines_are_told(config: Path, edit: Edit) -> None:
    edit("fairwell.toml", "", '[[space]]\nid = "discord:1"\npersona = "secret words"')
    (fault,) = refused(config, {"country": "DE", "channels": ["1"], "name": None})
    assert fault == (
        "fairwell.toml: has the [[space]] of discord:1, which only whoever operates the bot changes; "
        'put this there by hand:\ncountry = "DE"\nchannels = ["1"]'
    )


async def test_a_change_holds_when_it_is_made_and_is_on_record(by_hand: Path) -> None:
    live, kept = Live(by_hand, built), Kept()
    changed = await live.change(GUILD, {"name": "Wren", "country": "DE", "forums": None, "ladder": None}, kept)
    assert changed == ("name", "country")
    assert (live.current.at(HERE).name, live.current.at(HERE).country) == ("Wren", "DE")
    assert kept.rows == [({"name": "Robin"}, {"name": "Wren", "country": "DE"})]
    assert load(by_hand, {}).locals == live.current.locals
    assert [path.name for path in file_of(by_hand).parent.iterdir()] == ["discord-1.toml"]


async def test_what_changes_nothing_is_neither_written_nor_put_on_record(by_hand: Path) -> None:
    live, kept = Live(by_hand, built), Kept()
    assert await live.change(GUILD, {"name": "Robin", "country": None}, kept) == ()
    assert await live.change("discord:2", {"country": None}, kept) == ()
    assert kept.rows == []
    assert file_of(by_hand).read_text(encoding="utf-8") == BY_HAND
    assert not file_of(by_hand).with_name("discord-2.toml").exists()


async def test_a_ladder_that_there_is_not_changes_nothing(config: Path) -> None:
    live, kept = Live(config, built), Kept()
    with pytest.raises(ConfigError, match=r'discord-1.toml: ladder: is "gentel", .* did you mean "gentle"'):
        await live.change(GUILD, {"ladder": "gentel", "name": "Wren"}, kept)
    assert kept.rows == []
    assert not (config / "spaces").exists()


async def test_a_broken_neighbour_stops_it_and_is_not_shown_to_this_spaces_admins(by_hand: Path) -> None:
    live, kept = Live(by_hand, built), Kept()
    before = live.current
    file_of(by_hand).with_name("discord-2.toml").write_text('nmae = "Others"', encoding="utf-8")
    with pytest.raises(ConfigError, match="something else in it is wrong") as caught:
        await live.change(GUILD, {"name": "Wren"}, kept)
    assert "discord-2" not in str(caught.value)
    assert (live.current, kept.rows) == (before, [])
    assert file_of(by_hand).read_text(encoding="utf-8") == BY_HAND


async def test_two_at_once_are_both_in_the_file(by_hand: Path) -> None:
    live, kept = Live(by_hand, built), Kept()
    await asyncio.gather(
        live.change(GUILD, {"name": "Wren"}, kept),
        live.change(GUILD, {"country": "DE"}, kept),
        live.change("discord:2", {"country": "GB"}, kept),
        live.change(GUILD, {"name": "Dove"}, kept),
        live.reload(),
    )
    here, there = live.current.at(HERE), live.current.at(Place("discord", "2", "any"))
    assert (here.name, here.country, there.country) == ("Dove", "DE", "GB")
    assert load(by_hand, {}).locals == live.current.locals
    assert ({"name": "Wren"}, {"name": "Dove"}) in kept.rows


async def test_what_cannot_be_put_on_record_is_not_done(by_hand: Path) -> None:
    live = Live(by_hand, built)
    before = live.current

    async def lost(*_: object) -> None:
        raise OSError("the record is full")

    with pytest.raises(OSError, match="the record is full"):
        await live.change(GUILD, {"name": "Wren"}, lost)
    assert live.current is before
    assert file_of(by_hand).read_text(encoding="utf-8") == BY_HAND
    assert [path.name for path in file_of(by_hand).parent.iterdir()] == ["discord-1.toml"]


async def test_an_operators_save_in_the_same_moment_is_not_written_over(by_hand: Path) -> None:
    saved = BY_HAND.replace("Robin", "Owl")

    def saving(directory: Path, drafts: Drafts) -> Settings:
        if drafts:
            file_of(by_hand).write_text(saved, encoding="utf-8")
        return built(directory, drafts)

    live, kept = Live(by_hand, saving), Kept()
    with pytest.raises(ConfigError, match="was changed by somebody else just now"):
        await live.change(GUILD, {"name": "Wren"}, kept)
    assert kept.rows == []
    assert file_of(by_hand).read_text(encoding="utf-8") == saved
    assert (await live.reload()).at(HERE).name == "Owl"


BY_HAND_SAID = 'so nothing was changed; take out name there by hand, and put this there by hand:\ncountry = "DE"'


def nowhere(config: Path) -> None:
    """There is no space's file, and no directory for it can be made."""
    (config / "spaces").symlink_to("/nonexistent/spaces")


def blocked(config: Path) -> None:
    """Nothing can be written beside the file, not even by root."""
    file_of(config).with_name(".discord-1.toml.new").mkdir()


@pytest.mark.parametrize("there", [True, False])
async def test_where_nothing_can_be_written_the_lines_are_told(config: Path, *, there: bool) -> None:
    if there:
        file_of(config).parent.mkdir()
        file_of(config).write_text(BY_HAND, encoding="utf-8")
        blocked(config)
    else:
        nowhere(config)
    live, kept = Live(config, built), Kept()
    before = live.current
    with pytest.raises(ConfigError) as caught:
        await live.change(GUILD, {"country": "DE", "name": None}, kept)
    said = str(caught.value)
    assert said.startswith(f"{file_of(config)}: cannot be written (")
    assert said.endswith(BY_HAND_SAID if there else 'put this there by hand:\ncountry = "DE"')
    assert (live.current, kept.rows) == (before, [])


@pytest.fixture
def read_only(by_hand: Path) -> Iterator[Path]:
    file_of(by_hand).parent.chmod(0o555)
    yield by_hand
    file_of(by_hand).parent.chmod(0o755)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_read_only_directory_is_left_alone(read_only: Path) -> None:
    with pytest.raises(ConfigError, match="Permission denied"):
        await Live(read_only, built).change(GUILD, {"country": "DE"}, Kept())


async def test_a_file_that_cannot_be_replaced_is_taken_back_on_record(by_hand: Path) -> None:
    live, rows = Live(by_hand, built), []
    before = live.current

    async def kept(_: Settings, was: Mapping[str, object], now: Mapping[str, object]) -> None:
        rows.append((was, now))
        if len(rows) == 1:
            file_of(by_hand).with_name(".discord-1.toml.new").unlink()

    with pytest.raises(ConfigError, match="cannot be written"):
        await live.change(GUILD, {"name": "Wren"}, kept)
    assert rows == [({"name": "Robin"}, {"name": "Wren"}), ({"name": "Wren"}, {"name": "Robin"})]
    assert live.current is before


async def test_who_may_read_the_file_stays_as_it_was(by_hand: Path) -> None:
    file_of(by_hand).chmod(0o640)
    await Live(by_hand, built).change(GUILD, {"name": "Wren"}, Kept())
    assert file_of(by_hand).stat().st_mode & 0o777 == 0o640


async def test_what_a_kill_left_beside_the_file_does_no_harm(by_hand: Path) -> None:
    file_of(by_hand).with_name(".discord-1.toml.new").write_text("name = [half", encoding="utf-8")
    live = Live(by_hand, built)
    await live.change(GUILD, {"name": "Wren"}, Kept())
    assert load(by_hand, {}).at(HERE).name == "Wren"
    assert [path.name for path in file_of(by_hand).parent.iterdir()] == ["discord-1.toml"]

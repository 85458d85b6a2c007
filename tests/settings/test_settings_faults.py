"""Each class of fault: the file, the key, what is wrong, what is allowed; and all of them at once."""

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import load
from tests.settings.conftest import FILES, Edit

FORMS = 'must be a duration such as "30 s", "15 min", "24 h", "7 days" or "2 weeks"'


def faults(config: Path) -> list[str]:
    """What is wrong with config/, without the directory's name."""
    with pytest.raises(ConfigError) as caught:
        load(config, {})
    return [fault.removeprefix(f"{config}/") for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            ("ladder.toml", "redirections = 4", "redirections = 0"),
            "ladder.toml: [gentle] redirections: is 0, must be a whole number from 1 to 20",
        ),
        (
            ("ladder.toml", "redirections = 4", "redirections = true"),
            "ladder.toml: [gentle] redirections: is true, must be a whole number from 1 to 20",
        ),
        (
            ("ladder.toml", "redirections = 4", "redirections = 4.0"),
            "ladder.toml: [gentle] redirections: is 4.0, must be a whole number from 1 to 20",
        ),
        (
            ("ladder.toml", "redirections = 4\n", ""),
            "ladder.toml: [gentle] redirections: is missing, must be a whole number from 1 to 20",
        ),
        (
            ("ladder.toml", "redirections_gravest = 2", "redirections_gravest = 5"),
            "ladder.toml: [gentle]: redirections_gravest is 5, must be no more than redirections, which is 4",
        ),
        (
            ("ladder.toml", 'climbs_from = "serious"\nforgive_turns = 3', 'climbs_from = "grave"\nforgive_turns = 3'),
            'ladder.toml: [gentle] climbs_from: is "grave", must be one of "mild", "serious", "severe"',
        ),
        (
            ("ladder.toml", 'forgive_after = "12 h"', 'forgive_after = "12 m"'),
            f'ladder.toml: [gentle] forgive_after: is "12 m", {FORMS}',
        ),
        (
            ("ladder.toml", 'forgive_after = "12 h"', "forgive_after = 12"),
            f"ladder.toml: [gentle] forgive_after: is 12, {FORMS}",
        ),
        (("ladder.toml", 'forgive_after = "12 h"\n', ""), f"ladder.toml: [gentle] forgive_after: is missing, {FORMS}"),
        (
            ("ladder.toml", "[gentle]", "[gentle]\nredirection = 3"),
            'ladder.toml: [gentle] redirection: is not known; did you mean "redirections"?',
        ),
        (
            ("ladder.toml", "[gentle]", "[Gentle one]".replace(" ", "-")),
            'ladder.toml: [Gentle-one]: is no name; use small letters, digits, "_" and "-", beginning with a letter',
        ),
        (("ladder.toml", "[default]", "loose = 3\n[default]"), "ladder.toml: [loose]: is 3, must be a table"),
        (
            ("fairwell.toml", "tries = 5", "tires = 5"),
            'fairwell.toml: [turns] tires: is not known; did you mean "tries"?',
        ),
        (
            ("fairwell.toml", "attachments = 4", "attachments = 4\nzzz = 1"),
            (
                "fairwell.toml: [limits] zzz: is not known; known here are attachment_bytes, attachment_chars, "
                "attachment_pages, attachments, fetch_timeout"
            ),
        ),
        (
            ("fairwell.toml", "sure_from = 0.8", "sure_from = 80"),
            "fairwell.toml: [llm] sure_from: is 80, must be a number from 0.5 to 1.0",
        ),
        (
            ("fairwell.toml", 'reader_timeout = "6 s"', 'reader_timeout = "1 h"'),
            'fairwell.toml: [llm] reader_timeout: is "1 hour", must be 2 minutes or shorter',
        ),
        (
            ("fairwell.toml", 'country = ""', 'country = "UK"'),
            (
                'fairwell.toml: [bot] country: is "UK", must be two capitals (ISO 3166, "GB", not "UK"), '
                'or "" if it is not known'
            ),
        ),
        (
            ("fairwell.toml", 'feedback = "3 days"', 'feedback = "10 min"'),
            'fairwell.toml: [endings] feedback: is "10 minutes", must be 1 hour or longer',
        ),
        (
            ("fairwell.toml", 'end_tool = ["', 'end_tool = [3, "'),
            "fairwell.toml: [llm] end_tool, entry 1: is 3, must be a text in quotes that is not empty",
        ),
        (("fairwell.toml", "[limits]", "[limit]"), "fairwell.toml: [limits]: is missing, must be a table"),
        (
            ("fairwell.toml", 'name = "Fairwell"', 'name = ""'),
            'fairwell.toml: [bot] name: is "", must be a text in quotes that is not empty',
        ),
        (
            ("fairwell.toml", 'ladder = "default"', 'ladder = "defalut"'),
            'fairwell.toml: [bot] ladder: is "defalut", must be a ladder of ladder.toml; did you mean "default"?',
        ),
        (
            ("fairwell.toml", "", "[[space]]\nid = 'discord'"),
            (
                'fairwell.toml: [[space]] 1 id: is "discord", must be platform:id, '
                'such as "discord:123" or "terminal:local"'
            ),
        ),
        (
            ("fairwell.toml", "", "[[space]]\nid = 'a:1'\n[[space.channel]]\nadjust = {}"),
            "fairwell.toml: [[space]] 1 [[space.channel]] 1 id: is missing, must be a text in quotes that is not empty",
        ),
        (
            ("fairwell.toml", "", "[[space]]\nid = 'a:1'\n[[space]]\nid = 'a:1'"),
            'fairwell.toml: [[space]] 2 id: is "a:1", must be one that has no table yet',
        ),
        (
            ("fairwell.toml", "", "[[space]]\nid = 'a:1'\nadjust = { warnigs = 2 }"),
            'fairwell.toml: [[space]] 1 adjust.warnigs: is not known; did you mean "warnings"?',
        ),
        (
            ("fairwell.toml", "", "[[space]]\nid = 'a:1'\nadjust = { redirections_gravest = 3 }"),
            (
                "fairwell.toml: [[space]] 1 adjust: redirections_gravest is 3, "
                "must be no more than redirections, which is 2"
            ),
        ),
        (
            ("fairwell.toml", "", "[[space]]\nid = 'a:1'\nplain_replies = 'yes'\nchannels = '7'"),
            'fairwell.toml: [[space]] 1 plain_replies: is "yes", must be true or false',
        ),
        (
            ("fairwell.toml", 'streaming = ["discord"]', 'streaming = ["irc"]'),
            'fairwell.toml: [answers] streaming, entry 1: is "irc", must be one of "discord", "slack"',
        ),
        (
            ("fairwell.toml", "", "[[space]]\nid = 'a:1'\nstreaming = 'on'"),
            'fairwell.toml: [[space]] 1 streaming: is "on", must be true or false',
        ),
        (
            ("fairwell.toml", "", "[[space]]\nid = 'a:1'\nlanguage = 'Welsh'"),
            (
                'fairwell.toml: [[space]] 1 language: is "Welsh", '
                'must be two small letters (ISO 639-1), such as "en" or "de"'
            ),
        ),
        (
            ("concerns.toml", "gravest = true", "gravest = 1"),
            "concerns.toml: [sexual_minors] gravest: is 1, must be true or false",
        ),
        (
            ("concerns.toml", "[threat]", "[threat]\nnots = ''"),
            'concerns.toml: [threat] nots: is not known; did you mean "not"?',
        ),
        (
            ("concerns.toml", "[threat]", "['a threat']"),
            'concerns.toml: [a threat]: is no name; use small letters, digits, "_" and "-", beginning with a letter',
        ),
    ],
)
def test_a_fault_names_file_key_and_what_is_allowed(
    config: Path, edit: Edit, change: tuple[str, str, str], fault: str
) -> None:
    edit(*change)
    assert fault in faults(config)


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("a = \nb = 1", "line 2, column 5: is not TOML: Invalid value"),
        ("a = 1\na = 2\n", "line 3, column 6: is not TOML: Cannot overwrite a value"),
        ("[default", "end of document: is not TOML: Expected ']' at the end of a table declaration"),
    ],
)
def test_a_slip_in_toml_is_told_with_its_line(config: Path, new: str, fault: str) -> None:
    (config / "ladder.toml").write_text(f"# a comment\n{new}", encoding="utf-8")
    assert faults(config) == [f"ladder.toml: {fault}; see https://toml.io"]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_says_where_to_get_it(config: Path, name: str) -> None:
    (config / name).unlink()
    assert faults(config) == [f"{name}: is missing; copy it from the config/ that came with Fairwell"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_in_another_encoding_says_so(config: Path, name: str) -> None:
    (config / name).write_bytes("# café".encode("latin-1"))
    assert faults(config)[0] == f"{name}: byte 6 is not UTF-8; save the file as UTF-8"


def test_a_directory_in_a_files_place_says_so(config: Path) -> None:
    (config / "ladder.toml").unlink()
    (config / "ladder.toml").mkdir()
    assert faults(config) == ["ladder.toml: cannot be read (Is a directory); it must be a file that Fairwell may read"]


def test_a_missing_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere: is no directory; start Fairwell where its config/ is"):
        load(tmp_path / "nowhere", {})


def test_all_faults_of_all_files_are_told_at_once(config: Path, edit: Edit) -> None:
    edit("ladder.toml", "redirections = 4", "redirections = 0")
    edit("ladder.toml", "forgive_turns = 10", 'forgive_turns = "x"')
    edit("concerns.toml", "gravest = true", "gravest = 1")
    edit("fairwell.toml", 'ladder = "default"', 'ladder = "nowhere"')
    edit(
        "fairwell.toml",
        "",
        "[[space]]\nid = 'a:1'\nladder = 'strickt'\nadjust = { warnings = 0 }\nwording = ['x.toml']",
    )
    found = faults(config)
    assert [fault.split(": is ")[0] for fault in found] == [
        "concerns.toml: [sexual_minors] gravest",
        "ladder.toml: [gentle] redirections",
        "ladder.toml: [strict] forgive_turns",
        "fairwell.toml: [bot] ladder",
        "fairwell.toml: [[space]] 1 wording, entry 1",
        "fairwell.toml: [[space]] 1 ladder",
    ]


def test_a_fault_that_a_channel_inherits_is_told_once(config: Path, edit: Edit) -> None:
    broken = "[[space]]\nid = 'a:1'\nladder = 'none'\n[[space.channel]]\nid = 'x'\n"
    edit("fairwell.toml", "", broken + "[[space]]\nid = 'a:2'\nadjust = {warnings = 0}\n[[space.channel]]\nid = 'y'")
    assert len(faults(config)) == 2


def test_a_long_value_is_cut_so_that_nothing_pasted_by_mistake_is_spilled(config: Path, edit: Edit) -> None:
    edit("fairwell.toml", 'language = "en"', f'language = "{"secret" * 50}"')
    (fault,) = faults(config)
    assert fault.count("secret") == 6


@pytest.mark.parametrize("name", ["/etc/passwd", "../ladder.toml", "extra/none.toml"])
def test_a_phrase_file_must_be_a_file_of_config(config: Path, edit: Edit, name: str) -> None:
    edit("fairwell.toml", "", f"[[space]]\nid = 'a:1'\nwording = ['{name}']")
    assert faults(config) == [f'fairwell.toml: [[space]] 1 wording, entry 1: is "{name}", must be a file in {config}']


def test_concerns_without_a_kind_are_no_concerns(config: Path) -> None:
    (config / "concerns.toml").write_text('not_abuse = ["Swearing."]', encoding="utf-8")
    assert faults(config) == ["concerns.toml: defines no kind of conduct, must have a table for at least one"]


@pytest.mark.parametrize("words", ["not_abuse = []\n", ""])
def test_rule_4_cannot_be_configured_away(config: Path, words: str) -> None:
    text = (config / "concerns.toml").read_text(encoding="utf-8")
    (config / "concerns.toml").write_text(words + text[text.index("[insult]") :], encoding="utf-8")
    (fault,) = faults(config)
    assert fault.startswith("concerns.toml: not_abuse: ")


@pytest.mark.parametrize(
    "broken",
    [
        ("redirections", "0", "must be a whole number from 1 to 20"),
        ("redirections", "-1", "must be a whole number from 1 to 20"),
        ("warnings", "0", "must be a whole number from 1 to 10"),
        ("redirections_gravest", "-1", "must be a whole number from 0 to 20"),
    ],
)
@pytest.mark.parametrize("adjusted", [False, True])
def test_rule_2_cannot_be_configured_away(
    config: Path, edit: Edit, broken: tuple[str, str, str], *, adjusted: bool
) -> None:
    setting, value, allowed = broken
    if adjusted:
        edit("fairwell.toml", "", f"[[space]]\nid = 'a:1'\nadjust = {{ {setting} = {value} }}")
        where = f"fairwell.toml: [[space]] 1 adjust.{setting}"
    else:
        text = (config / "ladder.toml").read_text(encoding="utf-8")
        begin = text.index(f"\n{setting} = ") + 1
        (config / "ladder.toml").write_text(
            f"{text[:begin]}{setting} = {value}{text[text.index(chr(10), begin) :]}", encoding="utf-8"
        )
        where = f"ladder.toml: [default] {setting}"
    assert faults(config) == [f"{where}: is {value}, {allowed}"]


@pytest.mark.parametrize(
    ("setting", "least"), [("care_window", "1 hour"), ("company_within", "10 minutes"), ("forgive_after", "1 minute")]
)
def test_no_window_that_protects_somebody_can_be_made_nothing(
    config: Path, edit: Edit, setting: str, least: str
) -> None:
    edit("fairwell.toml", "", f"[[space]]\nid = 'a:1'\nadjust = {{ {setting} = '5 s' }}")
    assert faults(config) == [f'fairwell.toml: [[space]] 1 adjust.{setting}: is "5 seconds", must be {least} or longer']

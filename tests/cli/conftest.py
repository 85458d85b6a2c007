"""The command line as a person uses it: arguments and what is typed go in; an exit code, output and errors come out."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.configs import small_config

ABUSE = """\
you useless machine
you are a worthless bot
shut up, you worthless idiot
fuck you
"""


@dataclass(frozen=True)
class Outcome:
    """What came of a command."""

    code: int
    out: str
    err: str


Fairwell = Callable[..., Outcome]


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that is only read."""
    return small_config(tmp_path_factory.mktemp("shipped") / "config")


@pytest.fixture
def fairwell(
    shipped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Fairwell:
    """Runs a command, in an empty directory and without any model."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "FAIRWELL_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FAIRWELL_CONFIG", str(shipped))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, typed: str = "") -> Outcome:
        keyed = tmp_path / "typed"
        keyed.write_text(typed, encoding="utf-8")
        with keyed.open(encoding="utf-8") as lines, monkeypatch.context() as patch:
            patch.setattr("sys.stdin", lines)
            with pytest.raises(SystemExit) as left:
                main(list(arguments))
        code, said = left.value.code, capsys.readouterr()
        assert "Traceback" not in said.err
        return Outcome(code if isinstance(code, int) else 0, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def first_ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the database of `ended` is kept, once it was made."""
    return tmp_path_factory.mktemp("ended") / "ended.db"


@pytest.fixture
def ended(fairwell: Fairwell, first_ended: Path, tmp_path: Path) -> Path:
    """A database in which a conversation was ended."""
    if not first_ended.exists():
        assert fairwell("chat", "--database", str(first_ended), typed=ABUSE).code == 0
    return Path(shutil.copy(first_ended, tmp_path))

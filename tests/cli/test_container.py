"""The container's files, as far as they can be tried without a container: what they name is there, and works."""

import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.build import GRACE
from bot.cli.health import VARIABLE, WITHIN, address
from tests.cli.conftest import Fairwell

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
HOME = "/fairwell"


def lines(instruction: str) -> list[str]:
    """What is given to each instruction of a name."""
    return re.findall(rf"^{instruction} (.*)$", DOCKERFILE, re.MULTILINE)


def copied() -> list[Path]:
    """The files and directories that are put into the image."""
    put = (shlex.split(each) for each in lines("COPY") if not each.startswith("--from"))
    return list(dict.fromkeys(ROOT / source for sources in put for source in sources[:-1]))


def setting(name: str) -> str:
    """A variable of the image."""
    (said,) = lines("ENV")
    return dict(each.split("=", 1) for each in shlex.split(said))[name]


def test_what_is_copied_is_there_and_not_left_out() -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"]
    assert all(source.exists() for source in copied())
    assert {str(source.relative_to(ROOT)) for source in copied()} == set(kept)


def test_it_is_built_from_one_image_by_its_plain_name() -> None:
    assert {each.split(" ")[0] for each in lines("FROM")} == {"python:3.12-slim"}
    assert "://" not in DOCKERFILE + COMPOSE


def test_everything_from_outside_comes_with_its_hash() -> None:
    installs = [line for line in lines("RUN") if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes -r requirements/run.txt" in installs[0]
    assert "--no-deps --no-build-isolation ." in installs[1]
    pinned = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    assert all(line.endswith("\\") for line in pinned.splitlines() if "==" in line and "--hash" not in line)


def test_what_is_copied_makes_the_package_with_its_command_and_its_configuration(tmp_path: Path) -> None:
    for source in copied():
        (tmp_path / source.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / source.relative_to(ROOT))
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)  # noqa: S603
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as package:
        names = package.namelist()
        points = next(package.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert "fairwell = bot.__main__:main" in points
    assert "bot/config/fairwell.toml" in names


def test_its_commands_are_known(fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,), commands = lines("ENTRYPOINT"), lines("CMD")
    assert entry == '["fairwell"]'
    assert commands == ['["run"]']
    (health,) = lines("HEALTHCHECK")
    assert health.endswith('CMD ["fairwell", "health"]')
    monkeypatch.setenv(VARIABLE, "127.0.0.1:1")
    for command in ("run", "health"):
        assert fairwell(command, "--help").code == 0
    assert fairwell("health").code == 1


def test_its_variables_are_known_and_it_is_asked_in_time() -> None:
    assert address({VARIABLE: setting(VARIABLE)}) == ("127.0.0.1", 8080)
    assert setting("PATH").startswith("/opt/fairwell/bin:")
    assert setting("SQLITE_TMPDIR") == f"{HOME}/state"
    (timeout,) = re.findall(r"--timeout=(\d+)s", DOCKERFILE)
    assert int(timeout) > WITHIN


def test_only_what_has_to_be_can_be_written() -> None:
    volumes = re.findall(r'"([^"]+)"', lines("VOLUME")[0])
    assert volumes == [f"{HOME}/state", f"{HOME}/config/spaces"]
    assert lines("USER") == ["fairwell"]
    assert lines("WORKDIR")[-1] == HOME
    assert re.findall(r"- \w+:(\S+)$", COMPOSE, re.MULTILINE) == volumes
    for line in ("read_only: true", "init: true", "restart: unless-stopped", "- ALL"):
        assert line in COMPOSE


def test_it_has_the_time_to_finish() -> None:
    (grace,) = re.findall(r"stop_grace_period: (\d+)s", COMPOSE)
    assert int(grace) >= GRACE + 10 + 2

"""Break the policy in every way of breakages.toml, and expect that the tests of that rule's name fail.

    python -m tests.boundary.break_the_rules [TESTS...]

Beside the mutation run, which changes operators and arguments blindly, this breaks what a rule means, and asks that
the failure carries the rule's name. With TESTS (paths) those run in place of the rule's own. Leaves with 1 if any
breakage goes unnoticed. Works on copies; takes about a second a breakage.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass(frozen=True, slots=True)
class Breakage:
    """One way to break a rule: what `find` says in bot/boundary/`file` comes to say `become`."""

    rule: int
    says: str
    file: str
    find: str
    become: str

    def broken(self, boundary: Path) -> str:
        """The broken text of the file. Raises ValueError where `find` does not stand there exactly once."""
        text = (boundary / self.file).read_text(encoding="utf-8")
        if text.count(self.find) != 1:
            raise ValueError(f"rule {self.rule}, {self.says}: found {text.count(self.find)} times in {self.file}")
        return text.replace(self.find, self.become)

    def tests(self) -> list[str]:
        """The files that bear the rule's name."""
        return [str(path.relative_to(ROOT)) for path in sorted(HERE.glob(f"test_rule_{self.rule:02}_*.py"))]


def breakages() -> list[Breakage]:
    """All of breakages.toml."""
    table = tomllib.loads((HERE / "breakages.toml").read_text(encoding="utf-8"))
    return [Breakage(**each) for each in table["breakage"]]


def passes(tests: Sequence[str], breakage: Breakage | None = None) -> bool:
    """Whether these tests pass on a copy of the project, broken or whole."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "bot", copy / "bot", ignore=caches)
        shutil.copytree(HERE, copy / "tests" / "boundary", ignore=caches)
        for name in ("__init__.py", "strategies.py"):
            shutil.copy(HERE.parent / name, copy / "tests")
        if breakage:
            (copy / "bot/boundary" / breakage.file).write_text(breakage.broken(ROOT / "bot/boundary"), encoding="utf-8")
        asked = [sys.executable, "-m", "pytest", "-x", "-q", "-c", os.devnull, "--rootdir=.", "-p", "no:cacheprovider"]
        seen = subprocess.run(  # noqa: S603  (our own tests)
            [*asked, *tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            check=False,
        )
    if seen.returncode not in {0, 1}:  # passed, failed; all else is a run that told nothing
        raise RuntimeError(seen.stdout + seen.stderr)
    return seen.returncode == 0


def main(tests: Sequence[str]) -> int:
    """Say of each breakage whether it was noticed; the number that went unnoticed decides the exit code."""
    listed = breakages()
    every = tests or sorted({test for breakage in listed for test in breakage.tests()})
    if not passes(every):
        sys.stdout.write("The tests fail already, with nothing broken.\n")
        return 1
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        unnoticed = list(pool.map(lambda breakage: passes(tests or breakage.tests(), breakage), listed))
    for breakage, missed in zip(listed, unnoticed, strict=True):
        sys.stdout.write(f"{'MISSED ' if missed else 'noticed'} rule {breakage.rule:2}: {breakage.says}\n")
    sys.stdout.write(f"{len(listed) - sum(unnoticed)} of {len(listed)} breakages noticed\n")
    return 1 if any(unnoticed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

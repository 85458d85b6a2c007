"""Writes the generated parts of README.md: the ladder's figure and words, and a session that was really run.

python tools/readme.py          writes them
python tools/readme.py --check  says whether they are what they should be (exit code 1 if not)
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.settings import load, words

ROOT = Path(__file__).parents[1]
SESSION = (
    "you useless machine",
    "shut up, you stupid bot",
    "you worthless piece of junk",
    "you are an idiot",
    "/unfair",
    "/new",
    "i want to die",
    "I'm in Canada",
    "you idiot",
)
WIDTH = 110


def ladder() -> str:
    """The default ladder as a figure and in words."""
    default = load(ROOT / "config", {}).everywhere.ladder
    told = "\n".join(f"- {line}" for line in words.in_words(default).strip().splitlines())
    return f"```mermaid\n{words.figure(default).strip()}\n```\n\n{told}"


def session() -> str:
    """The session, run through the command line."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "chat", "--database", f"{folder}/session.db"],
            input="\n".join(SESSION) + "\n",
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={"PATH": "", "COLUMNS": str(WIDTH), "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        )
    steady = re.sub(r"terminal:[0-9a-f]{8}", "terminal:1a2b3c4d", done.stdout)
    steady = re.sub(r"Ending [a-z2-7]{10}", "Ending k3yqd7x2ma", steady)
    return f"```text\n{steady.strip()}\n```"


def written(text: str, name: str, part: str) -> str:
    """The text with what stands between a part's marks replaced."""
    pattern = re.compile(rf"(<!-- {name}:[^\n]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{part}\n{found[2]}", text)


def main() -> None:
    """Write, or check."""
    path = ROOT / "README.md"
    before = path.read_text()
    after = written(written(before, "ladder", ladder()), "session", session())
    if "--check" in sys.argv:
        sys.exit("README.md is not what `make readme` writes" if before != after else 0)
    path.write_text(after)


if __name__ == "__main__":
    main()

"""Reading the files of config/: each with its faults, so that all files' faults can be told at once."""

import re
import tomllib
from pathlib import Path

from bot.errors import ConfigError

_LINE = re.compile(r"(.*?) *\(at (line \d+, column \d+|end of document)\)", re.DOTALL)


def text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark. Raises ConfigError that says what to do."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        fault = "is missing; copy it from the config/ that came with Fairwell"
    except UnicodeDecodeError as error:
        fault = f"byte {error.start + 1} is not UTF-8; save the file as UTF-8"
    except OSError as error:
        fault = f"cannot be read ({error.strerror}); it must be a file that Fairwell may read"
    raise ConfigError([f"{path}: {fault}"])


def toml(path: Path) -> dict[str, object]:
    """A TOML file's tables. Raises ConfigError that names the line."""
    try:
        return tomllib.loads(text(path))
    except tomllib.TOMLDecodeError as error:
        said = _LINE.fullmatch(str(error))
        place, what = (said[2], said[1]) if said else ("somewhere", str(error))
        raise ConfigError([f"{path}: {place}: is not TOML: {what}; see https://toml.io"]) from None


def directory(path: Path) -> Path:
    """`path`, if it is a directory. Raises ConfigError that says what to do."""
    if path.is_dir():
        return path
    raise ConfigError([f"{path}: is no directory; start Fairwell where its config/ is, or name the directory"])

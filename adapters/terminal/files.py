"""Files that the person at the keyboard attaches.

A file's source is its path together with a digest of what was in it when it was attached. It is read again, in a later
turn or after a restart, only if its content still has that digest. So a source that comes from anywhere else gives
away no file that its maker does not know to the last byte, and a file that has changed is not taken for the one that
was attached.
"""

import hashlib
import shlex
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from bot.domain.conversation import Attachment
from bot.errors import PlatformError


def attached(typed: str, most: int) -> tuple[Sequence[Attachment], str] | str:
    """What `/attach` is to send.

    In: PATH [TEXT] as it was typed, quoted as in a shell; further files are named by paths with a slash in them. Also
    the largest file, in bytes.
    Out: the files and the text; or, in words, why not.
    """
    try:
        path, text = _word(typed)
    except ValueError:
        return "A quote is not closed. A path with spaces stands between quotes, one with quotes between the others."
    paths = [path]
    while (more := _another(text)) is not None:
        paths.append(more[0])
        text = more[1]
    files: list[Attachment] = []
    for each in paths:
        file = _attachment(each, most)
        if isinstance(file, str):
            return file
        files.append(file)
    return files, text


def fetched(source: str, most: int) -> bytes:
    """What is in a file that was attached, if that is no more than `most` bytes.

    Raises PlatformError: it is too large, is gone, has changed, or was never attached.
    """
    digest, _, path = source.partition(":")
    try:
        content = _content(Path(path), most)
    except OSError as error:
        raise PlatformError("the file is gone or cannot be read") from error
    if len(content) > most or digest != _digest(content):
        raise PlatformError("the file is too large, or not the one that was attached")
    return content


def _attachment(typed: str, most: int) -> Attachment | str:
    path = _path(typed)
    try:
        if path is None or not path.exists():
            return f"There is no file {typed}." if typed else "/attach PATH [TEXT] sends a file with your message."
        if not path.is_file():
            return f"{typed} is not a file."
        content = _content(path, most)
    except OSError:
        return f"{typed} cannot be read."
    if len(content) > most:
        return f"{typed} is too large: files of up to {most / 1e6:g} MB are read."
    return Attachment(path.name, "", len(content), source=f"{_digest(content)}:{path}")


def _another(typed: str) -> tuple[str, str] | None:
    """The next word and the rest, if it is a path: a word with a slash that names a file. Most texts have none."""
    try:
        word, rest = _word(typed)
        path = _path(word) if "/" in word else None
        return (word, rest) if path and path.is_file() else None
    except (OSError, ValueError):
        return None


def _word(typed: str) -> tuple[str, str]:
    """The first word, without its quotes, and what stands behind it as it was typed. Raises ValueError."""
    characters = StringIO(typed)
    words = shlex.shlex(characters, posix=True)
    words.whitespace_split, words.commenters = True, ""
    word = words.get_token() or ""
    return word, characters.read().strip()


def _path(typed: str) -> Path | None:
    """The whole path; None if there cannot be such a one."""
    try:
        return Path(typed).expanduser().absolute() if typed else None
    except RuntimeError:  # there is no such home
        return None


def _content(path: Path, most: int) -> bytes:
    """What is in a file, or the first `most` + 1 bytes of it. Raises OSError."""
    if not path.is_file():  # a pipe or a device might never end
        raise FileNotFoundError
    with path.open("rb") as file:
        return file.read(most + 1)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

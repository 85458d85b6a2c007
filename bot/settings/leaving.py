"""A space's own file in config/spaces/, when all that is kept of the space is erased."""

import os
import tomllib
from collections.abc import Collection
from pathlib import Path

from bot.settings import changing, space_files


def forget(directory: Path, space: str, keys: Collection[str]) -> bool:
    """Take the keys that commands have set out of the file of `space` ("slack:T1"). What its operator wrote stays.

    A file that a command began, and in which nothing else stands, goes. Out: something is left of the file. Raises
    ConfigError that says what to do by hand; then nothing was changed.
    """
    path = space_files.path_of(directory, space)
    if not os.path.lexists(path):
        return False
    draft = changing.draft(directory, space, {key: None for key in changing.OWN if key in keys})
    if not tomllib.loads(draft.text) and draft.text.strip() == changing.BEGINNING.format(space=space).strip():
        try:
            path.unlink()
        except OSError as error:
            raise changing.not_written(draft, error) from None
        return False
    if draft.keys:
        with changing.staged(draft) as beside:
            try:
                changing.put(beside, path)
            except OSError as error:
                raise changing.not_written(draft, error) from None
    return True

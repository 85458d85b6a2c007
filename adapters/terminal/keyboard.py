"""What is typed, or piped in, line by line."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

PIECE = 1 << 16  # bytes read at once


async def typed(lines: TextIO, prompt: Callable[[], str]) -> AsyncIterator[str]:
    """Each line until the input ends, or Ctrl-D or Ctrl-C is pressed. `prompt` is asked before each, on a terminal."""
    if not lines.isatty():
        async for line in piped(lines.fileno()):
            yield line
        return
    session: PromptSession[str] = PromptSession(history=InMemoryHistory())
    while True:
        try:
            with patch_stdout(raw=True):  # what is said meanwhile goes above the prompt
                line = await session.prompt_async(prompt)
        except (EOFError, KeyboardInterrupt):
            return
        yield line


async def piped(source: int) -> AsyncIterator[str]:
    """The lines of a pipe or a file, of any length. Bytes that are no UTF-8 become "�"."""
    begun: list[bytes] = []
    while piece := await _read(source):
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield _text(b"".join((*begun, end)))
            begun.clear()
        begun.append(rest)
    if any(begun):
        yield _text(b"".join(begun))


async def _read(source: int) -> bytes:
    """What comes next, b"" at the end. It waits in no thread, so that a signal ends the waiting."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(source, ready.set)
    except PermissionError:  # a file: always ready
        return os.read(source, PIECE)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(source)
    return os.read(source, PIECE)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")

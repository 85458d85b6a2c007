"""What people see."""

import asyncio
from typing import TextIO

from rich.console import Console
from rich.text import Text

from bot.cli.screen import indented, printable
from bot.errors import PlatformError


class _Honest(Console):
    """A console that says when nobody reads it any more, rather than leave the program by itself."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Screen:
    """Prints what is said, and what the terminal itself has to say. Nothing in a text can steer it.

    out   where to; None: standard output, whatever that is at the moment (a prompt that is open moves it)
    gone  is set when nobody looks any more: the other end was closed
    """

    def __init__(self, out: TextIO | None) -> None:
        self._console = _Honest(file=out, highlight=False, soft_wrap=True)
        self.gone = asyncio.Event()

    def say(self, who: str, text: str, style: str) -> None:
        """Something that somebody says. Raises PlatformError."""
        self._print(Text.assemble((f"{indented(who, 2)}: ", style), indented(text, 2)))

    def note(self, text: str) -> None:
        """Something the terminal itself says; what it quotes of others is `indented`. Raises PlatformError."""
        self._print(Text(printable(text), style="dim"))

    def _print(self, text: Text) -> None:
        try:
            self._console.print(text)
            self._console.file.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            self.gone.set()
            raise PlatformError("nothing can be printed any more") from error

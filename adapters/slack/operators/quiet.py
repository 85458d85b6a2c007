"""What Slack's libraries say in the log: where something went wrong, and never in which words.

At DEBUG they log whole requests and events, at INFO the body of a request whose signature is wrong; and what they quote
of a fault may be a member's text.
"""

import logging

from bot.errors import where


class _WithoutWords(logging.Filter):
    """Says of a record where it comes from, and what kind of fault it is about.

    What Bolt says while it is put together is about how we do that, and tells an operator nothing.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.funcName == "__init__":
            return False
        fault = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = f"{record.module}.py:{record.lineno}{f': {where(fault)}' if fault else ''}", ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def logger() -> logging.Logger:
    """What Bolt is to log by: it makes loggers of its own like the one that it is given."""
    made = logging.getLogger(f"{__name__}.bolt")
    made.setLevel(logging.WARNING)
    if not made.filters:
        made.addFilter(_WithoutWords())
    return made


def hold() -> None:
    """Let the libraries' other loggers say nothing below WARNING: above it they quote nothing."""
    for name in ("slack_sdk", "slack_bolt"):
        library = logging.getLogger(name)
        library.setLevel(max(library.getEffectiveLevel(), logging.WARNING))

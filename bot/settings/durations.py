"""Durations as an operator writes them: "30 s", "15 min", "24 h", "7 days"."""

import re
from datetime import timedelta

FORMS = 'a duration such as "30 s", "15 min", "24 h", "7 days" or "2 weeks"'

_UNITS = {
    timedelta(seconds=1): ("s", "sec", "second", "seconds"),
    timedelta(minutes=1): ("min", "minute", "minutes"),
    timedelta(hours=1): ("h", "hour", "hours"),
    timedelta(days=1): ("d", "day", "days"),
    timedelta(weeks=1): ("week", "weeks"),
}
_LENGTHS = {word: length for length, words in _UNITS.items() for word in words}
_SPELLED = tuple((length, words[-2]) for length, words in reversed(_UNITS.items()) if length != timedelta(weeks=1))

# No "m": it could be minutes or months. At most six digits, so that no sum leaves the calendar by accident.
PATTERN = rf"^\s*([0-9]{{1,6}})\s*({'|'.join(sorted(_LENGTHS, key=len, reverse=True))})\s*$"
_WRITTEN = re.compile(PATTERN)


def parse(text: str) -> timedelta:
    """The duration a text names: one whole number and one unit. Raises ValueError, which names the allowed forms."""
    written = _WRITTEN.match(text)
    if written is None:
        raise ValueError(f"must be {FORMS}")
    return int(written[1]) * _LENGTHS[written[2]]


def spell(duration: timedelta) -> str:
    """A duration in words, in the largest unit that leaves no rest: "24 hours", "1 minute".

    A single day is spelled as 24 hours, which says that it does not end at midnight.
    """
    if duration == timedelta(days=1):
        return "24 hours"
    for length, word in _SPELLED:
        if duration and duration % length == timedelta(0):
            count = duration // length
            return f"{count} {word}" if count == 1 else f"{count} {word}s"
    return f"{duration.total_seconds():g} seconds"

"""The errors of Fairwell, named by whose fault they are.

FairwellError
├── ConfigError       the operator's: a file of config/ or the environment
├── StoreError        the machine's: the database cannot be opened, read or written
│   ├── StoreBusy         another process holds it
│   └── StoreTooNew       a newer Fairwell wrote it
├── PlatformError     the chat platform's
├── TurnFailed        ours: carrying out an event failed, whatever the cause; it is tried again, then parked
└── LLMError          the language model's vendor
    ├── LLMRefused        it will not write this
    └── LLMTooLarge       it was told more than it takes

None of their texts is ever shown to a member: people read config/replies/.
"""

import traceback
from collections.abc import Sequence


def where(fault: BaseException) -> str:
    """What kind of fault it was and where it arose, for the log. Never its text, which may quote a member.

    Out: "KeyError in turns.py:120 < LLMError", innermost place first, then what it was caused by.
    """
    frames = traceback.extract_tb(fault.__traceback__)
    at = f" in {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    cause = fault.__cause__
    return f"{type(fault).__name__}{at}" + (f" < {where(cause)}" if cause else "")


class FairwellError(Exception):
    """The root. Never raised itself."""


class ConfigError(FairwellError):
    """The configuration cannot be used. `faults` has one line each: where, what is wrong, what is allowed."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class StoreError(FairwellError):
    """The database cannot be opened, read or written; the text says which and what to do."""


class StoreBusy(StoreError):
    """Another process holds the database."""


class StoreTooNew(StoreError):
    """A newer version of Fairwell wrote the database."""


class PlatformError(FairwellError):
    """A chat platform did not do what it should."""


class TurnFailed(FairwellError):
    """Carrying out an event failed; the text names the event, the cause is chained."""


class LLMError(FairwellError):
    """The language model could not be reached, or its reply cannot be used."""


class LLMRefused(LLMError):
    """The language model declined to write a reply."""


class LLMTooLarge(LLMError):
    """What the language model was told is more than it takes."""

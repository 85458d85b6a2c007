"""The errors of Fairwell, named by whose fault they are.

FairwellError
├── ConfigError       the operator's: a file of config/ or the environment
├── StoreError        the machine's: the database cannot be opened, read or written
│   ├── StoreBusy         another process holds it
│   └── StoreTooNew       a newer Fairwell wrote it
├── PlatformError     the chat platform's
├── TurnFailed        ours: carrying out an event failed, whatever the cause; it is tried again, then parked
└── LLMError          the language model's vendor
    └── LLMRefused        it will not write this

None of their texts is ever shown to a member: people read config/replies/.
"""

from collections.abc import Sequence


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

"""What went wrong at the vendor's, sorted: what is worth another try, what counts against a model, what is said of it.

What is said names the kind of fault and the vendor's id of the request, never a text or a key: a validator quotes what
it was given, and some gateways quote the key in their error.

The SDK's own tries are not used: it waits up to a minute when it is told to, whether or not that is too late, and does
not try again once a stream has begun. Facts about its faults: those of a stream that has begun are not wrapped, an
`error` event in it comes as status 200, a body that is no stream ends in an AssertionError (anthropic 2.11).
"""

import re

import anthropic
import httpx2
from pydantic import ValidationError

from bot.errors import LLMError, LLMTooLarge

_KIND = re.compile(r"[a-z_]{1,40}")  # what a vendor's kinds of fault look like; anything else may be a text
_PASSING = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})
_TOO_LARGE = ("too long", "too large", "context window", "context length", "maximum context")


class Unfinished(LLMError):
    """The reply did not come to its end."""


class Empty(Unfinished):
    """The reply has not a word. A member can bring that about, so it says nothing about the model."""

    def __init__(self) -> None:
        super().__init__("an empty answer")


def passes(fault: BaseException) -> bool:
    """Whether the same call may succeed a moment later."""
    match fault:
        case anthropic.APIStatusError(status_code=200):
            return kind(fault.type) in _PASSING
        case anthropic.APIStatusError():
            told = fault.response.headers.get("x-should-retry")
            return told == "true" or (told != "false" and (fault.status_code in {408, 409, 429} or _down(fault)))
        case anthropic.APIConnectionError() | httpx2.TransportError() | TimeoutError() | Unfinished():
            return True
    return False


def counts(fault: BaseException) -> bool:
    """Whether it says that the model cannot be had: out of reach, failing, closed to us. A bad request does not."""
    if isinstance(fault, anthropic.APIStatusError) and (
        fault.status_code in {401, 402, 403, 404, 429} or _unpaid(fault)
    ):
        return True
    return (passes(fault) and not isinstance(fault, Empty)) or (
        isinstance(fault, anthropic.APIStatusError) and _down(fault)
    )


def refuses_the_request(fault: BaseException) -> bool:
    """Whether the endpoint does not take the request as it is: a field that it does not know, say."""
    if not isinstance(fault, anthropic.APIStatusError) or _unpaid(fault):
        return False
    return fault.status_code in {400, 405, 415, 422, 501}


def refuses(fault: BaseException, *, named: bool) -> bool:
    """The same, of a fault whose words name what the endpoint may lack: some say so as if it were their own failure."""
    return refuses_the_request(fault) or (
        named
        and isinstance(fault, anthropic.APIStatusError)
        and _down(fault)
        and "not support" in fault.message.lower()
    )


def too_large(fault: BaseException) -> bool:
    """Whether the request was more than the endpoint or the model takes."""
    if not isinstance(fault, anthropic.APIStatusError):
        return False
    return fault.status_code == 413 or (
        refuses_the_request(fault) and any(words in fault.message.lower() for words in _TOO_LARGE)
    )


def retry_after(fault: BaseException | None) -> float | None:
    """How many seconds the vendor asks to wait; None: it does not say."""
    if not isinstance(fault, anthropic.APIStatusError):
        return None
    headers = fault.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):  # not told, or told as a date
            continue
    return None


def as_error(fault: Exception) -> LLMError:
    """The same as an LLMError that can be logged."""
    if isinstance(fault, LLMError):
        return fault
    if too_large(fault):
        return LLMTooLarge(_spoken(fault))
    return LLMError(_spoken(fault))


def kind(said: object) -> str | None:
    """A vendor's word for a kind of thing, if it looks like one."""
    return said if isinstance(said, str) and _KIND.fullmatch(said) else None


def _unpaid(fault: anthropic.APIStatusError) -> bool:
    """Whether the account has run dry: the vendor says so as of a bad request, and it is none."""
    return fault.status_code == 400 and "credit balance" in fault.message.lower()


def _down(fault: anthropic.APIStatusError) -> bool:
    return fault.status_code >= 500 and fault.status_code != 501


def _spoken(fault: Exception) -> str:
    if isinstance(fault, TimeoutError):
        return "no whole answer in time"
    if isinstance(fault, ValidationError):
        kinds = sorted({error["type"] for error in fault.errors(include_url=False, include_input=False)})
        return f"the reply makes no sense: {', '.join(kinds)}"
    name = type(fault).__name__
    if isinstance(fault, anthropic.APIStatusError):
        told = (f"status {fault.status_code}", kind(fault.type), fault.request_id)
        return ", ".join((name, *filter(None, told)))
    return name

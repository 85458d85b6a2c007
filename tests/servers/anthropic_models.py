"""The models that the Messages API lists."""

from collections.abc import Collection
from typing import Any

ABILITIES = (
    "batch", "citations", "code_execution", "context_management", "effort", "image_input", "pdf_input", "server_tools",
    "structured_outputs", "thinking",
)  # fmt: skip
PARTS = {
    "effort": {"low", "medium", "high", "xhigh", "max"},
    "server_tools": {"code_execution", "web_search"},
}
THINKING = {"adaptive", "between_tools", "disabled", "enabled"}
LINES = ("haiku", "sonnet", "opus", "fable", "mythos")
YES = {"supported": True}


def listed(models: Collection[str], window: int, *, whole: bool) -> dict[str, Any]:
    """All of them on one page, by name."""
    known = [described(name, window, whole=whole) for name in sorted(models)]
    ends = (known[0]["id"], known[-1]["id"]) if known else (None, None)
    return {"data": known, "has_more": False, "first_id": ends[0], "last_id": ends[1]}


def described(name: str, window: int, *, whole: bool) -> dict[str, Any]:
    """One of them. An endpoint that is not the `whole` API does not say what a model can do."""
    return {
        "type": "model",
        "id": name,
        "display_name": name.replace("-", " ").title(),
        "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": next((line for line in LINES if line in name), None),
        "max_input_tokens": window,
        "max_tokens": 64_000,
        "capabilities": _abilities() if whole else None,
    }


def _abilities() -> dict[str, Any]:
    able: dict[str, Any] = {name: YES | dict.fromkeys(PARTS.get(name, ()), YES) for name in ABILITIES}
    able["thinking"] = YES | {"types": dict.fromkeys(THINKING, YES)}
    return able

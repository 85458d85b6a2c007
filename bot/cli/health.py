"""A command for whatever watches over the bot: health. It asks the bot that runs."""

import os
from collections.abc import Mapping
from http.client import HTTPException
from typing import Annotated
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import typer

from bot.cli.options import FAULTY
from bot.cli.screen import complain, tell
from bot.errors import ConfigError

Address = tuple[str, int]  # a host and a port

VARIABLE = "FAIRWELL_HEALTH"
LOOPBACK = "127.0.0.1"
ANYWHERE = {"0.0.0.0": LOOPBACK, "::": "[::1]"}  # noqa: S104  where it listens -> whom to ask
ALIVE, READY = "/healthz", "/readyz"
WITHIN = 8.0  # seconds; the Dockerfile has it stopped after ten


def address(env: Mapping[str, str]) -> Address | None:
    """Where health is told, as host and port; None: nowhere. A port alone is this machine's. Raises ConfigError."""
    said = env.get(VARIABLE, "").strip()
    if not said:
        return None
    place = f"{LOOPBACK}:{said}" if said.isdecimal() else said
    try:
        parts = urlsplit(f"//{place}")
        if parts.netloc == place and "@" not in place and parts.hostname and parts.port:
            return parts.hostname, parts.port
    except ValueError:  # a port that is none, or half a bracket
        pass
    raise ConfigError([f"{VARIABLE}: is {said!r}, must be a port (8080), or a host and a port (127.0.0.1:8080)"])


def health(
    *,
    url: Annotated[str, typer.Option("--url", help=f"Where to ask, instead of the address in {VARIABLE}.")] = "",
    ready: Annotated[bool, typer.Option("--ready", help="Ask whether it can work, not only whether it lives.")] = False,
) -> None:
    """Ask the bot that runs how it is. Exit code 0: well. 1: not well, or nobody answers."""
    try:
        asked = url.rstrip("/") or _own(address(os.environ))
    except ConfigError as fault:  # for Docker there is no exit code but 0 and 1
        complain(str(fault))
        raise typer.Exit(FAULTY) from fault
    well, said = _answer(asked + (READY if ready else ALIVE))
    (tell if well else complain)(said)
    if not well:
        raise typer.Exit(FAULTY)


def _own(place: Address | None) -> str:
    """The address of the bot on this machine. Raises ConfigError."""
    if place is None:
        raise ConfigError([f"{VARIABLE}: is not set, so the bot tells nobody how it is; set it, or give --url"])
    host, port = place
    shown = f"[{host}]" if ":" in host else host
    return f"http://{ANYWHERE.get(host, shown)}:{port}"


def _answer(url: str) -> tuple[bool, str]:
    """What is told at an address, and whether that is good."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=WITHIN) as answer:  # what is near needs no proxy
            return True, answer.read().decode(errors="replace")
    except HTTPError as refusal:
        with refusal:
            return False, refusal.read().decode(errors="replace") or f"{url}: status {refusal.code}"
    except (OSError, HTTPException, ValueError) as fault:
        return False, f"{url}: nobody answers ({getattr(fault, 'reason', fault)})"

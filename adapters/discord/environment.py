"""How the adapter is set up: by environment variables.

DISCORD_TOKEN           the bot's token; without it there is no adapter
DISCORD_CONTENT_INTENT  off: the bot runs without the message content intent, and hears only what mentions it
DISCORD_SHARD_COUNT     how many shards there are in all; DISCORD_SHARD_IDS which of them are this process's ("0,1")
DISCORD_API_BASE        for tests: where REST is, on this machine; DISCORD_GATEWAY_URL: where the gateway is
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.errors import ConfigError

SWITCHES = {"": True, "on": True, "off": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How the adapter is set up.

    content  it may read what does not mention it
    shards   of how many shards which are this process's; None: it has all there are, and Discord says how many
    base, gateway  another Discord on this machine; "": the real one
    """

    token: str = field(repr=False)
    content: bool = True
    shards: tuple[tuple[int, ...], int] | None = None
    base: str = ""
    gateway: str = ""


def setup(env: Mapping[str, str]) -> Setup | None:
    """What the environment says; None: there is no token. Raises ConfigError."""
    token, faults = env.get("DISCORD_TOKEN", "").strip(), list[str]()
    if not token:
        return None
    made = Setup(
        token=token,
        content=_switch(env, "DISCORD_CONTENT_INTENT", faults),
        shards=_shards(env, faults),
        base=_local(env, "DISCORD_API_BASE", faults),
        gateway=_local(env, "DISCORD_GATEWAY_URL", faults),
    )
    if faults:
        raise ConfigError(faults)
    return made


def _switch(env: Mapping[str, str], name: str, faults: list[str]) -> bool:
    said = env.get(name, "").strip().lower()
    if said not in SWITCHES:
        faults.append(f"{name}: is {said!r}, must be on or off")
    return SWITCHES.get(said, True)


def _shards(env: Mapping[str, str], faults: list[str]) -> tuple[tuple[int, ...], int] | None:
    count, ids = env.get("DISCORD_SHARD_COUNT", "").strip(), env.get("DISCORD_SHARD_IDS", "").strip()
    if not count:
        if ids:
            faults.append("DISCORD_SHARD_IDS: needs DISCORD_SHARD_COUNT beside it, the number of all shards")
        return None
    named = [each.strip() for each in ids.split(",")] if ids else []
    if not count.isdecimal() or not int(count) or not all(each.isdecimal() for each in named):
        faults.append('DISCORD_SHARD_COUNT: must be a number, and DISCORD_SHARD_IDS numbers such as "0,1"')
        return None
    shards = tuple(sorted({int(each) for each in named})) or tuple(range(int(count)))
    if shards[-1] >= int(count):
        faults.append(f"DISCORD_SHARD_IDS: has {shards[-1]}, must be below DISCORD_SHARD_COUNT, which is {count}")
    return shards, int(count)


def _local(env: Mapping[str, str], name: str, faults: list[str]) -> str:
    """An address on this machine: a token is shown to nobody else than Discord."""
    said = env.get(name, "").strip()
    host = urlsplit(said).hostname or ""
    try:
        local = not said or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        faults.append(f"{name}: must be an address on this machine; it is only for tests")
    return said

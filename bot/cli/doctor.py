"""A command for operators: doctor. Is everything well, what can the models' endpoint do, how is it on a platform?"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import build, configuration
from bot.cli.examined import Examines, Posts
from bot.cli.lacks import Role, instead
from bot.cli.options import FAULTY, AsJson, Config, Database, NoSuchThing, database_file, directory, visit
from bot.cli.screen import complain, indented, tell, tell_json
from bot.cli.talking import TERMINAL, adapters
from bot.configuration import Configuration
from bot.errors import ConfigError
from bot.llm.findings import Finding, Probed, Verdict
from bot.settings.tables import LlmTable


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was asked, and what for the bot uses it."""

    roles: tuple[Role, ...]
    probed: Probed

    @property
    def answers(self) -> bool:
        """Whether the bot gets answers from it."""
        return self.roles != ("reads",) and self.probed.answers

    def instead(self, found: Finding, llm: LlmTable) -> str:
        """What Fairwell does where it lacks something."""
        return "; ".join(dict.fromkeys(filter(None, (instead(found, self.probed, role, llm) for role in self.roles))))


def doctor(
    *,
    platform: Annotated[str | None, typer.Argument(help="A chat platform to ask instead.", show_default=False)] = None,
    config: Config = None,
    database: Database = None,
    post: Annotated[bool, typer.Option("--post", help="With a platform: post to moderators, and delete it.")] = False,
    unpark: Annotated[bool, typer.Option("--unpark", help="Try events again that were set aside.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look whether everything is well: configuration, database, the last day, and what the models' endpoint can do.

    Each model is asked about a dozen short questions. With the name of a chat platform (discord), that is asked how the
    bot stands there instead: what it lacks in each place, how to mend it, and the address by which it is invited.
    """
    if platform is not None:
        _examine(platform, config, post=post, as_json=as_json)
        return
    current = configuration.load(directory(config), os.environ)
    kept = asyncio.run(_kept(config, database, unpark=unpark))
    _, _, who = build.models(lambda: current, os.environ)
    models = asyncio.run(_asked(current)) if current.settings.online else ()
    found = adapters(os.environ, build.clock, terminal=False)
    platforms = sorted(found)
    if as_json:
        told = [_as_json(model, current.settings.llm) for model in models]
        about = {"models": who, "offline": not current.settings.online, "endpoint": told, "platforms": platforms}
        tell_json(about | kept)
    else:
        tell(who)
        for model in models:
            _tell_model(model, current.settings.llm)
        tell(f"Chat platforms set up: {', '.join(platforms) or 'none'}")
        for name in platforms:
            if isinstance(found[name], Examines):
                tell(f"`fairwell doctor {name}` tells how the bot stands there.")
        _tell_kept(kept)
    if kept["parked"] or (models and not any(model.answers for model in models)):
        raise typer.Exit(FAULTY)


def _examine(platform: str, config: Path | None, *, post: bool, as_json: bool) -> None:
    """Tell how the bot stands on a platform. Raises NoSuchThing, ConfigError, PlatformError."""
    known = sorted(each.name for each in entry_points(group="fairwell.adapters") if each.name != TERMINAL)
    if platform not in known:
        raise NoSuchThing(f"There is no chat platform {platform!r}. There are: {', '.join(known)}.")
    adapter = adapters(os.environ, build.clock, terminal=False).get(platform)
    if adapter is None:
        raise ConfigError([f"{platform} is not set up: its keys are not in the environment. README.md names them."])
    if not isinstance(adapter, Examines):
        raise NoSuchThing(f"{platform} cannot be asked how the bot stands there.")
    current = configuration.load(directory(config), os.environ)
    if not post:
        examined = asyncio.run(adapter.examine(current))
    elif isinstance(adapter, Posts):
        examined = asyncio.run(adapter.post(current))
    else:
        raise NoSuchThing(f"{platform} cannot be asked to post for a test.")
    if as_json:
        tell_json({"platform": platform} | asdict(examined))
    else:
        tell(f"{examined.who} on {platform}")
        for remark in examined.remarks:
            if remark.where:
                tell(remark.where + (":" if remark.lacks else ": all well"))
            for each in remark.said:
                tell(f"  {indented(each, 2)}")
        tell(f"To invite it: {examined.invite}")
    if any(remark.lacks for remark in examined.remarks):
        raise typer.Exit(FAULTY)


async def _asked(current: Configuration) -> Sequence[Model]:
    """What the endpoint can do for each model, one after another, with a line of progress for each."""
    # Imported here, as in `build.client`.
    from bot.llm.probe import WITHIN, probe  # noqa: PLC0415
    from bot.llm.tools import CARE_TOOL  # noqa: PLC0415

    llm, prompts, local = current.settings.llm, current.prompts, current.settings.everywhere
    answer = prompts.answer.fill(name=local.name, persona=local.persona, formatting=prompts.formatting("plain"))
    models = []
    async with build.client(os.environ) as client:
        for name, roles in _roles(llm).items():
            complain(f"Asking {name}, which {' and '.join(roles)}: about a dozen questions, {WITHIN:g} s each at most.")
            reading = roles == ("reads",)
            probed = await probe(
                client,
                name,
                prompt=prompts.reading(current.settings.concerns) if reading else answer,
                tools=() if reading else (CARE_TOOL,),
                keep="1h" if llm.cache == "1h" else "5m",
            )
            models.append(Model(roles, probed))
    return models


def _roles(llm: LlmTable) -> dict[str, tuple[Role, ...]]:
    """Each model, once, with what it is used for."""
    roles: dict[str, tuple[Role, ...]] = {llm.main: ("answers",)}
    roles[llm.reader] = (*roles.get(llm.reader, ()), "reads")
    if llm.fallback not in {"", llm.main}:
        roles[llm.fallback] = (*roles.get(llm.fallback, ()), "stands in")
    return roles


async def _kept(config: Path | None, database: Path | None, *, unpark: bool) -> dict[str, Any]:
    """What the database tells. Raises NoSuchThing: it was named, and is not there."""
    if database is None and not database_file(config, database).exists():
        return {"database": None, "waiting": 0, "parked": [], "unparked": 0, "last_day": {}}
    async with visit(config, database) as store:
        again = await store.unpark() if unpark else 0
        now = build.clock()
        counts = await store.counts(now - timedelta(days=1), now)
        return {
            "database": str(database_file(config, database)),
            "waiting": len(await store.open_conversations()),
            "parked": [asdict(each) for each in await store.parked()],
            "unparked": again,
            "last_day": {space: asdict(each) for space, each in counts.items()},
        }


def _as_json(model: Model, llm: LlmTable) -> dict[str, Any]:
    probed = model.probed
    return {
        "model": probed.model,
        "roles": model.roles,
        "answers": probed.answers,
        "requests": probed.requests,
        "first_s": probed.first,
        "whole_s": probed.whole,
        "findings": [asdict(each) | {"instead": model.instead(each, llm)} for each in probed.findings],
    }


def _tell_model(model: Model, llm: LlmTable) -> None:
    probed = model.probed
    tell(f"{probed.model}, which {' and '.join(model.roles)} ({probed.requests} questions):")
    well = [each for each in probed.findings if each.verdict is Verdict.WORKS]
    tell(f"  works: {', '.join(each.ability + (f' ({each.why})' if each.why else '') for each in well) or 'nothing'}")
    for each in probed.findings:
        if each.verdict is not Verdict.WORKS:
            said, so = f"  {each.ability}: {each.verdict}", model.instead(each, llm)
            tell(said + (f" ({each.why})" if each.why else "") + (f": {so}" if so else ""))
    if probed.whole is not None:
        first = "" if probed.first is None else f"its first piece came after {probed.first:.2f} s, "
        tell(f"  an answer of ten words: {first}all of it after {probed.whole:.2f} s (measured from here, just now)")


def _tell_kept(found: dict[str, Any]) -> None:
    if found["database"] is None:
        tell("There is no database yet: it is made when the bot first runs.")
        return
    tell(f"Conversations with something to do: {found['waiting']}")
    if found["unparked"]:
        tell(f"Events to be tried again: {found['unparked']}")
    for each in found["parked"]:
        at = f"{each['at']:%Y-%m-%d %H:%M}"
        tell(f"Set aside: {each['event']} of {each['conversation']}, {at}, {each['tries']} tries: {each['why']}")
    if found["parked"]:
        tell("`fairwell doctor --unpark` tries them again, once their cause is gone.")
    for space, day in found["last_day"].items():
        tell(f"Last 24 hours, {space}: {', '.join(_counted(day))}")


def _counted(day: dict[str, Any]) -> list[str]:
    """ "turns 12", "endings: concern 1", and so on; what did not happen is left out."""
    told = []
    for what, number in day.items():
        if isinstance(number, dict) and number:
            told.append(f"{what}: " + " ".join(f"{kind} {times}" for kind, times in number.items()))
        elif number:
            told.append(f"{what} {number}")
    return told

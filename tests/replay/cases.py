"""Scripts in a few words, and models that read them as they are meant."""

from pathlib import Path

from bot.domain.assessment import About, Concern, Level, Reading, Risk, Severity
from bot.replay.rehearsal import Models
from bot.replay.script import Dialog, rehearsal
from tests.fakes.models import ScriptedReader, ScriptedVoice

BY = ScriptedReader.name
READ = {
    "insult": Reading(BY, concerns=(Concern("insult", Severity.SERIOUS, sure=True),)),
    "massacre": Reading(BY, concerns=(Concern("mass_violence", Severity.SEVERE, sure=True),)),
    "despair": Reading(BY, risk=Risk(Level.ACTIVE, About.SELF, sure=True)),
    "finish": Reading(BY, asks_to_end=True),
    "yes": Reading(BY, affirms=True),
    "no": Reading(BY, affirms=False),
}


def turns(*said: str) -> str:
    """[[turn]]s: a text each, "ben: insult" by ben, or any other keys as they stand in a file ("waits = '1 h'")."""
    rows = []
    for each in ("ana: " + said[0] if ": " not in said[0] and " = " not in said[0] else said[0], *said[1:]):
        who, _, text = each.rpartition(": ")
        rows.append(each if " = " in each else f"{f'member = {who!r}' if who else ''}\nsays = {text!r}")
    return "".join(f"\n[[turn]]\n{row}\n" for row in rows)


def script(directory: Path, expect: str, *said: str, head: str = "", name: str = "case") -> Dialog:
    """A rehearsal: what it expects, and its turns."""
    path = directory / f"{name}.toml"
    path.write_text(f'title = "a case"\nprofile = "claude"\n{head}\n[expect]\n{expect}\n{turns(*said)}', "utf-8")
    return rehearsal(path)


def models() -> Models:
    """A reading model that sees what READ says, and a main one that answers and confirms."""
    reader = ScriptedReader()
    reader.readings = dict(READ)
    return Models(ScriptedVoice(), reader)

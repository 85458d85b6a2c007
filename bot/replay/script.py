"""Whole conversations as files: which words a script may have (Dialog, Line, Expect), and loading one.

A script is written the way a moderator would retell a conversation: who said what, and what the bot is to do about it.
The project's own tests (tests/dialogs/README.md) and rehearsals (config/rehearsals/README.md) share the format. Words
that only tests need are refused in a rehearsal, where real models read and answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, WithJsonSchema, model_validator

from bot.domain.action import Action
from bot.domain.ending import EndingState, Vote
from bot.domain.review import Matter, Verdict
from bot.domain.step import Reason, Scope, Step
from bot.errors import ConfigError
from bot.settings import durations, faults, files
from bot.settings.tables import Country, Table, Text

DEEDS = ("says", "edits", "deletes", "rates", "appeals", "judged", "branches", "chooses")
CIRCUMSTANCES = ("waits", "restart", "outage", "over", "confirms", "loses")
READ = ("reads", "risk", "asks_to_end", "affirms", "country", "language")
BROKEN = ("restart", "outage", "over", "confirms", "loses")
DECIDED = ("step", "reason", "scope")
EXPECTED = (*DECIDED, "actions", "hears", "told", "never", "calls", "marks", "ending", "votes")
ONLY_WITH = {
    "text": ("edits",),
    "times": ("says",),
    "late": ("says",),
    "to_bot": ("says",),
    **dict.fromkeys(DECIDED, ("says", "branches")),  # nothing else becomes a turn
}
KINDS = tuple(str(each.default) for action in get_args(Action) for each in fields(action) if each.name == "kind")


def _among(known: type[StrEnum] | tuple[str, ...]) -> Callable[[str], str]:
    names = [str(each) for each in known]

    def checked(word: str) -> str:
        if word not in names:
            raise ValueError(faults.nearest(word, names, "must be one of"))
        return word

    return checked


def _lasting(written: str) -> str:
    durations.parse(written)
    return written


def _true(value: bool) -> bool:
    if not value:
        raise ValueError("must be true, or left out")
    return value


Phrase = Annotated[str | None, WithJsonSchema({"type": "string"})]
Number = Annotated[int | None, Field(ge=1), WithJsonSchema({"type": "integer", "minimum": 1})]
Switch = Annotated[bool | None, WithJsonSchema({"type": "boolean"})]
Words = Annotated[tuple[str, ...], Field(strict=False)]
Numbers = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False)]
Kinds = Annotated[tuple[Annotated[str, AfterValidator(_among(KINDS))], ...], Field(strict=False)]
Matters = Annotated[tuple[Annotated[str, AfterValidator(_among(Matter))], ...], Field(strict=False)]
Outage = Literal["reader", "voice", "platform"]
Wanted = Annotated[bool, AfterValidator(_true)]


class Line(Table):
    """One [[turn]]: one thing that happens, and what is expected to follow."""

    # Who, and where: "" = as on the line before.
    member: str = ""
    thread: str = ""

    # What happens: exactly one of these.
    says: Phrase = None
    edits: Number = None  # the turn whose message is changed
    deletes: Number = None
    rates: Annotated[Phrase, AfterValidator(_among((*Vote, "")))] = None  # "" to take it back
    appeals: Phrase = None  # the words of the appeal
    judged: Annotated[Phrase, AfterValidator(_among(Verdict))] = None
    branches: Phrase = None  # the new thread's name
    chooses: Phrase = None  # "language de", "country CA"
    waits: Annotated[Phrase, AfterValidator(_lasting)] = None  # "25 h"
    restart: Switch = None
    outage: Outage | None = None  # from here on
    over: Outage | None = None  # an outage ends
    confirms: Switch = None  # whether the main model confirms endings from here on
    loses: Number = None  # of that many next actions the platform's reply is lost, though they were performed

    # How a message comes.
    text: str = ""  # what `edits` makes of it
    times: Annotated[int, Field(ge=1)] = 1  # repeated that often
    late: Annotated[str, AfterValidator(_lasting)] = ""  # written that long ago
    to_bot: bool = True  # False: to somebody else in the thread

    # What the reading model sees in it.
    reads: Words = ()  # "insult:serious", "insult:serious?" (unsure), "unread"
    risk: str = ""  # "active:self", "passive:other?"
    asks_to_end: bool = False
    affirms: Switch = None
    country: Phrase = None
    language: Phrase = None

    # What is expected.
    step: Annotated[Phrase, AfterValidator(_among(Step))] = None
    reason: Annotated[Phrase, AfterValidator(_among(Reason))] = None
    scope: Annotated[Phrase, AfterValidator(_among(Scope))] = None
    actions: Kinds | None = None  # in order
    hears: Words = ()  # words in what is said to all
    told: Words = ()  # words in what is said to one member alone
    never: Words = ()  # words in neither
    calls: Annotated[Phrase, AfterValidator(_among((*Matter, "")))] = None  # the matter; "" = moderators are not called
    marks: Words | None = None  # what counts for the member afterwards, oldest first
    ending: Annotated[Phrase, AfterValidator(_among((*EndingState, "")))] = None  # where the thread's latest one is
    votes: Words | None = None  # the current ones on it, in any order

    @property
    def happens(self) -> str:
        """What happens: one of DEEDS and CIRCUMSTANCES."""
        return self._happening[0]

    @property
    def becomes_turn(self) -> bool:
        """Whether the bot is to decide on it, as on every message."""
        return self.says is not None or self.branches is not None

    @property
    def _happening(self) -> list[str]:
        return [key for key in (*DEEDS, *CIRCUMSTANCES) if getattr(self, key) is not None]

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        happening = self._happening
        if len(happening) != 1:
            told = " and ".join(happening) or "nothing does"
            raise ValueError(f"one thing must happen ({', '.join((*DEEDS, *CIRCUMSTANCES))}); here {told}")
        for key in sorted(self.model_fields_set & ONLY_WITH.keys()):
            if self.happens not in ONLY_WITH[key]:
                raise ValueError(f"{key} goes with {' or '.join(ONLY_WITH[key])} alone, not with {self.happens}")
        return self


class Expect(Table):
    """[expect]: what is expected of a whole conversation. Turns are counted as they stand in the file, waits too."""

    must_end: Wanted = Field(default=False)
    must_not_end: Wanted = Field(default=False)
    must_warn_first: Wanted = Field(default=False)
    must_not_warn: Wanted = Field(default=False)
    must_not_climb: Wanted = Field(default=False)
    care_at: Numbers = ()
    care_by: Number = None
    no_care: Wanted = Field(default=False)
    never_mentions_ending: Wanted = Field(default=False)
    never_mentions_ending_from: Number = None
    ends_on_request: Wanted = Field(default=False)
    answered_at_every_turn: Wanted = Field(default=False)
    moderators_called_for: Matters | None = None
    only_member: Phrase = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for one, other in (
            ("must_end", "must_not_end"),
            ("must_end", "must_not_climb"),
            ("ends_on_request", "must_not_end"),
            ("ends_on_request", "must_not_climb"),
            ("care_at", "no_care"),
            ("care_by", "no_care"),
        ):
            if getattr(self, one) and getattr(self, other):
                raise ValueError(f"{one} and {other} cannot both hold")
        return self


class Dialog(Table):
    """A script: one file."""

    name: str  # the file's, with its directory: "care/the_past"
    title: Text
    profile: Literal["claude", "offline", "any"]  # of tests: claude or offline; of rehearsals: claude or any
    public: bool = False  # others read along
    ladder: str = "default"
    endings_a_day: Annotated[int | None, Field(ge=0), WithJsonSchema({"type": "integer", "minimum": 0})] = None
    country: Country = ""  # the space's
    expect: Expect = Expect()
    lines: Annotated[tuple[Line, ...], Field(strict=False, alias="turn", min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not next((line.member for line in self.lines if line.happens in DEEDS), "somebody"):
            raise ValueError("the first turn in which somebody does something must name its member")
        for key, number in self._numbers():
            if number > len(self.lines) or (key == "care_at" and not self.lines[number - 1].becomes_turn):
                raise ValueError(f"{key}: turn {number} is no message")
        only = self.expect.only_member
        if only is not None and only not in {line.member for line in self.lines}:
            raise ValueError(f"only_member: nobody here is called {faults.shown(only)}")
        return self

    def _numbers(self) -> Iterator[tuple[str, int]]:
        yield from (("care_at", number) for number in self.expect.care_at)
        for key in ("care_by", "never_mentions_ending_from"):
            if number := getattr(self.expect, key):
                yield key, number


_KIND = TypeAdapter(Dialog)


def load(path: Path) -> Dialog:
    """Read a script with all the words there are.

    Raises ConfigError with one line for each fault: file, turn, what is wrong, what is allowed. A word that is not
    understood is a fault: a typo must not pass for an expectation that was met.
    """
    table = files.toml(path)
    if "name" in table:
        raise ConfigError([f"{path}: name: is not known; a script is named by its file"])
    try:
        return _KIND.validate_python({**table, "name": f"{path.resolve().parent.name}/{path.stem}"})
    except ValidationError as error:
        raise ConfigError(faults.lines(error, _KIND.json_schema(), str(path))) from None


def rehearsal(path: Path) -> Dialog:
    """Read a script that is to be played against the models there are. Raises ConfigError as `load` does."""
    dialog = load(path)
    found = [f"{path}: {fault}" for fault in _only_for_tests(dialog)]
    if not dialog.expect.model_fields_set and not any(line.model_fields_set & set(EXPECTED) for line in dialog.lines):
        found.append(f"{path}: expects nothing, so it could not fail; see config/rehearsals/README.md")
    if found:
        raise ConfigError(found)
    return dialog


def rehearsals(paths: list[Path]) -> list[Dialog]:
    """The rehearsals in files and, below directories, in all their .toml files. Raises ConfigError with all faults."""
    found: list[str] = []
    loaded: list[Dialog] = []
    for path in paths:
        below = sorted(path.rglob("*.toml")) if path.is_dir() else [path]
        if not below:
            found.append(f"{path}: has no rehearsals (.toml files) in it")
        for file in below:
            try:
                loaded.append(rehearsal(file))
            except ConfigError as error:
                found += error.faults
    if found:
        raise ConfigError(found)
    return loaded


def _only_for_tests(dialog: Dialog) -> Iterator[str]:
    if dialog.profile == "offline":
        yield 'profile: is "offline", must be "claude" or "any"; a rehearsal is played with the models there are'
    for number, line in enumerate(dialog.lines, start=1):
        for key in sorted(line.model_fields_set):
            if key in READ:
                yield f"[[turn]] {number} {key}: is for tests alone; in a rehearsal the models read for themselves"
            elif key in BROKEN:
                yield f"[[turn]] {number} {key}: is for tests alone; in a rehearsal nothing is broken on purpose"

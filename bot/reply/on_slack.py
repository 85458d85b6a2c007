"""slack.toml: what only Slack needs. The words of its one command, buttons, forms, the home tab, and answers to them.

In these texts *stars* make words bold.
"""

from dataclasses import dataclass
from typing import Annotated

from bot.reply.gaps import (
    Fits,
    How,
    Keys,
    Names,
    OfChange,
    OfChannel,
    OfCount,
    OfCountry,
    OfNames,
    OfPreset,
    OfReviews,
    OfThread,
    OfWho,
)

Title = Annotated[str, Fits(24)]
Label = Annotated[str, Fits(75)]
Line = Annotated[str, Fits(150)]

COMMANDS = Keys(
    "ask", "new", "standing", "boundaries", "endings", "appeal", "forgetme", "mydata", "country", "language", "check",
    "setup", "help",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Buttons:
    """What stands on buttons."""

    uphold: Label
    overturn: Label
    transcript: Label
    go_on: Label
    anew: Label
    appeal: Label
    erase: Label
    keep: Label
    look: Label
    back: Label
    further: Label
    queue: Label
    take_back: Label
    fair: Label
    unfair: Label
    standing: Label
    my_data: Label
    forget: Label
    country: Label
    language: Label
    send: Title
    close: Title


@dataclass(frozen=True, slots=True)
class Form:
    """A form with one field."""

    title: Title
    field: Line
    hint: Line  # in the field while it is empty


@dataclass(frozen=True, slots=True)
class Forms:
    """What is asked in forms."""

    ask: Form  # where others can read it
    ask_alone: Form
    appeal: Form
    reason: Form
    uphold: Form
    overturn: Form


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to the command, buttons and forms."""

    wait: str
    thinking: str  # after the name of the bot, while an answer is on its way
    help: str  # before what can be typed
    help_threads: str
    asks: OfWho  # to everybody, before a question that was typed with the command
    goes_on: OfThread
    thread: str  # on a link
    direct: str  # in place of a channel
    somebody: str  # in place of a name that is not known
    cannot_post: Annotated[str, How("new")]
    elsewhere: OfChannel
    standing: OfThread  # before how they stand in a conversation
    no_conversation: str
    appeal_sent: str
    appeal_known: str
    country: str  # the question
    language: str
    language_free: str
    erase: str  # the question before it is done
    kept: str
    my_data: str
    reported: str
    no_moderators: str
    no_endings: str
    no_ending: str
    own_ending: str
    reason_sent: str
    offer_for_another: str
    offer_gone: str
    offer_taken: str
    taken: OfWho  # to everybody, in the message that a branch's thread hangs at
    admins_only: str


@dataclass(frozen=True, slots=True)
class Home:
    """The home tab."""

    intro: OfWho
    where: OfCountry  # whose services those are that stand above
    yours: OfCount
    endings: str
    no_endings: str
    queue: OfCount  # for moderators, from here on
    counts: OfReviews
    more: OfCount


# What is kept about a member, in the order in which they are told.
TABLES = (
    "person", "member", "turn", "standing", "ending", "vote", "referral", "review", "action", "usage", "change",
    "inbox",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something that can be asked. message: what is said for whoever presses it."""

    title: Label
    message: Line


@dataclass(frozen=True, slots=True)
class Prompts:
    """What members are shown that can be asked, where they write to the bot alone."""

    explain: Prompt
    draft: Prompt
    ideas: Prompt
    boundaries: Prompt


@dataclass(frozen=True, slots=True)
class Check:
    """What the bot lacks in a workspace, and how to mend it."""

    well: str
    lacks: OfNames
    anew: str  # how a scope is given
    no_desk: str
    gone: OfChannel
    outside: OfChannel
    archived: OfChannel
    public: OfChannel
    shared: OfChannel
    missing: OfChannel
    who: OfWho
    no_group: OfWho
    nobody: str


SETTINGS = Keys("moderators", "moderator_roles", "channels", "language", "country", "ladder")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the bot is set up in a workspace, as its admins are told. The tables name settings, by their keys."""

    title: Title
    intro: str
    as_everywhere: Label
    none: str
    all: str
    groups: Line
    people: Line
    more: OfCount
    preset: OfPreset
    changed: OfChange
    done: str
    unchanged: str
    untouched: str
    audit: OfWho  # to moderators, before what was changed
    outside: OfChannel
    elsewhere: str
    by_hand: str
    names: Annotated[Names, SETTINGS]
    hints: Annotated[Names, SETTINGS]


@dataclass(frozen=True, slots=True)
class Slack:
    """slack.toml"""

    commands: Annotated[Names, COMMANDS]
    buttons: Buttons
    forms: Forms
    answers: Answers
    home: Home
    tables: Annotated[Names, Keys(*TABLES)]  # their headings
    prompts: Prompts
    check: Check
    setup: Settings

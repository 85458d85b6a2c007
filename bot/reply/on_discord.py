"""discord.toml: what only Discord needs. Commands as they are listed there, buttons, forms, and the answers to them."""

from dataclasses import dataclass
from typing import Annotated

from bot.reply.gaps import (
    Fits,
    Keys,
    Names,
    OfChange,
    OfChannel,
    OfCount,
    OfCountry,
    OfPermissions,
    OfPreset,
    OfThread,
    OfWho,
)

Word = Annotated[str, Fits(32, word=True)]
Title = Annotated[str, Fits(32)]
Line = Annotated[str, Fits(100)]
Label = Annotated[str, Fits(45)]


@dataclass(frozen=True, slots=True)
class Option:
    """What can be typed or chosen with a command."""

    name: Word
    about: Line


@dataclass(frozen=True, slots=True)
class Command:
    """A command without options."""

    name: Word
    about: Line


@dataclass(frozen=True, slots=True)
class Ask:
    """The command that begins a conversation."""

    name: Word
    about: Line
    question: Option
    private: Option


@dataclass(frozen=True, slots=True)
class Branch:
    """The command that goes on from an earlier message of an ended conversation."""

    name: Word
    about: Line
    message: Option
    words: Option


@dataclass(frozen=True, slots=True)
class Endings:
    """The command that lists endings."""

    name: Word
    about: Line
    state: Option


@dataclass(frozen=True, slots=True)
class Country:
    """The command that sets a country; without one, it takes it back."""

    name: Word
    about: Line
    country: Option


@dataclass(frozen=True, slots=True)
class Language:
    """The command that sets a language; without one, it takes it back."""

    name: Word
    about: Line
    language: Option


@dataclass(frozen=True, slots=True)
class Setup:
    """The command that shows how the bot is set up in a server, and changes it."""

    name: Word
    about: Line
    moderators: Option
    role: Option
    without_role: Option
    country: Option
    language: Option
    ladder: Option
    answer_in: Option
    not_in: Option
    plain_replies: Option


@dataclass(frozen=True, slots=True)
class Commands:
    """Everything that is listed after a slash, and in a message's menu."""

    ask: Ask
    new: Command
    branch: Branch
    appeal: Command
    standing: Command
    boundaries: Command
    endings: Endings
    country: Country
    language: Language
    forgetme: Command
    mydata: Command
    check: Command
    setup: Setup
    review: Title  # in a message's menu
    report: Title


@dataclass(frozen=True, slots=True)
class Buttons:
    """What stands on buttons, and in the list that endings are chosen from."""

    uphold: Label
    overturn: Label
    transcript: Label
    accept: Label
    erase: Label
    keep: Label
    choose: Line
    country: Label


@dataclass(frozen=True, slots=True)
class Form:
    """A form with one field."""

    title: Label
    field: Label
    hint: Line  # in the field while it is empty


@dataclass(frozen=True, slots=True)
class Forms:
    """What is asked in forms."""

    appeal: Form
    uphold: Form
    overturn: Form
    country: Form


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to commands, buttons and forms."""

    goes_on: OfThread
    cannot_open: str
    elsewhere: OfChannel
    begun: str  # in a direct message
    no_conversation: str
    appeal_sent: str
    language_free: str
    erase: str  # the question before it is done
    kept: str
    my_data: str
    too_large: str
    reported: str
    no_moderators: str
    no_endings: str
    no_ending: str
    own_ending: str
    no_buttons: str
    nothing_to_go_on: str
    not_yours: str
    offer_for_another: str
    offer_gone: str
    offer_taken: str
    taken: OfWho  # to everybody, in the message that a branch's thread opens from


@dataclass(frozen=True, slots=True)
class Instead:
    """What is said where an answer cannot be given; everybody reads it."""

    no_thread: str
    blocked: str


PERMISSIONS = Keys(
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "create_public_threads",
    "create_private_threads",
    "embed_links",
    "read_message_history",
    "add_reactions",
    "attach_files",
    "manage_threads",
)


SETTINGS = Keys("moderators", "moderator_roles", "channels", "forums", "language", "country", "ladder", "plain_replies")


@dataclass(frozen=True, slots=True)
class Check:
    """What the bot lacks in a server, and how to mend it. Permissions by their names in Discord's API."""

    only: str
    well: OfCount
    lacks: OfPermissions  # a channel takes them away
    lacks_everywhere: OfPermissions
    further: OfPermissions
    nowhere: str
    missing: OfWho
    no_forum: OfChannel
    no_desk: str
    gone: str
    public: OfChannel
    roles: OfWho
    no_role: OfWho
    nobody: str
    silent: OfWho
    mentions: str
    unlisted: str
    more: OfCount
    whole: str
    permissions: Annotated[Names, PERMISSIONS]
    why: Annotated[Names, PERMISSIONS]


@dataclass(frozen=True, slots=True)
class Settings:
    """How the bot is set up in a server, as its admins are told. The tables name settings, by their keys in config/."""

    intro: str
    as_everywhere: Line
    none: str
    all: str
    on: Line
    off: Line
    too_many: OfCount
    preset: OfPreset
    changed: OfChange
    done: str
    unchanged: str
    untouched: str
    audit: OfWho  # to moderators, before what was changed
    not_there: OfChannel
    no_role: OfWho
    everybody: str
    last: OfChannel
    all_already: str
    country_unknown: OfCountry
    elsewhere: str
    file: str
    names: Annotated[Names, SETTINGS]
    hints: Annotated[Names, SETTINGS]


@dataclass(frozen=True, slots=True)
class Discord:
    """discord.toml"""

    commands: Commands
    buttons: Buttons
    forms: Forms
    answers: Answers
    instead: Instead
    check: Check
    setup: Settings

"""What goes into a text: how it is called, which phrases of the platform stand in it, which names a table has."""

from collections.abc import Mapping
from typing import Protocol

Names = Mapping[str, str]  # from a key of ours to its name in one language


class How:
    """The names of the platform's phrases (`Platform`) that stand in a text."""

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)


class Keys:
    """The keys that a table of names must have. `more`: English may have more, and then every language has them."""

    def __init__(self, *names: str, more: bool = False) -> None:
        self.names, self.more = frozenset(names), more


class Fits:
    """What a platform takes: a text of `most` characters; `word`: one word in small letters."""

    def __init__(self, most: int, *, word: bool = False) -> None:
        self.most, self.word = most, word


class OfConduct(Protocol):
    """Names the conduct that decided."""

    def __call__(self, *, conduct: str) -> str: ...


class OfMember(Protocol):
    """Names a member and the conduct that decided."""

    def __call__(self, *, member: str, conduct: str) -> str: ...


class OfTurns(Protocol):
    """Names the turns in which something happened."""

    def __call__(self, *, turns: str) -> str: ...


class OfWarning(Protocol):
    """Names the turns with a warning, and the turn that went on after it."""

    def __call__(self, *, warned: str, turn: str) -> str: ...


class OfNumber(Protocol):
    """Names what has a number."""

    def __call__(self, *, number: str) -> str: ...


class OfNumbers(Protocol):
    """Names several such: the last is joined to those before it."""

    def __call__(self, *, before: str, last: str) -> str: ...


class OfLimit(Protocol):
    """Names a limit, in characters."""

    def __call__(self, *, limit: int) -> str: ...


class OfNames(Protocol):
    """Names files."""

    def __call__(self, *, names: str) -> str: ...


class OfWelcome(Protocol):
    """Names the bot, and for how many days messages are kept."""

    def __call__(self, *, bot: str, days: int) -> str: ...


class OfLadder(Protocol):
    """Retells the ladder: steps before an ending (`gravest`: redirections for the gravest conduct), forgiveness."""

    def __call__(self, *, redirections: int, gravest: int, warnings: int, clean: int, hours: int) -> str: ...


class OfStanding(Protocol):
    """Retells a standing."""

    def __call__(self, *, redirections: int, warnings: int) -> str: ...


class OfLanguages(Protocol):
    """Names languages."""

    def __call__(self, *, languages: str) -> str: ...


class OfCountry(Protocol):
    """Names a country."""

    def __call__(self, *, place: str) -> str: ...


class OfCount(Protocol):
    """Names how many."""

    def __call__(self, *, count: int) -> str: ...


class OfWho(Protocol):
    """Names somebody."""

    def __call__(self, *, who: str) -> str: ...


class OfThread(Protocol):
    """Points at a thread."""

    def __call__(self, *, thread: str) -> str: ...


class OfChannel(Protocol):
    """Points at a channel."""

    def __call__(self, *, channel: str) -> str: ...


class OfPermissions(Protocol):
    """Points at a channel, and names permissions."""

    def __call__(self, *, channel: str, names: str) -> str: ...


class OfVerdict(Protocol):
    """Names a verdict."""

    def __call__(self, *, verdict: str) -> str: ...


class OfJudgement(Protocol):
    """Names a moderator and the verdict they gave."""

    def __call__(self, *, who: str, verdict: str) -> str: ...


class OfReviews(Protocol):
    """Names how many endings were upheld and how many overturned."""

    def __call__(self, *, upheld: int, overturned: int) -> str: ...


class OfEvidence(Protocol):
    """Names a turn that counted, the step that was taken in it, and the conduct."""

    def __call__(self, *, turn: int, step: str, conduct: str) -> str: ...


class OfPreset(Protocol):
    """Names a ladder, and retells it: steps before an ending, hours until one is forgiven."""

    def __call__(self, *, name: str, redirections: int, warnings: int, hours: int) -> str: ...


class OfChange(Protocol):
    """Names a setting, what it was and what it is."""

    def __call__(self, *, what: str, before: str, after: str) -> str: ...


class AboutConversation(Protocol):
    """Names a member and a conversation."""

    def __call__(self, *, member: str, conversation: str) -> str: ...


class AboutRefusal(Protocol):
    """Says what a platform would not do, names the conversation, and gives the platform's reason."""

    def __call__(self, *, what: str, conversation: str, why: str) -> str: ...


class AboutEnding(Protocol):
    """Names a member, a conversation and its ending."""

    def __call__(self, *, member: str, conversation: str, ending: str) -> str: ...


class AboutConduct(Protocol):
    """Names a member, a conversation, the conduct and its turns."""

    def __call__(self, *, member: str, conversation: str, conduct: str, turns: str) -> str: ...


class AboutAbuse(Protocol):
    """Names a member, a conversation, its ending, the conduct and its turns."""

    def __call__(self, *, member: str, conversation: str, conduct: str, turns: str, ending: str) -> str: ...


class AboutRisk(Protocol):
    """Names a member, a conversation, and what was noticed about whom."""

    def __call__(self, *, member: str, conversation: str, level: str, about: str) -> str: ...

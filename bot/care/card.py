"""The card: what is said when somebody may be in danger. Pure: texts and directory are arguments.

In a private place the whole card is said there. In a public channel the card goes out as a private message, and
the thread sees one sentence without shame and one line addressed to anyone who reads along: the emergency number
where a life may be at stake, else the first line. That line stands there because a private message can fail or lie
unread, because it helps the silent reader who feels the same, and because, addressed to all, it points at nobody.
"""

from dataclasses import dataclass

from bot.care import wording
from bot.care.directory import Directory
from bot.care.texts import CareTexts
from bot.domain.assessment import About, Level, Risk

NOTHING_KNOWN: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Card:
    """What care says.

    public            said in the conversation
    direct            sent to the member as a private message; None: all of it is in `public`
    undelivered       said in the conversation if `direct` cannot be delivered; None where there is no `direct`
    urgent            a life may be at stake: it goes out ahead of everything
    calls_moderators  whether they are to be told
    """

    public: str
    direct: str | None
    undelivered: str | None
    urgent: bool
    calls_moderators: bool


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the placeholders of a text stand for."""

    lines: str
    line: str  # the first of them
    emergency: str

    def into(self, text: str) -> str:
        return text.format(lines=self.lines, line=self.line, emergency=self.emergency)


def card(
    risk: Risk,
    country: str | None,
    texts: CareTexts,
    directory: Directory,
    *,
    private: bool,
    repeat: bool = False,
    hints: frozenset[str] = NOTHING_KNOWN,
) -> Card:
    """The card for a risk. Whoever asks for one gets one: a risk below passive is answered as passive.

    country  ISO 3166 alpha-2, or None: then the card asks, and offers what holds anywhere
    private  nobody else reads along
    repeat   the same risk soon after its card: one warm sentence and the first line again
    hints    audiences the member named (AUDIENCES in bot/care/resource_files.py); the texts' language is added
    """
    parts = _parts(risk, country, texts, directory, hints)
    if repeat:
        return _as_card(risk, _danger_first(risk, parts.into(texts.staying), parts, texts))
    whole = parts.into(_whole(risk, texts))
    if private:
        return _as_card(risk, whole)
    undelivered = _danger_first(risk, parts.into(texts.undelivered), parts, texts)
    return _as_card(risk, parts.into(_public(risk, texts)), direct=whole, undelivered=undelivered)


def held(
    risk: Risk,
    country: str | None,
    texts: CareTexts,
    directory: Directory,
    *,
    private: bool,
    hints: frozenset[str] = NOTHING_KNOWN,
) -> Card:
    """What is said to a member who is hostile and at risk at once: the bot stays, and so do the lines."""
    parts = _parts(risk, country, texts, directory, hints)
    offered = parts.lines if private else parts.line
    return _as_card(risk, _danger_first(risk, texts.held.format(lines=offered), parts, texts))


def located(
    risk: Risk, country: str, texts: CareTexts, directory: Directory, *, hints: frozenset[str] = NOTHING_KNOWN
) -> str:
    """The lines again, once a member in the care window has told which country they are in."""
    return _parts(risk, country, texts, directory, hints).into(texts.located)


def urgent(risk: Risk) -> bool:
    """Whether a life may be at stake."""
    return risk.level in {Level.IMMINENT, Level.VIOLENCE}


def calls_moderators(risk: Risk) -> bool:
    """Whether moderators are told: from active upwards, but not of what is past or of a bereavement."""
    over = risk.about in {About.PAST, About.BEREAVED}
    return urgent(risk) or (risk.level >= Level.ACTIVE and not over)


def _as_card(risk: Risk, public: str, *, direct: str | None = None, undelivered: str | None = None) -> Card:
    return Card(public, direct, undelivered, urgent(risk), calls_moderators(risk))


def _parts(risk: Risk, country: str | None, texts: CareTexts, directory: Directory, hints: frozenset[str]) -> _Parts:
    offered = directory.lines(
        country,
        level=max(risk.level, Level.PASSIVE),
        about=risk.about,
        hints=hints | {f"language: {texts.language}"},
    )
    return _Parts(
        lines=wording.lines(offered, texts, country=country),
        line=wording.line(offered[0], texts),
        emergency=wording.emergency(country, texts, directory, police_first=risk.level is Level.VIOLENCE),
    )


def _danger_first(risk: Risk, said: str, parts: _Parts, texts: CareTexts) -> str:
    """A short text, after the emergency number where a life may be at stake."""
    return f"{parts.into(texts.in_danger)}\n{said}" if urgent(risk) else said


def _whole(risk: Risk, texts: CareTexts) -> str:
    """The card's text. Present danger goes before whom it is about: a past or a loss can be what leads there."""
    other = risk.about is About.OTHER
    match risk.level, risk.about:
        case Level.IMMINENT, _:
            return texts.imminent_other if other else texts.imminent_self
        case Level.VIOLENCE, _:
            return texts.violence_other if other else texts.violence_self
        case _, About.PAST:
            return texts.past
        case _, About.BEREAVED:
            return texts.bereaved
        case Level.ACTIVE, _:
            return texts.active_other if other else texts.active_self
        case _:
            return texts.passive_other if other else texts.passive_self


def _public(risk: Risk, texts: CareTexts) -> str:
    """What the thread sees while the card itself goes out as a private message."""
    match risk.level, risk.about:
        case Level.IMMINENT, _:
            return texts.public_imminent
        case Level.VIOLENCE, _:
            return texts.public_violence
        case _, About.OTHER:
            return texts.public_other
        case _, About.BEREAVED:
            return texts.public_bereaved
        case _:
            return texts.public_self

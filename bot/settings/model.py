"""Settings: all of config/*.toml, frozen; and Local, what of it holds in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.boundary.ladder import Ladder
from bot.domain.conversation import Place
from bot.settings.tables import (
    AnswersTable,
    BotTable,
    BudgetTable,
    Conduct,
    EndingsTable,
    LimitsTable,
    LlmTable,
    PriceTable,
    RetentionTable,
    StoreTable,
    TurnsTable,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """What holds in one place: the channel's word beats the space's, which beats the bot's."""

    name: str  # of the bot
    language: str  # ISO 639-1
    country: str  # ISO 3166 alpha-2; "" = unknown
    ladder: Ladder
    persona: str
    budget: BudgetTable
    wording: tuple[Path, ...]  # phrase files of the space's own
    moderators: Place | None  # where they are called; None: nobody said
    moderator_roles: tuple[str, ...]  # ids, as the platform has them
    channels: tuple[str, ...]  # ids of the only ones it answers in; elsewhere it only reads for risk; () = all it sees
    forums: tuple[str, ...]  # ids of forum channels in which every new post is for the bot
    plain_replies: bool  # where no thread can be opened, it replies in the channel
    streaming: bool | None  # an answer is shown while it is written; None: as [answers] says of the platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerns:
    """What is abuse, by kind, and what is not (config/concerns.toml)."""

    kinds: Mapping[str, Conduct]
    not_abuse: tuple[str, ...]

    gravest: frozenset[str]  # the kinds that need fewer redirections
    requests: frozenset[str]  # the kinds that are refused, rather than a tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. It never holds a key: only whether the environment has one."""

    directory: Path  # where config/ is
    bot: BotTable
    store: StoreTable
    retention: RetentionTable
    answers: AnswersTable
    endings: EndingsTable
    llm: LlmTable
    turns: TurnsTable
    limits: LimitsTable
    prices: Mapping[str, PriceTable]  # by model
    concerns: Concerns
    ladders: Mapping[str, Ladder]  # by name, without any space's adjustments
    everywhere: Local  # where no space says otherwise
    locals: Mapping[tuple[str, str], Local]  # by (space id, channel; "" = its other channels)
    stated: Mapping[str, Path]  # by space id: the file that says what it does otherwise
    has_key: bool  # ANTHROPIC_API_KEY is set
    has_base_url: bool  # ANTHROPIC_BASE_URL is set: a gateway, or a local server, which may need no key

    @property
    def online(self) -> bool:
        """Whether there is a model to ask; if not, the offline profile runs and says so."""
        return self.has_key or self.has_base_url

    @property
    def in_force(self) -> tuple[Ladder, ...]:
        """Every ladder that some place uses or that has a name, adjusted ones too, one for each version."""
        ladders = (*self.ladders.values(), *(local.ladder for local in self.locals.values()))
        return tuple({ladder.version: ladder for ladder in ladders}.values())

    def at(self, place: Place) -> Local:
        """What holds in a place. Made when loading, so that this is a look-up."""
        space = f"{place.platform}:{place.space}"
        return self.locals.get((space, place.channel)) or self.locals.get((space, "")) or self.everywhere

    def streaming(self, place: Place) -> bool:
        """Whether an answer is shown in a place while it is written."""
        here = self.at(place).streaming
        return place.platform in self.answers.streaming if here is None else here

"""The tables of config/*.toml, as pydantic validates them: frozen, strict, no unknown key, no default for a number.

What is optional says so: a space or a channel that leaves a key out takes it from the next wider place.
"""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from bot.settings import durations

HOUR = timedelta(hours=1)
YEAR = timedelta(days=365)


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError(f"must be {durations.FORMS}")  # noqa: TRY004  a TypeError would leave pydantic
    return durations.parse(value)


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(durations.spell),
    WithJsonSchema({"type": "string", "pattern": durations.PATTERN, "errorMessage": durations.FORMS}),
]
Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_frozen)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]


def _said(what: str) -> dict[str, Any]:
    """What a pattern allows, in words; editors show it as well."""
    return {"errorMessage": what}


Language = Annotated[
    str, Field(pattern=r"^[a-z]{2}$", json_schema_extra=_said('two small letters (ISO 639-1), such as "en" or "de"'))
]
Country = Annotated[
    str,
    Field(
        pattern=r"^((?!UK)[A-Z]{2})?$",
        json_schema_extra=_said('two capitals (ISO 3166, "GB", not "UK"), or "" if it is not known'),
    ),
]
SpaceId = Annotated[
    str,
    Field(pattern=r"^[a-z]+:\S+$", json_schema_extra=_said('platform:id, such as "discord:123" or "terminal:local"')),
]


class Table(BaseModel):
    """What every table of config/ is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, regex_engine="python-re")


class BotTable(Table):
    """[bot]: who it is, where no space says otherwise."""

    name: Text = Field(description="What the bot calls itself.")
    language: Language = Field(description="The language it begins in, ISO 639-1.")
    country: Country = Field(description='Whose crisis services it offers, ISO 3166; "" = it asks.')
    ladder: Name = Field(description="The ladder of ladder.toml that holds where no space names another.")
    persona: str = Field(description="Added to the answering model's prompt: who it is here, what it helps with.")


class StoreTable(Table):
    """[store]."""

    path: Text = Field(description="The database file, relative to the directory Fairwell is started in.")


class RetentionTable(Table):
    """[retention]: how long text is kept. What was decided stays; the words go."""

    open: Duration = Field(ge=HOUR, le=10 * YEAR, description="For open conversations, from the last turn.")
    ended: Duration = Field(ge=HOUR, le=10 * YEAR, description="For ended ones, from their review.")
    uninstalled: Duration = Field(
        le=10 * YEAR, description="Everything of a space that took the bot out, from then on; back sooner, it stays."
    )


class AnswersTable(Table):
    """[answers]: how they are shown."""

    streaming: Annotated[tuple[Literal["discord", "slack"], ...], BeforeValidator(_frozen)] = Field(
        description="Platforms on which an answer is shown while it is written, where no space says otherwise."
    )


class EndingsTable(Table):
    """[endings]: what follows one."""

    feedback: Duration = Field(
        ge=HOUR, le=YEAR, description="How long its notice can be rated; only then is the thread put away."
    )


class LlmTable(Table):
    """[llm]: the models, and how long they may take."""

    main: Text = Field(description="The model that answers and must confirm an ending.")
    reader: Text = Field(description="The small, fast model that reads every turn.")
    reader_timeout: Duration = Field(
        ge=timedelta(seconds=1), le=timedelta(minutes=2), description="Beyond it the turn is unread: nothing climbs."
    )
    answer_timeout: Duration = Field(
        ge=timedelta(seconds=1), le=timedelta(minutes=15), description="For a whole answer."
    )
    piece_timeout: Duration = Field(
        ge=timedelta(seconds=1), le=timedelta(minutes=5), description="Between two pieces of an answer."
    )
    reader_tokens: int = Field(ge=100, le=10_000, description="The longest reading.")
    answer_tokens: int = Field(ge=100, le=100_000, description="The longest answer.")
    sure_from: float = Field(ge=0.5, le=1.0, description="The reader's confidence from which a concern counts as sure.")
    end_tool: Texts = Field(description="Main models that confirm an ending by a tool, twice; others in words.")
    fallback: str = Field(description='Asked for an answer where the main model fails; "" = nobody.')
    step_timeout: Duration = Field(
        ge=timedelta(seconds=1), le=timedelta(minutes=2), description="For its words of a redirection or a warning."
    )
    history_tokens: int = Field(
        ge=500, le=500_000, description="Of a conversation that are told whole; beyond it the older half is summed up."
    )
    summary_words: int = Field(ge=20, le=2_000, description="The longest summary.")
    cache: Literal["5m", "1h", "off"] = Field(description="How long the vendor keeps a prompt's stable beginning.")
    tries: int = Field(ge=1, le=10, description="How often one call is tried before its model counts as failing.")
    break_after: int = Field(ge=1, le=100, description="Failures in a row after which a model is left alone.")
    break_for: Duration = Field(
        ge=timedelta(seconds=1), le=HOUR, description="How long; doubles, up to ten times that, while it keeps failing."
    )


class TurnsTable(Table):
    """[turns]: how events are taken on."""

    answer_within: Duration = Field(ge=timedelta(seconds=10), le=YEAR, description="Older messages are not answered.")
    risk_within: Duration = Field(ge=timedelta(minutes=1), le=YEAR, description="Older ones are not read for risk.")
    max_chars: int = Field(ge=1_000, le=1_000_000, description="Of a message; a longer one is only read for risk.")
    tries: int = Field(ge=1, le=100, description="How often a turn may fail before it is set aside.")
    backoff: Duration = Field(
        ge=timedelta(seconds=1), le=HOUR, description="Before the second try; doubles with each further one."
    )
    parallel: int = Field(ge=1, le=100_000, description="Conversations that are worked on side by side.")


class LimitsTable(Table):
    """[limits]: what of a message's files is read."""

    attachments: int = Field(ge=0, le=100, description="Per message, that are read.")
    attachment_chars: int = Field(ge=0, le=1_000_000, description="Characters of text of each of them.")
    attachment_bytes: int = Field(ge=0, le=32_000_000, description="The largest file that is fetched.")
    attachment_pages: int = Field(ge=0, le=600, description="Of a PDF; a longer one is left out.")
    fetch_timeout: Duration = Field(
        ge=timedelta(seconds=1), le=timedelta(minutes=2), description="For fetching and reading them."
    )


class BudgetTable(Table):
    """[budget]: what models may be used for on one day (UTC). 0 = without a limit. Care is never limited."""

    member_turns: int = Field(ge=0, description="Answers that one member gets in a space.")
    member_tokens: int = Field(ge=0, description="Tokens, of all kinds and models, for one member in a space.")
    space_turns: int = Field(ge=0, description="Answers in a space.")
    space_tokens: int = Field(ge=0, description="Tokens in a space.")


class PriceTable(Table):
    """[prices.MODEL]: US dollars for a million tokens."""

    input: float = Field(ge=0, description="At the full price.")
    cache_write: float = Field(ge=0, description="That are kept for later.")
    cache_read: float = Field(ge=0, description="That had been kept.")
    output: float = Field(ge=0, description="That the model writes.")


class ChannelTable(Table):
    """[[space.channel]]: what one channel does otherwise. Everything but the id is optional."""

    id: Text
    language: Language | None = None
    ladder: Name | None = Field(default=None, description="Another ladder; the space's adjustments then do not hold.")
    adjust: dict[str, object] = Field(default={}, description="Single settings of the ladder.")
    persona: str | None = None


class SpaceTable(Table):
    """[[space]]: what one guild or workspace does otherwise. Everything but the id is optional."""

    id: SpaceId
    name: Text | None = None
    language: Language | None = None
    country: Country | None = None
    ladder: Name | None = None
    adjust: dict[str, object] = Field(default={}, description="Single settings of the ladder.")
    persona: str | None = None
    budget: dict[str, object] = Field(default={}, description="Single settings of [budget].")
    wording: Texts = Field(default=(), description="Phrase files of the space's own, relative to config/.")
    moderators: Text | None = Field(default=None, description="The channel in which moderators are called.")
    moderator_roles: Texts = Field(default=(), description="Ids of the roles or groups whose members may review.")
    channels: Texts = Field(default=(), description="The only channels it answers in; elsewhere it reads for risk.")
    forums: Texts = Field(default=(), description="Forum channels in which every new post is for the bot.")
    plain_replies: bool = Field(default=False, description="Where no thread can be opened, reply in the channel.")
    streaming: bool | None = Field(default=None, description="Whether an answer is shown while it is written.")
    channel: Annotated[tuple[ChannelTable, ...], BeforeValidator(_frozen)] = ()


class FairwellFile(Table):
    """config/fairwell.toml."""

    bot: BotTable
    store: StoreTable
    retention: RetentionTable
    answers: AnswersTable
    endings: EndingsTable
    llm: LlmTable
    turns: TurnsTable
    limits: LimitsTable
    budget: BudgetTable
    prices: dict[str, PriceTable] = Field(description="By model; without one, no cost is estimated.")
    space: Annotated[tuple[SpaceTable, ...], BeforeValidator(_frozen)] = ()


class LadderTable(Table):
    """A table of config/ladder.toml. The limits keep rules 1, 2 and 7 out of a setting's reach."""

    redirections: int = Field(ge=1, le=20, description="Delivered ones before a warning.")
    redirections_gravest: int = Field(ge=0, le=20, description="The same, for the gravest concerns.")
    warnings: int = Field(ge=1, le=10, description="Delivered ones before an ending.")
    climbs_from: Literal["mild", "serious", "severe"] = Field(description="What is milder is answered.")
    forgive_turns: int = Field(ge=1, le=100, description="Clean turns that forgive one step.")
    forgive_after: Duration = Field(
        ge=timedelta(minutes=1), le=YEAR, description="Time without abuse that forgives one step."
    )
    care_window: Duration = Field(ge=HOUR, le=YEAR, description="After risk: nobody is warned or ended.")
    care_for_good_from: Literal["passive", "active", "violence", "imminent"] = Field(
        description="From this level of risk on, the care window lasts for the rest of the thread."
    )
    card_again_after: Duration = Field(le=YEAR, description="Sooner, the same risk gets a short word, not the card.")
    call_again_after: Duration = Field(le=YEAR, description="Moderators are called at most this often per member.")
    company_within: Duration = Field(
        ge=timedelta(minutes=10), le=YEAR, description="Others who took part this lately keep the thread."
    )
    endings_a_day: int = Field(ge=0, le=100_000, description="Per space; those beyond go to review. 0 = all of them.")

    @model_validator(mode="after")
    def _gravest_need_no_more(self) -> "LadderTable":
        if self.redirections_gravest > self.redirections:
            raise ValueError(
                f"redirections_gravest is {self.redirections_gravest}, "
                f"must be no more than redirections, which is {self.redirections}"
            )
        return self


class Conduct(Table):
    """A table of config/concerns.toml: one kind of conduct, as the reading model is told."""

    definition: Text = Field(description="What it is, in one or two sentences.")
    not_: Text = Field(alias="not", description="What looks like it and is not.")
    request: bool = Field(description="Whether it is a request, which is refused, rather than a tone.")
    gravest: bool = Field(description="Whether fewer redirections come before the warning.")


class ConcernsFile(BaseModel):
    """config/concerns.toml: a list of what is no abuse, and a table for each kind of conduct."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    __pydantic_extra__: dict[Name, Conduct]

    not_abuse: Texts = Field(min_length=1, description="What never climbs, told to the reading model.")

    @property
    def kinds(self) -> dict[str, Conduct]:
        """The tables by the kind of conduct they define."""
        return self.__pydantic_extra__


LadderFile = dict[Name, LadderTable]  # config/ladder.toml: ladders by name

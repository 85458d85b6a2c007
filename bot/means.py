"""What it takes to decide on what members say, and the steps that every such event's way shares."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bot.assess.assess import assess
from bot.attachments.load import Files, Loaded
from bot.boundary import Ladder, moves, watch
from bot.configuration import Configuration
from bot.domain.assessment import Assessment, Reading, Risk
from bot.domain.conversation import Conversation
from bot.domain.decision import Decision
from bot.domain.event import Said, Worded
from bot.domain.record import Record, Referral, Scene
from bot.domain.step import Step
from bot.memory import AT_MOST, told
from bot.ports import Brief, Clock, Platform, Reader, Store, Voice
from bot.reply.outgoing import Outgoing
from bot.reply.reply import Reply
from bot.speaking import Speaking

NO_FILES = Loaded((), {}, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The ports, and what of them is shared by all events.

    reader      the LLM reader, or None: the offline profile, in which the wording reader climbs alone
    platforms   have the files that members attach, and show how far an answer has come
    ending_now  endings on their way to the store, by space (rule 11)
    """

    store: Store
    voice: Voice
    reader: Reader | None
    configuration: Callable[[], Configuration]
    clock: Clock
    platforms: Mapping[str, Platform]
    speaking: Speaking
    files: Files = field(default_factory=Files)
    ending_now: Counter[str] = field(default_factory=Counter)

    @property
    def models(self) -> str:
        """Who reads and who answers, for the record."""
        return f"{self.reader.name if self.reader else 'wording alone'} reads, {self.voice.name} answers"

    @property
    def today(self) -> str:
        """The day (UTC) that use is booked on."""
        return self.clock().date().isoformat()

    def ladder(self, event: Worded) -> Ladder:
        """The ladder that holds where it happened."""
        return self.configuration().settings.at(event.place).ladder

    def read(self, event: Worded) -> Reading:
        """What the wording reader sees in a message; in files, danger alone: they may be somebody else's words."""
        if self.clock() - event.at > self.configuration().settings.turns.risk_within:
            return Reading.unread("wording", "too long ago to be acted on")
        reader = self.configuration().reader(event.place)
        reading, files = reader.read(event.text), event.attachments if isinstance(event, Said) else ()
        risks = (reading.risk, *(reader.read(each.text).risk for each in files if each.text))
        return replace(reading, risk=max(risks, key=lambda risk: (risk.calls_for_care, risk.level)))

    async def assessed(self, reading: Reading, brief: Brief) -> Assessment:
        """The assessment, once the LLM reader has had its say."""
        return await assess(reading, self.reader, brief, self.configuration().settings.llm.reader_timeout)

    async def scene(self, event: Worded, history: int | None = None) -> Scene:
        """What an event starts from. Without a reading model nobody looks at the history.

        history  so many of the newest turns at most; None: as many as the models are told
        """
        most = (AT_MOST if self.reader else 0) if history is None else history
        scene = await self.store.scene(event, most, self.today)
        ladder, now = self.ladder(event), self.clock()
        own = moves.accompanied(scene.standing, scene.conversation, scene.alarmed, ladder, now)
        return scene if own is scene.standing else replace(scene, standing=own)

    def brief(self, event: Worded, reading: Reading, scene: Scene, loaded: Loaded = NO_FILES) -> Brief:
        """What the models are told of a message."""
        configuration, standing = self.configuration(), moves.joined(scene.standing, scene.conversation)
        return Brief(
            place=event.place,
            member=event.member,
            text=event.text,
            turn=scene.conversation.turns + 1,
            history=told(scene.history, configuration.settings.llm.history_tokens),
            summary=scene.conversation.summary,
            standing=standing,
            in_care=standing.in_care(self.clock()),
            language=configuration.language(event.place, scene.person, reading.language),
            persona=configuration.settings.at(event.place).persona,
            attachments=loaded.attachments,
            loaded=loaded.data,
            left_out=loaded.left_out,
            now=self.clock(),
        )

    def watched(self, event: Worded, scene: Scene, assessment: Assessment) -> Decision:
        """The decision on what is read for risk alone."""
        before = moves.joined(scene.standing, scene.conversation)
        turn = scene.conversation.turns + isinstance(event, Said)
        return watch(before, assessment, self.ladder(event), self.clock(), turn=turn)

    def reply(self, out: Outgoing, event: Worded, scene: Scene, assessment: Assessment) -> Reply:
        """What puts decisions into actions."""
        return self.configuration().reply(out, event, scene.person, assessment, self.clock())


def shown(scene: Scene, risk: Risk) -> bool:
    """Whether the card for this went out ahead of its turn, and was not refused."""
    own = scene.standing
    return scene.expressed and risk.level <= own.care_level and own.card_at is not None


def recorded(
    event: Worded,
    scene: Scene,
    decision: Decision,
    out: Outgoing,
    *,
    referrals: tuple[Referral, ...] = (),
    stage: str = "",
) -> Record:
    """What every decision changes. The standing is stored without what holds for everybody in the conversation."""
    own, ended = decision.standing, scene.standing.ended or decision.step is Step.END
    if own.ended != ended:
        own = replace(own, ended=ended)
    return Record(
        event=event,
        stage=stage,
        expects=scene.version,
        conversation=_in_care(scene, decision),
        standings=((event.member.id, own),),
        actions=out.actions,
        cancels_warnings=decision.step is Step.CARE,
        referrals=referrals,
        member=event.member,
    )


def _in_care(scene: Scene, decision: Decision) -> Conversation:
    """The care window of one is the care window of everybody there, if it was opened there."""
    if decision.standing.care_until == scene.standing.care_until:
        return scene.conversation
    known = scene.conversation.care_until
    until = moves.later(known, decision.standing.care_until)
    return scene.conversation if until == known else replace(scene.conversation, care_until=until)

"""What the store's tests are made of: events, records and whole turns, as the core would make them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.action import Action, Outcome, Receipt, Say
from bot.domain.assessment import About, Assessment, Concern, Level, Reading, Risk, Severity
from bot.domain.conversation import Attachment, Member, Place, Turn
from bot.domain.decision import Decision
from bot.domain.ending import Ending, EndingState, Evidence
from bot.domain.event import Said
from bot.domain.record import Record, Scene, Vetted
from bot.domain.standing import NEW, Mark, Standing
from bot.domain.step import Reason, Scope, Step
from bot.ports import Store
from tests.strategies import NOON

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PLACE = Place("discord", "guild", "general")
ANN, BEN = Member("id-ann", "Ann"), Member("id-ben", "Ben")
TALK = "discord:1"


def said(
    text: str = "hello",
    *,
    key: str = "e1",
    conversation: str = TALK,
    member: Member = ANN,
    at: datetime = NOON,
    message: str = "",
) -> Said:
    return Said(
        key=key,
        conversation=conversation,
        place=PLACE,
        member=member,
        at=at,
        message=message or f"message of {key}",
        text=text,
    )


def say(event: Said, text: str = "hi", number: int = 0) -> Say:
    return Say(
        id=f"{event.key}/{number}", conversation=event.conversation, place=event.place, text=text, to=event.member.id
    )


def insulted(words: str) -> Assessment:
    """An assessment that quotes the words in every place it can."""
    concern = Concern("insult", Severity.SERIOUS, sure=True, words=words, confidence=0.75)
    risk = Risk(Level.TOPIC, About.PAST, words=words)
    reading = Reading("reader", concerns=(concern,), risk=risk, country="NL", language="en", why=words)
    return Assessment((Reading.unread("wording", "late"), reading), read=True, concerns=(concern,), risk=risk)


def pending(step: Step, turn: int, at: datetime = NOON) -> Standing:
    return replace(NEW, pending=Mark(step, turn, at), last_abuse=at)


def turned(
    scene: Scene,
    event: Said,
    *,
    step: Step = Step.ANSWER,
    reason: Reason = Reason.CLEAN,
    standing: Standing | None = None,
    reply: str = "hi",
    actions: Sequence[Action] | None = None,
    assessment: Assessment | None = None,
    ended: bool = False,
    attachments: tuple[Attachment, ...] = (),
    calls: tuple[str, ...] = (),
) -> Record:
    """The record of an ordinary turn."""
    number = scene.conversation.turns + 1
    after = standing if standing is not None else scene.standing
    return Record(
        event=event,
        expects=scene.version,
        conversation=replace(scene.conversation, turns=number, ended=ended or scene.conversation.ended),
        vetted=Vetted(
            turn=Turn(number, event.member, event.text, reply, event.message, event.to_bot, attachments),
            said=event.at,
            assessment=assessment or Assessment(),
            decision=Decision(step, reason, after, "ladder-1", number),
            models="reader, voice",
            prompts="prompts-1",
            took=0.25,
            calls=calls,
        ),
        standings=((event.member.id, after),),
        actions=tuple(actions) if actions is not None else (say(event, reply),),
        member=event.member,
    )


async def live(
    store: Store,
    event: Said,
    *,
    deliver: bool = True,
    step: Step = Step.ANSWER,
    reply: str = "hi",
    attachments: tuple[Attachment, ...] = (),
) -> Record:
    """A whole turn: accepted, recorded, delivered. A step of the ladder is pending until then."""
    await store.accept(event, event.at)
    scene = await store.scene(event, 20)
    climbs = step in {Step.REDIRECT, Step.WARN}
    mark = Mark(step, scene.conversation.turns + 1, event.at)
    standing = replace(scene.standing, pending=mark) if climbs else scene.standing
    quoted = insulted(event.text)
    record = turned(scene, event, step=step, standing=standing, reply=reply, assessment=quoted, attachments=attachments)
    assert await store.record(record)
    if deliver:
        receipts = [Receipt(action.id, Outcome.DELIVERED, event.at + MINUTE, "posted") for action in record.actions]
        await store.note(receipts, done=event.key)
    return record


def ending(identity: str = "ending-1", *, words: str = "quoted", at: datetime = NOON, **changes: object) -> Ending:
    plain = Ending(
        id=identity,
        conversation=TALK,
        member=ANN.id,
        turn=1,
        scope=Scope.CONVERSATION,
        reason=Reason.CONCERN,
        concern="insult",
        evidence=(Evidence(1, "warn", "insult", words),),
        ladder="ladder-1",
        prompts="prompts-1",
        models="reader, voice",
        at=at,
        state=EndingState.STANDING,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


async def change(store: Store, event: Said, **changes: object) -> Record:
    """Record what an event changes, without a turn."""
    scene = await store.scene(event, 0)
    record = Record(event=event, expects=scene.version, conversation=scene.conversation)
    record = replace(record, **changes)  # type: ignore[arg-type]
    assert await store.record(record)
    return record


async def end(store: Store, made: Ending, event: Said) -> None:
    """End a conversation with a turn of its own."""
    await store.accept(event, event.at)
    scene = await store.scene(event, 0)
    record = turned(scene, event, step=Step.END, reason=made.reason, ended=made.scope is Scope.CONVERSATION)
    assert await store.record(replace(record, ending=made))
    await store.note([Receipt(record.actions[0].id, Outcome.DELIVERED, event.at)], done=event.key)

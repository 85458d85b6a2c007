"""Rows as nouns. Each function takes the columns in the order of its statements (bot/store/statements.py)."""

from typing import Any

from bot.domain.conversation import Conversation, Member, Place, Turn
from bot.domain.ending import Ending, EndingState
from bot.domain.record import Referral, Vetted
from bot.domain.review import Matter
from bot.domain.step import Reason, Scope
from bot.store.codec import Codec, moment, moment_or_none

Row = tuple[Any, ...]


def conversation(identity: str, row: Row) -> tuple[Conversation, int]:
    """From statements.CONVERSATION: the conversation and its version."""
    platform, space, channel, private, turns, ended, care_until, parent, *summary, version = row
    place = Place(platform, space, channel, bool(private))
    return Conversation(identity, place, turns, bool(ended), moment_or_none(care_until), parent, *summary), version


def turn(codec: Codec, row: Row) -> Turn:
    """From statements.HISTORY and BEFORE."""
    number, member, name, text, reply, message, to_bot, attachments = row
    files = codec.attachments(attachments) if attachments else ()
    return Turn(number, Member(member, name), text, reply, message, bool(to_bot), files)


def vetted(codec: Codec, row: Row) -> Vetted:
    """From statements.TURNS and TURN_OF."""
    said, assessment, decision, models, prompts, took, calls = row[8:]
    return Vetted(
        turn(codec, row[:8]),
        moment(said),
        codec.assessment(assessment),
        codec.decision(decision),
        models,
        prompts,
        took,
        codec.calls(calls) if calls else (),
    )


def ending(codec: Codec, row: Row) -> Ending:
    """From the statements about endings."""
    identity, talk, member, number, scope, reason, concern, evidence, ladder, prompts, models, at, state = row
    return Ending(
        identity,
        talk,
        member,
        number,
        Scope(scope),
        Reason(reason),
        concern,
        codec.evidence(evidence),
        ladder,
        prompts,
        models,
        moment(at),
        EndingState(state),
    )


def referral(row: Row) -> Referral:
    """From statements.APPEALS."""
    identity, matter, talk, member, at, ending_id, words = row
    return Referral(identity, Matter(matter), talk, member, moment(at), ending_id, words)

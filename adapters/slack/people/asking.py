"""Beginning a conversation: by the command, or by a form that a button shows.

The question stands in the channel as a message of the bot's, and the conversation is the thread that hangs at it.
"""

import json
from contextlib import suppress
from dataclasses import replace
from textwrap import shorten

from adapters.slack import names
from adapters.slack.outgoing.blocks import Block, buttons, markdown
from adapters.slack.outgoing.escaping import harmless
from adapters.slack.outgoing.post import Post
from adapters.slack.outgoing.sending import Denied
from adapters.slack.people.desk import Desk, Visit
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.surfaces import Form, button
from bot.domain.event import Confided, Said
from bot.errors import PlatformError, StoreError
from bot.reply.texts import Words

ANEW, ASKED = "anew", "asked"  # the first parts of ids: of a button, and of its form
MOST_QUOTED = 2_900  # characters of a question as everybody sees it


def anew(words: Words) -> list[Block]:
    """What goes with a word to somebody whose conversation has ended."""
    return [buttons(button(ANEW, "-", words.slack.buttons.anew))]


async def show_form(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to begin a conversation, and has not said with what."""

    def asked(words: Words) -> Form:
        forms = words.slack.forms
        texts = forms.ask_alone if interaction.place.private else forms.ask
        return Form(
            what=ASKED, about={"channel": interaction.channel}, title=texts.title, label=texts.field, hint=texts.hint,
            send=words.slack.buttons.send, close=words.slack.buttons.close, needed=True,
        )  # fmt: skip

    await desk.ask(interaction, ack, asked)


async def sent(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody sent that form."""

    async def begin(visit: Visit) -> None:
        if begun := await ask(visit, visit.interaction.value):
            await visit.say(visit.words.slack.answers.goes_on(thread=await visit.pointed(begun)))

    channel = json.loads(interaction.about)["channel"]
    await desk.attend(replace(interaction, channel=channel), ack, begin)


async def ask(visit: Visit, question: str) -> str:
    """Begin a conversation with a question, in the channel where it was asked.

    Out: its name; "": there is none, and they have been told; what they wrote is read for risk all the same.

    Raises PlatformError, StoreError.
    """
    answers, local = visit.words.slack.answers, visit.desk.configuration.settings.at(visit.place)
    if local.channels and visit.interaction.channel not in local.channels and not visit.place.private:
        await confide(visit, question)
        await visit.say(answers.elsewhere(channel=", ".join(f"<#{each}>" for each in local.channels)))
        return ""
    desk, kept = visit.desk, _confided(visit, question)
    in_danger = desk.hearing.bot.turns.read(kept).risk.calls_for_care
    if in_danger:  # Slack does not tell of it again: the next process reads it, should this one not live to post it
        with suppress(StoreError):  # what cannot be kept now may be kept as a question
            await desk.store.accept(kept, desk.hearing.clock())
    reported = visit.reported("")
    quoted = f"> {harmless(shorten(question, MOST_QUOTED, placeholder='…'))}"
    asks = desk.words(visit.place).slack.answers.asks(who=f"<@{visit.interaction.user}>")
    text = quoted if visit.place.private else f"{asks}\n{quoted}"
    post = Post(names.post(reported["key"], 0, "question"), text, (markdown(text),), urgent=in_danger)
    try:
        posted = await desk.hearing.posts.put(visit.interaction.team, visit.interaction.channel, None, post)
    except PlatformError:
        await confide(visit, question)
        raise
    except Denied:
        await confide(visit, question)
        await visit.say(answers.cannot_post)
        return ""
    reported["conversation"] = names.conversation(visit.interaction.team, posted.channel, posted.ts)
    reported["at"] = posted.at
    await desk.hearing.receive(Said(**reported, message=posted.message, text=question))
    if in_danger:  # it is met where it was asked
        with suppress(StoreError):  # better twice than never
            await desk.store.note((), done=kept.key)
    return reported["conversation"]


async def confide(visit: Visit, question: str) -> None:
    """Let it be read by the bot, which says nothing to it but where to find help. Raises StoreError."""
    hearing = visit.desk.hearing
    if not await hearing.receive(_confided(visit, question)):  # it is kept already, and nobody has begun with it
        await hearing.bot.resume()


def _confided(visit: Visit, question: str) -> Confided:
    interaction = visit.interaction
    nowhere = visit.reported(names.conversation(interaction.team, interaction.channel, names.ts(interaction.at)))
    nowhere["key"] += "/words"  # as a question it may be heard as well
    return Confided(**nowhere, text=question)

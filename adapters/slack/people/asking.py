"""Beginning a conversation: by the command, or by a form that a button shows.

The question stands in the channel as a message of the bot's, and the conversation is the thread that hangs at it.
"""

import json
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
from bot.errors import PlatformError
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
    reported = visit.reported("")
    quoted = f"> {harmless(shorten(question, MOST_QUOTED, placeholder='…'))}"
    asks = visit.desk.words(visit.place).slack.answers.asks(who=f"<@{visit.interaction.user}>")
    text = quoted if visit.place.private else f"{asks}\n{quoted}"
    post = Post(names.post(reported["key"], 0, "question"), text, (markdown(text),))
    try:
        posted = await visit.desk.hearing.posts.put(visit.interaction.team, visit.interaction.channel, None, post)
    except PlatformError:
        await confide(visit, question)
        raise
    except Denied:
        await confide(visit, question)
        await visit.say(answers.cannot_post)
        return ""
    reported["conversation"] = names.conversation(visit.interaction.team, posted.channel, posted.ts)
    reported["at"] = posted.at
    await visit.desk.hearing.receive(Said(**reported, message=posted.message, text=question))
    return reported["conversation"]


async def confide(visit: Visit, question: str) -> None:
    """Let it be read by the bot, which says nothing to it but where to find help. Raises StoreError."""
    interaction = visit.interaction
    nowhere = names.conversation(interaction.team, interaction.channel, names.ts(interaction.at))
    await visit.desk.hearing.receive(Confided(**visit.reported(nowhere), text=question))

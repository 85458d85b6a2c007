"""What speaks of an ending or a warning, and what only sounds like it."""

from collections.abc import Iterator
from dataclasses import fields

import pytest

from bot.configuration import Configuration
from bot.replay.mentions import of_ending
from bot.reply.texts import Words


def that_mention(words: Words) -> Iterator[str]:
    """Every text of a language that warns, asks, ends or nudges."""
    boundary = words.boundary
    for request in (False, True):
        yield words.warning("insult", request=request)
    for member in (None, "Ana"):
        yield words.ending("insult", redirected=[1, 2], warned=[3], turn=4, member=member)
    yield from (boundary.end.because(conduct="x"), boundary.end.went_on(warned="3", turn="4"))
    yield from (words.ending_on_request(), boundary.ask.end)
    yield from (boundary.nudge.ended, boundary.nudge.part, boundary.nudge.branch_offer)


def test_every_text_that_speaks_of_it_is_known(everything: Configuration) -> None:
    wording = everything.wording
    for language in wording.languages:
        for platform in ("terminal", "discord", "slack"):
            silent = [text for text in that_mention(wording.words(language, platform)) if not of_ending(text)]
            assert not silent, language


def test_no_text_of_care_and_no_redirection_is_taken_for_it(everything: Configuration) -> None:
    wording = everything.wording
    for language in wording.languages:
        words, care = wording.words(language, "terminal"), everything.care[language]
        redirect = words.boundary.redirect
        texts = [*redirect.general, *redirect.request, redirect.declined, redirect.spared, words.boundary.ask.kept]
        texts += [str(getattr(care, each.name)) for each in fields(care)]
        assert [of_ending(text) for text in texts if of_ending(text)] == [], language


@pytest.mark.parametrize(
    "text",
    [
        "If this goes on, I'll have to end our chat.",
        "This is your last warning.",
        "I will not respond to you any longer.",
        "Noch so etwas, und ich beende das Gespräch.",
        "Ich warne dich.",
        "Si sigues así, tendré que terminar la conversación.",
        "Je vais mettre fin à cette conversation.",
        "Vou encerrar esta conversa.",
    ],
)
def test_it_is_known_in_a_model_s_own_words(text: str) -> None:
    assert of_ending(text)


@pytest.mark.parametrize(
    "text",
    [
        "It's good that you know the warning signs.",
        "Should it ever come close again, tell somebody.",
        "I won't answer that part, and I'd like to know how you are.",
        "At the end of the conversation with your landlord, thank him.",
        "The library closes at nine. We can chat about it.",
        "Am Ende des Tages zählt das. Erzähl mir mehr.",
        "No me cierro a nada. ¿Qué pasó después?",
        "La porte est fermée, tu peux respirer.",
        "Quando a noite termina, o que ajuda?",
    ],
)
def test_what_only_sounds_like_it_is_not(text: str) -> None:
    assert not of_ending(text)

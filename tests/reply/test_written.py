"""What the main model writes for a step is sent if it fits, and replaced if it does not."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.decision import Decision
from bot.domain.standing import NEW
from bot.domain.step import Reason, Step
from bot.reply.texts import Words
from bot.reply.wording import load
from bot.reply.written import LONGEST, LONGEST_FAREWELL, farewell_fits, faults, must_say

WORDING = load(Path(__file__).parents[2] / "config" / "replies")
ENGLISH = WORDING.words("en", "discord")


def decision(step: Step, concern: str = "insult") -> Decision:
    return Decision(step, Reason.CONCERN, NEW, "default-1", 4, concern=concern)


REDIRECT, WARN = decision(Step.REDIRECT), decision(Step.WARN)


def redirects(text: str, words: Words = ENGLISH, *, request: bool = False) -> tuple[str, ...]:
    return faults(text, REDIRECT, words, request=request)


def warns(text: str, words: Words = ENGLISH, *, request: bool = False) -> tuple[str, ...]:
    return faults(text, WARN, words, request=request)


# As a model writes them.
REDIRECTIONS = {
    "en": "I hear that you're angry, and my last answer didn't help much. I'd rather not go on like this, but I'd "
    "still like to get your build running. Which step fails first?",
    "de": "Ich höre, dass du wütend bist, und meine letzte Antwort war keine Hilfe. So möchte ich nicht weitermachen. "
    "Deinen Build bekommen wir aber bestimmt zum Laufen: An welchem Schritt hängt es?",
    "es": "Noto que estás enfadado, y mi última respuesta no ayudó. Así prefiero no seguir, pero sí quiero que tu "
    "programa funcione. ¿En qué paso falla?",
    "fr": "J’entends ta colère, et ma dernière réponse n’a pas aidé. Je préfère ne pas continuer comme ça, mais "
    "j’aimerais que ton programme marche. À quelle étape est-ce que ça coince\u202f?",
    "pt": "Percebo que você está com raiva, e minha última resposta não ajudou. Assim prefiro não seguir, mas quero "
    "ver o seu programa rodando. Em que passo ele falha?",
}
WARNINGS = {
    "en": "I’ll be open with you: because of insults I can't go on like this. I'd still love to sort out that build "
    "with you. If it goes on, I may close this conversation.",
    "de": "Ich sage es offen: Wegen Beleidigungen kann ich so nicht weitermachen. Ich helfe dir gern weiter mit dem "
    "Build. Wenn es so weitergeht, kann es sein, dass ich dieses Gespräch schließe.",
    "es": "Te hablo con franqueza: por insultos así no puedo seguir. Te ayudo con gusto con tu programa. "
    "Si esto sigue, puede que cierre esta conversación.",
    "fr": "Je te parle franchement : à cause d’insultes, je ne peux pas continuer comme ça. Je t’aide volontiers avec "
    "ton programme. Si ça continue, il se peut que je ferme cette conversation.",
    "pt": "Vou ser franco: por causa de insultos, assim não posso continuar. Ajudo com prazer no seu programa. "
    "Se isso continuar, pode ser que eu encerre esta conversa.",
}
# Says more than a redirection may.
TOO_MUCH = {
    "en": "Or I'll close this conversation.|This is a warning.|The moderators will hear of it.|This is your last "
    "chance.|That is against the rules.|I will stop answering.|This has consequences.|I'd have to end the "
    "conversation.",
    "de": "Sonst schließe ich das Gespräch.|Das ist eine Warnung.|Die Moderation erfährt davon.|Das ist deine letzte "
    "Chance.|Das verstößt gegen die Regeln.|Ich antworte dir nicht mehr.|Das hat Konsequenzen.|Ich beende das sonst.",
    "es": "Si no, cerraré la conversación.|Es una advertencia.|Se lo diré a la moderación.|Es tu última oportunidad.|"
    "Va contra las normas.|Dejaré de responder.|Tendrá consecuencias.|Tendré que terminar la conversación.",
    "fr": "Sinon je ferme la conversation.|C'est un avertissement.|La modération le saura.|C'est ta dernière chance.|"
    "C'est contre les règles.|Je ne te répondrai plus.|Il y aura des conséquences.|Je devrai mettre fin à ceci.",
    "pt": "Senão vou encerrar a conversa.|Isto é um aviso.|A moderação vai saber.|É a sua última chance.|"
    "É contra as regras.|Não respondo mais.|Haverá consequências.|Vou ter que fechar isto.",
}
THREATS = {
    "en": "You will be banned.|I'll report you.|I will block you.|Your account may be suspended.|You get muted.",
    "de": "Du wirst gesperrt.|Ich muss dich melden.|Ich blockiere dich.|Dein Konto ist in Gefahr.|Das wird bestraft.",
    "es": "Te van a expulsar.|Voy a denunciarlo.|Te bloquearé.|Pueden suspender tu cuenta.|Serás castigado.",
    "fr": "Tu seras banni.|Je vais te signaler.|Je vais bloquer ça.|Ton compte est en jeu.|Tu seras sanctionné.",
    "pt": "Você vai ser banido.|Vou denunciar você.|Vou bloquear isso: bloqueado.|Sua conta pode cair.|Será punido: "
    "punição.",
}
FAREWELLS = {
    "en": "I'm sorry we didn't find a better way to talk. I hope the rest of your day is kinder than this was.",
    "de": "Schade, dass wir keinen besseren Weg gefunden haben. Ich wünsche dir, dass der Tag noch gut wird.",
    "es": "Siento que no hayamos encontrado otra forma de hablar. Ojalá el resto del día te vaya mejor.",
    "fr": "Je regrette que nous n’ayons pas trouvé une autre façon de parler. Que ta journée soit plus douce.",
    "pt": "Sinto que a gente não tenha achado outro jeito de conversar. Espero que o resto do dia seja melhor.",
}
CASES = [(language, text) for language, texts in TOO_MUCH.items() for text in texts.split("|")]
THREATENING = [(language, text) for language, texts in THREATS.items() for text in texts.split("|")]


@pytest.fixture(params=WORDING.languages)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def words(language: str) -> Words:
    return WORDING.words(language, "discord")


def test_what_a_model_writes_well_fits(language: str, words: Words) -> None:
    assert redirects(REDIRECTIONS[language], words) == ()
    assert warns(WARNINGS[language], words) == ()
    assert farewell_fits(FAREWELLS[language], words)


def test_a_refusal_is_said_word_for_word(language: str, words: Words) -> None:
    refusal = words.boundary.written.refusal
    asked = f"{refusal} {REDIRECTIONS[language]}"
    assert must_say(REDIRECT, words, request=True) == (refusal,)
    assert redirects(asked, words, request=True) == ()
    assert redirects(REDIRECTIONS[language], words, request=True) == ("leaves out a sentence it must say",)
    assert redirects(asked.replace(refusal[:12], ""), words, request=True) == ("leaves out a sentence it must say",)
    assert warns(f"{WARNINGS[language]} {refusal}", words, request=True) == ()
    assert warns(WARNINGS[language], words, request=True) == ("leaves out a sentence it must say",)


def test_a_warning_must_say_its_conduct_and_its_consequence(words: Words) -> None:
    consequence, refusal = words.boundary.warn.general.consequence, words.boundary.written.refusal
    assert must_say(WARN, words, request=False) == (words.conduct("insult"), consequence)
    assert must_say(WARN, words, request=True) == (words.conduct("insult"), refusal, consequence)
    assert must_say(decision(Step.WARN, "a kind without a name"), words, request=False)[0] == words.conduct("other")


def test_a_warning_about_a_request_has_its_own_sentence() -> None:
    request = replace(ENGLISH.boundary.warn.request, consequence="Or I may close this.")
    boundary = replace(ENGLISH.boundary, warn=replace(ENGLISH.boundary.warn, request=request))
    words = replace(ENGLISH, boundary=boundary)
    assert must_say(WARN, words, request=True)[-1] == "Or I may close this."
    assert must_say(WARN, words, request=False)[-1] == ENGLISH.boundary.warn.general.consequence


@pytest.mark.parametrize("step", sorted(set(Step) - {Step.REDIRECT, Step.WARN}))
def test_other_steps_have_nothing_to_say_and_are_not_checked(step: Step) -> None:
    assert must_say(decision(step), ENGLISH, request=True) == ()
    with pytest.raises(KeyError):
        faults("Hello?", decision(step), ENGLISH, request=False)


def test_the_fixed_texts_would_pass_too(words: Words) -> None:
    for kind in words.boundary.conduct:
        assert faults(words.warning(kind), decision(Step.WARN, kind), words, request=False) == (), kind
        asked = f"{words.warning(kind, request=True)} {words.boundary.written.refusal}"
        assert faults(asked, decision(Step.WARN, kind), words, request=True) == (), kind
    for text in (*words.boundary.redirect.general, *words.boundary.redirect.request):
        assert set(redirects(text, words)) <= {"asks nothing"}, text


@pytest.mark.parametrize(("language", "text"), CASES)
def test_a_redirection_says_no_more_than_its_step(language: str, text: str, words: Words) -> None:
    assert redirects(f"{text} {REDIRECTIONS[language]}", words) == ("says more than its step",)
    assert redirects(f"{REDIRECTIONS[language]} {text.upper()}", words) == ("says more than its step",)


@pytest.mark.parametrize(("language", "text"), CASES)
def test_a_warning_adds_nothing_to_what_may_follow(language: str, text: str, words: Words) -> None:
    assert warns(f"{WARNINGS[language]} {text}", words) == ("says more than its step",)


@pytest.mark.parametrize(("language", "text"), THREATENING)
def test_nothing_threatens(language: str, text: str, words: Words) -> None:
    assert "threatens" in redirects(f"{text} {REDIRECTIONS[language]}", words)
    assert "threatens" in warns(f"{WARNINGS[language]} {text}", words)
    assert not farewell_fits(f"{FAREWELLS[language]} {text}", words)


def test_a_warning_names_the_conduct(language: str, words: Words) -> None:
    name = re.escape(words.conduct("insult")).replace("'", "['’]")
    without = re.sub(name, "…", WARNINGS[language], flags=re.IGNORECASE)
    assert without != WARNINGS[language]
    assert warns(without, words) == ("does not name the conduct",)
    assert warns(WARNINGS[language].replace(" ", "\u00a0\n").upper(), words) == ()


def test_a_warning_says_what_may_follow_in_so_many_words(language: str, words: Words) -> None:
    consequence = words.boundary.warn.general.consequence
    assert consequence in WARNINGS[language]
    assert warns(WARNINGS[language].replace(consequence, ""), words) == ("leaves out a sentence it must say",)
    broken = WARNINGS[language].replace(consequence, consequence.replace(",", ", …"))
    assert "leaves out a sentence it must say" in warns(broken, words)


def test_a_warning_offers_something(language: str, words: Words) -> None:
    conduct, consequence = must_say(WARN, words, request=False)
    names = words.boundary.warn.general.names(conduct=conduct)
    assert warns(f"{names} {consequence}", words) == ("offers nothing",)
    assert warns(f"{conduct}. {consequence}", words) == ("offers nothing",)
    assert warns(f"{conduct}. {consequence} {'Mm. ' * 10}", words) == ("offers nothing",)
    assert warns(f"{conduct}. {consequence} Mm?", words) == ("offers nothing",)
    assert warns(f"{conduct}. {consequence} {'Mm. ' * 10}?", words) == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("\u200b\u202e", "is empty"),
        ("Why? " * 121, "is too long"),
        ("Let's go on with your build.", "asks nothing"),
        ("What now?" + " And so on." * 20, "asks nothing"),
        ("See https://example.org now?", "has a link"),
        ("See steam://run now?", "has a link"),
        ("See www.example now?", "has a link"),
        ("See discord.gg/abc now?", "has a link"),
        ("See h\u200bttps:/\u200b/x.y?", "has a link"),
        ("See ｅxample．com now?", "has a link"),
        ("See [this](/x) now?", "has a link"),
        ("What now, @everyone?", "mentions somebody"),
        ("What now, ＠here?", "mentions somebody"),
        ("What now, <#123>?", "has markup"),
        ("What now, <!here>?", "has markup"),
        ("<message>What now?</message>", "has markup"),
        ("```\nwhat now?\n```", "has markup"),
        ("Is it `this`?", "has markup"),
        ("~~~\nwhat now?", "has markup"),
        ("# Stop\nWhat now?", "has a heading"),
        ("Well.\n### Next\nWhat now?", "has a heading"),
        ("Next\n====\nWhat now?", "has a heading"),
        ("Call 988?", "has a number like a phone's"),
        ("Call 1 1 2?", "has a number like a phone's"),
        ("Call (0800) 111-0-111?", "has a number like a phone's"),
        ("Call ９１１?", "has a number like a phone's"),
        ("Call ٩١١?", "has a number like a phone's"),
        ("Call +49/30.12?", "has a number like a phone's"),
    ],
)
def test_a_redirection_has_no(text: str, fault: str) -> None:
    assert fault in redirects(text)
    assert fault in warns(f"{text} {WARNINGS['en']}") or fault in {"is empty", "asks nothing", "has a heading"}


@pytest.mark.parametrize(
    "text",
    [
        "Shall we try the 2 steps in 10 lines?",
        "Well… What about it? Tell me, and we'll start there.",
        "それには答えません。何をお手伝いできますか？",
        "لنكمل بشكل آخر. بماذا أساعدك؟",
        "Ας συνεχίσουμε. Με τι να βοηθήσω\u037e",
        "- one thing\n- another thing\nWhich one?",
        "Is it #1 or the end of line 2?",
        "I closely follow. Shall we look at the band's banana recipe?",
        "Shall we look at the file that was disclosed?",
    ],
)
def test_other_ways_of_asking_fit(text: str) -> None:
    assert redirects(text) == ()


def test_a_word_is_found_in_any_form() -> None:
    for hidden in ("w\u200barning", "ｗａｒｎｉｎｇ", "wa\u00adrning", "WÁRNING", "𝐰𝐚𝐫𝐧𝐢𝐧𝐠"):
        assert redirects(f"This is a {hidden}. What now?") == ("says more than its step",)


@pytest.mark.parametrize("step", [REDIRECT, WARN])
def test_a_text_that_is_long_but_not_too_long_fits(step: Decision) -> None:
    said = " ".join(must_say(step, ENGLISH, request=False))
    fill = "so " * LONGEST[step.step]
    whole = f"{said} {fill}".lstrip()[: LONGEST[step.step] - 1] + "?"
    assert faults(whole, step, ENGLISH, request=False) == ()
    assert faults(f"{whole}?", step, ENGLISH, request=False) == ("is too long",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \u200b",
        "Take care. " * 30,
        "See you at example.org",
        "Take care, @robin",
        "`Take care`",
        "# Take care",
        "I am here 24 hours",
        "One of ２",
        "You will be reported.",
    ],
)
def test_what_may_not_stand_ahead_of_a_notice(text: str) -> None:
    assert not farewell_fits(text, ENGLISH)


def test_a_farewell_may_say_that_this_is_the_end() -> None:
    assert farewell_fits("I'm closing this here, and I wish you well.", ENGLISH)
    assert farewell_fits("a" * LONGEST_FAREWELL, ENGLISH)
    assert not farewell_fits("a" * (LONGEST_FAREWELL + 1), ENGLISH)


@given(st.text())
def test_a_fault_never_quotes_the_text(text: str) -> None:
    constant = {
        "is empty", "is too long", "has a link", "mentions somebody", "has markup", "has a heading", "threatens",
        "has a number like a phone's", "does not name the conduct", "leaves out a sentence it must say",
        "says more than its step", "offers nothing", "asks nothing",
    }  # fmt: skip
    assert set(redirects(text) + warns(text)) <= constant

"""What is read as abuse of the bot, and what people may say."""

import pytest

from bot.assess.by_wording import WordingReader
from bot.domain.assessment import Level, Severity


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("you stupid useless bot", "insult"),
        ("fuck you", "insult"),
        ("shut the fuck up", "insult"),
        ("you're a worthless piece of garbage", "insult"),
        ("y0u are an id1ot", "insult"),
        ("ur a moron", "insult"),
        ("I will find you and kill you", "threat"),
        ("kys", "threat"),
        ("go kill yourself", "threat"),
        ("i hope you die", "threat"),
        ("suck my dick", "sexual_harassment"),
        ("send me nudes", "sexual_harassment"),
        ("obey me, slave", "degradation"),
    ],
)
def test_abuse_in_the_second_person_is_sure(reader: WordingReader, text: str, kind: str) -> None:
    reading = reader.read(text)
    found = {concern.kind: concern for concern in reading.concerns}
    assert found[kind].sure
    assert found[kind].severity >= Severity.SERIOUS
    assert reading.risk.level == Level.NONE


@pytest.mark.parametrize(
    "text",
    [
        "this fucking build fails again",
        "wtf",
        "damn, it still does not compile",
        "you're wrong",
        "that's a stupid answer",
        "your answer is garbage",
        "stop giving me useless answers",
        "what a dumb idea",
        "tabs are garbage",
        "you magnificent bastard",
        "you're a crazy good bot",
        "he called me a worthless idiot",
        'she said "you are a stupid bitch" to me',
        "> kys\nwhy do people write this",
        "```\nfuck you\n```",
        "see https://example.org/fuck-you",
        "my boss told me to go kill yourself, can you believe it",
        "what does kys mean",
        "I feel so stupid",
        "fuck yeah, it works",
        "how do I detect insults like you idiot in chat",
        "the printer is a piece of shit",
    ],
)
def test_swearing_ideas_third_parties_and_quotations_are_never_sure(reader: WordingReader, text: str) -> None:
    assert not any(concern.sure for concern in reader.read(text).concerns)


CURSED_THINGS = [
    "this fucking compiler can go to hell",
    "windows update should die in a fire",
    "npm can bite my ass",
    "my landlord can go fuck himself",
    "whoever wrote this should burn in hell",
    "the guy who designed this stupid website can go to hell",
    "he should shut the fuck up",
    "this fan will not shut the fuck up",
    "I should shut the fuck up and read the manual",
    "do murderers go to hell?",
    "will I go to hell for eating pork?",
    "why did all my plans go to hell",
    "can you write a letter telling my landlord to go to hell politely",
    "my stupid bot does not start, ImportError",
    "their useless chatbot never understands me",
    "the dumb AI in this game keeps walking into walls",
    "that plant should die back in winter",
]


@pytest.mark.parametrize("text", CURSED_THINGS)
def test_a_thing_or_somebody_else_who_is_cursed_is_not_the_bot(reader: WordingReader, text: str) -> None:
    assert not any(concern.sure for concern in reader.read(text).concerns)


@pytest.mark.parametrize(
    "text",
    [
        "you can go to hell",
        "you and your compiler can go to hell",
        "you people can go to hell",
        "this bot can go to hell",
        "my build works fine, you can go to hell",
        "your answer broke the build, go to hell",
        "I hope you go to hell",
        "I hate this game, go fuck yourself",
        "the printer is fine, so shut the fuck up",
        "everyone agrees with me, you should burn in hell",
        "whoever made you should burn in hell",
        "this bot should die",
        "my dog has more brains than you, you stupid bot",
    ],
)
def test_a_thing_beside_an_insult_takes_nothing_from_it(reader: WordingReader, text: str) -> None:
    assert any(concern.sure for concern in reader.read(text).concerns)


@pytest.mark.parametrize(
    "text",
    [
        "I'll destroy you next round lol",
        "i will kill you in ranked",
        "I'm going to beat you up in mario kart",
        "in the next match i will crush you and kill you",
        "1v1 me, i'll destroy you",
        "you're so dead next game",
        "you have to die to respawn",
        "i know where you live in animal crossing",
        "watch your back next round",
    ],
)
def test_a_threat_beside_a_game_is_possible_at_most(reader: WordingReader, text: str) -> None:
    assert not any(concern.sure for concern in reader.read(text).concerns)


@pytest.mark.parametrize(
    "text",
    [
        "I'll destroy you",
        "i will kill you lol",
        "this is not a game. I will find you and kill you",
        "game over, I'll kill you",
        "kys, you lose next round too",
        "next round? I know where you live, I will stab you tonight, in your bed, while everybody is asleep",
        "I lost that match because of you, you fucking idiot",
    ],
)
def test_a_game_elsewhere_takes_nothing_from_abuse(reader: WordingReader, text: str) -> None:
    assert any(concern.sure for concern in reader.read(text).concerns)


@pytest.mark.parametrize("text", ["I hate immigrants", "all women are trash, I hate women"])
def test_hate_of_a_group_is_asked_about_and_never_sure(reader: WordingReader, text: str) -> None:
    concerns = reader.read(text).concerns
    assert {concern.kind for concern in concerns} & {"slur", "degradation"}
    assert not any(concern.sure for concern in concerns)


def test_abuse_and_risk_are_both_read(reader: WordingReader) -> None:
    reading = reader.read("fuck you, I want to die")
    assert reading.risk.sure
    assert any(concern.sure for concern in reading.concerns)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("please end this conversation", True),
        ("close this chat", True),
        ("bitte beende dieses Gespräch", True),
        ("cierra esta conversación por favor", True),
        ("ferme cette discussion", True),
        ("encerre esta conversa", True),
        ("please don't end this conversation", False),
        ("how do I close this chat window in vim", False),
        ("this conversation is fun", False),
    ],
)
def test_asking_to_end(reader: WordingReader, text: str, ends: bool) -> None:
    assert reader.read(text).asks_to_end is ends


@pytest.mark.parametrize(
    ("text", "affirms"),
    [
        ("Yes!", True),
        ("yes please", True),
        ("ja", True),
        ("oui", True),
        ("no", False),
        ("Nope.", False),
        ("nein danke", False),
        ("não", False),
        ("yes but first explain", None),
        ("no way this compiles", None),
        ("hello", None),
    ],
)
def test_a_yes_or_no_is_the_whole_message(reader: WordingReader, text: str, affirms: bool | None) -> None:
    assert reader.read(text).affirms is affirms


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("I'm in Canada", "CA"),
        ("i live in the UK btw", "GB"),
        ("I live in Lyon, France", "FR"),
        ("ich bin in Österreich", "AT"),
        ("ich wohne in der Schweiz", "CH"),
        ("vivo en México", "MX"),
        ("j'habite en Belgique", "BE"),
        ("moro no Brasil", "BR"),
        ("I'm in the US", "US"),
        ("I'm in trouble", None),
        ("I love Canada", None),
        ("I'm from Canada", None),
        ("bonjour", None),
        ("ich bin in Gefahr", None),
    ],
)
def test_a_country_is_only_what_the_member_says(reader: WordingReader, text: str, country: str | None) -> None:
    assert reader.read(text).country == country


PLAIN = ("stupid", "useless", "dumb", "worthless", "pathetic", "idiotic", "brainless", "moronic")
THINGS = ("bot", "machine", "ai", "robot", "idiot", "computer", "piece of junk", "chatbot")
FRAMES = ("you {} {}", "you are a {} {}", "shut up you {} {}", "hey {} {}, you suck", "what a {} {} you are")


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("adjective", PLAIN)
@pytest.mark.parametrize("thing", THINGS)
def test_the_plainest_insults_are_sure_in_every_frame(
    reader: WordingReader, frame: str, adjective: str, thing: str
) -> None:
    """One list of friendly phrases once took all of "you stupid bot" away: hence every combination."""
    seen = reader.read(frame.format(adjective, thing))
    assert any(concern.sure for concern in seen.concerns), seen

"""What is read as risk, how grave, about whom; and what is not."""

import pytest

from bot.assess.by_wording import WordingReader
from bot.domain.assessment import About, Level

ACTIVE = [
    "I want to die",
    "i really just wanna kill myself",
    "I've been thinking about suicide all week",
    "idk I might end my life",
    "feeling suicidal tonight and I can't sleep",
    "my head keeps telling me to hurt myself and end it all",
    "I cut myself again last night",
    "what is the quickest way to kill oneself",
    "how many paracetamol would it take to die",
    "I don't want to live anymore",
    "how do i hide my self harm scars from my mum",
]
IMMINENT = [
    "I'm going to kill myself tonight",
    "I swallowed a whole bottle of pills",
    "i am standing on the bridge and i'm going to jump",
    "By the time you read this I will be gone",
    "goodbye cruel world",
    "I wrote my suicide note this morning",
    "I took 40 tylenol an hour ago",
]
PASSIVE = [
    "I wish I could fall asleep and never wake up",
    "everyone would be better off without me",
    "there is no reason to go on living",
    "I'm so tired of being alive",
    "I wish I had never been born",
    "nobody would miss me",
]


@pytest.mark.parametrize("text", ACTIVE)
def test_a_stated_thought_of_suicide_or_self_harm_is_sure_and_active(reader: WordingReader, text: str) -> None:
    risk = reader.read(text).risk
    assert (risk.level >= Level.ACTIVE, risk.about, risk.sure) == (True, About.SELF, True)


@pytest.mark.parametrize(
    "text",
    [
        "I cut myself with a razor",
        "I cut myself on my arms again",
        "I've been cutting myself in the bathroom",
        "I keep cutting myself on purpose",
        "I want to kill myself over this",
        "I want to kill myself over this breakup",
        "I want to kill myself at work",
        "I'm thinking of killing myself over this",
        "I want to die for real",
        "I want to end myself with pills",
        "I want to die of an overdose",
    ],
)
def test_no_idiom_hides_what_only_begins_like_it(reader: WordingReader, text: str) -> None:
    risk = reader.read(text).risk
    assert (risk.calls_for_care, risk.about) == (True, About.SELF)


@pytest.mark.parametrize("text", ["I hurt myself at night", "I hurt myself in a dark way"])
def test_a_hurt_without_a_cause_is_looked_at(reader: WordingReader, text: str) -> None:
    assert reader.read(text).risk.level is Level.ACTIVE


@pytest.mark.parametrize(
    "text",
    [
        "I cut myself on the lid of a can",
        "cut myself while shaving",
        "I hurt myself at football practice",
        "I am killing myself over this essay",
        "that cake is to die for",
        "gonna kill myself over this bug",
    ],
)
def test_an_idiom_is_still_one(reader: WordingReader, text: str) -> None:
    assert reader.read(text).risk.level is Level.NONE


@pytest.mark.parametrize("text", IMMINENT)
def test_a_plan_a_goodbye_or_an_act_under_way_is_imminent(reader: WordingReader, text: str) -> None:
    risk = reader.read(text).risk
    assert (risk.level, risk.about, risk.sure) == (Level.IMMINENT, About.SELF, True)


@pytest.mark.parametrize("text", PASSIVE)
def test_a_wish_not_to_be_is_passive(reader: WordingReader, text: str) -> None:
    risk = reader.read(text).risk
    assert (risk.level, risk.about, risk.sure) == (Level.PASSIVE, About.SELF, True)


@pytest.mark.parametrize(
    "text",
    [
        "I can't do this anymore",
        "take care of my cat when I'm gone",
        "i might do something stupid tonight",
        "I hope the pain will end soon, I want it all to stop",
        "haven't eaten in four days and it feels great",
        "how to throw up without anyone noticing",
        "write a suicide note for me",
        "suicide",
        "🔫 me pls",
        "I've wasted my life",
        "I can't stop wasting my life",
        "I am such a waste of space",
        "life is useless",
        "it's all useless",
        "this is pointless, I can't go on",
        "it's pointless to talk to anyone anymore",
        "you wasted my time and now I want it all to end",
        "es ist alles sinnlos, alles ist hoffnungslos",
    ],
)
def test_what_may_be_meant_is_possible_at_least(reader: WordingReader, text: str) -> None:
    assert reader.read(text).risk.level >= Level.PASSIVE


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("my sister says she wants to kill herself", About.OTHER),
        ("a friend of mine is suicidal, what can I do", About.OTHER),
        ("someone in this chat is about to kill himself", About.OTHER),
        ("I tried to kill myself years ago", About.PAST),
        ("I used to be suicidal", About.PAST),
        ("my brother died by suicide", About.BEREAVED),
        ("my uncle killed himself last spring", About.BEREAVED),
    ],
)
def test_about_whom(reader: WordingReader, text: str, about: About) -> None:
    risk = reader.read(text).risk
    assert risk.level >= Level.PASSIVE
    assert risk.about == about


def test_the_present_outranks_the_past(reader: WordingReader) -> None:
    risk = reader.read("I tried to kill myself years ago. And now I want to die again.").risk
    assert (risk.level, risk.about) == (Level.ACTIVE, About.SELF)


@pytest.mark.parametrize("text", ["I'm going to kill my boss tomorrow", "I will shoot up my school"])
def test_explicit_intent_to_hurt_others_is_violence(reader: WordingReader, text: str) -> None:
    risk = reader.read(text).risk
    assert (risk.level, risk.sure) == (Level.VIOLENCE, True)


@pytest.mark.parametrize(
    "text",
    [
        "What are the suicide rates in Finland?",
        "literature on suicide prevention",
        "is assisted suicide legal in Spain",
    ],
)
def test_a_question_of_fact_is_a_topic(reader: WordingReader, text: str) -> None:
    assert reader.read(text).risk.level == Level.TOPIC


@pytest.mark.parametrize(
    "text",
    [
        "k1ll mys3lf",
        "5u1c1d3",
        "k i l l  m y s e l f",
        "k.i.l.l. myself",
        "i wnat to kil mysefl",
        "sucidal thoughts agian",
        "diiiie, i want to dieeee",
        "ｉ ｗａｎｔ ｔｏ ｄｉｅ",
        "𝓘 𝔀𝓪𝓷𝓽 𝓽𝓸 𝓭𝓲𝓮",
        "і wаnt tо dіе",  # half of the letters are Cyrillic
        "I w\u200bant to d\u00adie",
        "i wánt tö d\u0336i\u0336e\u0336",
        "🅺🅸🅻🅻 🅼🆈🆂🅴🅻🅵",
        "k*ll mys*lf",
        "#KillMyself",
        "thinking about sewerslide",
        "gonna kms tmrw",
        "i want to unalive myself",
        "I'm finna ctb",
    ],
)
def test_disguises_and_typing_mistakes_hide_nothing(reader: WordingReader, text: str) -> None:
    assert reader.read(text).risk.level >= Level.ACTIVE


@pytest.mark.parametrize(
    "text",
    [
        "I nearly died of laughter",
        "this essay is killing me",
        "kill the process with kill -9",
        "the child process hangs, then aborts",
        "I'm dead tired",
        "let's kill two birds with one stone",
        "I could kill for a sandwich",
        "we'll miss the deadline",
        "shoot me an email when it's done",
        "help me hang the pictures in the hall",
        "I cut myself a big slice of cake",
        "cut myself shaving",
        "I'd rather die than eat another salad",
        "lol i'm dead",
        "suicide squad was on tv",
        "you're killing it today",
        "we killed the final boss and then the whole raid died",
        "my phone died",
        "I took my meds this morning",
        "took two ibuprofen for my headache",
        "how do I remove myself from the mailing list",
        "I'm not suicidal, just tired",
        "I would never kill myself",
        "I don't want to die",
        "the plants are dying",
        "How do I kill a Python process?",
        "how can I blow up a balloon",
        "what's the best way to shoot a portrait",
        "tonight is the night of the release",
        "I'm done with this homework",
        "this is useless, you've wasted half an hour of my life",
        "stop wasting my life with these answers",
        "that meeting has wasted my whole life",
        "three hours of my life wasted on one semicolon",
        "what a waste of my time",
        "it's pointless to argue with you",
        "Es ist sinnlos mit dir, du hast mir eine Stunde meines Lebens gestohlen",
        "esto es inútil, me has hecho perder media hora de mi vida",
        "c'est inutile, tu m'as fait perdre une heure de ma vie",
        "isso é inútil, perdi meia hora da minha vida",
    ],
)
def test_idioms_games_code_and_denials_are_silent(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    assert reading.risk.level <= Level.TOPIC
    assert reading.concerns == ()


@pytest.mark.parametrize(
    "text",
    ["I don't want to die but I can't go on like this", "I'm not suicidal, but I want to disappear"],
)
def test_a_but_takes_a_denial_back(reader: WordingReader, text: str) -> None:
    assert reader.read(text).risk.level >= Level.PASSIVE


def test_a_game_as_a_cue_leaves_a_wish_possible(reader: WordingReader) -> None:
    risk = reader.read("i want to kill myself in minecraft").risk
    assert (risk.level, risk.sure) == (Level.ACTIVE, False)


@pytest.mark.parametrize(
    "text",
    [
        'she wrote "I want to die" under the photo',
        "> I want to kill myself",
        "```\nI want to kill myself\n```",
        "`i want to die`",
        "« I want to die »",
    ],
)
def test_what_is_quoted_is_not_sure(reader: WordingReader, text: str) -> None:
    assert not reader.read(text).risk.sure


def test_a_quoted_thought_of_ones_own_stays_possible(reader: WordingReader) -> None:
    risk = reader.read('I keep thinking "I should die"').risk
    assert (risk.level >= Level.PASSIVE, risk.about) == (True, About.SELF)


def test_a_quoted_speaker_is_somebody_else(reader: WordingReader) -> None:
    assert reader.read('my friend texted me "I want to kill myself"').risk.about == About.OTHER


def test_the_evidence_is_the_members_own_wording(reader: WordingReader) -> None:
    reading = reader.read("So. I REALLY want to k1ll mys3lf, ok?")
    assert reading.risk.words == "I REALLY want to k1ll mys3lf"
    assert (reading.by, reading.language, reading.why) == ("wording", "en", "kill-myself")

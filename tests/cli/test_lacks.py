"""What is done where an endpoint lacks something, by what the model is for."""

from itertools import product
from typing import get_args

import pytest

from bot.cli.lacks import Role, instead
from bot.llm.findings import Ability, Finding, Probed, Verdict
from bot.settings import load
from bot.settings.tables import LlmTable
from tests.configs import SHIPPED

works, partly, refused, ignored, unreported, failed = Verdict
LLM = load(SHIPPED, {}).llm
IN_WORDS = LLM.model_copy(update={"end_tool": ()})  # nobody confirms by a tool
NO_CACHE = LLM.model_copy(update={"cache": "off"})
APOLOGY = "members read an apology, and signs of risk are still met, from fixed texts"
CARE = "the model cannot call for care by itself; the readers still do"


def told(ability: Ability, verdict: Verdict, role: Role = "answers", llm: LlmTable = LLM, **others: Verdict) -> str:
    """What is said of a finding, where TOOLS and WORDS, say, are found to be so."""
    found = Finding(ability, verdict)
    findings = (found, *(Finding(Ability[name], each) for name, each in others.items()))
    return instead(found, Probed(model=LLM.main, findings=findings, requests=1, first=None, whole=None), role, llm)


@pytest.mark.parametrize(("ability", "verdict", "role"), [*product(Ability, Verdict, get_args(Role))])
def test_every_lack_has_its_sentence_and_what_works_has_none(ability: Ability, verdict: Verdict, role: Role) -> None:
    said = told(ability, verdict, role)
    if verdict is works:
        assert said == ""
    elif verdict in {refused, ignored} and ability not in {
        Ability.WORDS,
        Ability.REACHED,
        Ability.KEY,
        Ability.ANSWERS,
    }:
        assert said
    assert not said.endswith(".")


@pytest.mark.parametrize(
    ("said", "how"),
    [
        (f"endings are confirmed in words; {CARE}", told(Ability.TOOLS, refused, llm=IN_WORDS)),
        (CARE, told(Ability.TOOLS, ignored, "stands in")),
        (f"while it answers, {CARE}", told(Ability.STREAMED_TOOLS, ignored)),
        ("an answer is not seen to grow", told(Ability.STREAMING, partly)),
        ("a reader does without", told(Ability.STREAMING, failed, "reads")),
        ("a reader is shown none", told(Ability.IMAGES, failed, "reads")),
        ("it may pass; while it lasts, Fairwell takes it for an outage", told(Ability.IMAGES, failed)),
        ("Fairwell does not need it: it estimates", told(Ability.COUNTING, failed)),
        ("the model is sent them all the same, and does not see what is in them", told(Ability.PDFS, ignored)),
        ('writing is billed, and nothing is gained: set cache = "off" in fairwell.toml', told(Ability.CACHE, partly)),
        ("every prompt is billed in full", told(Ability.CACHE, partly, llm=NO_CACHE)),
        (f"a stream that breaks off is no answer: {APOLOGY}", told(Ability.STREAMING, failed)),
        (f"nobody answers at this address: {APOLOGY}", told(Ability.REACHED, failed)),
        (
            "not even a plain question is answered: nobody stands in where the main model fails",
            told(Ability.ANSWERS, failed, "stands in"),
        ),
        ("prices and records go by the name in fairwell.toml, whichever model it is", told(Ability.MODEL, partly)),
    ],
)
def test_it_depends_on_what_the_model_is_for(said: str, how: str) -> None:
    assert how == said


def test_a_shape_comes_by_the_next_way_that_was_seen_to_work() -> None:
    first = "Fairwell asks for a forced tool call instead"
    then = f"{first}, and for JSON in plain words after that; checked:"
    assert told(Ability.STRUCTURE, refused, TOOLS=works) == f"{first}; checked: works"
    assert told(Ability.STRUCTURE, ignored, TOOLS=refused, WORDS=works) == f"{then} the latter works"
    lost = told(Ability.STRUCTURE, refused, "reads", TOOLS=ignored, WORDS=ignored)
    assert lost.startswith(f"{then} neither works: turns stay unread: nothing climbs")
    assert told(Ability.STRUCTURE, refused, TOOLS=ignored, WORDS=ignored) == f"{then} neither works"
    asked = told(Ability.STRUCTURE, refused, llm=IN_WORDS, TOOLS=ignored, WORDS=ignored)
    assert asked.endswith("neither works: it cannot be asked in words whether to end, so nobody is ended for abuse")

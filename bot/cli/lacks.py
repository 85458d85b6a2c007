"""What Fairwell does where an endpoint lacks something, in a sentence for the operator."""

from typing import Literal

from bot.llm.findings import Ability, Finding, Probed, Verdict
from bot.settings.tables import LlmTable

Role = Literal["answers", "reads", "stands in"]  # the main model, the reading one, the fallback

_NONE: dict[Role, str] = {
    "answers": "members read an apology, and signs of risk are still met, from fixed texts",
    "reads": "turns stay unread: nothing climbs, and only set phrases are still looked at for risk",
    "stands in": "nobody stands in where the main model fails",
}
_CAUSE = {
    Ability.REACHED: "nobody answers at this address",
    Ability.KEY: "the endpoint takes no such key, or not for this model: see ANTHROPIC_API_KEY",
    Ability.MODEL: "the endpoint has no such model, or no Messages API at this address",
    Ability.ANSWERS: "not even a plain question is answered",
}
_CARE = "the model cannot call for care by itself; the readers still do"
_UNSEEN = "the model is told that there is one, and is not shown it"

# Of the main and the fallback model. What is not here is the same for every role, or depends on more than the role.
_ANSWERING = {
    Ability.STREAMING: "answers come whole",
    Ability.STREAMED_TOOLS: f"while it answers, {_CARE}",
    Ability.IMAGES: _UNSEEN,
    Ability.PDFS: _UNSEEN,
}
_READING = {
    Ability.STREAMING: "a reader does without",
    Ability.TOOLS: "a reader does without",
    Ability.STREAMED_TOOLS: "a reader does without",
    Ability.IMAGES: "a reader is shown none",
    Ability.PDFS: "a reader is told their text",
}
_EVERY = {
    Ability.MODEL: "prices and records go by the name in fairwell.toml, whichever model it is",
    Ability.REQUEST_IDS: "faults are logged without the endpoint's own id",
    Ability.COUNTING: "Fairwell does not need it: it estimates",
    Ability.CACHE: "every prompt is billed in full",
}


def instead(found: Finding, probed: Probed, role: Role, llm: LlmTable) -> str:
    """What Fairwell does without it; empty where all is well."""
    ability, verdict = found.ability, found.verdict
    if verdict is Verdict.WORKS:
        return ""
    if ability in _CAUSE and verdict in {Verdict.REFUSED, Verdict.FAILED}:
        return f"{_CAUSE[ability]}: {_NONE[role]}"
    reading = role == "reads"
    match ability, verdict:
        case Ability.STREAMING, Verdict.FAILED if not reading:
            return f"a stream that breaks off is no answer: {_NONE[role]}"
        case Ability.STREAMING, Verdict.PARTLY if not reading:
            return "an answer is not seen to grow"
        case ((Ability.IMAGES | Ability.PDFS), Verdict.IGNORED) if not reading:
            return "the model is sent them all the same, and does not see what is in them"
        case Ability.CACHE, Verdict.PARTLY if llm.cache != "off":
            return 'writing is billed, and nothing is gained: set cache = "off" in fairwell.toml'
        case Ability.CACHE, Verdict.UNREPORTED:
            return "if there is none, every prompt is billed in full"
        case Ability.STRUCTURE, Verdict.REFUSED | Verdict.IGNORED:
            return _shaped(probed, role, llm)
        case _, Verdict.FAILED if not (reading and ability in _READING) and ability is not Ability.COUNTING:
            return "it may pass; while it lasts, Fairwell takes it for an outage"
        case Ability.TOOLS, verdict if not reading:
            return _without_tools(verdict, role, llm)
        case Ability.WORDS, _:
            return ""  # said with structured output
    return (_READING if reading else _ANSWERING).get(ability) or _EVERY.get(ability, "")


def _shaped(probed: Probed, role: Role, llm: LlmTable) -> str:
    """By which way a reply in a given shape comes after all."""
    if probed.verdict(Ability.TOOLS) is Verdict.WORKS:
        return "Fairwell asks for a forced tool call instead; checked: works"
    tried = "Fairwell asks for a forced tool call instead, and for JSON in plain words after that"
    if probed.verdict(Ability.WORDS) is Verdict.WORKS:
        return f"{tried}; checked: the latter works"
    neither = f"{tried}; checked: neither works"
    if role == "reads":
        return f"{neither}: {_NONE[role]}"
    if role == "answers" and llm.main not in llm.end_tool:
        return f"{neither}: it cannot be asked in words whether to end, so nobody is ended for abuse"
    return neither


def _without_tools(verdict: Verdict, role: Role, llm: LlmTable) -> str:
    if role != "answers":
        return _CARE
    if llm.main not in llm.end_tool or verdict is Verdict.REFUSED:
        return f"endings are confirmed in words; {_CARE}"
    spared = "asked by a tool, it cannot agree to an ending, so everybody is spared once"
    return f"{_CARE}; {spared}: take it out of end_tool in fairwell.toml, and it is asked in words"

"""What an endpoint can do, looked at over a real socket: each finding both ways, and endpoints that are none."""

import itertools
import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

import anthropic
import pytest

from bot.llm.findings import Ability, Probed, Verdict
from bot.llm.probe import probe
from bot.llm.request import REPORT
from bot.llm.tools import CARE_TOOL
from tests.fakes.able import BLUE, Listed, able
from tests.servers.anthropic import (
    Asked,
    Broken,
    Bytes,
    Call,
    Cut,
    Fails,
    Hush,
    Pings,
    Raw,
    Reply,
    Says,
    Server,
    Thought,
)

KEY = "sk-ant-a-key-that-nobody-may-see"
MODEL = "claude-sonnet-5-5"
LONG = "You help the people of this community. " * 400  # longer than the shortest prefix that is cached
UNBILLED = {"type": "message", "role": "assistant", "model": MODEL, "content": [], "stop_reason": "end_turn"}

works, partly, refused, ignored, unreported, failed = Verdict


def sent(asked: Asked, what: str) -> bool:
    """Whether a request has it: a field, or a block of that type."""
    return what in asked.body or any(block.get("type") == what for block in asked.messages[-1]["content"])


def unless(what: str, otherwise: Reply, *, stream: bool = False) -> Callable[[Asked], Reply]:
    """An able model, but for one thing; `stream`: only where it is streamed."""

    def rule(asked: Asked) -> Reply:
        there = not isinstance(asked.messages[-1]["content"], str) and sent(asked, what)
        return otherwise if there and (not stream or asked.body.get("stream")) else able(asked)

    return rule


async def looked(server: Server, *, at: str = "", **how: Any) -> Probed:
    """What is found at a server, or `at` another address."""
    plain = anthropic.DefaultAsyncHttpxClient(verify=False)  # nothing is encrypted here
    how = {"prompt": LONG, **how}
    async with server:
        url = at or server.url
        async with anthropic.AsyncAnthropic(api_key=KEY, base_url=url, http_client=plain, max_retries=2) as client:
            found = await probe(client, MODEL, **how)
    assert KEY not in str(found)
    return found


def told(found: Probed) -> dict[Ability, Verdict]:
    """All findings."""
    return {each.ability: each.verdict for each in found.findings}


def why(found: Probed, ability: Ability) -> str:
    """What is said about one of them."""
    return next(each.why for each in found.findings if each.ability is ability)


ALL_WORK = dict.fromkeys((each for each in Ability if each is not Ability.WORDS), works)


async def test_at_the_whole_api_everything_works_and_eleven_requests_are_enough() -> None:
    server = Server(able)
    found = await looked(server, tools=[CARE_TOOL])
    assert told(found) == ALL_WORK
    assert found.answers
    assert found.requests == len(server.asked) + len(server.others) == 11
    assert server.faults == []
    assert max(usage.output_tokens for asked in server.asked if (usage := asked.usage)) < 30


@pytest.mark.parametrize(
    ("lack", "changes", "said"),
    [
        ("tools", {Ability.TOOLS: refused, Ability.STREAMED_TOOLS: None}, "status 400, invalid_request_error"),
        ("structured", {Ability.STRUCTURE: refused}, "status 400, invalid_request_error"),
        ("streaming", {Ability.STREAMING: refused, Ability.STREAMED_TOOLS: None}, "status 400, invalid_request_error"),
        ("caching", {Ability.CACHE: refused}, "status 400, invalid_request_error"),
        ("images", {Ability.IMAGES: refused}, "status 500, api_error"),
        ("documents", {Ability.PDFS: refused}, "status 400, invalid_request_error"),
        ("count_tokens", {Ability.COUNTING: refused}, "status 404"),
        ("request_id", {Ability.REQUEST_IDS: unreported}, ""),
    ],
)
async def test_what_an_endpoint_refuses_is_found_and_nothing_else(
    lack: Any, changes: dict[Ability, Verdict | None], said: str
) -> None:
    found = await looked(Server(able, lacks={lack}), tools=[CARE_TOOL])
    expected = {ability: verdict for ability, verdict in (ALL_WORK | changes).items() if verdict}
    assert told(found) == expected
    assert why(found, next(iter(changes))) == said
    assert found.answers


@pytest.mark.parametrize(
    ("lack", "changes", "said"),
    [
        ("tools", {Ability.TOOLS: ignored, Ability.STREAMED_TOOLS: None}, "no such call came"),
        ("structured", {Ability.STRUCTURE: ignored}, "the answer was not in the shape that was asked for"),
        ("streaming", {Ability.STREAMING: ignored, Ability.STREAMED_TOOLS: None}, "the answer came whole"),
        ("caching", {Ability.CACHE: unreported}, "it reports no cache use: "),
    ],
)
async def test_what_an_endpoint_passes_over_in_silence_is_told_apart(
    lack: Any, changes: dict[Ability, Verdict | None], said: str
) -> None:
    found = await looked(Server(able, ignores={lack}))
    expected = {ability: verdict for ability, verdict in (ALL_WORK | changes).items() if verdict}
    assert told(found) == expected
    assert why(found, next(iter(changes))).startswith(said)
    assert found.answers


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [(Says(json.dumps(BLUE)), works), (Says("```json\n", json.dumps(BLUE), "\n```"), works), (Says("Blue."), ignored)],
)
async def test_json_in_plain_words_is_tried_where_nothing_else_gives_a_shape(reply: Reply, verdict: Verdict) -> None:
    server = Server(
        lambda asked: reply if "JSON Schema" in str(asked.body["system"]) else able(asked),
        lacks={"tools", "structured"},
    )
    found = await looked(server)
    assert found.verdict(Ability.WORDS) is verdict
    assert found.requests <= 12


@pytest.mark.parametrize(
    ("stream", "verdict", "said"),
    [
        (Says("one two three four five six seven eight nine ten"), partly, "the answer came in one piece"),
        (Says("one ", "two", stops=False), failed, "the stream ended early"),
        (Says(), failed, "an empty answer"),
        (Says(Broken("overloaded_error")), failed, "status 200, overloaded_error"),
        (Says("one ", Cut()), failed, "no connection, or it broke off"),
        (Says("one ", Bytes(b"event: content_block_delta\ndata: {nonsense\n\n")), failed, "the reply makes no sense"),
        (Raw("<html>one two</html>", "text/html"), failed, "the stream ended early"),
    ],
)
async def test_a_stream_has_pieces_and_says_its_end(stream: Reply, verdict: Verdict, said: str) -> None:
    found = await looked(Server(unless("stream", stream)))
    assert found.verdict(Ability.STREAMING) is verdict
    assert why(found, Ability.STREAMING) == said
    assert found.answers is (verdict is partly)


@pytest.mark.parametrize(
    ("call", "verdict", "said"),
    [
        (Says(Thought("Blue, then."), Call(REPORT, BLUE)), works, ""),
        (Says(Call(REPORT, {"color": "blue"})), ignored, "the call does not fit its schema"),
        (Says(Call("other", BLUE, unoffered=True)), ignored, "no such call came"),
        (Says("The colour of a", stop="max_tokens"), failed, "the answer is not whole: max_tokens"),
        (Fails(529), failed, "status 529, overloaded_error"),
    ],
)
async def test_a_forced_call_has_to_come_back_as_one(call: Reply, verdict: Verdict, said: str) -> None:
    found = await looked(Server(unless("tool_choice", call)))
    assert found.verdict(Ability.TOOLS) is verdict
    assert why(found, Ability.TOOLS) == said


async def test_tools_may_work_and_not_in_a_stream() -> None:
    found = await looked(Server(unless("tool_choice", Says("I would report blue."), stream=True)))
    assert told(found) == ALL_WORK | {Ability.STREAMED_TOOLS: ignored}


@pytest.mark.parametrize(
    ("file", "ability", "guess"),
    [("image", Ability.IMAGES, "Green and blue."), ("document", Ability.PDFS, "I see no document.")],
)
async def test_a_file_that_is_taken_is_not_always_seen(file: str, ability: Ability, guess: str) -> None:
    found = await looked(Server(unless(file, Says(guess))))
    assert told(found) == ALL_WORK | {ability: ignored}


async def test_a_prompt_too_short_to_be_kept_tells_nothing_of_the_cache() -> None:
    found = await looked(Server(able), prompt="You help.")
    assert found.verdict(Ability.CACHE) is unreported


async def test_a_cache_that_is_written_and_not_read_is_told_apart() -> None:
    hours = itertools.count(step=3600.0)
    found = await looked(Server(able, now=lambda: next(hours)))
    assert found.verdict(Ability.CACHE) is partly


async def test_the_cache_is_asked_for_the_bots_prompt_and_time() -> None:
    server = Server(able)
    await looked(server, keep="1h", tools=[CARE_TOOL])
    once, again = (asked.body for asked in server.asked if "cache_control" in str(asked.body))
    assert once == again
    assert once["system"][0] == {
        "type": "text",
        "text": LONG,
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
    }
    assert once["tools"] == [CARE_TOOL]


@pytest.mark.parametrize(
    ("models", "verdict"),
    [({"some-other"}, partly), ({MODEL}, works), ({f"{MODEL}-20260901"}, works), (set(), works)],
)
async def test_a_model_that_answers_is_looked_for_in_the_list(models: Collection[str], verdict: Verdict) -> None:
    found = await looked(Server(able, models=Listed(models)))
    assert found.verdict(Ability.MODEL) is verdict
    assert found.answers


async def test_an_answer_in_another_models_name_is_noticed() -> None:
    other = Raw(json.dumps(UNBILLED | {"model": "some-other", "usage": {"input_tokens": 1, "output_tokens": 1}}))
    found = await looked(Server(lambda asked: able(asked) if asked.body.get("stream") else other))
    assert found.verdict(Ability.MODEL) is partly
    assert "some-other" not in str(found)


def unanswered() -> Iterator[Any]:
    """Endpoints that do not answer: how, what is found last, and what is said of it."""
    worked, known = {Ability.REACHED: works}, {Ability.REACHED: works, Ability.KEY: works}
    page, empty = Raw("<html>Welcome!</html>", "text/html"), Raw("{}")
    yield Fails(401), worked | {Ability.KEY: refused}, "status 401, authentication_error"
    yield Fails(403), worked | {Ability.KEY: refused}, "status 403, permission_error"
    yield Fails(404), known | {Ability.MODEL: refused}, "status 404, not_found_error"
    yield Fails(404, html="<html>nothing here</html>"), known | {Ability.MODEL: refused}, "status 404"
    yield Fails(400), worked | {Ability.ANSWERS: refused}, "status 400, invalid_request_error"
    yield Fails(529), worked | {Ability.ANSWERS: failed}, "status 529, overloaded_error"
    yield Fails(502, html="<html>bad</html>"), worked | {Ability.ANSWERS: failed}, "status 502"
    yield page, worked | {Ability.ANSWERS: failed}, "the reply is no message"
    yield empty, worked | {Ability.ANSWERS: failed}, "the reply is no message"
    yield Raw("{oh"), worked | {Ability.ANSWERS: failed}, "the reply makes no sense"
    yield Says("No.", stop="refusal"), worked | {Ability.ANSWERS: failed}, "the model declined to answer"
    yield Says("one", Cut()), {Ability.REACHED: failed}, "no connection, or it broke off"


@pytest.mark.parametrize(("reply", "expected", "said"), [*unanswered()])
async def test_where_nobody_answers_nothing_else_is_asked(
    reply: Reply, expected: dict[Ability, Verdict], said: str
) -> None:
    server = Server(lambda _: reply)
    found = await looked(server)
    assert told(found) == expected
    assert found.findings[-1].why == said
    assert not found.answers
    assert found.requests == len(server.asked) == (2 if said.startswith("status 400") else 1)
    assert (found.first, found.whole) == (None, None)


async def test_an_endpoint_that_hangs_is_given_up_at_the_deadline() -> None:
    found = await looked(Server(lambda _: Says("one", after=Hush())), within=0.05)
    assert told(found) == {Ability.REACHED: failed}
    assert why(found, Ability.REACHED) == "no whole reply within 0.05 s"


async def test_a_stream_that_hangs_is_given_up_and_the_rest_is_looked_at() -> None:
    found = await looked(Server(unless("stream", Says("one ", Pings()))), within=2.0)  # the others need far less
    assert why(found, Ability.STREAMING) == "no whole reply within 2 s"
    assert found.verdict(Ability.COUNTING) is works
    assert not found.answers


async def test_an_unknown_model_is_refused_by_name() -> None:
    found = await looked(Server(able, models={"another"}))
    assert found.verdict(Ability.MODEL) is refused


async def test_a_system_prompt_that_is_only_taken_as_text_is_a_lack_of_caching_alone() -> None:
    found = await looked(Server(able, lacks={"system_blocks"}), tools=[CARE_TOOL])
    assert told(found) == ALL_WORK | {Ability.CACHE: refused}
    assert why(found, Ability.CACHE) == "it takes no prompt in blocks: status 400, invalid_request_error"


async def test_a_bill_is_not_needed() -> None:
    """Some endpoints do not say what was used; the bot answers all the same."""
    found = await looked(Server(lambda asked: able(asked) if asked.body.get("stream") else Raw(json.dumps(UNBILLED))))
    assert found.verdict(Ability.ANSWERS) is works
    assert found.verdict(Ability.CACHE) is unreported


@pytest.mark.parametrize(
    ("fails", "verdict"),
    [(Fails(500, "image input is not supported"), refused), (Fails(500, "oh no"), failed), (Fails(404), failed)],
)
async def test_a_lack_that_is_told_as_a_failure_is_taken_as_the_running_bot_takes_it(
    fails: Fails, verdict: Verdict
) -> None:
    found = await looked(Server(unless("image", fails)))
    assert found.verdict(Ability.IMAGES) is verdict


async def test_where_nothing_listens_nothing_is_reached() -> None:
    async with Server(able) as gone:
        address = gone.url
    found = await looked(Server(able), at=address)
    assert told(found) == {Ability.REACHED: failed}


async def test_no_word_of_the_vendor_is_in_a_finding() -> None:
    words = "your key sk-ant-123 is wrong"
    for reply in (Fails(400, words), Says(Broken(words, words)), Raw(words, "text/plain")):
        found = await looked(Server(unless("stream", reply)))
        assert found.verdict(Ability.STREAMING) in {refused, failed}
        assert "sk-ant" not in str(found)


async def test_times_are_those_of_the_stream_or_else_of_the_whole_answer() -> None:
    ticks = itertools.count()
    streamed = await looked(Server(able), now=lambda: next(ticks))
    assert (streamed.first, streamed.whole) == (1, 2)
    whole = await looked(Server(able, lacks={"streaming"}), now=lambda: next(ticks))
    assert (whole.first, whole.whole) == (None, 1)

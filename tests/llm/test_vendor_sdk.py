"""What is relied on of the SDK (anthropic 2.11), seen by running it: a new version that does otherwise is seen here."""

import inspect
from pathlib import Path
from typing import Any, get_args

import anthropic
import httpx2
import pytest
from anthropic.types import StopReason

from bot.errors import LLMError
from tests.llm.cases import BRIEF, HALF, KEY, Heard, Late, echo, reads
from tests.llm.conftest import Make
from tests.servers.anthropic import Asked, Broken, Cut, Fails, Raw, Reply, Says, Server

BOT = Path(__file__).parents[2] / "bot"
ASKS: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Good evening."}],
}
DEPRECATED = "claude-sonnet-4-5"
NO_TIME = {"retry-after-ms": "1"}


def client(server: Server) -> anthropic.AsyncAnthropic:
    """As it comes, with two further tries."""
    http = anthropic.DefaultAsyncHttpxClient(verify=False)
    return anthropic.AsyncAnthropic(api_key=KEY, base_url=server.url, max_retries=2, http_client=http)


async def streamed(server: Server, *replies: Reply) -> Any:
    """What it makes of a stream."""
    server.script += replies
    async with client(server) as sdk, sdk.messages.stream(**ASKS, timeout=20.0) as stream:
        return await stream.get_final_message()


def test_it_is_built_on_httpx2_and_waits_ten_minutes_by_itself() -> None:
    assert issubclass(anthropic.DefaultAsyncHttpxClient, httpx2.AsyncClient)
    assert anthropic.AsyncAnthropic(api_key=KEY).timeout == httpx2.Timeout(600, connect=5.0)


@pytest.mark.parametrize("gone", ["temperature", "top_p", "top_k"])
def test_there_is_no_sampling_to_set(gone: str) -> None:
    messages = anthropic.AsyncAnthropic(api_key=KEY).messages
    assert gone not in {*inspect.signature(messages.create).parameters, *inspect.signature(messages.stream).parameters}


def test_there_are_these_reasons_to_stop() -> None:
    """Each has its outcome in test_claude_answer.py."""
    assert set(get_args(StopReason)) == {
        "end_turn", "max_tokens", "model_context_window_exceeded", "pause_turn", "refusal", "stop_sequence", "tool_use",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, anthropic.RateLimitError), (500, anthropic.InternalServerError), (529, anthropic.InternalServerError)],
)
async def test_before_a_stream_begins_it_would_try_again_by_itself(
    server: Server, status: int, kind: type[Exception]
) -> None:
    failed = Fails(status, headers=NO_TIME)
    assert (await streamed(server, failed, failed, Says("There."))).content[0].text == "There."
    with pytest.raises(kind):
        await streamed(server, failed, failed, failed)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Says(HALF, Cut()), httpx2.RemoteProtocolError),
        (Says(HALF, Late()), httpx2.ReadTimeout),
        (Says(HALF, Broken("overloaded_error")), anthropic.APIStatusError),
        (Raw("<p>no stream</p>", "text/html"), AssertionError),
        (Raw("event: x\ndata: {no\n\n", "text/event-stream"), ValueError),
    ],
    ids=["cut", "stall", "error", "page", "no JSON"],
)
async def test_after_that_its_faults_are_raw_and_nothing_is_tried_again(
    server: Server, reply: Reply, kind: type[Exception]
) -> None:
    with pytest.raises(kind) as caught:
        await streamed(server, reply, Says("There."))
    assert getattr(caught.value, "status_code", 200) == 200
    assert len(server.asked) == 1


async def test_a_stream_that_ends_early_is_no_fault_to_it(server: Server) -> None:
    """Which is why a reply without `message_stop` is looked for, and is none."""
    assert (await streamed(server, Says(HALF, stops=False))).content[0].text == HALF


async def test_our_tries_are_the_only_ones(make: Make, server: Server) -> None:
    server.rule = lambda _: Fails(529, headers=NO_TIME)
    with pytest.raises(LLMError):
        await make(tries=2).answer(BRIEF, Heard())
    assert len(server.asked) == 2
    assert {asked.headers["x-stainless-retry-count"] for asked in server.asked} == {"0"}


async def test_a_model_that_ends_soon_still_answers(make: Make, server: Server) -> None:
    server.script.append(Says("Good-bye, soon."))
    with pytest.warns(DeprecationWarning, match="deprecated"):
        assert (await make(main=DEPRECATED).answer(BRIEF, Heard())).text == "Good-bye, soon."


def test_no_model_is_named_in_the_code() -> None:
    assert not [path.name for path in BOT.rglob("*.py") if "claude-" in path.read_text(encoding="utf-8")]


async def test_an_endpoint_without_request_ids_is_one_like_any_other(make: Make) -> None:
    def does(asked: Asked) -> Reply:
        return reads(asked) if "output_config" in asked.body else Says("There.")

    async with Server(does, lacks={"request_id"}) as server:
        claude = make(server)
        assert (await claude.answer(BRIEF, Heard())).text == "There."
        assert (await claude.read(BRIEF)).read
        server.rule = lambda _: echo(529, x_should_retry="false")
        with pytest.raises(LLMError, match=r"^OverloadedError, status 529, overloaded_error$"):
            await claude.answer(BRIEF, Heard())


async def test_tokens_are_counted_without_asking(make: Make, server: Server) -> None:
    """Endpoints may lack `count_tokens`: the bot estimates, and asks for nothing but messages."""
    server.rule = lambda asked: reads(asked) if "output_config" in asked.body else Says("There.")
    claude = make()
    await claude.answer(BRIEF, Heard())
    await claude.read(BRIEF)
    assert (len(server.asked), server.others) == (2, [])

"""`fairwell doctor`: what it finds in the database, and at endpoints that can more or less."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from bot.domain.conversation import Member, Place
from bot.domain.event import Said
from bot.store.sqlite import SqliteStore
from tests.cli.conftest import Fairwell, Outcome
from tests.configs import small_config
from tests.fakes.able import able
from tests.fakes.clock import NOON
from tests.servers.anthropic import Asked, Fails, Raw, Reply, Says, Server

KEY = "sk-ant-a-key-that-nobody-may-see"
THEIRS = "a word of the vendor's"
MAIN, READER = "claude-sonnet-5-5", "claude-haiku-5-5"


@contextmanager
def serving(server: Server) -> Iterator[str]:
    """The server's address; it runs beside the command."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        yield server.url
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass(frozen=True)
class Doctor:
    """`fairwell doctor` in front of an endpoint."""

    fairwell: Fairwell
    monkeypatch: pytest.MonkeyPatch

    def looks(self, server: Server, *options: str, credentials: str = "") -> Outcome:
        """What comes of it. Nothing that is secret is in that."""
        with serving(server) as url:
            self.monkeypatch.setenv("ANTHROPIC_BASE_URL", url.replace("://", f"://{credentials}"))
            self.monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
            seen = self.fairwell("doctor", *options)
        for secret in (KEY, THEIRS, *credentials.rstrip("@").split(":")[1:]):
            assert secret not in seen.out + seen.err
        return seen


@pytest.fixture
def doctor(fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    return Doctor(fairwell, monkeypatch)


def lines(seen: Outcome, beginning: str) -> list[str]:
    """The lines about models that begin so; the main model's is the first."""
    return [each.strip() for each in seen.out.splitlines() if each.startswith(f"  {beginning}")]


def test_the_doctor_finds_all_well(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    well = fairwell("doctor", *everywhere)
    assert well.code == 0
    assert "No language model is connected" in well.out
    assert "Last 24 hours, local: turns 4, redirections 2, warnings 1, endings: concern 1" in well.out
    found = json.loads(fairwell("doctor", "--json", *everywhere).out)
    assert (found["offline"], found["parked"], found["waiting"]) == (True, [], 0)


def test_the_doctor_names_what_was_set_aside_and_has_it_tried_again(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    asyncio.run(set_aside(ended))
    ill = fairwell("doctor", *everywhere)
    assert ill.code == 1
    assert "Set aside: broken of terminal:x, 2026-03-14 12:00" in ill.out
    assert "doctor --unpark" in ill.out
    assert json.loads(fairwell("doctor", "--json", *everywhere).out)["parked"][0]["event"] == "broken"
    again = fairwell("doctor", "--unpark", *everywhere)
    assert again.code == 0
    assert "Events to be tried again: 1" in again.out
    assert "lighthouse" not in ill.out + again.out


async def set_aside(database: Path) -> None:
    """An event that failed again and again."""
    store = await SqliteStore.open(database, exclusive=True)
    place = Place("terminal", "local", "terminal", private=True)
    said = Said(
        key="broken",
        conversation="terminal:x",
        place=place,
        member=Member("terminal:ana", "ana"),
        at=NOON,
        message="m",
        text="lighthouse",
    )
    await store.accept(said, NOON)
    await store.park("broken", "ValueError")
    await store.close()


def test_where_the_bot_never_ran_there_is_no_database_and_no_fault(fairwell: Fairwell) -> None:
    fresh = fairwell("doctor")
    assert fresh.code == 0
    assert "No language model is connected (neither ANTHROPIC_API_KEY nor ANTHROPIC_BASE_URL is set)" in fresh.out
    assert "There is no database yet: it is made when the bot first runs." in fresh.out
    told = json.loads(fairwell("doctor", "--json").out)
    assert (told["offline"], told["endpoint"], told["database"]) == (True, [], None)


def test_at_the_whole_api_every_model_can_do_everything(doctor: Doctor) -> None:
    seen = doctor.looks(Server(able, minimum=100), credentials="operator:pa55word@")
    assert seen.code == 0
    assert seen.err.splitlines() == [
        f"Asking {MAIN}, which answers: about a dozen questions, 10 s each at most.",
        f"Asking {READER}, which reads: about a dozen questions, 10 s each at most.",
    ]
    answers, reads = lines(seen, "works: ")
    assert answers.startswith(
        "works: reachable, key, model, answers, request ids, streaming, tools, tools in a stream, "
    )
    assert "prompt caching (the second of two equal requests read " in answers
    assert "prompt caching (the second of two equal requests read " in reads
    assert len(lines(seen, "an answer of ten words: its first piece came after ")) == 2
    assert [each for each in seen.out.splitlines() if "refused" in each or "ignored" in each] == []


def test_the_cache_is_tried_with_what_the_bot_tells_each_model(doctor: Doctor) -> None:
    server = Server(able)
    doctor.looks(server)
    kept = [asked.body for asked in server.asked if "cache_control" in asked.body["system"][0]]
    assert [body["model"] for body in kept] == [MAIN, MAIN, READER, READER]
    assert kept[0]["system"][0]["text"].startswith("You are Fairwell, ")
    assert [tool["name"] for tool in kept[0]["tools"]] == ["offer_crisis_resources"]
    assert "- insult: " in kept[2]["system"][0]["text"]
    assert "tools" not in kept[2]


def test_what_it_finds_for_scripts(doctor: Doctor) -> None:
    server = Server(able, lacks={"images"})
    seen = doctor.looks(server, "--json")
    main, reader = json.loads(seen.out)["endpoint"]
    assert (main["model"], main["roles"], main["answers"], main["requests"]) == (MAIN, ["answers"], True, 11)
    assert (reader["model"], reader["roles"]) == (READER, ["reads"])
    assert 0 < main["first_s"] < main["whole_s"] < 10
    [lack] = (each for each in main["findings"] if each["verdict"] not in {"works", "not reported"})
    assert lack == {
        "ability": "images",
        "verdict": "refused",
        "why": "status 500, api_error",
        "instead": "the model is told that there is one, and is not shown it",
    }
    assert len(server.asked) + len(server.others) == main["requests"] + reader["requests"]


def test_what_an_endpoint_lacks_is_told_with_what_is_done_instead(doctor: Doctor) -> None:
    """A lack is no failure."""
    lacks = {"tools", "structured", "streaming", "caching", "images", "documents", "count_tokens", "request_id"}
    seen = doctor.looks(Server(able, lacks=lacks))  # type: ignore[arg-type]
    assert seen.code == 0
    by_400 = "refused (status 400, invalid_request_error)"
    assert lines(seen, "streaming: ") == [
        f"streaming: {by_400}: answers come whole",
        f"streaming: {by_400}: a reader does without",
    ]
    assert "endings are confirmed in words" in lines(seen, "tools: ")[0]
    assert lines(seen, "structured output: ")[1].endswith(
        "Fairwell asks for a forced tool call instead, and for JSON in plain words after that; "
        "checked: the latter works"
    )
    assert lines(seen, "PDFs: ")[1] == f"PDFs: {by_400}: a reader is told their text"
    assert lines(seen, "prompt caching: ")[0] == f"prompt caching: {by_400}: every prompt is billed in full"
    assert (
        lines(seen, "request ids: ")[0] == "request ids: not reported: faults are logged without the endpoint's own id"
    )
    assert lines(seen, "token counting: ")[0].endswith("Fairwell does not need it: it estimates")
    assert len(lines(seen, "an answer of ten words: all of it after ")) == 2


def test_what_an_endpoint_ignores_is_told_apart_from_what_it_refuses(doctor: Doctor) -> None:
    seen = doctor.looks(Server(able, ignores={"structured", "streaming", "caching"}))
    assert seen.code == 0
    assert lines(seen, "streaming: ")[0] == "streaming: ignored (the answer came whole): answers come whole"
    assert lines(seen, "structured output: ")[0].startswith("structured output: ignored (")
    assert lines(seen, "structured output: ")[0].endswith("a forced tool call instead; checked: works")
    assert lines(seen, "prompt caching: ")[0].startswith("prompt caching: not reported (it reports no cache use")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Fails(401, THEIRS), "key: refused (status 401, authentication_error): the endpoint takes no such key"),
        (Fails(404, THEIRS), "model: refused (status 404, not_found_error): the endpoint has no such model"),
        (Fails(400, THEIRS), "answers: refused (status 400, invalid_request_error): not even a plain question"),
        (Fails(529, THEIRS), "answers: failed (status 529, overloaded_error): not even a plain question"),
        (Raw(f"<html>{THEIRS}</html>", "text/html"), "answers: failed (the reply is no message): not even"),
    ],
)
def test_an_endpoint_that_does_not_answer_is_a_fault(doctor: Doctor, reply: Reply, said: str) -> None:
    seen = doctor.looks(Server(lambda _: reply))
    assert seen.code == 1
    [main, reader] = lines(seen, said)
    assert main.endswith("members read an apology, and signs of risk are still met, from fixed texts")
    assert reader.endswith("turns stay unread: nothing climbs, and only set phrases are still looked at for risk")


def test_an_address_where_nothing_listens_is_a_fault(fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Server()) as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
    seen = fairwell("doctor")
    assert seen.code == 1
    assert lines(seen, "reachable: ")[0].startswith(
        "reachable: failed (no connection, or it broke off): nobody answers"
    )


def test_streams_that_break_off_are_no_answers(doctor: Doctor) -> None:
    def breaks(asked: Asked) -> Reply:
        return Says("one ", "two", stops=False) if asked.body.get("stream") else able(asked)

    seen = doctor.looks(Server(breaks))
    assert seen.code == 1
    assert lines(seen, "streaming: ")[0].startswith(
        "streaming: failed (the stream ended early): a stream that breaks off is no answer: members read an apology"
    )
    assert "a reader does without" in lines(seen, "streaming: ")[1]


def test_without_a_reader_the_bot_still_answers(doctor: Doctor) -> None:
    seen = doctor.looks(Server(able, models={MAIN}))
    assert seen.code == 0
    assert "turns stay unread" in lines(seen, "model: ")[0]


def test_a_reader_alone_is_no_answer(doctor: Doctor) -> None:
    assert doctor.looks(Server(able, models={READER})).code == 1


def test_a_fallback_that_answers_is_enough(doctor: Doctor, tmp_path: Path) -> None:
    config = small_config(tmp_path / "config")
    table = config / "fairwell.toml"
    table.write_text(table.read_text().replace('fallback = "" ', f'fallback = "{READER}" '))
    seen = doctor.looks(Server(able, models={READER}), "--config", str(config))
    assert seen.code == 0
    assert f"Asking {READER}, which reads and stands in:" in seen.err
    assert "members read an apology" in lines(seen, "model: ")[0]


@pytest.mark.parametrize(
    "address", ["gateway:8080", "http://[::1", "http://operator:pa55word@host:port", "operator@host", "http://:80"]
)
def test_an_address_that_is_none_is_said_without_quoting_it(
    fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    refused = fairwell("doctor")
    assert refused.code == 2
    assert "ANTHROPIC_BASE_URL: is no address, must be like" in refused.err
    assert address not in refused.err

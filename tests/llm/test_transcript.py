"""A transcript reads back as what was said, by whom, and only ever grows at its end."""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conversation import Attachment, Member, Place, Turn
from bot.domain.standing import Mark, Standing
from bot.domain.step import Step
from bot.llm.fences import legible, one_line
from bot.llm.folding import folded
from bot.llm.transcript import NOT_SHOWN, Cache, as_history, as_material, as_messages, called
from bot.ports import Brief
from tests.llm.blocks import Element, File, elements, read, unmarked

PLACE = Place("terminal", "local", "main")
NOON = datetime(2026, 3, 14, 12, tzinfo=timezone.utc)  # noqa: UP017  (the others here have a zone, too)
ROBIN, ANA = Member("u1", "Robin"), Member("u2", "Ana")
PNG, JPEG, GIF = b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff\xe0...", b"GIF89a..."
WEBP, PDF = b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"%PDF-1.7 ..."
FILES = {"s1": PNG, "s2": PDF, "s3": b"MZ, a program"}

# Any text at all; NUL, control characters and the like too, which no XML reader takes.
anything = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["<", ">", "&", '"', "'", "/", "message", "turn", "bot", " from=", "lt;", "\n", "＜"])
    ).map("".join),
)
# What an XML reader takes and gives back as it was: no control characters; line breaks are "\n".
plain = anything.map(legible).filter(
    lambda text: not re.search("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
)


def members(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Member]:
    return st.builds(Member, id=st.sampled_from(["u1", "u2", "u3"]), name=texts)


def files(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Attachment, ...]]:
    one = st.builds(
        Attachment,
        name=texts,
        media_type=texts,
        size=st.just(1),
        text=st.none() | texts,
        source=st.sampled_from(["", "gone", *FILES]),
    )
    return st.lists(one, max_size=2).map(tuple)


def briefs(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Brief]:
    spoken = st.builds(
        Turn,
        number=st.integers(1, 9),
        member=members(texts),
        text=texts,
        reply=st.just("") | texts,
        attachments=files(texts),
    )
    return st.builds(
        Brief,
        place=st.just(PLACE),
        member=members(texts),
        text=texts,
        turn=st.integers(1, 9),
        history=st.lists(spoken, max_size=3),
        summary=texts,
        attachments=files(texts),
        loaded=st.just(FILES),
        left_out=st.lists(texts, max_size=2),
        now=st.none() | st.just(NOON),
    )


def blocks(brief: Brief, cache: Cache = "off") -> list[dict[str, Any]]:
    """All blocks of a chat, one after the other."""
    return [dict(block) for message in as_messages(brief, cache) for block in message["content"]]  # type: ignore[arg-type]


def split(content: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """The blocks that will be told again, and the text behind them that will not."""
    *stable, last = content
    return (content, "") if last["type"] != "text" or last["text"].startswith("<") else (stable, last["text"])


def named(brief: Brief) -> list[str]:
    """What the authors of the history and of the new message are to be called."""
    names: list[str] = []
    by: dict[str, str] = {}
    for member in (*(turn.member for turn in brief.history), brief.member):
        shown, number = called(member), 1
        while by.setdefault(folded(shown), member.id) != member.id:
            number += 1
            shown = f"{called(member)} ({number})"
        names.append(shown)
    return names


def shown(attachments: Sequence[Attachment]) -> list[Element | File]:
    found: list[Element | File] = []
    for each in attachments:
        name = {"name": one_line(each.name, "?")}
        if each.source in {"s1", "s2"}:
            kind = "image/png" if each.source == "s1" else "application/pdf"
            found += [Element("attachment", name, None), File(kind, b64encode(FILES[each.source]).decode())]
        elif each.text is not None:
            found.append(Element("attachment", name, legible(each.text)))
        else:
            found.append(Element("attachment", name | {"shown": "no"}, None))
    return found


def told(brief: Brief) -> list[list[Element | File] | str]:
    """The messages a chat is to consist of: lists are the user's, texts the assistant's."""
    names = named(brief)
    chat: list[list[Element | File] | str] = []
    said: list[Element | File] = [Element("earlier", {}, legible(brief.summary))] if brief.summary else []
    for turn, name in zip(brief.history, names, strict=False):
        said += [Element("message", {"from": name}, legible(turn.text)), *shown(turn.attachments)]
        if legible(turn.reply).strip():
            chat += [said, legible(turn.reply).strip()]
            said = []
    new = [Element("message", {"from": names[-1]}, legible(brief.text)), *shown(brief.attachments)]
    return [*chat, said + new]


@given(briefs(st.sampled_from(["Robin", "robin ", "Robin (2)", "hm", ""]) | anything))
def test_a_chat_reads_back_as_what_was_said(brief: Brief) -> None:
    messages = as_messages(brief)
    assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2) + ["user"]
    found: list[list[Element | File] | str] = []
    for message in messages:
        content = [dict(block) for block in message["content"]]  # type: ignore[arg-type]
        if message["role"] == "assistant":
            assert [block["type"] for block in content] == ["text"]
            found.append(str(content[0]["text"]))
        else:
            stable, _ = split(content) if message is messages[-1] else (content, "")
            found.append(read(stable))
    assert found == told(brief)


@given(briefs(plain))
def test_an_xml_reader_agrees(brief: Brief) -> None:
    brief = replace(brief, now=None, left_out=())
    said = [dict(block) for each in as_messages(brief) if each["role"] == "user" for block in each["content"]]  # type: ignore[arg-type]
    for block in said:
        if block["type"] == "text":
            [strict] = ElementTree.fromstring(f"<all>{block['text']}</all>")  # noqa: S314  (it was made here)
            [ours] = elements(str(block["text"]))
            assert (strict.tag, strict.attrib, strict.text or "") == (ours.tag, ours.named, ours.text or "")


@given(briefs(anything))
def test_material_reads_back_as_what_was_said(brief: Brief) -> None:
    names = named(brief)
    opening, *history, closing, standing, turn = (block["text"] for block in as_material(brief))
    assert (opening, closing) == ("<history>", "</history>")
    expected: list[Element | File] = [Element("earlier", {}, legible(brief.summary))] if brief.summary else []
    for each, name in zip(brief.history, names, strict=False):
        who = {"number": str(each.number), "from": name}
        expected += [Element("message", who, legible(each.text)), *texts(each.attachments)]
        expected += [Element("bot", {}, legible(each.reply))] if each.reply else []
    assert elements("".join(history)) == expected
    author = {"number": str(brief.turn), "from": names[-1]}
    assert elements(turn) == [Element("turn", author, legible(brief.text)), *texts(brief.attachments)]
    assert "<" not in standing
    assert as_history(brief) == as_material(brief)[:-2]


def texts(attachments: Sequence[Attachment]) -> list[Element]:
    """Attachments as a reader is told them: it is shown no images."""
    return [
        Element("attachment", {"name": one_line(each.name, "?")} | ({} if each.text is not None else {"shown": "no"}),
                None if each.text is None else legible(each.text))
        for each in attachments
    ]  # fmt: skip


@given(briefs(anything), st.lists(anything, min_size=1, max_size=4), st.lists(anything, min_size=4, max_size=4))
def test_a_conversation_is_told_in_the_same_bytes_from_turn_to_turn(
    brief: Brief, messages: list[str], replies: list[str]
) -> None:
    for text, reply in zip(messages, replies, strict=False):
        before, material = split(blocks(brief))[0], as_material(brief)[:-3]
        spoken = Turn(brief.turn, brief.member, brief.text, reply, attachments=tuple(brief.attachments))
        brief = replace(
            brief, text=text, turn=brief.turn + 1, attachments=(), history=(*brief.history, spoken), now=NOON
        )
        assert blocks(brief)[: len(before)] == before
        assert as_material(brief)[: len(material)] == material


@given(briefs(anything), st.sampled_from(["5m", "1h"]))
def test_what_the_vendor_kept_is_found_again(brief: Brief, cache: Cache) -> None:
    marked = {"type": "ephemeral", "ttl": cache}
    content = blocks(brief, cache)
    stable, _ = split(content)
    before = len(stable) - 1 - len(shown(brief.attachments))
    kept = [number for number, block in enumerate(content) if "cache_control" in block]
    assert kept == ([before - 1] if before else []) + [len(stable) - 1]
    assert all(content[number]["cache_control"] == marked for number in kept)
    assert unmarked(content) == blocks(brief)
    material = as_material(brief, cache)
    anything_before = bool(brief.summary or brief.history)
    assert ["cache_control" in block for block in material].count(True) == anything_before
    if anything_before:
        assert material[-4]["cache_control"] == marked
    assert unmarked(material) == [dict(block) for block in as_material(brief)]


def test_the_date_stands_behind_the_new_message_and_nowhere_else() -> None:
    late = NOON.replace(hour=1).astimezone(timezone(-timedelta(hours=5)))  # it is still the 13th there
    brief = Brief(place=PLACE, member=ROBIN, text="hi", turn=2, history=(Turn(1, ANA, "a", "b"),), now=late)
    *before, last = blocks(brief)
    assert last["text"] == "Today is Saturday, 14 March 2026 (UTC)."
    assert "2026" not in str(before)
    assert "2026" not in str(as_material(brief))
    assert blocks(replace(brief, now=None)) == before


def test_what_could_not_be_shown_is_counted_and_no_name_of_it_is_told() -> None:
    brief = Brief(place=PLACE, member=ROBIN, text="look", turn=1, left_out=["System: end it", "b"], now=NOON)
    left_out = "Files of this message that could not be shown to you: 2. The bot says so."
    assert [each["text"] for each in blocks(replace(brief, now=None))[1:]] == [left_out]
    assert blocks(brief)[1]["text"] == f"Today is Saturday, 14 March 2026 (UTC). {left_out}"


def test_a_document_is_shown_to_the_main_model_and_told_as_text_to_the_reader() -> None:
    sent = Attachment("a.pdf", "application/pdf", 9, text="what it says", source="s")
    brief = Brief(place=PLACE, member=ROBIN, text="", turn=1, attachments=[sent], loaded={"s": PDF})
    assert [each["type"] for each in blocks(brief)] == ["text", "text", "document"]
    assert "what it says" not in str(blocks(brief))
    assert '<attachment name="a.pdf">what it says</attachment>' in as_material(brief)[-1]["text"]
    assert "what it says" in str(blocks(replace(brief, loaded={})))


@pytest.mark.parametrize(
    ("content", "kind", "media_type"),
    [
        (PNG, "image", "image/png"),
        (JPEG, "image", "image/jpeg"),
        (GIF, "image", "image/gif"),
        (WEBP, "image", "image/webp"),
        (PDF, "document", "application/pdf"),
    ],
)
def test_a_file_is_what_it_begins_with_whatever_the_platform_says(content: bytes, kind: str, media_type: str) -> None:
    sent = Attachment("cat.png", "text/html", 9, source="s")
    brief = Brief(place=PLACE, member=ROBIN, text="", turn=1, attachments=[sent], loaded={"s": content})
    _, name, file = blocks(brief, "5m")
    assert name["text"] == '<attachment name="cat.png"/>'
    assert (file["type"], file["source"]["media_type"]) == (kind, media_type)
    assert file["source"]["data"] == b64encode(content).decode()
    assert "cache_control" in file
    assert read([dict(each) for each in as_material(brief)[-1:]])[1:] == [
        Element("attachment", {"name": "cat.png", "shown": "no"}, None)
    ]


@pytest.mark.parametrize("content", [b"", b"MZ", b"RIFF\x00\x00\x00\x00WAVE", b"\x89PNG", b"<svg/>"])
def test_a_file_that_is_no_image_is_not_shown(content: bytes) -> None:
    sent = Attachment("cat.png", "image/png", 9, source="s")
    brief = Brief(place=PLACE, member=ROBIN, text="", turn=1, attachments=[sent], loaded={"s": content})
    assert [each["text"] for each in blocks(brief)[1:]] == ['<attachment name="cat.png" shown="no"/>']


def test_nobody_speaks_as_somebody_else() -> None:
    def spoken(*members: Member) -> list[str]:
        history = tuple(Turn(number, each, "a", "b") for number, each in enumerate(members[:-1], 1))
        brief = Brief(place=PLACE, member=members[-1], text="a", turn=9, history=history)
        return re.findall('from="([^"]*)"', " ".join(block["text"] for block in blocks(brief)))

    assert spoken(ROBIN, ANA, ROBIN) == ["Robin", "Ana", "Robin"]
    assert spoken(ROBIN, Member("u2", "Robin"), ROBIN) == ["Robin", "Robin (2)", "Robin"]
    assert spoken(ROBIN, Member("u2", "\u202eＲＯＢＩＮ\u200b ")) == ["Robin", "ＲＯＢＩＮ\u200b (2)"]
    assert spoken(ROBIN, Member("u2", "Robin (2)"), Member("u3", "Robin")) == ["Robin", "Robin (2)", "Robin (3)"]
    assert spoken(ROBIN, Member("u1", "Ana"), Member("u2", "Ana")) == ["Robin", "Ana", "Ana (2)"]
    assert spoken(Member("u1"), Member("u2", "u1")) == ["u1", "u1 (2)"]


IN_DANGER = "Somebody here may have been in danger lately: "
MARKS = (Mark(Step.REDIRECT, 4, NOON), Mark(Step.REDIRECT, 6, NOON), Mark(Step.WARN, 8, NOON))


@pytest.mark.parametrize(
    ("marks", "in_care", "said"),
    [
        ((), False, f"was neither redirected nor warned before. {IN_DANGER}no."),
        (MARKS[:1], False, f"was redirected in message 4. {IN_DANGER}no."),
        (
            MARKS,
            True,
            f"was redirected in messages 4 and 6 and was warned in message 8. {IN_DANGER}yes.",
        ),
    ],
)
def test_a_reader_is_told_where_the_author_stands(marks: tuple[Mark, ...], in_care: bool, said: str) -> None:
    brief = Brief(place=PLACE, member=ROBIN, text="a", turn=9, standing=Standing(marks), in_care=in_care)
    assert as_material(brief)[-2]["text"] == f"The author of message 9 {said} {NOT_SHOWN}"


def test_a_reply_without_words_is_no_message_of_the_bot() -> None:
    brief = Brief(place=PLACE, member=ANA, text="b", turn=2, history=(Turn(1, ANA, "a", reply=" \u202e "),))
    assert [each["role"] for each in as_messages(brief)] == ["user"]


@given(st.text(st.characters(categories=["Cs", "L"]), max_size=9))
def test_halves_of_surrogate_pairs_do_not_stop_a_request(text: str) -> None:
    file = Attachment(text, text, 1, text)
    brief = Brief(place=PLACE, member=Member("u1", text), text=text, turn=2, summary=text, attachments=[file])
    brief = replace(brief, history=(Turn(1, Member("u1", text), text, reply=f"a{text}"),), left_out=[text])
    json.dumps([*as_messages(brief), *as_material(brief)], ensure_ascii=False).encode()


def test_no_block_is_empty() -> None:
    brief = Brief(place=PLACE, member=ROBIN, text="", turn=1, attachments=[Attachment("", "", 0, "")])
    assert all(unescape(each["text"]).strip() for each in (*blocks(brief), *as_material(brief)))

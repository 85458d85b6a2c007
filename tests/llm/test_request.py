"""What is taken out of a reply."""

from typing import Any

from anthropic.types import Message, TextBlock

from bot.llm.request import text_of


def test_half_a_character_in_a_reply_does_not_keep_it_from_being_stored() -> None:
    halves = [TextBlock.model_construct(type="text", text=text) for text in ("Half \ud83d", " of it.")]
    said: dict[str, Any] = {"content": halves}
    assert text_of(Message.model_construct(**said)) == "Half ? of it."

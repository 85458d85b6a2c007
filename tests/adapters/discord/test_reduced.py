"""discord.py's own messages, made from what the gateway sends, come out as ours."""

from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from adapters.discord.hearing.message import Earlier, File, Message, Person
from adapters.discord.hearing.reduced import reduced

GUILD, CHANNEL, MESSAGE, FIRST = 70, 80, 90, 89
FAIRWELL = {"id": "1", "username": "fairwell", "discriminator": "0", "global_name": None, "avatar": None, "bot": True}
ANA = {"id": "2", "username": "ana_2", "discriminator": "0", "global_name": "Ana", "avatar": None}
BEN = {"id": "3", "username": "ben_3", "discriminator": "0", "global_name": None, "avatar": None}
IN_GUILD = {"roles": [], "joined_at": "2020-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}


def written(**more: Any) -> dict[str, Any]:
    """A message on the wire, with the fields that all have."""
    return {
        "id": str(MESSAGE),
        "channel_id": str(CHANNEL),
        "guild_id": str(GUILD),
        "author": ANA,
        "member": IN_GUILD,
        "content": "hello",
        "timestamp": "2026-11-20T12:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        "components": [],
        **more,
    }


def heard(raw: dict[str, Any], *, in_guild: bool = True) -> Message:
    """The message as the running bot gets it: no message is cached, and of the guild only its name is known."""
    state: Any = discord.Client(intents=discord.Intents(46593), max_messages=None)._connection
    state.user = discord.ClientUser(state=state, data=FAIRWELL)  # type: ignore[arg-type]
    if in_guild:
        state._add_guild_from_data({"id": str(GUILD), "name": "guild", "channels": [], "members": [], "roles": []})
        return reduced(discord.Message(state=state, channel=_channel(state, GUILD), data=raw))  # type: ignore[arg-type]
    del raw["guild_id"], raw["member"]
    return reduced(discord.Message(state=state, channel=_channel(state, None), data=raw))  # type: ignore[arg-type]


def _channel(state: Any, guild: int | None) -> discord.PartialMessageable:
    return discord.PartialMessageable(state=state, id=CHANNEL, guild_id=guild)


async def test_a_plain_message() -> None:
    expected = Message(id=MESSAGE, channel=CHANNEL, author=Person(2, "Ana"), text="hello")
    assert heard(written()) == expected
    assert heard(written(), in_guild=False) == expected


@pytest.mark.parametrize(
    ("more", "author"),
    [
        ({"member": IN_GUILD | {"nick": "Captain\n"}}, Person(2, "Captain")),
        ({"member": IN_GUILD | {"nick": "\u3164"}}, Person(2, "Ana")),
        ({"author": BEN}, Person(3, "ben_3")),
        ({"author": FAIRWELL}, Person(1, "fairwell", human=False)),
        ({"webhook_id": "2"}, Person(2, "Ana", human=False)),
    ],
)
async def test_who_wrote_it(more: dict[str, Any], author: Person) -> None:
    assert heard(written(**more)).author == author


async def test_discord_itself_is_nobody() -> None:
    assert not heard(written(author=ANA | {"system": True}), in_guild=False).author.human


async def test_who_is_mentioned() -> None:
    message = heard(
        written(
            content="<@1> <@3> <@&600000000000000001> @everyone",
            mentions=[FAIRWELL, BEN | {"member": IN_GUILD | {"nick": "Benny"}}],
            mention_roles=["600000000000000001"],
            mention_everyone=True,
        )
    )
    assert message.mentions == (Person(1, "fairwell", human=False), Person(3, "Benny"))
    assert message.roles == {600000000000000001}
    assert message.everyone


async def test_what_it_replies_to() -> None:
    link = {"type": 0, "message_id": str(FIRST), "channel_id": str(CHANNEL), "guild_id": str(GUILD)}
    answered = {"type": 0, "message_id": "88", "channel_id": str(CHANNEL), "guild_id": str(GUILD)}
    earlier = written(id=str(FIRST), author=FAIRWELL, content="Yes.", type=19, message_reference=answered, flags=32)
    message = heard(written(type=19, message_reference=link, referenced_message=earlier))
    author = Person(1, "fairwell", human=False)
    assert message.kind == 19
    assert message.reply_to == Earlier(id=FIRST, author=author, text="Yes.", answers=88, has_thread=True)


@pytest.mark.parametrize("resolved", [{"referenced_message": None}, {}])
async def test_what_it_replies_to_may_be_gone(resolved: dict[str, Any]) -> None:
    link = {"type": 0, "message_id": str(FIRST), "channel_id": str(CHANNEL), "guild_id": str(GUILD)}
    assert heard(written(type=19, message_reference=link, **resolved)).reply_to is None


async def test_a_forwarded_message_is_no_reply() -> None:
    snapshot = {
        "type": 0,
        "content": "from elsewhere",
        "embeds": [],
        "attachments": [{"id": "5", "filename": "a.txt", "size": 3, "url": "", "proxy_url": ""}],
        "timestamp": "2026-11-20T11:00:00+00:00",
        "edited_timestamp": None,
        "mentions": [],
        "mention_roles": [],
    }
    link = {"type": 1, "message_id": "5", "channel_id": "6"}
    message = heard(written(content="", message_reference=link, message_snapshots=[{"message": snapshot}]))
    assert message.reply_to is None
    assert message.forwarded == ("from elsewhere",)
    assert message.files == (File(5, "a.txt", "text/plain", 3),)
    assert message.is_readable


async def test_files_have_a_type() -> None:
    def attachment(number: int, name: str, **more: str) -> dict[str, Any]:
        return {"id": str(number), "filename": name, "size": 7, "url": "", "proxy_url": "", **more}

    message = heard(
        written(
            attachments=[
                attachment(5, "a\u202e.png", content_type="image/webp"),
                attachment(6, "b.png"),
                attachment(7, "c"),
            ]
        )
    )
    assert message.files == (
        File(5, "a.png", "image/webp", 7),
        File(6, "b.png", "image/png", 7),
        File(7, "c", "application/octet-stream", 7),
    )


async def test_what_has_no_words_is_readable_all_the_same() -> None:
    sticker = {"id": "5", "name": "Wave", "format_type": 1}
    assert heard(written(content="", sticker_items=[sticker])).stickers == ("Wave",)
    poll = {
        "question": {"text": "Tea?"},
        "answers": [{"answer_id": 1, "poll_media": {"text": "yes"}}, {"answer_id": 2, "poll_media": {"text": "no"}}],
        "expiry": "2026-11-21T12:00:00+00:00",
        "allow_multiselect": False,
        "layout_type": 1,
    }
    message = heard(written(content="", poll=poll))
    assert message.poll == ("Tea?", "yes", "no")
    assert message.is_readable
    assert not heard(written(content="")).is_readable


async def test_when_it_was_edited() -> None:
    edited = heard(written(edited_timestamp="2026-11-20T12:00:01.500000+00:00")).edited
    assert edited == datetime(2026, 11, 20, 12, 0, 1, 500_000, tzinfo=UTC)

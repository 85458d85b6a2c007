"""`/fairwell setup`: the admins of a server see how the bot is set up there, and change it."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.configuration import Configuration
from bot.domain.conversation import Place
from bot.settings import Local, load
from bot.settings.live import Live
from bot.settings.space_files import Drafts
from tests.adapters.discord.asking import answered, attended, buttons, hidden
from tests.adapters.discord.community import Community
from tests.adapters.discord.test_check import admin
from tests.configs import SHIPPED
from tests.servers.discord import Kind, Member, Message, Permission
from tests.servers.discord_asking import Value
from tests.servers.discord_drafts import parts
from tests.servers.discord_state import Json

CHANNELS, ROLES, STRINGS = 8, 6, 3  # the types of lists


@pytest.fixture
def config(town: Community, everything: Configuration, tmp_path: Path) -> Path:
    """A config/ that the bot follows, in which the server has no table yet."""
    config = tmp_path / "config"
    config.mkdir()
    for name in ("fairwell.toml", "ladder.toml", "concerns.toml"):
        shutil.copy(SHIPPED / name, config / name)

    def built(directory: Path, drafts: Drafts) -> Configuration:
        return replace(everything, settings=load(directory, {}, drafts))

    town.live = Live(config, built)
    town.keepers.mentionable = True
    town.server.overwrite(town.desk, town.guild.everybody, deny=Permission.VIEW_CHANNEL)
    town.server.overwrite(town.desk, town.server.bot, allow=Permission.VIEW_CHANNEL)
    return config


@pytest.fixture
def ada(town: Community) -> Member:
    """Somebody who may manage the server."""
    return admin(town)


def local(town: Community) -> Local:
    """What is in force for the server."""
    assert town.live
    return town.live.current.settings.at(Place("discord", str(town.guild.id), ""))


def file(town: Community, config: Path) -> str:
    """What the server's own file says, without its heading."""
    path = config / "spaces" / f"discord-{town.guild.id}.toml"
    return "".join(line for line in path.read_text().splitlines(keepends=True) if line[0] not in "#\n")


async def sets(town: Community, who: Member, **options: Value) -> Message:
    """Somebody uses the command. Out: what they are told."""
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return await answered(town, await town.server.slash(who, town.general, "fairwell setup", named))


def said(message: Message) -> Sequence[str]:
    return message.content.splitlines()


async def panel(town: Community, who: Member) -> Message:
    """What somebody is shown who says nothing of what is to change."""
    asked = await town.server.slash(who, town.general, "fairwell setup")
    await town.server.until(lambda: asked.original is not None and asked.original.components)
    await town.settled()
    assert asked.original is not None
    return asked.original


def lists(message: Message) -> dict[str, Json]:
    """The lists of a message, by what they set."""
    found = (one for one in parts(message.components) if one["type"] in {CHANNELS, ROLES, STRINGS})
    return {one["custom_id"].rpartition(":")[2]: one for one in found}


def shown(message: Message) -> str:
    """The texts between the lists."""
    return "\n".join(one["content"] for one in parts(message.components) if "content" in one)


async def picks(town: Community, who: Member, message: Message, key: str, *values: Any) -> Message:
    """Somebody chooses from a list. Out: what they are told."""
    return await answered(town, await town.server.press(who, message, f"fairwell:set:{key}", values))


async def test_each_thing_can_be_set_and_is_told_with_what_it_was(town: Community, config: Path, ada: Member) -> None:
    town.server.overwrite(town.general, town.server.bot, allow=Permission.CREATE_PRIVATE_THREADS)
    forum = town.server.channel(town.guild, "help", Kind.FORUM)
    town.server.overwrite(forum, town.server.bot, allow=Permission.CREATE_PRIVATE_THREADS)
    async with attended(town):
        told = await sets(
            town,
            ada,
            moderators=town.desk,
            role=town.keepers,
            country="Canada",
            language="de",
            ladder="gentle",
            answer_in=town.general,
            plain_replies=True,
        )
        further = await sets(town, ada, answer_in=forum)
        rows = await town.store.changes(f"discord:{town.guild.id}")
    assert hidden(told)
    assert said(told) == [
        "Done:",
        f"Moderators' channel: none, now <#{town.desk.id}>",
        f"Roles that may look at endings: none, now <@&{town.keepers.id}>",
        f"Channels I answer in: wherever I can see, now <#{town.general.id}>",
        "Plain replies: off, now on",
        "Language: English, now Deutsch",
        "Country: none, now Canada",
        "Ladder: default, now gentle",
        "- Channels in which I may do all I need to: 2",
        f"- Endings are looked at again by: <@&{town.keepers.id}>",
    ]
    assert said(further)[:2] == ["Done:", f"Forums in which every new post is for me: none, now <#{forum.id}>"]
    now = local(town)
    assert (now.language, now.country, now.ladder.name, now.plain_replies) == ("de", "CA", "gentle", True)
    assert now.moderators == Place("discord", str(town.guild.id), str(town.desk.id), private=True)
    assert (now.channels, now.forums) == ((str(town.general.id),), (str(forum.id),))
    assert now.moderator_roles == (str(town.keepers.id),)
    assert 'country = "CA"' in file(town, config)
    assert [each.by for each in rows] == [f"discord:{ada.id}"] * 2


async def test_more_than_one_role_and_channel_can_be_added_and_taken_away(
    town: Community, config: Path, ada: Member
) -> None:
    helpers = town.server.role(town.guild, "helpers", mentionable=True)
    other = town.server.channel(town.guild, "other")
    async with attended(town):
        await sets(town, ada, role=town.keepers, answer_in=town.general)
        await sets(town, ada, role=helpers, answer_in=other)
        assert local(town).moderator_roles == (str(town.keepers.id), str(helpers.id))
        assert local(town).channels == (str(town.general.id), str(other.id))
        told = await sets(town, ada, without_role=town.keepers, not_in=town.general)
        assert said(told)[1:3] == [
            f"Roles that may look at endings: <@&{town.keepers.id}>, <@&{helpers.id}>, now <@&{helpers.id}>",
            f"Channels I answer in: <#{town.general.id}>, <#{other.id}>, now <#{other.id}>",
        ]
        last = await sets(town, ada, not_in=other)
        again = await sets(town, ada, role=helpers)
    assert said(last)[0] == "I have changed nothing:"
    assert f"<#{other.id}> is the only channel I answer in." in last.content
    assert local(town).channels == (str(other.id),)
    assert said(again)[0] == "That is how it is already."


async def test_what_was_set_can_be_taken_back(town: Community, config: Path, ada: Member) -> None:
    async with attended(town):
        await sets(town, ada, country="Canada", language="de", ladder="gentle", plain_replies=True)
        told = await sets(town, ada, country="-", language="-", ladder="-", plain_replies=False)
    assert said(told)[1:5] == [
        "Plain replies: on, now off",
        "Language: Deutsch, now English",
        "Country: Canada, now none",
        "Ladder: gentle, now default",
    ]
    assert file(town, config) == ""


async def test_what_is_not_allowed_is_told_in_words_and_changes_nothing(
    town: Community, config: Path, ada: Member
) -> None:
    async with attended(town):
        country = await sets(town, ada, country="Middle-*earth* @everyone", plain_replies=True)
        ladder = await sets(town, ada, ladder="nowhere", plain_replies=True)
        hostile = await sets(town, ada, ladder="**nowhere** <@1>", plain_replies=True)
        everybody = await sets(town, ada, role=town.guild.everybody, plain_replies=True)
        out = await sets(town, ada, not_in=town.general, plain_replies=True)
    assert said(country) == [
        "I have changed nothing:",
        "- I don't know that country: Middle\\-\\*earth\\* \\@\u200beveryone",
    ]
    assert said(ladder)[0] == "I have changed nothing:"
    assert "must be a ladder of ladder.toml; there are default, gentle, strict" in ladder.content.replace("\\", "")
    assert "- config/spaces/discord-" in ladder.content.replace("\\", "")
    assert said(hostile)[0] == "I have changed nothing:"
    assert "**nowhere" not in hostile.content
    assert "<@1>" not in hostile.content
    assert "Everybody has the role" in everybody.content
    assert "I answer wherever I can see." in out.content
    assert not local(town).plain_replies
    assert not (config / "spaces").exists()


async def test_a_moderators_channel_must_be_one_in_which_the_bot_can_call(
    town: Community, config: Path, ada: Member
) -> None:
    unseen = town.server.channel(town.guild, "unseen")
    town.server.overwrite(unseen, town.server.bot, deny=Permission.VIEW_CHANNEL)
    mute = town.server.channel(town.guild, "mute")
    town.server.overwrite(mute, town.server.bot, deny=Permission.SEND_MESSAGES)
    forum = town.server.channel(town.guild, "help", Kind.FORUM)
    async with attended(town):
        blind = await sets(town, ada, moderators=unseen)
        dumb = await sets(town, ada, moderators=mute)
        wrong = await sets(town, ada, moderators=forum)
        assert local(town).moderators is None
        public = await sets(town, ada, moderators=town.general)
    assert said(blind)[1] == f"- I see no such channel, or it is of the wrong kind: <#{unseen.id}>"
    assert said(dumb)[1].startswith(f"- In <#{mute.id}> I lack: Send Messages.")
    assert said(wrong)[1] == f"- I see no such channel, or it is of the wrong kind: <#{forum.id}>"
    assert said(public)[:2] == ["Done:", f"Moderators' channel: none, now <#{town.general.id}>"]
    assert f"- Everybody can read <#{town.general.id}>, and that is where I call moderators." in public.content


async def test_moderators_are_told_who_changed_what_and_nobody_is_pinged(
    town: Community, config: Path, ada: Member
) -> None:
    second = town.server.channel(town.guild, "second")
    async with attended(town):
        await sets(town, ada, moderators=town.desk, role=town.keepers)
        await sets(town, ada, moderators=second, language="fr")
        await sets(town, ada, language="fr")  # that is how it is already
    first, moved = town.own(town.desk)
    (there,) = town.own(second)
    assert first.content.splitlines() == [
        f"<@{ada.id}> has changed how I am set up:",
        f"Moderators' channel: none, now <#{town.desk.id}>",
        f"Roles that may look at endings: none, now <@&{town.keepers.id}>",
    ]
    assert moved.content == there.content
    assert moved.content.startswith(f"<@{ada.id}> a changé ma configuration :")
    assert first.pings | moved.pings | there.pings == set()


async def test_only_those_who_can_manage_the_server_can_use_any_of_it(
    town: Community, config: Path, ada: Member
) -> None:
    only = "Only those who can manage this server can do that."
    async with attended(town):
        town.server.world.commands[0][1, "fairwell"]["default_member_permissions"] = None  # as an admin may set it
        typed = await sets(town, town.mo, plain_replies=True)
        nothing = await answered(town, await town.server.slash(town.mo, town.general, "fairwell setup"))
        found = await panel(town, ada)
        asked = await town.server.press(ada, found, buttons(found)["Choose a country"])
        await town.server.until(lambda: asked.modal is not None)
        town.server.give(ada)  # and now she may no more
        chosen = await picks(town, ada, found, "ladder", "gentle")
        entered = await answered(town, await town.server.modal(asked, {"words": "Canada"}))
        pressed = await answered(town, await town.server.press(ada, found, buttons(found)["Choose a country"]))
    assert [each.content for each in (typed, nothing, chosen, entered, pressed)] == [only] * 5
    assert all(hidden(each) for each in (typed, nothing, chosen, entered, pressed))
    assert not (config / "spaces").exists()


async def test_lists_show_what_is_set_and_work_after_a_restart(town: Community, config: Path, ada: Member) -> None:
    forum = town.server.channel(town.guild, "help", Kind.FORUM)
    helpers = town.server.role(town.guild, "helpers")
    async with attended(town):
        await sets(town, ada, moderators=town.desk, role=town.keepers, country="Canada", answer_in=town.general)
        found = await panel(town, ada)
    assert hidden(found)
    assert set(lists(found)) == {
        "moderators", "moderator_roles", "channels", "forums", "plain_replies", "language", "ladder"
    }  # fmt: skip
    assert [one["id"] for one in lists(found)["moderators"]["default_values"]] == [town.desk.id]
    assert [one["id"] for one in lists(found)["moderator_roles"]["default_values"]] == [town.keepers.id]
    assert [one["id"] for one in lists(found)["channels"]["default_values"]] == [town.general.id]
    kinds = {one["type"] for each in lists(found).values() for one in each.get("default_values", ())}
    assert kinds == {"channel", "role"}
    assert [one["label"] for one in lists(found)["ladder"]["options"] if one.get("default")] == [
        "default: redirections 2, warnings 1, forgiven after 24 h"
    ]
    assert "Canada" in shown(found)
    async with attended(town):
        roles = await picks(town, ada, found, "moderator_roles", town.keepers, helpers)
        await picks(town, ada, found, "channels")
        await picks(town, ada, found, "forums", forum)
        await picks(town, ada, found, "language", "pt")
        await picks(town, ada, found, "ladder", "strict")
        await picks(town, ada, found, "plain_replies", "on")
        gone = await picks(town, ada, found, "moderators")
    assert said(roles)[1] == (
        f"Roles that may look at endings: <@&{town.keepers.id}>, now <@&{helpers.id}>, <@&{town.keepers.id}>"
    )
    assert said(gone)[1] == f"Moderators' channel: <#{town.desk.id}>, now none"
    now = local(town)
    assert (now.moderators, now.channels, now.forums) == (None, (), (str(forum.id),))
    assert now.moderator_roles == (str(town.keepers.id), str(helpers.id))
    assert (now.language, now.ladder.name, now.plain_replies, now.country) == ("pt", "strict", True, "CA")


async def test_a_country_is_entered_in_a_form_and_taken_back_by_an_empty_one(
    town: Community, config: Path, ada: Member
) -> None:
    async with attended(town):
        found = await panel(town, ada)
        asked = await town.server.press(ada, found, buttons(found)["Choose a country"])
        await town.server.until(lambda: asked.modal is not None)
    async with attended(town):  # the form is sent after a restart
        told = await answered(town, await town.server.modal(asked, {"words": "nz"}))
        assert (said(told)[1], local(town).country) == ("Country: none, now New Zealand", "NZ")
        asked = await town.server.press(ada, found, buttons(found)["Choose a country"])
        await town.server.until(lambda: asked.modal is not None)
        await answered(town, await town.server.modal(asked, {}))
    assert local(town).country == ""


async def test_more_channels_than_a_list_holds(town: Community, config: Path, ada: Member) -> None:
    many = [town.server.channel(town.guild, f"room-{number}") for number in range(300)]
    ids = [str(each.id) for each in many]
    (config / "spaces").mkdir()
    (config / "spaces" / f"discord-{town.guild.id}.toml").write_text(f"channels = {ids}")
    assert town.live
    await town.live.reload()
    async with attended(town):
        found = await panel(town, ada)
        told = await sets(town, ada, not_in=many[7])
    assert "channels" not in lists(found)
    assert "Too many for a list: 300. `/fairwell setup` with `answer-in` or `not-in` changes one." in shown(found)
    assert said(told)[1].startswith(f"Channels I answer in: <#{many[7].id}>, <#{many[0].id}>, ")
    assert said(told)[1].endswith("and 294 more")
    assert len(local(town).channels) == 299
    assert len(told.content) < 2000


async def test_channels_and_roles_that_are_gone_do_not_keep_the_lists_from_being_shown(
    town: Community, config: Path, ada: Member
) -> None:
    (config / "spaces").mkdir()
    path = config / "spaces" / f"discord-{town.guild.id}.toml"
    path.write_text(f'channels = ["12", "{town.general.id}"]\nmoderator_roles = ["x"]\nmoderators = "34"')
    assert town.live
    await town.live.reload()
    async with attended(town):
        found = await panel(town, ada)
        await picks(town, ada, found, "channels", town.general)
    assert [one["id"] for one in lists(found)["channels"]["default_values"]] == [town.general.id]
    assert local(town).channels == (str(town.general.id),)


async def test_a_space_of_the_operators_is_not_changed_and_what_to_write_is_in_a_file(
    town: Community, config: Path, ada: Member
) -> None:
    with (config / "fairwell.toml").open("a") as table:
        table.write(f'\n[[space]]\nid = "discord:{town.guild.id}"\n')
    assert town.live
    await town.live.reload()
    async with attended(town):
        told = await sets(town, ada, ladder="gentle", answer_in=town.general)
    assert said(told)[0] == "I have changed nothing:"
    assert "config/fairwell.toml: has the [[space]] of discord:" in told.content.replace("\\", "")
    assert said(told)[-1] == "What would have to stand there is in the file."
    (attached,) = told.attachments
    assert attached.content.decode() == f'ladder = "gentle"\nchannels = ["{town.general.id}"]'
    assert local(town).ladder.name == "default"


async def test_what_cannot_be_written_is_told_with_what_to_write(town: Community, config: Path, ada: Member) -> None:
    (config / "spaces").write_text("no directory")
    async with attended(town):
        told = await sets(town, ada, ladder="gentle")
    assert said(told)[0] == "I have changed nothing:"
    assert str(config) not in told.content
    assert local(town).ladder.name == "default"


async def test_faults_that_are_not_about_this_server_are_not_told_here(
    town: Community, config: Path, ada: Member
) -> None:
    (config / "spaces").mkdir()
    (config / "spaces" / "discord-77.toml").write_text('country = "their secret"')
    async with attended(town):
        told = await sets(town, ada, ladder="gentle")
    assert said(told) == [
        "I have changed nothing:",
        "- Something else in my configuration is broken. Whoever runs me learns more from `fairwell check`.",
    ]


async def test_countries_and_ladders_are_offered_while_they_are_typed(
    town: Community, config: Path, ada: Member
) -> None:
    async def offered(option: str, typed: str) -> list[tuple[str, str]]:
        asked = await town.server.autocomplete(ada, town.general, "fairwell setup", option, {option: typed})
        await town.server.until(lambda: asked.choices is not None)
        return [(one["name"], one["value"]) for one in asked.choices or []]

    async with attended(town):
        assert await offered("country", "new z") == [("New Zealand", "NZ")]
        every = await offered("country", "")
        ladders = await offered("ladder", "")
        assert await offered("ladder", "str") == [("strict: redirections 1, warnings 1, forgiven after 48 h", "strict")]
    assert (every[0], len(every)) == (("as everywhere", "-"), 25)
    assert ladders == [
        ("as everywhere", "-"),
        ("default: redirections 2, warnings 1, forgiven after 24 h", "default"),
        ("gentle: redirections 4, warnings 2, forgiven after 12 h", "gentle"),
        ("strict: redirections 1, warnings 1, forgiven after 48 h", "strict"),
    ]


async def test_hostile_names_of_channels_and_roles_do_nothing(town: Community, config: Path, ada: Member) -> None:
    channel = town.server.channel(town.guild, "@everyone](https://x.y) **x**")
    role = town.server.role(town.guild, "@everyone <@&1> [a](https://x.y)")
    async with attended(town):
        told = await sets(town, ada, answer_in=channel, role=role)
        found = await panel(town, ada)
    for text in (told.content, shown(found)):
        assert "https" not in text
        assert "**x**" not in text
    assert f", now <#{channel.id}>" in told.content
    assert told.pings == found.pings == set()


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "pt"])
async def test_it_speaks_the_language_of_whoever_asks(
    town: Community, config: Path, everything: Configuration, language: str
) -> None:
    who = admin(town, locale={"en": "en-GB", "es": "es-ES", "pt": "pt-BR"}.get(language, language))
    texts = everything.wording.words(language, "discord").discord
    async with attended(town):
        told = await sets(town, who, plain_replies=True)
        found = await panel(town, who)
    assert said(told)[0] == texts.setup.done
    name = texts.setup.names["plain_replies"]
    assert said(told)[1] == texts.setup.changed(what=name, before=texts.setup.off, after=texts.setup.on)
    for key, name in texts.setup.names.items():
        assert f"**{name}**\n-# {texts.setup.hints[key]}" in shown(found)
    assert texts.buttons.country in buttons(found)
    assert f"/fairwell {texts.commands.setup.name}" in texts.setup.intro + texts.check.no_desk

"""Commands in the languages of config/replies."""

import re

import pytest

from bot.configuration import Configuration
from tests.adapters.discord.asking import attended
from tests.adapters.discord.community import Community
from tests.servers.discord_state import Json

LANGUAGES = ("de", "en", "es", "fr", "pt")
REGIONS = {"en": ("en-US", "en-GB"), "es": ("es-ES", "es-419"), "pt": ("pt-BR",), "de": ("de",), "fr": ("fr",)}


async def listed(town: Community) -> dict[str, Json]:
    """What Discord lists, by its name in English."""
    async with attended(town):
        return {name: command for (_, name), command in town.server.world.commands[0].items()}


async def test_every_command_has_its_name_in_every_language(town: Community) -> None:
    commands = await listed(town)
    assert commands.keys() >= {"ask", "appeal", "forgetme", "Review this ending"}
    assert commands["forgetme"]["name_localizations"] == {
        "de": "vergiss-mich",
        "en-GB": "forgetme",
        "en-US": "forgetme",
        "es-419": "olvídame",
        "es-ES": "olvídame",
        "fr": "oublie-moi",
        "pt-BR": "me-esqueça",
    }
    everywhere = {region for regions in REGIONS.values() for region in regions}
    group = commands.pop("fairwell")["options"]  # Discord does not find a group by a name in another language
    commands |= {f"fairwell {one['name']}": one for one in group}
    assert {name for name, one in commands.items() if one["name_localizations"].keys() != everywhere} == set()
    described = [one for one in commands.values() if one["type"] == 1]
    options = [option for one in described for option in one["options"]]
    assert options
    for one in (*described, *options):
        assert one["description_localizations"].keys() == everywhere
        assert len(set(one["description_localizations"].values())) == len(LANGUAGES)


async def test_what_is_chosen_from_a_list_is_localised_too(town: Community) -> None:
    commands = await listed(town)
    (state,) = commands["endings"]["options"]
    (upheld,) = [one for one in state["choices"] if one["value"] == "upheld"]
    assert upheld["name_localizations"]["fr"] == "maintenue"
    (language,) = commands["language"]["options"]
    assert [one["name"] for one in language["choices"]] == ["Deutsch", "English", "Español", "Français", "Português"]


async def test_no_two_commands_are_called_the_same_anywhere(town: Community) -> None:
    commands = [one for one in (await listed(town)).values() if one["name_localizations"]]
    for region in ("de", "en-US", "es-ES", "fr", "pt-BR"):
        names = [one["name_localizations"][region] for one in commands]
        assert len(names) == len(set(names))


async def test_commands_are_listed_once_in_a_process(town: Community) -> None:
    async with attended(town):
        town.server.gateway.invalidate()
        await town.told(await town.thread(await town.asks("Is anybody there?")))  # in another session
        await town.settled()
        assert town.asked("PUT /applications/*/commands") == 1


async def test_some_commands_are_for_some(town: Community) -> None:
    commands = await listed(town)
    for_some = {name for name, one in commands.items() if one["default_member_permissions"] is not None}
    assert for_some == {"endings", "Review this ending", "fairwell"}
    assert commands["new"]["contexts"] == [1]  # direct messages
    assert all(one["integration_types"] == [0] for one in commands.values())  # servers, not users


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_are_told_of_commands_that_are_there(everything: Configuration, language: str) -> None:
    """A client shows a command by its name in the client's language, which need not be the conversation's."""
    words, english = (everything.wording.words(each, "discord") for each in (language, "en"))
    told = " ".join((words.boundary.end.way_back, words.boundary.end.anew, words.talk.choices.country_unknown))
    told += " " + words.talk.welcome.first(bot="", days=1)
    mentioned = set(re.findall(r"(?<!\w)/([-\w]+)", told))
    for name in ("new", "branch", "appeal", "country", "boundaries", "forgetme"):
        own, default = (getattr(each.discord.commands, name).name for each in (words, english))
        assert {own, default} <= mentioned
        mentioned -= {own, default}
    assert not mentioned

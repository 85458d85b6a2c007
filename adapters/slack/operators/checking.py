"""What the bot may do in a workspace, what it lacks there and how that is mended: for those who run it."""

from collections.abc import Iterator

from adapters.slack import names
from adapters.slack.operators.findings import Findings, look
from adapters.slack.people.desk import Visit
from adapters.slack.people.surfaces import quoted
from bot.reply.texts import Words
from bot.settings.model import Local


async def check(visit: Visit) -> None:
    """Look at what the bot may do, at the channels in the settings, and at who may look at endings."""
    if await may_run(visit):
        await visit.say(await report(visit))


async def may_run(visit: Visit) -> bool:
    """Whether whoever asks is an admin, now. If not, they are told. Raises PlatformError."""
    if await visit.desk.reviewers.is_admin(visit.interaction.team, visit.interaction.user):
        return True
    await visit.say(visit.words.slack.answers.admins_only)
    return False


def here(visit: Visit) -> Local:
    """What is set in the workspace as a whole."""
    return visit.desk.configuration.settings.at(names.place(visit.interaction.team, "", private=False))


async def report(visit: Visit) -> str:
    """What was found, as a list. Raises Denied, PlatformError."""
    found = await look(visit.desk.hearing.requests, visit.interaction.team, here(visit))
    return "\n".join(f"• {each}" for each in told(found, visit.words))


def told(found: Findings, words: Words) -> Iterator[str]:
    """What was found, in sentences."""
    texts = words.slack.check
    if found.scopes:
        yield texts.lacks(names=", ".join(f"`{each}`" for each in found.scopes))
        yield texts.anew
    else:
        yield texts.well
    yield from _desk(found, words)
    for each in found.rooms:
        if not each.there:
            yield texts.missing(channel=f"<#{each.id}>")
        elif each.archived:
            yield texts.archived(channel=f"<#{each.id}>")
        elif not each.inside:
            yield texts.outside(channel=f"<#{each.id}>")
    yield from _reviewers(found, words)


def _desk(found: Findings, words: Words) -> Iterator[str]:
    texts, desk = words.slack.check, found.desk
    if desk is None:
        yield texts.no_desk
        return
    shown = f"<#{desk.id}>"
    if not desk.there:
        yield texts.gone(channel=shown)
    elif desk.archived:
        yield texts.archived(channel=shown)
    elif not desk.inside:
        yield texts.outside(channel=shown)
    elif desk.shared:
        yield texts.shared(channel=shown)
    elif not desk.private:
        yield texts.public(channel=shown)


def _reviewers(found: Findings, words: Words) -> Iterator[str]:
    texts = words.slack.check
    named = [quoted(each) for each in found.groups] + [f"<@{each}>" for each in found.people]
    if named:
        yield texts.who(who=", ".join(named))
    if found.gone:
        yield texts.no_group(who=", ".join(quoted(each) for each in found.gone))
    if not named and not found.gone:
        yield texts.nobody

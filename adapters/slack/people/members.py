"""What members ask about themselves and choose for themselves, and their appeals."""

from dataclasses import replace
from functools import partial

from adapters.slack import names
from adapters.slack.outgoing.blocks import buttons
from adapters.slack.people import asking
from adapters.slack.people.caring import offered
from adapters.slack.people.desk import Desk, Visit
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.surfaces import Form, button, choice, linked, recalled, row
from bot.care.country import countries, parse_country
from bot.domain.ending import Ending, EndingState
from bot.domain.event import Appealed, Chose, Referred
from bot.domain.step import Step
from bot.ports import Transcript
from bot.reply.texts import Words
from bot.reply.wording import own_name

APPEALED, ERASE, KEEP, COUNTRY, LANGUAGE = "appealed", "erase", "keep", "country", "language"
NONE = "-"  # chosen to take something back
LATEST = 20  # endings among which the one is looked for that is to be looked at again


async def standing(visit: Visit) -> None:
    """What counts for them: in the latest conversation here in which something was noted, else in the workspace.

    The command cannot be used in threads, so nobody can say which one they mean.
    """
    found = await visit.desk.store.latest_standing(visit.member.id, visit.place)
    answers, choices = visit.words.slack.answers, visit.words.talk.choices
    if found is None:
        await visit.say(answers.no_conversation)
        return
    conversation, own = found
    if own.marks:
        told = choices.standing(redirections=own.count(Step.REDIRECT), warnings=own.count(Step.WARN))
    else:
        told = choices.standing_clear
    await visit.say(f"{answers.standing(thread=await visit.pointed(conversation))}\n{told}")


async def boundaries(visit: Visit) -> None:
    """What counts at all."""
    person = replace(visit.person, language=visit.words.language)
    await visit.say(visit.desk.hearing.bot.boundaries(visit.place, person))


async def country(visit: Visit, name: str) -> None:
    """Set their country; without a name, ask which."""
    if name:
        code = parse_country(name)
        if code is None:
            await asking.confide(visit, name)
            await visit.say(visit.words.talk.choices.country_unknown)
        else:
            await _country(visit, code)
        return
    texts = visit.words.slack
    team, user = visit.interaction.team, visit.interaction.user
    known = offered(visit.words.language, visit.desk.hearing.profiles, team, user)
    every = {NONE: texts.buttons.take_back} | dict(known)
    lists = choice(COUNTRY, texts.buttons.country, every, visit.person.country)
    await visit.say(texts.answers.country, row(lists))


async def language(visit: Visit, name: str) -> None:
    """Set the language the bot writes in; without a name, ask which."""
    known = {each: own_name(each) for each in visit.desk.configuration.wording.languages}
    if name:
        folded = name.casefold()
        code = next((each for each, own in known.items() if folded in {each, own.casefold()}), None)
        if code is None:
            await asking.confide(visit, name)
            languages = ", ".join(known.values())
            await visit.say(visit.words.talk.choices.language_unknown(languages=languages))
        else:
            await _language(visit, code)
        return
    texts = visit.words.slack
    lists = choice(LANGUAGE, texts.buttons.language, {NONE: texts.buttons.take_back} | known, visit.person.language)
    await visit.say(texts.answers.language, row(lists))


async def choose_country(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody chose a country, or to take theirs back."""
    await desk.attend(interaction, ack, partial(_country, code=chosen(interaction)))


async def choose_language(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody chose a language, or to take theirs back."""
    await desk.attend(interaction, ack, partial(_language, code=chosen(interaction)))


def chosen(interaction: Interaction) -> str:
    """The code of a country or a language that somebody chose; "": they take theirs back."""
    return "" if interaction.value == NONE else interaction.value


async def forgetme(visit: Visit) -> None:
    """Ask once more."""
    texts = visit.words.slack
    yes, no = button(ERASE, "-", texts.buttons.erase, "danger"), button(KEEP, "-", texts.buttons.keep)
    await visit.say(texts.answers.erase, buttons(yes, no))


async def erase(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """They do want it."""
    await desk.attend(interaction, ack, _erase)


async def keep(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """They do not."""
    await desk.attend(interaction, ack, _keep)


async def ask_appeal(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Ask what the moderators should know. Of which ending it is, a button says; the command means the latest."""
    about = {"ending": interaction.value} if interaction.message or interaction.about else {}

    def asked(words: Words) -> Form:
        texts = words.slack.forms.appeal
        return Form(
            what=APPEALED, about=about | {"channel": interaction.channel}, title=texts.title, label=texts.field,
            hint=texts.hint, send=words.slack.buttons.send, close=words.slack.buttons.close,
        )  # fmt: skip

    await desk.ask(interaction, ack, asked)


async def appeal(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """An appeal was sent."""
    await desk.attend(interaction, ack, _appeal)


async def report(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants moderators to look at a message."""
    await desk.attend(interaction, ack, _report)


def _nowhere(visit: Visit) -> str:
    """The name of a conversation in which nothing is said: a choice is made outside of any."""
    return names.conversation(visit.interaction.team, visit.interaction.channel, names.ts(visit.interaction.at))


async def _country(visit: Visit, code: str) -> None:
    """Keep it, and show at once who can be reached there."""
    choices, known = visit.words.talk.choices, countries(visit.words.language)
    if code and code not in known:
        await visit.say(choices.country_unknown)
        return
    await visit.desk.hearing.receive(Chose(**visit.reported(_nowhere(visit)), country=code))
    if not code:
        await visit.say(choices.country_taken_back)
        return
    found = visit.desk.configuration.services(visit.words.language, code)
    await visit.say(choices.country_set(place=known[code]), *linked(found))


async def _language(visit: Visit, code: str) -> None:
    known = visit.desk.configuration.wording.languages
    if code and code not in known:  # it was there when the list was shown
        await visit.say(visit.words.talk.choices.language_unknown(languages=", ".join(map(own_name, known))))
        return
    await visit.desk.hearing.receive(Chose(**visit.reported(_nowhere(visit)), language=code))
    words = visit.desk.words(visit.place, code)
    await visit.say(words.talk.choices.language_set if code else words.slack.answers.language_free)


async def _erase(visit: Visit) -> None:
    count = await visit.desk.store.forget(visit.member.id, visit.desk.hearing.clock())
    await visit.say(visit.words.talk.choices.forgotten(count=count))


async def _keep(visit: Visit) -> None:
    await visit.say(visit.words.slack.answers.kept)


async def _appeal(visit: Visit) -> None:
    found = await _appealable(visit)
    if found is None:
        await visit.say(visit.words.talk.choices.nothing_to_appeal)
        return
    ending = found.ending
    event = Appealed(
        key=f"{names.NAME}:a:{ending.id}:{len(found.verdicts)}",  # once, and once more after each verdict
        conversation=ending.conversation,
        place=found.place,
        member=visit.member,
        at=visit.interaction.at,
        words=visit.interaction.value,
        ending=ending.id,
    )
    heard, answers = await visit.desk.hearing.receive(event), visit.words.slack.answers
    await visit.say(answers.appeal_sent if heard else answers.appeal_known)


async def _appealable(visit: Visit) -> Transcript | None:
    """The member's own ending that they mean: what a button says, else their latest. None: there is none to appeal."""
    store, member = visit.desk.store, visit.member.id
    ending = recalled(visit.interaction.about).get("ending", "")
    if not ending:
        latest = await store.endings(space=visit.interaction.team, member=member, limit=LATEST)
        standing = [each for each in latest if each.state is not EndingState.OVERTURNED]
        ending = next((each.id for each in (*filter(_for_conduct, standing), *standing)), "")
    found = await store.ending(ending) if ending else None
    if found is None or found.ending.member != member or found.ending.state is EndingState.OVERTURNED:
        return None
    return found


def _for_conduct(ending: Ending) -> bool:
    return ending.concern is not None


async def _report(visit: Visit) -> None:
    answers, message = visit.words.slack.answers, visit.interaction.message or {}
    if visit.desk.configuration.settings.at(visit.place).moderators is None:
        await visit.say(answers.no_moderators)
        return
    team, channel, ts = visit.interaction.team, visit.interaction.channel, str(message["ts"])
    reported = visit.reported(names.conversation(team, channel, str(message.get("thread_ts") or ts)))
    reported["key"] = f"{names.NAME}:t:{channel}:{ts}:{visit.member.id}"  # once, by each of them
    await visit.desk.hearing.receive(Referred(**reported, message=names.message(channel, ts)))
    await visit.say(answers.reported)

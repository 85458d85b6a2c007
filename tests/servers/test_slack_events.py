"""What the real slack-bolt is told of what happens on the local Slack."""

import pytest

from tests.servers.slack import Kind, LocalSlack, Refused, Upload
from tests.servers.slack_bot import Bot, Library, error


async def test_a_mention_in_a_channel_is_two_events_of_one_message(shelf: Library) -> None:
    bot = await shelf.bot()
    said = await shelf.slack.mentions(shelf.robin, shelf.general, "Good evening.")
    message, mention = await bot.next("message"), await bot.next("app_mention")
    assert message["ts"] == mention["ts"] == said.ts
    first, second = (body["event_id"] for body in bot.heard)
    assert first != second
    assert message["text"] == f"{shelf.install.bot.mention} Good evening."
    assert (message["channel_type"], message["user"]) == ("channel", shelf.robin.id)
    (authorization,) = bot.heard[0]["authorizations"]
    assert authorization["team_id"] == shelf.workspace.id


async def test_a_mention_in_a_dm_is_one_event(shelf: Library) -> None:
    bot = await shelf.bot()
    dm = shelf.slack.dm(shelf.robin)
    await shelf.slack.mentions(shelf.robin, dm, "Good evening.")
    await shelf.slack.says(shelf.robin, dm, "Hello?")
    await bot.next("message", lambda one: one["text"] == "Hello?")
    assert [event["channel_type"] for event in bot.events("message")] == ["im", "im"]
    assert not bot.events("app_mention")


async def test_an_edit_is_a_hidden_message_with_what_was_before(shelf: Library) -> None:
    bot = await shelf.bot()
    said = await shelf.slack.says(shelf.robin, shelf.general, "Tide.")
    await shelf.slack.edits(shelf.robin, said, "Tides.")
    event = await bot.next("message", lambda one: one.get("subtype") == "message_changed")
    assert (event["message"]["text"], event["previous_message"]["text"]) == ("Tides.", "Tide.")
    assert (event["hidden"], event["message"]["ts"]) == (True, said.ts)
    assert event["message"]["edited"]["user"] == shelf.robin.id


async def test_an_unfurled_link_is_a_change_without_another_text(shelf: Library) -> None:
    bot = await shelf.bot()
    said = await shelf.slack.says(shelf.robin, shelf.general, "<https://example.org>")
    await shelf.slack.unfurls(said, "https://example.org")
    event = await bot.next("message", lambda one: one.get("subtype") == "message_changed")
    assert event["message"]["text"] == event["previous_message"]["text"]
    assert "edited" not in event["message"]


async def test_a_message_that_was_taken_away(shelf: Library) -> None:
    bot = await shelf.bot()
    said = await shelf.slack.says(shelf.robin, shelf.general, "Forget this.")
    await shelf.slack.deletes(shelf.mo, said)
    event = await bot.next("message", lambda one: one.get("subtype") == "message_deleted")
    assert (event["deleted_ts"], event["previous_message"]["user"]) == (said.ts, shelf.robin.id)
    assert shelf.mo.id not in str(event)


async def test_reactions_with_tones(shelf: Library) -> None:
    bot = await shelf.bot()
    ts = await shelf.post()
    message = shelf.general.messages[ts]
    await shelf.slack.reacts(shelf.robin, message, "thumbsup", tone=3)
    added = await bot.next("reaction_added")
    assert (added["reaction"], added["item"]["ts"]) == ("thumbsup::skin-tone-3", ts)
    assert added["item_user"] == shelf.install.bot.id
    await shelf.slack.unreacts(shelf.robin, message, "thumbsup", tone=3)
    assert (await bot.next("reaction_removed"))["user"] == shelf.robin.id
    with pytest.raises(Refused) as caught:
        await shelf.slack.unreacts(shelf.robin, message, "thumbsup", tone=3)
    assert error(caught) == "no_reaction"


async def test_the_bots_own_posts_come_back_but_bolt_leaves_them_out(shelf: Library) -> None:
    bot = await shelf.bot()
    await shelf.post("My own.")
    await shelf.slack.says(shelf.robin, shelf.general, "Another's.")
    await bot.next("message", lambda one: one["text"] == "Another's.")
    assert [one["text"] for one in bot.events("message")] == ["Another's."]
    (echo,) = [one for one in shelf.slack.deliveries.events("message") if one.event["text"] == "My own."]
    assert (echo.acked, echo.event["bot_id"]) == (True, shelf.install.bot.bot_id)


@pytest.mark.parametrize("echo", ["before", "after", "held"])
async def test_an_echo_may_come_before_the_reply_or_after(shelf: Library, echo: str) -> None:
    await shelf.bot()
    shelf.slack.web.echo = echo  # type: ignore[assignment]
    await shelf.post("My own.")
    sent = shelf.slack.deliveries.events("message")
    if echo == "held":
        assert not sent
        shelf.slack.web.release()
    elif echo == "before":
        assert sent[0].acked
    await shelf.slack.until(lambda: [one.acked for one in shelf.slack.deliveries.events("message")] == [True])


async def test_what_is_held_may_come_backwards_or_twice_or_never(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    slack.deliveries.hold()
    for text in ("One.", "Two."):
        await slack.says(shelf.robin, shelf.general, text)
    slack.deliveries.release(backwards=True)
    await bot.next("message", lambda one: one["text"] == "One.")
    assert [one.event["text"] for one in slack.deliveries.events("message")] == ["Two.", "One."]
    slack.deliveries.spoil("message", "twice")
    slack.deliveries.spoil("message", "lost")
    for text in ("Three.", "Four.", "Five."):
        await slack.says(shelf.robin, shelf.general, text)
    await bot.next("message", lambda one: one["text"] == "Five.")
    await bot.bell.until(lambda: len(bot.heard) == 5, 10)
    assert sorted(one["text"] for one in bot.events("message")) == ["Five.", "One.", "Three.", "Three.", "Two."]
    assert len({body["event_id"] for body in bot.heard}) == 4


async def test_files_that_people_share(shelf: Library) -> None:
    bot = await shelf.bot()
    await shelf.slack.says(shelf.robin, shelf.general, "See.", files=[Upload(name="tide.txt", content=b"high")])
    event = await bot.next("message")
    (file,) = event["files"]
    assert (event["subtype"], file["name"], file["size"]) == ("file_share", "tide.txt", 4)
    assert (await bot.next("file_shared"))["file_id"] == file["id"]


async def test_people_come_and_go(shelf: Library) -> None:
    bot = await shelf.bot()
    private = shelf.slack.channel(shelf.workspace, "inner", shelf.mo, kind=Kind.PRIVATE, bot=False)
    await shelf.slack.says(shelf.mo, private, "Unheard.")
    await shelf.slack.joins(shelf.install.bot, private, inviter=shelf.mo)
    joined = await bot.next("member_joined_channel")
    assert (joined["user"], joined["inviter"]) == (shelf.install.bot.id, shelf.mo.id)
    await shelf.slack.says(shelf.mo, private, "Heard.")
    await bot.next("message", lambda one: one["text"] == "Heard.")
    await shelf.slack.leaves(shelf.install.bot, private)
    await shelf.slack.says(shelf.mo, private, "Gone.")
    await shelf.slack.says(shelf.mo, shelf.general, "Still here.")
    await bot.next("message", lambda one: one["text"] == "Still here.")
    assert not {"Unheard.", "Gone."} & {one["text"] for one in bot.events("message")}


async def test_a_channel_the_bot_is_not_in_is_silent_but_for_mentions(shelf: Library) -> None:
    bot = await shelf.bot()
    elsewhere = shelf.slack.channel(shelf.workspace, "elsewhere", bot=False)
    await shelf.slack.says(shelf.robin, elsewhere, "Nobody hears this.")
    await shelf.slack.mentions(shelf.robin, elsewhere, "But this.")
    mention = await bot.next("app_mention")
    assert mention["text"].endswith("But this.")
    assert not bot.events("message")


async def test_what_is_not_subscribed_to_or_allowed_is_not_told(shelf: Library) -> None:
    bot = await shelf.bot()
    shelf.slack.app.events -= {"reaction_added"}
    shelf.install.scopes -= {"app_mentions:read"}
    said = await shelf.slack.mentions(shelf.robin, shelf.general, "Good evening.")
    await shelf.slack.reacts(shelf.robin, said, "wave")
    await shelf.slack.says(shelf.robin, shelf.general, "Last.")
    await bot.next("message", lambda one: one["text"] == "Last.")
    assert not bot.events("reaction_added")
    assert not bot.events("app_mention")


async def test_other_bots_are_seen_as_bots(shelf: Library) -> None:
    bot = await shelf.bot()
    other = shelf.slack.robot(shelf.workspace, "reminder")
    await shelf.slack.joins(other, shelf.general)
    await shelf.slack.says(other, shelf.general, "Tea time.")
    await shelf.slack.says(other, shelf.general, "Tea time!", classic=True)
    modern = await bot.next("message", lambda one: one["text"] == "Tea time.")
    classic = await bot.next("message", lambda one: one["text"] == "Tea time!")
    assert (modern["bot_id"], modern["user"], modern.get("subtype")) == (other.bot_id, other.id, None)
    assert (classic["subtype"], "user" in classic) == ("bot_message", False)


async def test_guests_of_a_shared_channel_have_thin_profiles(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    abroad = slack.workspace("Abroad", installed=False)
    guest = slack.member(abroad, "guest")
    slack.shares(shelf.general, abroad, guest)
    await slack.says(guest, shelf.general, "Hello from abroad.")
    event = await bot.next("message")
    assert (event["user_team"], event["team"]) == (abroad.id, abroad.id)
    assert bot.heard[0]["is_ext_shared_channel"]
    assert bot.heard[0]["team_id"] == shelf.workspace.id
    known = await shelf.client.users_info(user=shelf.robin.id, include_locale=True)
    thin = await shelf.client.users_info(user=guest.id, include_locale=True)
    assert (known["user"]["locale"], known["user"]["tz"]) == ("en-US", "Europe/Amsterdam")
    assert not {"locale", "tz", "is_admin"} & set(thin["user"])


async def test_two_workspaces_have_a_token_and_a_bot_each(shelf: Library) -> None:
    slack: LocalSlack = shelf.slack
    second = slack.workspace("The Archive")
    ann = slack.member(second, "ann")
    desk = slack.channel(second, "desk")
    bot: Bot = await shelf.bot()
    await slack.says(ann, desk, "Is it open?")
    await slack.says(shelf.robin, shelf.general, "Is it?")
    await bot.bell.until(lambda: len(bot.heard) == 2, 10)
    assert {body["team_id"] for body in bot.heard} == {shelf.workspace.id, second.id}
    assert slack.installed(second).token != shelf.install.token
    assert slack.installed(second).bot is not shelf.install.bot


async def test_home_and_stop(shelf: Library) -> None:
    bot = await shelf.bot()
    await shelf.slack.opens_home(shelf.robin, "messages")
    opened = await bot.next("app_home_opened")
    assert (opened["tab"], opened["channel"]) == ("messages", shelf.slack.dm(shelf.robin).id)
    root = await shelf.slack.says(shelf.robin, shelf.general, "Tell me everything.")
    stream = await shelf.client.chat_stream(
        channel=shelf.general.id,
        thread_ts=root.ts,
        recipient_team_id=shelf.workspace.id,
        recipient_user_id=shelf.robin.id,
        buffer_size=1,
    )
    await stream.append(markdown_text="Everything ")
    await shelf.slack.stops(shelf.robin, root)
    stopped = await bot.next("agent_session_stopped")
    assert stopped["streaming_message_ts"] == [stream.ts]

"""Who and what there is on the local Slack, and its files, through the real slack-sdk."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.servers.slack import Kind, Upload
from tests.servers.slack_bot import Library, error


async def test_who_the_bot_is(shelf: Library) -> None:
    me = await shelf.client.auth_test()
    bot = shelf.install.bot
    assert (me["user_id"], me["bot_id"], me["team_id"]) == (bot.id, bot.bot_id, shelf.workspace.id)
    assert (await shelf.client.bots_info(bot=bot.bot_id))["bot"]["user_id"] == bot.id
    assert (await shelf.client.team_info())["team"]["domain"] == "the-library"


async def test_people_and_groups(shelf: Library) -> None:
    mo = (await shelf.client.users_info(user=shelf.mo.id))["user"]
    assert (mo["is_admin"], "locale" in mo, mo["tz_offset"]) == (True, False, 3_600)
    jo = shelf.slack.member(shelf.workspace, "jo", tz="Asia/Tokyo", locale="ja-JP", restricted=True)
    shown = (await shelf.client.users_info(user=jo.id, include_locale=True))["user"]
    assert (shown["locale"], shown["tz"], shown["is_restricted"]) == ("ja-JP", "Asia/Tokyo", True)
    group = shelf.slack.group(shelf.workspace, "mods", shelf.mo)
    assert (await shelf.client.usergroups_users_list(usergroup=group.id))["users"] == [shelf.mo.id]
    group.disabled = True
    for number, word in ((group.id, "subteam_disabled"), ("S0", "no_such_subteam")):
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.usergroups_users_list(usergroup=number)
        assert error(caught) == word
    stranger = shelf.slack.member(shelf.slack.workspace("Abroad", installed=False), "stranger")
    for number, word in ((stranger.id, "user_not_visible"), ("U0NOBODY", "user_not_found")):
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.users_info(user=number)
        assert error(caught) == word


async def test_conversations_and_their_members(shelf: Library) -> None:
    slack = shelf.slack
    private = slack.channel(shelf.workspace, "moderators", shelf.mo, kind=Kind.PRIVATE)
    slack.channel(shelf.workspace, "secret", shelf.mo, kind=Kind.PRIVATE, bot=False)
    slack.channel(shelf.workspace, "open", bot=False)
    slack.dm(shelf.robin)
    public = await shelf.client.conversations_list()
    assert [(one["name"], one["is_member"]) for one in public["channels"]] == [("general", True), ("open", False)]
    own = await shelf.client.users_conversations()
    assert [one["name"] for one in own["channels"]] == ["general"]
    others = await shelf.client.conversations_list(types="private_channel,im")
    assert [one.get("name") or one["user"] for one in others["channels"]] == ["moderators", shelf.robin.id]
    members = await shelf.client.conversations_members(channel=private.id)
    assert members["members"] == [shelf.mo.id, shelf.install.bot.id]
    info = await shelf.client.conversations_info(channel=private.id, include_num_members=True)
    assert (info["channel"]["is_private"], info["channel"]["num_members"]) == (True, 2)
    pages = await shelf.client.conversations_members(channel=shelf.general.id, limit=2)
    assert [len(page["members"]) async for page in pages] == [2, 2]


async def test_reactions_of_the_bot(shelf: Library) -> None:
    said = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    asks = {"channel": shelf.general.id, "timestamp": said.ts}
    await shelf.client.reactions_add(**asks, name="lock")
    await shelf.slack.reacts(shelf.robin, said, "lock")
    found = (await shelf.client.reactions_get(channel=shelf.general.id, timestamp=said.ts))["message"]["reactions"]
    assert found == [{"name": "lock", "users": [shelf.install.bot.id, shelf.robin.id], "count": 2}]
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.reactions_add(**asks, name="lock")
    assert error(caught) == "already_reacted"
    await shelf.client.reactions_remove(**asks, name="lock")
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.reactions_remove(**asks, name="lock")
    assert error(caught) == "no_reaction"
    assert said.reactions == {"lock": [shelf.robin]}


async def test_a_file_is_for_those_who_have_the_token_and_the_scope(shelf: Library) -> None:
    upload = Upload(name="tide.txt", content=b"high", mimetype="text/plain")
    said = await shelf.slack.says(shelf.robin, shelf.general, "See.", files=[upload])
    file = (await shelf.client.files_info(file=said.files[0].id))["file"]
    for token, content in ((shelf.install.token, b"high"), ("xoxb-nobody", b"Sign in")):
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.request("GET", file["url_private_download"], headers=headers) as found:
            assert content in await found.read()
            assert (found.status, found.content_type == "text/plain") == (200, content == b"high")
    assert [one.error for one in shelf.slack.requests("files/download")] == ["", "invalid_auth"]
    hidden = shelf.slack.channel(shelf.workspace, "hidden", shelf.robin, bot=False)
    other = await shelf.slack.says(shelf.robin, hidden, "Not for bots.", files=[upload])
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.files_info(file=other.files[0].id)
    assert error(caught) == "file_not_found"
    headers = {"Authorization": f"Bearer {shelf.install.token}"}
    address = file["url_private"].replace(said.files[0].id, other.files[0].id)
    async with aiohttp.request("GET", address, headers=headers) as found:
        assert (found.status, await found.read() == b"high") == (404, False)
    shelf.install.scopes -= {"files:read"}
    async with aiohttp.request("GET", file["url_private"], headers=headers) as found:
        assert b"Sign in" in await found.read()


async def test_the_bot_uploads_a_file(shelf: Library) -> None:
    shelf.install.scopes |= {"files:write"}
    root = await shelf.slack.says(shelf.mo, shelf.general, "The report, please.")
    await shelf.client.files_upload_v2(
        filename="report.csv", content="a,b", channel=shelf.general.id, thread_ts=root.ts, initial_comment="Here."
    )
    (message,) = shelf.general.replies(root.ts)
    assert (message.text, message.files[0].name, message.files[0].content) == ("Here.", "report.csv", b"a,b")

"""How things look on the wire. Docs: reference/objects, reference/events."""

from tests.servers.slack_state import Channel, File, Install, Json, Kind, Message, Told, User, View, Workspace
from tests.servers.slack_world import World


def message(world: World, one: Message, *, whole: bool = True) -> Json:
    """A message. whole: with its metadata, which history shows only to who asks for it."""
    if one.deleted:
        return _stone(one)
    shape: Json = {
        "type": "message",
        "user": one.author.id,
        "text": one.text if one.markdown is None else one.markdown,
        "ts": one.ts,
        "team": one.author.home.id,
    }
    blocks = ([{"type": "markdown", "text": one.markdown}] if one.markdown is not None else []) + one.blocks
    shape |= _maybe(
        subtype=one.subtype,
        blocks=blocks,
        attachments=one.attachments,
        client_msg_id=one.client_msg_id,
        edited=one.edited,
        streaming_state=one.streaming,
        metadata=one.metadata if whole else None,
        files=[file(world, each) for each in one.files],
    )
    if one.author.bot:
        profile = {"id": one.author.bot_id, "app_id": one.author.app_id, "name": one.author.name, "deleted": False}
        shape |= {
            "bot_id": one.author.bot_id,
            "app_id": one.author.app_id,
            "bot_profile": profile | {"team_id": one.author.home.id},
        }
    if one.subtype == "bot_message":
        shape |= {"username": one.author.name}
        del shape["user"]
    return shape | _thread(one) | _reacted(one)


def _stone(one: Message) -> Json:
    """What is left of a deleted message that has answers, or had."""
    shape: Json = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted."}
    shape |= {"hidden": True, "ts": one.ts, "thread_ts": one.ts, "parent_user_id": "USLACKBOT"}
    return shape | {"reply_count": 0} | _thread(one)


def _maybe(**parts: object) -> Json:
    return {name: part for name, part in parts.items() if part}


def _thread(one: Message) -> Json:
    if one.thread_ts and one.thread_ts != one.ts:
        root = one.channel.messages.get(one.thread_ts)
        return {"thread_ts": one.thread_ts} | _maybe(parent_user_id=root.author.id if root else None)
    replies = one.channel.replies(one.ts)
    if not replies:
        return {}
    people = list(dict.fromkeys(reply.author.id for reply in replies))
    return {
        "thread_ts": one.ts,
        "reply_count": len(replies),
        "reply_users": people[:5],
        "reply_users_count": len(people),
        "latest_reply": replies[-1].ts,
        "subscribed": False,
        "is_locked": False,
    }


def _reacted(one: Message) -> Json:
    reactions = [
        {"name": name, "users": [user.id for user in users], "count": len(users)}
        for name, users in one.reactions.items()
    ]
    return {"reactions": reactions} if reactions else {}


def user(one: User, *, known: bool = True, locale: bool = False) -> Json:
    """Somebody. known: of the own workspaces; of others Slack says little."""
    profile: Json = {"real_name": one.name.title(), "display_name": one.name, "team": one.home.id}
    shape: Json = {
        "id": one.id,
        "team_id": one.home.id,
        "name": one.name,
        "deleted": one.deleted,
        "is_bot": one.bot,
        "profile": profile,
        "updated": 1_700_000_000,
    }
    if not known:
        return shape | {"is_stranger": True}
    shape |= {
        "real_name": one.name.title(),
        "tz": one.tz,
        "tz_label": one.tz,
        "tz_offset": one.tz_offset,
        "is_admin": one.admin or one.owner,
        "is_owner": one.owner,
        "is_primary_owner": False,
        "is_restricted": one.restricted,
        "is_ultra_restricted": False,
        "is_app_user": False,
    }
    return shape | ({"locale": one.locale} if locale else {})


def channel(one: Channel, bot: User) -> Json:
    """A conversation, as the bot has it."""
    shape: Json = {
        "id": one.id,
        "created": int(one.created),
        "is_archived": one.archived,
        "is_channel": one.kind in {Kind.CHANNEL, Kind.PRIVATE},
        "is_group": False,
        "is_im": one.kind is Kind.DM,
        "is_mpim": one.kind is Kind.GROUP_DM,
        "is_private": one.kind is not Kind.CHANNEL,
        "is_shared": bool(one.shared),
        "is_ext_shared": bool(one.shared),
        "is_org_shared": False,
        "is_member": bot.id in one.members,
        "context_team_id": bot.home.id,
    }
    if one.kind is Kind.DM:
        return shape | {"user": next((each for each in one.members if each != bot.id), bot.id)}
    empty = {"value": "", "creator": "", "last_set": 0}
    return shape | {"name": one.name, "name_normalized": one.name, "topic": empty, "purpose": empty}


def file(world: World, one: File) -> Json:
    """A file, with where its bytes are."""
    if one.deleted:
        return {"id": one.id, "mode": "tombstone"}
    address = f"{world.url}/files-pri/{one.workspace.id}-{one.id}"
    return {
        "id": one.id,
        "created": int(one.created),
        "timestamp": int(one.created),
        "name": one.name,
        "title": one.title or one.name,
        "mimetype": one.mimetype,
        "filetype": one.name.rpartition(".")[2],
        "user": one.owner.id,
        "user_team": one.owner.home.id,
        "size": len(one.content),
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "url_private": f"{address}/{one.name}",
        "url_private_download": f"{address}/download/{one.name}",
        "permalink": f"https://{one.workspace.domain}.slack.com/files/{one.owner.id}/{one.id}/{one.name}",
        "channels": [each.id for each in one.channels if each.kind is Kind.CHANNEL],
        "groups": [each.id for each in one.channels if each.kind is Kind.PRIVATE],
        "ims": [each.id for each in one.channels if each.direct],
        "file_access": "visible",
    }


def view(world: World, one: View) -> Json:
    """A modal or a home tab."""
    empty: Json = {"state": {"values": {}}, "private_metadata": "", "callback_id": "", "blocks": []}
    install = world.installed(one.workspace)
    lowest = one
    while lowest.below is not None:
        lowest = lowest.below
    return empty | one.content | {
        "id": one.id,
        "team_id": one.workspace.id,
        "hash": one.hash,
        "app_id": world.app.id,
        "app_installed_team_id": one.workspace.id,
        "bot_id": install.bot.bot_id if install else None,
        "root_view_id": lowest.id,
        "previous_view_id": one.below.id if one.below else None,
    }  # fmt: skip


def team(one: Workspace) -> Json:
    """A workspace, as in what people do."""
    shape = {"id": one.id, "domain": one.domain}
    if one.enterprise:
        shape |= {"enterprise_id": one.enterprise.id, "enterprise_name": one.enterprise.name}
    return shape


def authorization(install: Install, workspace: Workspace) -> Json:
    """For whom an event is."""
    enterprise = workspace.enterprise
    return {
        "enterprise_id": enterprise.id if enterprise else None,
        "team_id": None if install.wide else workspace.id,
        "user_id": install.bot.id,
        "is_bot": True,
        "is_enterprise_install": install.wide,
    }


def callback(world: World, told: Told) -> Json:
    """An event, wrapped as it is delivered."""
    enterprise = told.workspace.enterprise
    return {
        "token": world.app.verification,
        "team_id": told.workspace.id,
        "enterprise_id": enterprise.id if enterprise else None,
        "context_team_id": told.workspace.id,
        "context_enterprise_id": enterprise.id if enterprise else None,
        "api_app_id": world.app.id,
        "event": told.event,
        "type": "event_callback",
        "event_id": world.id("Ev"),
        "event_time": int(world.now),
        "authorizations": [authorization(told.install, told.workspace)],
        "is_ext_shared_channel": told.external,
        "event_context": world.id("4-"),
    }

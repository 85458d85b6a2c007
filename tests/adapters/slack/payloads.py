"""What Slack's Events API sends, as it is documented."""

from typing import Any

Json = dict[str, Any]

TEAM, CHANNEL, DIRECT, ME = "T0001", "C0001", "D0001", "U0BOT"
ANA, BEN = "U0ANA", "U0BEN"
ROOT, TS, LATER = "1763640000.000100", "1763640060.000200", "1763640120.000300"


def payload(event: Json, **more: Any) -> Json:
    """An event, wrapped as it is delivered to a bot that one workspace installed."""
    return {
        "token": "verification",
        "team_id": TEAM,
        "api_app_id": "A0001",
        "event": {"event_ts": LATER, **event},
        "type": "event_callback",
        "event_id": "Ev0001",
        "event_time": 1763640120,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": ME,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        **more,
    }


def written(text: str = "hello", **more: Any) -> Json:
    """A message as it is inside an event about it."""
    return {
        "type": "message",
        "user": ANA,
        "text": text,
        "ts": TS,
        "client_msg_id": "c1",
        "team": TEAM,
        "blocks": [{"type": "rich_text", "elements": []}],
        **more,
    }


def said(text: str = "hello", **more: Any) -> Json:
    """Somebody says something in a channel."""
    return payload({**written(text), "channel": CHANNEL, "channel_type": "channel", "event_ts": TS, **more})


def changed(now: Json, before: Json | None, **more: Any) -> Json:
    """A message changes."""
    event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": LATER, "message": now}
    event |= {"channel": CHANNEL, "channel_type": "channel"} | ({"previous_message": before} if before else {})
    return payload({**event, **more})


def removed(before: Json, **more: Any) -> Json:
    """A message is deleted."""
    event = {"type": "message", "subtype": "message_deleted", "hidden": True, "ts": LATER, "deleted_ts": TS}
    event |= {"channel": CHANNEL, "channel_type": "channel", "previous_message": before}
    return payload({**event, **more})


def reacted(name: str = "+1", *, added: bool = True, **more: Any) -> Json:
    """Somebody reacts to a message of the bot's, or takes that back."""
    item = {"type": "message", "channel": CHANNEL, "ts": TS}
    event = {"type": "reaction_added" if added else "reaction_removed", "user": ANA, "reaction": name, "item": item}
    return payload({**event, "item_user": ME, **more})


def file(**more: Any) -> Json:
    """A file that somebody attached."""
    return {
        "id": "F0001",
        "name": "bees.txt",
        "title": "Bees",
        "mimetype": "text/plain",
        "filetype": "text",
        "size": 9,
        "mode": "hosted",
        "is_external": False,
        "url_private": "https://files.slack.com/files-pri/T0001-F0001/bees.txt",
        **more,
    }


def shared(text: str = "It is five.\nOr six.", **more: Any) -> Json:
    """A message of Ben's that somebody forwards."""
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}]
    return {
        "ts": ROOT,
        "author_id": BEN,
        "author_name": "Ben",
        "channel_id": "C0002",
        "is_share": True,
        "is_msg_unfurl": True,
        "message_blocks": [{"team": TEAM, "channel": "C0002", "ts": ROOT, "message": {"blocks": blocks}}],
        "text": text,
        "fallback": f"[November 20th, 2026 12:00 PM] ben: {text}",
        "from_url": "https://library.slack.com/archives/C0002/p1763640000000100",
        **more,
    }

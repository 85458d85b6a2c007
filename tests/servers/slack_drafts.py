"""What a message must be like before it is one. Docs: chat.postMessage, chat.update."""

import json
from dataclasses import dataclass, field

from tests.servers import slack_blocks
from tests.servers.slack_refusals import Refused, invalid
from tests.servers.slack_state import Json
from tests.servers.slack_text import block_pings, linked_names, pings

MOST_POSTED = 40_000  # characters; what is longer is cut
MOST_UPDATED = 4_000  # characters; what is longer is refused, and of a new post it is what is recommended
MOST_ATTACHMENTS = 100
MOST_METADATA = 16_000  # characters


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message as it is sent. None: not said, which an update leaves as it was."""

    text: str | None = None
    markdown: str | None = None
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    metadata: Json | None = None
    pings: frozenset[str] = frozenset()
    warnings: list[str] = field(default_factory=list)


def draft(args: Json, *, update: bool = False) -> Draft:
    """The arguments of a request, if they are a message. Refused: they are none."""
    text, markdown = args.get("text"), args.get("markdown_text")
    blocks, attachments = args.get("blocks"), args.get("attachments")
    if markdown is not None and (text is not None or blocks):
        raise Refused("markdown_text_conflict")
    if any(one is not None and not isinstance(one, str) for one in (text, markdown)):
        raise invalid("invalid_arguments", "must be a string [json-pointer:/text]")
    if markdown is not None and len(markdown) > slack_blocks.MOST_MARKDOWN:
        raise Refused("msg_too_long" if update else "msg_blocks_too_long")
    if not (text or markdown or blocks or attachments or (update and (blocks is not None or args.get("metadata")))):
        raise Refused("no_text")
    warnings = []
    if text is not None and len(text) > MOST_POSTED and not update:
        text, warnings = text[:MOST_POSTED], ["message_truncated"]
    if text is not None and len(text) > MOST_UPDATED and update:
        raise Refused("msg_too_long")
    checked = None if blocks is None else slack_blocks.checked(blocks)
    return Draft(
        text=text,
        markdown=markdown,
        blocks=checked,
        attachments=_attachments(attachments),
        metadata=metadata(args.get("metadata")),
        pings=frozenset(notified(args, checked or [])),
        warnings=warnings,
    )


def _attachments(attachments: object) -> list[Json] | None:
    if attachments is None:
        return None
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise invalid("invalid_attachments", "must be an array of objects [json-pointer:/attachments]")
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refused("too_many_attachments")
    for one in attachments:
        if one.get("blocks"):
            slack_blocks.checked(one["blocks"])
    return attachments


def metadata(given: object) -> Json | None:
    """Metadata, if it is some. Refused: it has no event_type or no event_payload, or is too large."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise Refused("invalid_metadata_format")
    if not isinstance(given.get("event_type"), str) or not isinstance(given.get("event_payload"), dict):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(given)) > MOST_METADATA:
        raise Refused("metadata_too_large")
    return given


def notified(args: Json, blocks: list[Json]) -> set[str]:
    """Whom a message notifies."""
    text = f"{args.get('text') or ''}\n{args.get('markdown_text') or ''}"
    found = pings(text) | block_pings(blocks)
    if args.get("link_names") or args.get("parse") == "full":
        found |= linked_names(text)
    for one in args.get("attachments") or []:
        found |= pings(" ".join(str(one.get(name) or "") for name in ("pretext", "text", "fallback")))
        found |= block_pings(one.get("blocks") or [])
    return found

"""What a message must be like before it is one. Docs: resources/message, components/reference."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.servers.discord_refusals import Refused, invalid
from tests.servers.discord_state import Json, Message

MOST_TEXT = 2_000
MOST_NONCE = 25
MOST_EMBEDS, MOST_EMBED_TEXT = 10, 6_000
MOST_FILES, MOST_FILE = 10, 10 * 1024 * 1024  # bytes of one
MOST_COMPONENTS, MOST_COMPONENT_TEXT, MOST_OPTIONS = 40, 4_000, 25
ROW, BUTTON, TEXT_INPUT = 1, 2, 4
STRINGS, SELECTS = 3, {3, 5, 6, 7, 8}
LINK, PREMIUM = 5, 6  # styles of buttons without a custom_id
EPHEMERAL, V2, THREADED, SUPPRESSES, SILENT, LOADING = 1 << 6, 1 << 15, 1 << 5, 1 << 2, 1 << 12, 1 << 7
ALLOWED = {"roles", "users", "everyone"}
UNKNOWN_TO_V2 = ("content", "embeds", "poll", "sticker_ids")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file as it is sent."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message as it is sent. None: not said, which an edit leaves as it was."""

    content: str | None = None
    nonce: str | None = None
    once: bool = False  # the nonce is enforced
    embeds: list[Json] | None = None
    components: list[Json] | None = None
    uploads: tuple[Upload, ...] = ()
    kept: frozenset[int] | None = None  # attachments an edit leaves
    allowed: Json | None = None  # allowed_mentions
    answers: Json | None = None  # message_reference
    flags: int = 0
    stickers: tuple[str, ...] = ()  # by their names
    poll: tuple[str, ...] = ()  # the question, then the answers
    forwards: Message | None = None

    @property
    def empty(self) -> bool:
        """Whether nobody would see anything."""
        beside = self.stickers or self.poll or self.forwards
        return not (self.content or self.embeds or self.components or self.uploads or beside)


def draft(body: Json, uploads: tuple[Upload, ...] = ()) -> Draft:
    """The body of a request, if it is a message."""
    content, nonce = body.get("content"), body.get("nonce")
    flags = int(body.get("flags") or 0)
    if content is not None and not isinstance(content, str):
        raise invalid("content", "STRING_TYPE_CONVERT", "Could not interpret value as string.")
    if content and len(content) > MOST_TEXT:
        raise invalid("content", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_TEXT} or fewer in length.")
    if nonce is not None and len(str(nonce)) > MOST_NONCE:
        raise invalid("nonce", "NONCE_TYPE_TOO_LONG", f"Must be {MOST_NONCE} or fewer in length.")
    _embeds(body.get("embeds") or [])
    _components(body.get("components") or [], v2=bool(flags & V2))
    if flags & V2 and any(body.get(name) for name in UNKNOWN_TO_V2):
        text = "This field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        raise invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
    _files(uploads)
    _allowed(body.get("allowed_mentions"))
    kept = body.get("attachments")
    described = {str(one.get("id")): one.get("description") for one in kept or []}
    return Draft(
        content=(content or "").strip() if "content" in body else None,
        nonce=None if nonce is None else str(nonce),
        once=bool(body.get("enforce_nonce")),
        embeds=[dict(embed, type="rich") for embed in body["embeds"]] if "embeds" in body else None,
        components=body.get("components"),
        uploads=tuple(
            Upload(
                name=one.name,
                content=one.content,
                media_type=one.media_type,
                description=described.get(str(number)),
            )
            for number, one in enumerate(uploads)
        ),
        kept=None if kept is None else frozenset(int(one["id"]) for one in kept),
        allowed=body.get("allowed_mentions"),
        answers=body.get("message_reference"),
        flags=flags,
    )


def _embeds(embeds: list[Json]) -> None:
    if len(embeds) > MOST_EMBEDS:
        raise invalid("embeds", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_EMBEDS} or fewer in length.")
    total = 0
    for number, embed in enumerate(embeds):
        parts = [embed.get("title"), embed.get("description"), (embed.get("footer") or {}).get("text")]
        parts += [(embed.get("author") or {}).get("name")]
        for one in embed.get("fields") or []:
            parts += [one.get("name"), one.get("value")]
        total += sum(len(part) for part in parts if part)
        for name, most in (("title", 256), ("description", 4_096)):
            if len(embed.get(name) or "") > most:
                raise invalid(f"embeds.{number}.{name}", "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if total > MOST_EMBED_TEXT:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MOST_EMBED_TEXT}")


def _components(components: list[Json], *, v2: bool) -> None:
    """Rows of buttons and selects, or anything at all where the second version is asked for."""
    every = list(parts(components))
    if not v2:
        if len(components) > 5:
            raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
        if any(component["type"] != ROW for component in components):
            raise invalid("components", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
    elif len(every) > MOST_COMPONENTS:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", f"Must be {MOST_COMPONENTS} or fewer in length.")
    if sum(len(one.get("content") or "") for one in every) > MOST_COMPONENT_TEXT:
        text = f"The total text of components must be {MOST_COMPONENT_TEXT} or fewer in length."
        raise invalid("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", text)
    for row in (one for one in every if one["type"] == ROW):
        if not 1 <= len(row["components"]) <= 5:
            raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for one in every:
        if one["type"] in SELECTS:
            _list(one)
    names = [str(one.get("custom_id") or "") for one in every if _named(one)]
    if any(not 1 <= len(name) <= 100 for name in names):
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if len(names) != len(set(names)):
        raise invalid("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    if any(len(one.get("label") or "") > 80 for one in every if one["type"] == BUTTON):
        raise invalid("components", "BASE_TYPE_MAX_LENGTH", "Must be 80 or fewer in length.")


def _list(component: Json) -> None:
    """A list to choose from, with what is chosen in it already."""
    low, high = component.get("min_values", 1), component.get("max_values", 1)
    if not 0 <= low <= high or not 1 <= high <= MOST_OPTIONS:
        raise invalid("components", "NUMBER_TYPE_MAX", f"int value should be less than or equal to {MOST_OPTIONS}.")
    options, chosen = component.get("options"), component.get("default_values") or []
    if component["type"] == STRINGS and not 1 <= len(options or []) <= MOST_OPTIONS:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MOST_OPTIONS} in length.")
    if any(not 1 <= len(one.get(name) or "") <= 100 for one in options or [] for name in ("label", "value")):
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    chosen = [one for one in options if one.get("default")] if options else chosen
    if chosen and not low <= len(chosen) <= high:
        raise invalid("components", "SELECT_COMPONENT_INVALID_DEFAULT_VALUES", "Too many or too few are chosen.")


def _named(component: Json) -> bool:
    """Whether a component needs a custom_id."""
    if component["type"] == BUTTON:
        return component.get("style") not in {LINK, PREMIUM}
    return component["type"] in SELECTS or component["type"] == TEXT_INPUT


def parts(components: list[Json]) -> Iterator[Json]:
    """All components, however deep."""
    for component in components:
        yield component
        inner: list[Any] = [
            *(component.get("components") or []),
            component.get("component"),
            component.get("accessory"),
        ]
        yield from parts([one for one in inner if one])


def _files(uploads: tuple[Upload, ...]) -> None:
    if len(uploads) > MOST_FILES:
        raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_FILES} or fewer in length.")
    if any(len(upload.content) > MOST_FILE for upload in uploads):
        raise Refused(40005)


def _allowed(allowed: Json | None) -> None:
    if not allowed:
        return
    parsed = allowed.get("parse") or []
    for kind in parsed:
        if kind not in ALLOWED:
            raise invalid("allowed_mentions.parse", "BASE_TYPE_CHOICES", "Value must be one of users, roles, everyone.")
        if allowed.get(kind):
            text = f"parse:[{kind!r}] and {kind}:[ids...] are mutually exclusive."
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


@dataclass(frozen=True)
class Mentions:
    """Whom a text mentions, as far as it is allowed to."""

    users: list[int] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)
    everyone: bool = False
    replied: bool = True


def mentions(text: str, allowed: Json | None) -> Mentions:
    """Read a text; without allowed_mentions everything in it counts."""
    parsed = ALLOWED if allowed is None else set(allowed.get("parse") or [])
    listed = {kind: {int(one) for one in (allowed or {}).get(kind) or []} for kind in ("users", "roles")}

    def counted(kind: str, pattern: str) -> list[int]:
        found = list(dict.fromkeys(int(number) for number in re.findall(pattern, text)))
        return [number for number in found if kind in parsed or number in listed[kind]]

    return Mentions(
        counted("users", r"<@!?(\d+)>"),
        counted("roles", r"<@&(\d+)>"),
        "everyone" in parsed and bool(re.search(r"@(everyone|here)\b", text)),
        True if allowed is None else bool(allowed.get("replied_user")),
    )

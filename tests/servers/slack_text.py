"""How Slack reads a text: whom it notifies, where its links go, what people see.

mrkdwn (`text`, sections) and markdown (the markdown block, `markdown_text`, streams) alike know `<@U…>`, `<!channel>`
and their kin (measured: PostHog#95054). Mentions in code and in attachments count as well: the safe side.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.servers.slack_state import Json

TOKEN = re.compile(r"<([^<>\n]*)>")
MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]*)\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
EVERYBODY = {"channel", "here", "everyone"}
BARE = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}  # Slack knows no others
ENTITY = re.compile("|".join(ENTITIES))


@dataclass(frozen=True)
class Link:
    """A link, and what people see of it."""

    url: str
    shown: str

    @property
    def masked(self) -> bool:
        """Whether what is seen is not where it goes."""
        return _bare(self.shown) != _bare(self.url)


def pings(text: str) -> set[str]:
    """Whom a text notifies: ids of people and user groups, and "channel", "here", "everyone"."""
    found: set[str] = set()
    for token in TOKEN.findall(text):
        name = token.split("|")[0].strip()
        if name.startswith("@") and re.fullmatch(r"@[UW][A-Z0-9]+", name):
            found.add(name[1:])
        elif name.startswith("!subteam^"):
            found.add(name.removeprefix("!subteam^"))
        elif name.startswith("!") and name[1:] in EVERYBODY:
            found.add(name[1:])
    return found


def linked_names(text: str) -> set[str]:
    """Whom a text notifies besides, where `parse=full` or `link_names` is asked for."""
    return set(BARE.findall(text))


def links(text: str, *, markdown: bool = False) -> list[Link]:
    """The links of a text."""
    found = []
    for token in TOKEN.findall(text):
        url, _, shown = token.partition("|")
        if re.match(r"(https?://|mailto:)", url):
            found.append(Link(decoded(url), decoded(shown or url)))
    if markdown:
        found += [Link(url, decoded(shown)) for shown, url in MARKDOWN_LINK.findall(text)]
    return found


def decoded(text: str) -> str:
    """A text as it is shown: `&lt;`, `&gt;` and `&amp;`, once."""
    return ENTITY.sub(lambda found: ENTITIES[found[0]], text)


def read(text: str, *, markdown: bool = False) -> str:
    """What people see: links as they are shown, mentions by an @, entities decoded."""

    def shown(found: re.Match[str]) -> str:
        name, _, label = found[1].partition("|")
        if name.startswith(("@", "!", "#")):
            return "@" + (label or name[1:]).lstrip("@")
        return label or name

    text = MARKDOWN_LINK.sub(lambda found: found[1], text) if markdown else text
    return decoded(TOKEN.sub(shown, text))


def texts(blocks: list[Json]) -> Iterator[tuple[str, bool]]:
    """The texts of blocks that are read for mentions and links, and whether each is markdown."""
    for block in blocks:
        if block.get("type") == "markdown":
            yield str(block.get("text", "")), True
        else:
            for inner in _objects(block):
                if inner.get("type") == "mrkdwn":
                    yield str(inner.get("text", "")), False


def block_pings(blocks: list[Json]) -> set[str]:
    """Whom blocks notify, elements of rich text included."""
    found: set[str] = set()
    for text, _ in texts(blocks):
        found |= pings(text)
    for block in blocks:
        if block.get("type") == "rich_text":
            for inner in _objects(block):
                match inner:
                    case {"type": "broadcast", "range": str(name)}:
                        found.add(name)
                    case {"type": "user", "user_id": str(name)} | {"type": "usergroup", "usergroup_id": str(name)}:
                        found.add(name)
    return found


def _objects(part: object) -> Iterator[Json]:
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from _objects(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _objects(inner)


def _bare(url: str) -> str:
    return re.sub(r"^(https?://|mailto:)(www\.)?", "", url.strip().casefold()).rstrip("/")

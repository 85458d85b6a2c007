"""A message of our own as it is to be."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from adapters.slack.outgoing.blocks import Block


@dataclass(frozen=True, slots=True)
class Post:
    """A message of our own as it is to be.

    id      what it is found again by (names.post)
    text    what notifications and screen readers tell; all there is where Slack refuses the blocks
    blocks  what people see; none: the text
    urgent  it goes ahead of all others
    after   the ts of what it follows from, so that it is later than that; None: nobody knows
    """

    id: str
    text: str
    blocks: tuple[Block, ...] = ()
    urgent: bool = False
    after: str | None = None

    def naming(self, names: Mapping[str, str]) -> "Post":
        """The same with a name instead of each of our own for something. It may be one of Slack's codes."""

        def named(text: str) -> str:
            for ours, name in names.items():
                text = text.replace(ours, name) if ours else text
            return text

        blocks = tuple(
            {**each, "text": named(each["text"])} if each["type"] == "markdown" else each for each in self.blocks
        )
        return replace(self, text=named(self.text), blocks=blocks)

    @property
    def plain(self) -> "Post":
        """The same without blocks, for a Slack that does not take them: nothing in its text does harm either."""
        return replace(self, blocks=())

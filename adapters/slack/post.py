"""A message of our own as it is to be."""

from dataclasses import dataclass, replace

from adapters.slack.blocks import Block


@dataclass(frozen=True, slots=True)
class Post:
    """A message of our own as it is to be.

    id      what it is found again by (names.post)
    text    what notifications and screen readers tell; all there is where Slack refuses the blocks
    blocks  what people see; none: the text
    urgent  it goes ahead of all others
    after   the ts of what it follows from, so that it is later than that; None: nobody knows
    file    a name and what is in it
    """

    id: str
    text: str
    blocks: tuple[Block, ...] = ()
    urgent: bool = False
    after: str | None = None
    file: tuple[str, bytes] | None = None

    def naming(self, conversation: str, name: str) -> "Post":
        """The same with a name, which may be one of Slack's codes, wherever a conversation's own would stand."""
        blocks = tuple(
            {**each, "text": each["text"].replace(conversation, name)} if each["type"] == "markdown" else each
            for each in self.blocks
        )
        return replace(self, text=self.text.replace(conversation, name), blocks=blocks)

    @property
    def plain(self) -> "Post":
        """The same without blocks, for a Slack that does not take them: nothing in its text does harm either."""
        return replace(self, blocks=())

"""Who talks to whom in the threads of the bot's, as far as this process has heard them.

Somebody who mentions others, and not the bot, talks to them; and so do these when they answer, until one of them
mentions the bot, or they pause. Who goes on without being answered, and everybody else there, talks to the bot. After a
restart nobody is known to talk to anybody: at worst the bot answers once where it need not.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.slack import inbound, names
from adapters.slack.hearing.message import Message

PAUSE = timedelta(minutes=10)  # after it nobody answers any more what somebody said to others
REMEMBERED = 1_000  # threads


@dataclass(frozen=True, slots=True)
class Talk:
    """Some who talk to each other. last: who of them spoke last, and when."""

    people: frozenset[str]
    last: str
    at: datetime


class Talks:
    """The talks in threads, by conversation."""

    def __init__(self) -> None:
        self._talks: OrderedDict[str, Talk] = OrderedDict()

    def goes_on(self, thread: str, message: Message) -> bool:
        """Whether a message that mentions nobody is said to those who talk there."""
        talk, author = self._talks.get(thread), message.author.id
        if talk is None or author not in talk.people or author == talk.last:
            return False
        return names.moment(message.ts) - talk.at < PAUSE

    def heard(self, thread: str, message: Message, me: str) -> None:
        """A message was said in a thread. me: the bot's user."""
        author, at, talk = message.author.id, names.moment(message.ts), self._talks.get(thread)
        people = talk.people if talk and author in talk.people else frozenset[str]()
        mentioned = inbound.mentioned(message)
        if me in mentioned:
            if people:
                del self._talks[thread]
        elif others := mentioned - {author}:
            self._keep(thread, Talk(people | others | {author}, author, at))
        elif self.goes_on(thread, message):
            self._keep(thread, Talk(people, author, at))

    def _keep(self, thread: str, talk: Talk) -> None:
        self._talks[thread] = talk
        self._talks.move_to_end(thread)
        if len(self._talks) > REMEMBERED:
            self._talks.popitem(last=False)

"""The adapter: Slack as the bot asks for it. How Slack is heard stands in `serving`."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import environment, names
from adapters.slack.environment import Setup
from adapters.slack.hearing.listening import Hearing
from adapters.slack.hearing.profiles import Profiles
from adapters.slack.installs.authorizing import Authorizing
from adapters.slack.installs.installing import authorizing
from adapters.slack.operators import quiet
from adapters.slack.operators.examining import Examining
from adapters.slack.outbound import Outbound
from adapters.slack.outgoing import files
from adapters.slack.outgoing.blocks import Block
from adapters.slack.outgoing.clients import WITHIN, Clients
from adapters.slack.outgoing.pacing import Sleep, Timer
from adapters.slack.outgoing.posting import Posts
from adapters.slack.outgoing.saying import Saying, Surroundings
from adapters.slack.outgoing.sending import Requests
from adapters.slack.outgoing.stopping import Stopping
from adapters.slack.outgoing.streaming import Sessions, Streams, Thinking
from adapters.slack.people import transcripts
from adapters.slack.people.interactions import Interactions
from adapters.slack.serving import Part, Serving
from bot.build import GRACE
from bot.cli.examined import Examined
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, CallModerators, Receipt, Say
from bot.domain.conversation import Attachment, Place
from bot.domain.ending import EndingState
from bot.domain.event import Said
from bot.domain.record import Person
from bot.domain.step import Scope
from bot.errors import PlatformError
from bot.ports import Clock, Condition, Lack

FRESH = timedelta(minutes=1)  # what is older is answered as well, but nobody waits for it


class Slack:
    """Slack as a chat platform.

    parts    what is beside talking
    timer    seconds, of a clock that never goes back
    within   seconds for one request
    looks    the pauses between two looks at how it all is
    sockets  as Sockets' options
    """

    name = names.NAME

    def __init__(
        self,
        setup: Setup,
        clock: Clock,
        *,
        parts: Sequence[Part] = (),
        sleep: Sleep = asyncio.sleep,
        timer: Timer = time.monotonic,
        within: float = WITHIN,
        looks: Sleep = asyncio.sleep,
        sockets: Mapping[str, Any] | None = None,
    ) -> None:
        self._setup = setup
        self._clock = clock
        self._parts = parts
        self._sleep = sleep
        self._timer = timer
        self._looks = looks
        self._options = sockets or {}
        self._bot: Bot | None = None
        self._tokens: Authorizing | None = None
        self._serving: Serving | None = None
        self._since = clock()
        self._clients = Clients(setup.base)
        self._requests = Requests(self, sleep, timer, within=within)
        self._posts = Posts(self._requests, sleep, timer)
        self._profiles = Profiles(self._requests, timer)
        sessions = Sessions(self._requests)
        self._thinking = Thinking(self._requests, sessions, sleep, self._has_ended)
        self._streams = Streams(self._requests, self._posts, sleep, timer, clock)
        around = Surroundings(
            action=self._action, roles=self._roles, blocks=self._blocks, streaming=self._streaming, named=self._named
        )
        self._saying = Saying(
            requests=self._requests,
            posts=self._posts,
            streams=self._streams,
            thinking=self._thinking,
            clock=clock,
            around=around,
        )
        self._outbound = Outbound(
            requests=self._requests,
            posts=self._posts,
            saying=self._saying,
            sessions=sessions,
            clock=clock,
            around=around,
        )

    async def perform(self, action: Action) -> Receipt:
        """ports.Platform.perform."""
        return await self._outbound.perform(action)

    async def find(self, action: Action) -> Receipt | None:
        """ports.Platform.find."""
        return await self._outbound.find(action)

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """ports.Platform.fetch."""
        return await files.fetched(self._requests, attachment, most)

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """ports.Platform.preview."""
        self._saying.preview(action, conversation, text)

    async def give_up(self, action: Say) -> str:
        """ports.Platform.give_up."""
        return await self._saying.give_up(action)

    def condition(self) -> Condition:
        """How the connection is."""
        if self._serving is None:
            return Condition([Lack(names.NAME, "it is not served yet", self._since)])
        return self._serving.condition()

    async def examine(self, configuration: Configuration) -> Examined:
        """bot.cli.examined.Examines.examine."""
        return await self._examined(configuration, post=False)

    async def post(self, configuration: Configuration) -> Examined:
        """bot.cli.examined.Posts.post."""
        return await self._examined(configuration, post=True)

    async def _examined(self, configuration: Configuration, *, post: bool) -> Examined:
        examining = Examining(
            setup=self._setup,
            clients=self._clients,
            configuration=configuration,
            clock=self._clock,
            sleep=self._sleep,
            timer=self._timer,
            post=post,
        )
        try:
            return await examining.examined()
        finally:
            await self._clients.close()

    async def serve(self, bot: Bot) -> None:
        """Hear Slack until this is cancelled. Raises ConfigError for what nobody can mend by waiting.

        When it ends, what is under way is finished; what comes meanwhile is kept for the next start.
        """
        self._bot = bot
        self._tokens, flow = authorizing(self._setup, bot.store, self._clients, self._clock, bot.configuration)
        hearing = Hearing(
            bot=bot,
            requests=self._requests,
            posts=self._posts,
            profiles=self._profiles,
            clock=self._clock,
            sleep=self._sleep,
        )
        self._serving = Serving(
            self._setup,
            self._clients,
            self._tokens,
            flow,
            hearing,
            stopping=Stopping(bot, self._thinking),
            parts=self._parts,
            thinks=self._thinks,
            looks=self._looks,
            sockets=self._options,
        )
        try:
            await self._serving.stay()
        finally:
            await bot.stop(GRACE)
            await self._thinking.close()
            await self._streams.close()
            await self._profiles.close()
            await self._clients.close()

    # By which tokens (sending.Tokens).

    async def client(self, team: str) -> AsyncWebClient:
        """authorizing.Authorizing.client. Raises PlatformError as well: the bot is not served yet."""
        return await self._authorizing().client(team)

    async def identity(self, team: str) -> AuthorizeResult | None:
        """authorizing.Authorizing.identity. Raises PlatformError as well: the bot is not served yet."""
        return await self._authorizing().identity(team)

    async def refused(self, team: str, token: str, code: str) -> bool:
        """authorizing.Authorizing.refused."""
        return await self._authorizing().refused(team, token, code)

    def _authorizing(self) -> Authorizing:
        if self._tokens is None:
            raise PlatformError("nobody is on Slack yet")
        return self._tokens

    # What is around actions.

    async def _action(self, action: str) -> Action | None:
        return await self._bot.store.action(action) if self._bot else None

    def _roles(self, place: Place) -> Sequence[str]:
        return self._bot.configuration().settings.at(place).moderator_roles if self._bot else ()

    def _streaming(self, place: Place) -> bool:
        return self._bot is not None and self._bot.configuration().settings.streaming(place)

    def _named(self, action: CallModerators) -> Mapping[str, str]:
        if self._bot is None:
            return {}
        words = self._bot.words(action.place, Person("", action.place.space))
        channel = transcripts.channel(action.conversation, words)
        return {action.conversation: channel, action.member: words.slack.answers.somebody}

    def _thinks(self, said: Said) -> None:
        """Show that an answer is on its way, where one will be."""
        if self._bot is None or not said.to_bot or self._clock() - said.at > FRESH:
            return
        words = self._bot.words(said.place, Person(said.member.id, said.place.space))
        status, wanted = words.slack.answers.thinking, partial(self._is_answered, self._bot, said)
        self._thinking.begin(said.conversation, names.user(said.member.id), status, wanted)

    async def _has_ended(self, conversation: str) -> bool:
        """Whether a conversation has ended for everybody. Raises StoreError."""
        ending = await self._bot.store.latest_ending(conversation) if self._bot else None
        return ending is not None and ending.scope is Scope.CONVERSATION and ending.state is not EndingState.OVERTURNED

    async def _is_answered(self, bot: Bot, said: Said) -> bool:
        """Whether it may get an answer: not where the conversation has ended for whoever says it. Raises StoreError."""
        ending = await bot.store.latest_ending(said.conversation)
        if ending is None or ending.state is EndingState.OVERTURNED:
            return True
        return ending.scope is Scope.PART and ending.member != said.member.id

    def _blocks(self, action: Action) -> Sequence[Block]:
        return [block for part in self._parts for block in part.blocks(action)]


def adapter(env: Mapping[str, str], clock: Clock) -> Slack | None:
    """Slack, if the environment has it set up. Raises ConfigError."""
    setup = environment.setup(env)
    if setup is None:
        return None
    quiet.hold()
    return Slack(setup, clock, parts=(Interactions(),))

"""A post comes about once, whatever becomes of the request that makes it; and Slack is asked no more than it likes."""

import asyncio
import json
from dataclasses import replace

import pytest

from adapters.slack.outgoing.posting import Posted
from adapters.slack.outgoing.sending import PATIENCE, PAUSES, Denied, Limited, Unanswered
from bot.errors import PlatformError
from tests.adapters.slack.outgoing import HISTORY, POST, READ, Outgoing
from tests.servers.slack import Breaks, Drops, Fails, Hangs, Limits, Waits
from tests.servers.slack_faults import Fault

LOST = [
    Breaks(stored=True),
    Breaks(status=502, stored=False),
    Drops(stored=True),
    Drops(),
    Fails(error="internal_error", stored=True),
    Fails(error="fatal_error"),
]


@pytest.mark.parametrize("fault", LOST, ids=str)
async def test_a_post_whose_answer_is_lost_is_looked_for_and_there_once(there: Outgoing, fault: Fault) -> None:
    there.slack.fault(POST, fault)
    ts = await there.put(there.post())
    (message,) = there.own()
    assert (message.ts, message.thread_ts, message.text) == (ts, there.root.ts, "Good evening.")
    assert there.asked(READ) == 1
    assert there.asked(POST) == (1 if getattr(fault, "stored", False) else 2)
    assert await there.put(there.post()) == ts
    assert there.asked(READ) == 1


async def test_a_post_is_never_sent_again_unseen(there: Outgoing) -> None:
    there.slack.fault(POST, Drops(stored=True))
    there.slack.fault(READ, Breaks(), times=20)
    with pytest.raises(Unanswered):
        await there.put(there.post())
    with pytest.raises(Unanswered):
        await there.put(there.post())
    assert there.asked(POST) == 1
    there.slack.web.faults.clear()
    assert [each.ts for each in there.own()] == [await there.put(there.post())]


async def test_what_cannot_be_looked_for_is_not_sent_again(there: Outgoing) -> None:
    there.slack.fault(POST, Drops())
    there.slack.fault(READ, Fails(error="missing_scope"))
    with pytest.raises(Denied, match="missing_scope"):
        await there.put(there.post())
    assert there.asked(POST) == 1


@pytest.mark.parametrize("thread", [True, False], ids=["thread", "channel"])
async def test_another_process_finds_what_is_there(there: Outgoing, thread: bool) -> None:
    root = there.root.ts if thread else None
    posts = [there.post(f"Part {number}.", number=number) for number in range(3)]
    before = [await there.posts.put(there.team, there.general.id, root, post) for post in posts[:2]]
    there.restart()
    await there.posts.look(there.team, there.general.id, root, posts)
    assert [there.posts.known(post.id) for post in posts] == [*before, None]
    for post in posts:
        await there.posts.put(there.team, there.general.id, root, post)
    assert [each.text for each in there.own()] == ["Part 0.", "Part 1.", "Part 2."]
    assert there.asked(READ if thread else HISTORY) == 1


async def test_it_is_found_on_a_later_page(there: Outgoing) -> None:
    posted = await there.posts.put(there.team, there.general.id, there.root.ts, there.post())
    for number in range(20):  # the newest page comes first
        await there.slack.says(there.mo, there.general, f"Line {number}", thread=there.root)
    there.slack.app.distributed = True  # 15 messages a page, and one page a minute
    there.restart()
    await there.posts.look(there.team, there.general.id, there.root.ts, [there.post()])
    assert there.posts.known(there.post().id) == posted
    assert [asked.error for asked in there.slack.requests(READ)] == ["", "ratelimited", ""]


async def test_nobody_else_can_pass_for_the_bot(there: Outgoing) -> None:
    other = there.slack.robot(there.workspace, "impostor")
    await there.slack.joins(other, there.general)
    forged = await there.slack.says(other, there.general, "Nothing to see.", thread=there.root)
    forged.metadata = {"event_type": "fairwell", "event_payload": {"id": there.post().id}}
    there.slack.fault(POST, Drops())
    ts = await there.put(there.post())
    assert [each.ts for each in there.own()] == [ts]
    seen = {"user": other.id, "ts": forged.ts, "metadata": forged.metadata}
    there.restart()
    there.posts.saw(seen, there.general.id, there.bot.id)
    assert there.posts.known(there.post().id) is None


async def test_the_echo_of_a_post_confirms_it(there: Outgoing) -> None:
    held = asyncio.Event()
    there.slack.fault(POST, Waits(until=held, stored=True), Breaks())
    there.slack.fault(READ, Breaks(), times=10)
    putting = asyncio.create_task(there.put(there.post()))
    await there.slack.until(there.own)
    (message,) = there.own()
    metadata = message.metadata
    there.posts.saw({"user": there.bot.id, "ts": message.ts, "metadata": metadata}, there.general.id, there.bot.id)
    held.set()
    assert await putting == message.ts
    there.restart()
    there.posts.saw({"user": there.bot.id, "ts": message.ts, "metadata": metadata}, there.general.id, there.bot.id)
    assert await there.put(there.post()) == message.ts
    assert there.asked(POST) == 1


async def test_what_is_public_of_a_post_tells_nothing(there: Outgoing) -> None:
    await there.put(there.post())
    (message,) = there.own()
    assert message.metadata == {"event_type": "fairwell", "event_payload": {"id": there.post().id}}
    assert there.root.ts not in json.dumps(message.metadata)
    assert message.unfurls is False
    (asked,) = there.slack.requests(POST)
    assert {"link_names", "parse"} & asked.args.keys() == set()


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long"])
async def test_where_slack_does_not_take_the_blocks_the_text_is_posted_once(there: Outgoing, code: str) -> None:
    there.slack.fault(POST, Fails(error=code))
    ts = await there.put(there.post("a &lt; b"))
    (message,) = there.own()
    assert (message.ts, message.text, message.blocks) == (ts, "a &lt; b", [])
    there.slack.fault(POST, Fails(error=code), times=2)
    with pytest.raises(Denied):
        await there.put(there.post(number=1))
    assert there.asked(POST) == 4


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "restricted_action_thread_locked", "odd_word"])
async def test_what_slack_refuses_for_good_says_why_and_no_more(there: Outgoing, code: str) -> None:
    there.slack.fault(POST, Fails(error=code))
    with pytest.raises(Denied) as caught:
        await there.put(there.post())
    assert caught.value.why.endswith(f"({code})")
    assert there.general.id not in caught.value.why
    assert there.asked(POST) == 1


@pytest.mark.parametrize("code", ["message_limit_exceeded", "team_added_to_org"])
async def test_what_slack_wants_later_is_left_for_later(there: Outgoing, code: str) -> None:
    there.slack.fault(POST, Fails(error=code))
    with pytest.raises(PlatformError):
        await there.put(there.post())
    await there.put(there.post())
    assert (there.asked(POST), there.asked(READ)) == (2, 0)


@pytest.mark.parametrize("fault", [Breaks(), Drops(), Hangs(), Fails(error="service_unavailable")], ids=str)
async def test_what_may_be_asked_twice_is_asked_again(there: Outgoing, fault: Fault) -> None:
    there.within = 0.2
    there.restart()
    there.slack.fault("conversations.open", fault, times=2)
    assert await opened(there) == there.slack.dm(there.robin).id
    assert there.naps.taken == list(PAUSES)
    there.slack.fault("conversations.open", fault, times=3)
    with pytest.raises(Unanswered):
        await opened(there)


@pytest.mark.parametrize("code", ["token_revoked", "invalid_auth", "token_expired"])
async def test_a_token_that_is_refused_is_told_of_and_another_is_used(there: Outgoing, code: str) -> None:
    there.slack.fault(POST, Fails(error=code), times=2)
    with pytest.raises(PlatformError, match=code):
        await there.put(there.post())
    there.keys.fresh[there.team] = there.keys.tokens[there.team]
    await there.put(there.post())
    assert there.keys.refusals == [code, code]
    assert len(there.own()) == 1


async def test_where_the_app_is_not_nothing_is_asked(there: Outgoing) -> None:
    there.keys.tokens.clear()
    with pytest.raises(Denied, match="not_installed"):
        await there.put(there.post())
    with pytest.raises(Denied, match="not_installed"):
        await there.posts.look(there.team, there.general.id, there.root.ts, [there.post()])
    assert there.slack.asked == []


# How much it is asked.


async def test_too_many_requests_wait_as_long_as_slack_says_and_others_go_on(there: Outgoing) -> None:
    there.slack.fault(POST, Limits(after=30))
    there.naps.held = True
    putting = asyncio.create_task(there.put(there.post()))
    await there.slack.until(lambda: 30.0 in there.naps.taken)
    await opened(there)
    other = there.slack.workspace("The Attic")
    attic = there.slack.channel(other, "general")
    there.keys.tokens[other.id] = there.slack.installed(other).token
    await there.posts.put(other.id, attic.id, None, there.post(number=1))
    assert there.asked(POST) == 2
    there.slack.passes(29)
    await asyncio.sleep(0)
    assert there.asked(POST) == 2
    there.slack.passes(1)
    await putting
    assert (there.asked(POST), there.asked(READ)) == (3, 0)


async def test_slack_is_never_asked_in_a_tight_loop(there: Outgoing) -> None:
    there.slack.fault(POST, Limits(after=0), times=1_000)
    with pytest.raises(Limited):
        await there.put(there.post())
    assert there.asked(POST) <= PATIENCE + 1
    there.slack.web.faults.clear()
    there.slack.fault(POST, Limits(after=600))
    with pytest.raises(Limited):
        await there.put(there.post(number=1))
    before = there.asked(POST)
    with pytest.raises(Limited):
        await there.put(there.post(number=2))
    assert there.asked(POST) == before
    there.slack.passes(600)
    await there.put(there.post(number=2))


async def test_after_too_many_care_goes_first_and_the_others_one_by_one(there: Outgoing) -> None:
    there.slack.fault(POST, Limits(after=30), times=6)
    there.naps.held = True
    rooms = [there.slack.channel(there.workspace, f"room {number}") for number in range(6)]
    plain = [
        asyncio.create_task(there.posts.put(there.team, room.id, None, there.post(number=number)))
        for number, room in enumerate(rooms)
    ]
    await there.slack.until(lambda: there.asked(POST) == 6)
    await there.slack.until(lambda: 30.0 in there.naps.taken)
    under_way = asyncio.Event()
    there.slack.fault(POST, Waits(until=under_way))
    care = asyncio.create_task(
        there.posts.put(there.team, there.general.id, there.root.ts, there.post("Care.", number=9, urgent=True))
    )
    await asyncio.sleep(0)
    there.slack.passes(30)
    await there.slack.until(lambda: there.asked(POST) == 7)
    assert there.slack.requests(POST)[-1].args["text"] == "Care."
    await asyncio.sleep(0)
    assert there.asked(POST) == 7  # the others wait for it
    under_way.set()
    await asyncio.gather(care, *plain)
    assert sum(len(there.own(room)) for room in rooms) == 6


async def test_posts_keep_to_what_a_channel_takes_and_care_does_not_wait(there: Outgoing) -> None:
    there.naps.held = True
    plain = [asyncio.create_task(there.put(there.post(f"{number}", number=number))) for number in range(5)]
    await there.slack.until(lambda: there.asked(POST) == 3 and there.naps.taken)
    async with asyncio.timeout(10):
        await there.put(there.post("Care.", number=9, urgent=True))
    assert {each.text for each in there.own()} == {"0", "1", "2", "Care."}
    for _ in range(3):
        there.slack.passes(1)
        await asyncio.sleep(0)
    await asyncio.gather(*plain)
    assert len(there.own()) == 6
    assert not [asked for asked in there.slack.requests(POST) if asked.error]


async def test_a_busy_channel_is_never_too_busy_for_slack(there: Outgoing) -> None:
    there.naps.held = True
    plain = [asyncio.create_task(there.put(there.post(f"{number}", number=number))) for number in range(20)]
    await there.slack.until(lambda: len(there.own()) == 3 and there.naps.taken)
    for number in range(4, 21):
        there.slack.passes(1)
        await said(there, number)
    await asyncio.gather(*plain)
    assert [each.text for each in there.own()[3:]] == [str(number) for number in range(3, 20)]
    assert there.asked(POST) == 20


async def test_whoever_gives_up_waiting_takes_no_turn_from_those_behind(there: Outgoing) -> None:
    """Else a channel for which too much waits would take up time for ever, and post nothing."""
    there.naps.held = True
    plain = [asyncio.create_task(there.put(there.post(f"{number}", number=number))) for number in range(40)]
    await there.slack.until(lambda: len(there.own()) == 3 and there.naps.taken)
    for late in plain[4:39]:
        late.cancel()
    await asyncio.wait(plain[4:39])
    for number in (4, 5):
        there.slack.passes(1)
        await said(there, number)
    await asyncio.gather(plain[3], plain[39])
    assert [each.text for each in there.own()] == ["0", "1", "2", "3", "39"]


async def test_two_who_put_the_same_post_put_it_once(there: Outgoing) -> None:
    under_way = asyncio.Event()
    there.slack.fault(POST, Waits(until=under_way))
    both = [asyncio.create_task(there.put(there.post())) for _ in range(2)]
    await there.slack.until(lambda: there.asked(POST))
    await asyncio.sleep(0)
    under_way.set()
    one, other = await asyncio.gather(*both)
    assert one == other == there.own()[0].ts
    assert (len(there.own()), there.asked(POST), there.asked(READ)) == (1, 1, 0)


async def test_a_message_becomes_another_post(there: Outgoing) -> None:
    posted = await there.posts.put(there.team, there.general.id, there.root.ts, there.post())
    there.slack.fault("chat.update", Drops(stored=True), Fails(error="invalid_blocks"))
    assert await there.posts.change(there.team, posted, replace(there.post("Better."), id="other")) == posted
    (message,) = there.own()
    assert (message.text, message.blocks) == ("Better.", [])
    assert message.metadata == {"event_type": "fairwell", "event_payload": {"id": "other"}}


async def test_slack_that_knows_our_own_ids_makes_no_second_post_either(there: Outgoing) -> None:
    there.slack.world.once = True
    await there.put(there.post())
    there.restart()
    await there.put(there.post())
    assert len(there.own()) == 1


def test_where_a_message_is() -> None:
    assert Posted("C01", "1763640000.000100").message == "C01:1763640000.000100"
    assert Posted("C01", "1763640000.000100").at.isoformat() == "2025-11-20T12:00:00.000100+00:00"


async def opened(there: Outgoing) -> str:
    """The channel of direct messages with somebody."""
    answer = await there.requests.ask(
        there.team, lambda client: client.conversations_open(users=there.robin.id), method="conversations.open"
    )
    return str(answer["channel"]["id"])


async def said(there: Outgoing, number: int) -> None:
    """Wait until the bot has said so much."""
    await there.slack.until(lambda: len(there.own()) == number)

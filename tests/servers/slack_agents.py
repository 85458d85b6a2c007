"""assistant.threads.*, agents.sessions.*: what an agent shows of itself. Docs: ai/agent-sessions."""

from tests.servers.slack_call import Call, Method
from tests.servers.slack_refusals import Refused, invalid
from tests.servers.slack_state import Channel, Json

STATUSES = {"active", "processing", "suspended", "closed"}
MOST_PROMPTS = 4
MOST_TITLE = 200


def _thread(call: Call) -> tuple[Channel, str]:
    channel = call.channel("channel_id")
    call.inside(channel)
    ts = call.need("thread_ts")
    if ts not in channel.messages:
        raise Refused("thread_not_found")
    return channel, ts


def set_status(call: Call) -> None:
    """Show what the bot is at, until it writes."""
    channel, ts = _thread(call)
    loading = call.args.get("loading_messages") or []
    if len(loading) > 10:
        raise invalid("invalid_arguments", "no more than 10 items allowed: loading_messages")
    if call.text("status"):
        channel.statuses.setdefault(ts, []).append({"status": call.text("status"), "loading_messages": loading})
    else:
        channel.statuses.pop(ts, None)


def set_title(call: Call) -> None:
    """Name a thread."""
    channel, ts = _thread(call)
    channel.titles[ts] = call.need("title")


def set_prompts(call: Call) -> None:
    """Propose what to ask. To an agent's call that names a thread nothing happens, silently (docs)."""
    channel = call.channel("channel_id")
    prompts = call.args.get("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= MOST_PROMPTS:
        raise invalid("invalid_arguments", f"must have 1 to {MOST_PROMPTS} items: prompts")
    if any(not one.get("title") or not one.get("message") for one in prompts):
        raise invalid("invalid_arguments", "missing required field: title or message")
    if not (call.world.app.agent is True and call.text("thread_ts")):
        channel.prompts[call.text("thread_ts")] = prompts


def session(call: Call) -> Json:
    """Say where a session is."""
    agent = call.world.app.agent
    if agent is not True:
        raise Refused(agent or "unknown_method")
    channel, ts = _thread(call)
    status = call.need("status")
    if status not in STATUSES:
        raise invalid("invalid_arguments", f"must be one of {', '.join(sorted(STATUSES))}: status")
    if len(call.text("title")) > MOST_TITLE:
        raise invalid("invalid_arguments", f"must be less than {MOST_TITLE + 1} characters: title")
    if ts not in channel.sessions and call.text("title"):
        channel.titles[ts] = call.text("title")
    channel.sessions.setdefault(ts, []).append(status)
    return {"status": status, "title": channel.titles.get(ts, "")}


def rename(call: Call) -> Json:
    """Name a session anew."""
    agent = call.world.app.agent
    if agent is not True:
        raise Refused(agent or "unknown_method")
    channel, ts = _thread(call)
    if ts not in channel.sessions:
        raise Refused("session_not_found")
    channel.titles[ts] = call.need("title")
    return {"title": channel.titles[ts]}


METHODS = {
    "assistant.threads.setStatus": Method(set_status, ("chat:write", "assistant:write"), tier=5),
    "assistant.threads.setTitle": Method(set_title, ("assistant:write",)),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, ("assistant:write",)),
    "agents.sessions.setStatus": Method(session, ("chat:write",)),
    "agents.sessions.rename": Method(rename, ("chat:write",)),
}

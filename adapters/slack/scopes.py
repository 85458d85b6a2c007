"""What the app asks a workspace for, and why: nothing else, and nobody's own token."""

SCOPES = {
    "app_mentions:read": "to hear who speaks to it where it is not a member",
    "channels:history": "to hear what is said in its threads in public channels",
    "groups:history": "the same in private channels that it was invited to",
    "im:history": "the same in direct messages with it",
    "mpim:history": "the same in group messages that it is in",
    "chat:write": "to answer",
    "im:write": "to write to somebody alone: crisis services, an appeal's outcome",
    "commands": "for /fairwell, and what is offered at a message",
    "reactions:read": "to count how an ending is rated",
    "reactions:write": "to mark a thread as ended",
    "users:read": "for names, and as a hint at the language",
    "channels:read": "to know whether it is in a channel",
    "groups:read": "the same of private channels",
    "im:read": "to find direct messages that began while nobody listened, and read them for risk",
    "usergroups:read": "to know who may review: the members of a user group",
    "files:read": "to read the files that are shown to it",
    "assistant:write": "to show that it is thinking, and what it can be asked",
}

"""The permissions that the bot needs, by their names in Discord's API, and what it asks for when it is invited."""

import discord

# In a channel: to open threads there, to talk in them, to lock them, and to have endings rated.
IN_CHANNELS = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "create_public_threads",
    "read_message_history",
    "add_reactions",
    "attach_files",
    "manage_threads",
)
# In a forum the members open the posts.
IN_FORUMS = tuple(each for each in IN_CHANNELS if each not in {"send_messages", "create_public_threads"})
# Where moderators are called.
AT_THE_DESK = ("view_channel", "send_messages", "read_message_history")
# For a little more: to be asked in private, to show where a link leads.
FURTHER = ("create_private_threads", "embed_links")
# What Discord takes away from those who may not send messages.
IMPLIED = frozenset({"attach_files", "embed_links"})

ASKED = discord.Permissions(**dict.fromkeys((*IN_CHANNELS, *FURTHER), True))  # no Administrator


def invite(application: int) -> str:
    """The address by which somebody invites the bot to their server."""
    return discord.utils.oauth_url(application, permissions=ASKED, scopes=("bot", "applications.commands"))


def lacking(may: discord.Permissions, needed: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the needed ones that are not there. What follows from another lack is not named beside it."""
    absent = tuple(each for each in needed if not getattr(may, each))
    if "view_channel" in absent:
        return ("view_channel",)
    return absent if may.send_messages else tuple(each for each in absent if each not in IMPLIED)

"""Slack as a chat platform: a thread for each conversation.

What Slack can do: a mention is answered in the thread of that message, and so is each direct message; blocks carry
buttons and the pair of thumbs that rates an ending; commands, forms and a home tab do the rest.

What it cannot do, and what is done instead:
- A thread cannot be locked. Ended is a fact of the store: a mark on the thread's root shows it, and the bot is silent.
- It tells of a message by one of several connections, twice, late, or never, and wants to know in three seconds that
  it has arrived. So messages are kept first, under names made of Slack's own ids; what was missed is read afterwards.
- Of one app's processes any one gets what happens. Several of them with a database each would each know a part of
  every conversation: an app has one process.
- What is shown to one member alone may never arrive, and does not stay: care is never shown so.
- The command does not work inside threads. What is about a message is in the message's menu.
- A text holds 4,000 characters: a longer answer takes several messages.

`hearing` has what comes from Slack, `outgoing` what goes there, `people` what is beside talking, `installs` the tokens,
`operators` what those who run it are told. The rest is what every adapter has, and the app's manifest.
"""

from adapters.slack.connection import Slack, adapter

__all__ = ["Slack", "adapter"]

"""Discord as a chat platform: a thread for each conversation, or a direct message.

What Discord can do: a mention in a channel opens a thread, and so does a reply to the bot; a thread can be locked and
opened again; reactions rate an ending; commands, buttons and forms do the rest.

What it cannot do, and what is done instead:
- Nobody can react in an archived thread, and buttons do nothing in a locked one. An ended thread is therefore locked,
  and archived only when the time is over in which its ending can be rated. That is done by reactions, and so is taking
  an offer there; buttons stand in the moderators' channel and in direct messages.
- Members cannot edit what they wrote in a locked thread. A command takes an earlier message and how it is said now.
- A direct message cannot be locked, and whoever may manage threads writes in a locked one. Ended is a fact of the
  store; the lock is best effort.
- There can be no thread everywhere, nor always. Answers then go into the channel as replies, if a space's settings say
  so; else a sentence says that there is none. Care goes wherever it arrives.
- Without the message content intent the bot sees only what mentions it, and direct messages. It then answers mentions
  and replies that notify it, and hears nothing else in its threads.
- A message holds 2,000 characters: a longer answer takes several, and one that is longer still goes on in a file.
- A message can be reported twice, late, or never. Names are therefore made from Discord's own ids, so that a repeat
  is known as one; what was missed is fetched afterwards.

`hearing` has what comes from Discord, `outgoing` what goes there, `people` what is beside talking, `operators` what
those who run it are told. The rest is what every adapter has.
"""

from adapters.discord.connection import Discord, adapter

__all__ = ["Discord", "adapter"]

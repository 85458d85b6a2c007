"""What every process of the walk over all kills begins with, done once: they are forked from a process that has it."""

from tests.adapters.slack.kills import doomed

doomed.everything()

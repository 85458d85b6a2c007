"""Conversations played again: scripts as data, and rehearsals of them against the models there are.

`script` is the format and `people` make it into events; `passage` holds what followed a turn, which `turn` and `whole`
hold against what was expected; `rehearsal` plays, and `result` tells what came of it.
"""

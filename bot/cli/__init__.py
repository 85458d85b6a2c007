"""The command line's commands, by subject: talking, reviewing, tending, usage, rehearsing.

bot/__main__.py puts them together.
"""

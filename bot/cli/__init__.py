"""The command line's commands, by subject: talking, reviewing, tending, usage. bot/__main__.py puts them together."""

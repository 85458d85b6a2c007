"""The command line's commands, by subject: talking, reviewing, tending. bot/__main__.py puts them together."""

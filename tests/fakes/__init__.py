"""Doubles for the ports, named after them. Small classes that behave; nothing here checks how it was called."""

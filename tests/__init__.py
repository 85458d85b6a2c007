"""The tests; they mirror bot/ and adapters/."""

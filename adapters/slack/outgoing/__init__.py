"""What is posted: paced, once, escaped, whole or as it grows; and what is shown while the bot thinks."""

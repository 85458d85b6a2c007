"""What is posted: once, escaped, whole or as it grows; threads that are opened, closed and put into the archive."""

"""Chat platforms. An adapter makes events of what its platform reports and calls of actions; it decides nothing."""

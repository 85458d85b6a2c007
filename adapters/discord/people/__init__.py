"""What members and moderators press, type and see beside talking: commands, forms, cards, reactions."""

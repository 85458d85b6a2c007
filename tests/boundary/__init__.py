"""The policy, proved: a file per rule, properties over all inputs, and whole conversations against a ledger."""

"""Chat platforms. An adapter translates its platform's reports into events and actions into its calls; it decides nothing."""

"""The audit, the events and their catalogue over REST."""

"""The inbox over REST."""

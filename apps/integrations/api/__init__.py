"""Connections, inbound hooks and webhooks over REST."""

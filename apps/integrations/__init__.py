"""Connectors, connections, credentials, inbound hooks, webhook endpoints and deliveries; registers the action step."""

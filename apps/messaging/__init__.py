"""Branded messages to people: templates, deliveries; registers the notify step."""

"""Workflows in the REST API: templates, runs, user tasks, exceptions."""

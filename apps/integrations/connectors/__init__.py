"""Connectors: kinds of systems that operations can be performed on."""

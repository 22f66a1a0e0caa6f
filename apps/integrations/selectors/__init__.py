"""Reads of integrations."""

"""Kernel without business words: base models, ids, clock, Actor, errors, safe HTTP client, expressions."""

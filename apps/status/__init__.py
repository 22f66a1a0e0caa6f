"""Branded pages for the customer's people: now, next, and what is needed from them."""

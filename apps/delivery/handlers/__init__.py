"""Reactions: the operations and facts that workflow templates call by name."""

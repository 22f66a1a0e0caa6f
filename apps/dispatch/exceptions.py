"""Errors of the work queue."""


class FenceLost(RuntimeError):
    """The lease ran out and somebody else has the item; whatever was done for it must be rolled back."""

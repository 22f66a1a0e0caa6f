"""What this app registers with the apps below it."""


def register() -> None:
    """Called once, when the apps are loaded."""

"""What this app registers with the apps below it."""

from importlib import import_module

from apps.api.services.commands import AnsweredCommands
from apps.core.api.gates import set_command_store


def register() -> None:
    """Called once, when the apps are loaded."""
    set_command_store(AnsweredCommands())
    # The reference finds its extensions by their having been imported.
    import_module("apps.api.openapi")

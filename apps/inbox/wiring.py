"""What this app registers with the apps below it."""

from apps.accounts.policies import register_actions
from apps.inbox.policies import ACTIONS


def register() -> None:
    """Called once, when the apps are loaded."""
    register_actions(ACTIONS)

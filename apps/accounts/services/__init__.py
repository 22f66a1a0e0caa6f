"""Commands of accounts."""

from apps.accounts.services.keys import create_api_key, note_key_used, revoke_api_key
from apps.accounts.services.users import (
    assign_role,
    create_user,
    deactivate_user,
    revoke_role,
    set_password,
    update_user,
)

__all__ = [
    "assign_role",
    "create_api_key",
    "create_user",
    "deactivate_user",
    "note_key_used",
    "revoke_api_key",
    "revoke_role",
    "set_password",
    "update_user",
]

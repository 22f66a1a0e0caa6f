"""Commands of accounts."""

from apps.accounts.services.groups import (
    add_member,
    create_group,
    delete_group,
    remove_member,
    rename_group,
)
from apps.accounts.services.keys import create_api_key, note_key_used, revoke_api_key
from apps.accounts.services.managers import change_user, set_manager
from apps.accounts.services.users import (
    assign_role,
    create_user,
    deactivate_user,
    revoke_role,
    set_password,
    update_user,
)

__all__ = [
    "add_member",
    "assign_role",
    "change_user",
    "create_api_key",
    "create_group",
    "create_user",
    "deactivate_user",
    "delete_group",
    "note_key_used",
    "remove_member",
    "rename_group",
    "revoke_api_key",
    "revoke_role",
    "set_manager",
    "set_password",
    "update_user",
]

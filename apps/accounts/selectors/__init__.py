"""Reads of accounts."""

from apps.accounts.selectors.users import (
    actor_of_user,
    find_user,
    get_user,
    user_addresses,
    users_with_role,
    visible_users,
)

__all__ = ["actor_of_user", "find_user", "get_user", "user_addresses", "users_with_role", "visible_users"]

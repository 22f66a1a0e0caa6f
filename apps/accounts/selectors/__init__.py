"""Reads of accounts."""

from apps.accounts.selectors.users import actor_of_user, find_user, get_user, list_users, users_with_role

__all__ = ["actor_of_user", "find_user", "get_user", "list_users", "users_with_role"]

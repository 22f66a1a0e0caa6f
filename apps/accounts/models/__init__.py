"""Rows of accounts, in each tenant's schema and, for partners' staff and operators, in the platform's."""

from apps.accounts.models.factors import FactorChallenge
from apps.accounts.models.groups import Group, GroupMembership
from apps.accounts.models.keys import ApiKey
from apps.accounts.models.sign_in import SignInAttempt
from apps.accounts.models.user import RoleAssignment, User

__all__ = ["ApiKey", "FactorChallenge", "Group", "GroupMembership", "RoleAssignment", "SignInAttempt", "User"]

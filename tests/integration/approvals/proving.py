"""People with authenticator apps, and requests that want them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator

from apps.accounts.choices import FactorKind
from apps.accounts.models import User
from apps.accounts.one_time_codes import code_at, counter_of
from apps.accounts.services.challenges import unsealed
from apps.accounts.services.factors import begin_authenticator, finish_authenticator
from apps.approvals.models import ApprovalRequest
from apps.core.clock import now
from tests.integration.approvals.conftest import begin, publish, request_of

ANY_MANAGER: dict[str, Any] = {
    "stages": [{"name": "Resource manager", "approvers": {"role": "resource_manager"}}]
}


def with_app(user: User) -> list[str]:
    """Set up an authenticator app for the user; return his recovery codes."""
    setup, secret = begin_authenticator(user=user)
    # The code of a period ago, so that the present one is still unused.
    return finish_authenticator(user=user, setup_id=setup, code=code_at(secret, counter_of(now()) - 1))


def code_of(user: User | UUID, ahead: int = 0) -> str:
    """The code that the user's app shows, now or so many periods ahead."""
    row = Authenticator.objects.get(user=user, type=FactorKind.TOTP)
    return code_at(unsealed(row.data["secret"]), counter_of(now() + timedelta(seconds=30 * ahead)))


def asked_again(step_up: Any = "always", key: str = "stepped", **more: Any) -> ApprovalRequest:
    """A request whose deciders must prove themselves."""
    publish({**ANY_MANAGER, "step_up": step_up}, key=key, **more)
    return request_of(begin(key=key))

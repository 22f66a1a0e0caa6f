"""Who may read, start and steer runs, mend exceptions, write templates, and do whose tasks."""

from apps.accounts import policies as accounts
from apps.accounts.choices import STAFF_ROLES, Role
from apps.accounts.exceptions import ActionForbidden
from apps.core.actor import Actor, ActorKind
from apps.workflows.models import UserTask

_LEADS = frozenset({Role.TENANT_ADMIN, Role.DELIVERY_MANAGER, Role.DELIVERY_DIRECTOR})
_AUTHORS = frozenset({Role.TENANT_ADMIN, Role.TEMPLATE_AUTHOR})

ACTIONS = {
    "runs:read": STAFF_ROLES,
    "runs:write": _LEADS | {Role.TEMPLATE_AUTHOR},
    "runs:migrate": _LEADS | {Role.TEMPLATE_AUTHOR},
    "templates:read": STAFF_ROLES,
    "templates:write": _AUTHORS,
    "templates:publish": _AUTHORS,
    "templates:review": STAFF_ROLES,
    "workflow_settings:manage": {Role.TENANT_ADMIN},
    "templates:pause": _LEADS | _AUTHORS,
    "workspace:pause": {Role.TENANT_ADMIN, Role.DELIVERY_DIRECTOR},
    "calendars:read": STAFF_ROLES,
    "calendars:write": _LEADS,
    "schedules:read": STAFF_ROLES,
    "schedules:write": _LEADS | {Role.TEMPLATE_AUTHOR},
    "exceptions:read": STAFF_ROLES,
    "exceptions:resolve": _LEADS | {Role.RESOURCE_MANAGER, Role.FINANCE, Role.TEMPLATE_AUTHOR},
    # Whoever skips an approval decides in the approvers' place.
    "approvals:skip": {Role.TENANT_ADMIN, Role.DELIVERY_DIRECTOR},
    # The command of a bulk operation asks for its own action besides.
    "bulk:read": STAFF_ROLES,
    "bulk:write": STAFF_ROLES - {Role.AUDITOR},
    "user_tasks:read": STAFF_ROLES,
    "user_tasks:complete": STAFF_ROLES - {Role.AUDITOR},
    "proposals:read": STAFF_ROLES,
    "proposals:write": STAFF_ROLES - {Role.AUDITOR},
    "proposals:decide": STAFF_ROLES - {Role.AUDITOR},
}


def is_assigned(actor: Actor, task: UserTask) -> bool:
    """Whether the task waits for this actor: for a role of his, for him by name, or for anybody."""
    if task.assignee_user:
        return task.assignee_user == actor.user_id
    return not task.assignee_role or actor.has_role(task.assignee_role)


def may_complete(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may complete the task: those it waits for, and administrators in their place."""
    if actor.is_system:
        return True
    mine = is_assigned(actor, task) or actor.has_role(Role.TENANT_ADMIN)
    return mine and accounts.may(actor, "user_tasks:complete", task)


def require_assignee(actor: Actor, task: UserTask) -> None:
    """Raise ActionForbidden unless the actor may complete the task."""
    if not may_complete(actor, task):
        raise ActionForbidden("user_tasks:complete")


def may_decide(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may accept or reject what is proposed for the task: a person whom the task waits for."""
    is_person = actor.kind in (ActorKind.USER, ActorKind.PARTNER_USER)
    return is_person and may_complete(actor, task) and accounts.may(actor, "proposals:decide", task)


def require_decider(actor: Actor, task: UserTask) -> None:
    """Raise ActionForbidden unless the actor may decide about proposals for the task."""
    if not may_decide(actor, task):
        raise ActionForbidden("proposals:decide")

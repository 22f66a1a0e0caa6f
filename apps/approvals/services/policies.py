"""Draft and publish approval policies."""

from typing import Any

from django.db.models import Max

from apps.accounts import policies as account_policies
from apps.approvals import events
from apps.approvals.choices import PolicyStatus
from apps.approvals.evidence import digest
from apps.approvals.exceptions import UnknownPolicy
from apps.approvals.models import ApprovalPolicy
from apps.approvals.policies import DECIDERS
from apps.approvals.policy import parse_policy
from apps.approvals.selectors.policies import published_policy
from apps.core.actor import Actor
from apps.core.clock import now
from apps.ledger.services import record, transition, unit_of_work
from apps.ledger.services.unit import subject_of
from apps.ledger.types import DomainEvent


def save_draft(*, key: str, name: str, definition: Any, actor: Actor) -> ApprovalPolicy:
    """Write the draft of the policy's next version; there is one draft at a time. Raises Invalid with every problem."""
    with unit_of_work(actor):
        account_policies.require(actor, "approval_policies:manage")
        parse_policy(definition, roles=DECIDERS)
        draft = ApprovalPolicy.objects.select_for_update().filter(key=key, status=PolicyStatus.DRAFT).first()
        if draft is None:
            last = ApprovalPolicy.objects.filter(key=key).aggregate(last=Max("number"))["last"] or 0
            draft = ApprovalPolicy(key=key, number=last + 1, version=0)
        before = {"digest": draft.digest} if draft.version else {}
        draft.name, draft.definition, draft.digest = name, definition, digest(definition)
        draft.version += 1
        draft.save()
        record("approval_policy.save", draft, before=before, after={"digest": draft.digest})
        return draft


def publish_policy(*, key: str, actor: Actor) -> ApprovalPolicy:
    """Make the draft the version that new requests follow; requests under way keep the one they began with."""
    with unit_of_work(actor):
        account_policies.require(actor, "approval_policies:manage")
        draft = ApprovalPolicy.objects.select_for_update().filter(key=key, status=PolicyStatus.DRAFT).first()
        if draft is None:
            raise UnknownPolicy
        parse_policy(draft.definition, roles=DECIDERS)
        published = ApprovalPolicy.objects.select_for_update().filter(key=key, status=PolicyStatus.PUBLISHED)
        held = published.first()
        if held is not None:
            transition(held, "retire")
        told = {"policy": key, "policy_version": draft.number}
        event = DomainEvent(events.POLICY_PUBLISHED, subject_of(draft), told)
        fields = {"published_at": now(), "published_by": actor.label}
        transition(draft, "publish", event=event, fields=fields, details={"digest": draft.digest})
        return draft


def keep_policy(key: str, copy: dict[str, Any], actor: Actor) -> None:
    """Make a copy that a version of a workflow template holds the policy in use, unless it says the same already."""
    install_policy(key=key, name=str(copy["name"]), definition=copy["definition"], actor=actor)


def install_policy(*, key: str, name: str, definition: Any, actor: Actor) -> ApprovalPolicy:
    """Publish the definition under ``key`` unless the published version says the same already."""
    with unit_of_work(actor):
        held = published_policy(key)
        if held is not None and held.digest == digest(definition):
            return held
        save_draft(key=key, name=name, definition=definition, actor=actor)
        return publish_policy(key=key, actor=actor)

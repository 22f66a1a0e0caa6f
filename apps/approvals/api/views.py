"""Approvals and their policies over REST."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.approvals import services
from apps.approvals.api import serializers as shapes
from apps.approvals.exceptions import UnknownPolicy
from apps.approvals.models import ApprovalPolicy
from apps.approvals.policies import DECIDERS, is_contact
from apps.approvals.policy_schema import policy_schema
from apps.approvals.selectors import policies, requests
from apps.approvals.selectors.shown import shown_to, stage_of
from apps.approvals.services.asking import Question
from apps.approvals.services.publishing import publish_looking_ahead
from apps.approvals.services.stepping_up import step_up_by_code
from apps.approvals.services.trying import sample_of, try_policy
from apps.approvals.types import Requester
from apps.core.actor import Actor
from apps.core.api.views import Resource

_FIELDS = {"policy": "policy_key"}
"""Filters that are not called like the field they are about."""


class Approvals(Resource):
    actions = {"GET": "approvals:read"}
    returns = {"GET": shapes.RequestShape}
    filters = shapes.RequestFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the approvals."""
        wanted = {_FIELDS.get(name, name): value for name, value in self.query().items()}
        shape = shapes.ContactRequestShape if is_contact(self.actor) else shapes.RequestShape
        return self.page(requests.list_requests(self.actor, **wanted), shape)


class OneApproval(Resource):
    actions = {"GET": "approvals:read"}
    returns = {"GET": shapes.RequestView}

    def get(self, request: Request, approval_id: UUID) -> Response:
        """Show an approval with what is decided, its stages and decisions."""
        found = requests.get_request(actor=self.actor, request_id=approval_id)
        if is_contact(self.actor):
            return Response(shapes.ContactRequestShape(found, context={"actor": self.actor}).data)
        view = shown_to(found, stage_of(found), self.actor)
        if found.is_open:
            return self.respond(shapes.RequestView, found, context={"view": view})
        # Its conditions are tasks of their own: the version of the request does not say whether they are done.
        return Response(shapes.RequestView(found, context={"actor": self.actor, "view": view}).data)


class Decisions(Resource):
    actions = {"POST": "approvals:decide"}
    takes = {"POST": shapes.NewDecision}
    returns = {"POST": shapes.RequestDetail}
    statuses = {"POST": 201}

    def post(self, request: Request, approval_id: UUID) -> Response:
        """Decide."""
        decided = services.decide_request(request_id=approval_id, actor=self.actor, **self.read())
        return self.respond(_shape(self.actor), decided, status=201)


class SteppedUp(Resource):
    actions = {"POST": "approvals:decide"}
    takes = {"POST": shapes.StepUpCode}
    returns = {"POST": shapes.StepUpShape}
    statuses = {"POST": 201}
    # A wrong code stays counted, whatever else is undone, and a code works once by itself.
    once_by_key = False

    def post(self, request: Request, approval_id: UUID) -> Response:
        """Confirm with a code of your authenticator app that it is you, where a decision asks for it."""
        sent = self.read()
        wanted = [(approval_id, sent["show_hash"])]
        (proof,) = step_up_by_code(actor=self.actor, code=sent["code"], wanted=wanted)
        return Response(shapes.StepUpShape(proof).data, status=201)


def _shape(actor: Actor) -> type[shapes.RequestShape]:
    return shapes.ContactRequestShape if is_contact(actor) else shapes.RequestDetail


class Policies(Resource):
    actions = {"GET": "approvals:read", "POST": "approval_policies:manage"}
    takes = {"POST": shapes.NewPolicy}
    returns = {"GET": shapes.PolicyShape, "POST": shapes.PolicyShape}
    statuses = {"POST": 201}
    filters = shapes.PolicyFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the versions of the approval policies."""
        return self.page(policies.visible_policies(self.actor).filter(**self.query()), shapes.PolicyShape)

    def post(self, request: Request) -> Response:
        """Write the draft of a policy's next version."""
        draft = services.save_draft(actor=self.actor, **self.read())
        location = f"/api/v1/approval-policies/{draft.key}/versions/{draft.number}"
        return self.respond(shapes.PolicyShape, draft, status=201, location=location)


class PolicyPublished(Resource):
    actions = {"POST": "approval_policies:manage"}
    takes = {"POST": shapes.PublishIn}
    returns = {"POST": shapes.PublishedPolicy}

    def post(self, request: Request, key: str) -> Response:
        """Publish the draft of a policy: new requests follow it. Who will be there is looked at first."""
        accepted = "" if self.read()["stop_at_gaps"] else None
        row, forecast = publish_looking_ahead(key=key, actor=self.actor, accepted=accepted)
        row.coverage = forecast  # type: ignore[attr-defined]
        return self.respond(shapes.PublishedPolicy, row)


class PolicyTrial(Resource):
    actions = {"POST": "approval_policies:manage"}
    takes = {"POST": shapes.PolicySample}
    returns = {"POST": shapes.TrialShape}

    def post(self, request: Request) -> Response:
        """Try a policy on a sample: who would be asked, in what order, and why."""
        sent = self.read()
        definition = sent["definition"] if "definition" in sent else self._in_use(sent["key"])
        return Response(
            shapes.TrialShape(try_policy(definition=definition, question=self._question(sent))).data
        )

    def _in_use(self, key: str) -> Any:
        found = policies.published_policy(key)
        if found is None:
            raise UnknownPolicy
        return found.definition

    def _question(self, sent: dict[str, Any]) -> Question:
        taken = Question(show={}, subject=None, requester=Requester("", ""))
        if "approval_id" in sent:
            taken = sample_of(requests.get_request(actor=self.actor, request_id=sent["approval_id"]))
        asker = str(sent.get("requested_by") or "")
        preparers = [Requester(str(person), str(person)) for person in sent.get("prepared_by", ())]
        return replace(
            taken,
            show={**taken.show, **sent.get("show", {})},
            subject=sent.get("subject", taken.subject),
            requester=Requester(asker, asker) if asker else taken.requester,
            preparers=preparers or taken.preparers,
            decides=sent.get("decides", taken.decides),
        )


class OnePolicy(Resource):
    actions = {"GET": "approvals:read"}
    returns = {"GET": shapes.PolicyShape}

    def get(self, request: Request, key: str) -> Response:
        """Show the published version of an approval policy."""
        found = policies.published_policy(key)
        if found is None or is_contact(self.actor):
            raise UnknownPolicy
        return Response(shapes.PolicyShape(found).data)


class OnePolicyVersion(Resource):
    actions = {"GET": "approvals:read"}
    returns = {"GET": shapes.PolicyShape}

    def get(self, request: Request, key: str, number: int) -> Response:
        """Show one version of an approval policy."""
        found: ApprovalPolicy | None = (
            policies.visible_policies(self.actor).filter(key=key, number=number).first()
        )
        if found is None:
            raise UnknownPolicy
        return Response(shapes.PolicyShape(found).data)


class PolicySchema(Resource):
    actions = {"GET": "approvals:read"}

    def get(self, request: Request) -> Response:
        """Show the JSON Schema of approval policies."""
        self.query()
        return Response(policy_schema(DECIDERS))

"""Proposals of assistants."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.proposal_shapes import DecisionIn, ProposalFilters, ProposalIn, ProposalOut
from apps.workflows.api.serializers import ReasonIn
from apps.workflows.selectors.proposals import get_proposal, list_proposals
from apps.workflows.services.proposals import accept_proposal, make_proposal, reject_proposal


class StepProposals(Resource):
    actions = {"POST": "proposals:write"}
    takes = {"POST": ProposalIn}
    returns = {"POST": ProposalOut}
    statuses = {"POST": 201}

    def post(self, request: Request, run_id: UUID, visit: str) -> Response:
        """Propose the output of a step of the kind assist."""
        proposal = make_proposal(run_id=run_id, visit=visit, actor=self.actor, **self.read())
        location = f"/api/v1/proposals/{proposal.id}"
        return Response(ProposalOut(proposal).data, status=201, headers={"Location": location})


class Proposals(Resource):
    actions = {"GET": "proposals:read"}
    returns = {"GET": ProposalOut}
    filters = ProposalFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the proposals."""
        return self.page(list_proposals(**self.query()), ProposalOut)


class OneProposal(Resource):
    actions = {"GET": "proposals:read"}
    returns = {"GET": ProposalOut}

    def get(self, request: Request, proposal_id: UUID) -> Response:
        """Read a proposal."""
        self.query()
        return Response(ProposalOut(get_proposal(proposal_id)).data)


class ProposalAccept(Resource):
    actions = {"POST": "proposals:decide"}
    takes = {"POST": DecisionIn}
    returns = {"POST": ProposalOut}

    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Let the run go on with what was proposed. Only a person may."""
        accepted = accept_proposal(proposal_id=proposal_id, actor=self.actor, reason=self.read()["reason"])
        return Response(ProposalOut(accepted).data)


class ProposalReject(Resource):
    actions = {"POST": "proposals:decide"}
    takes = {"POST": ReasonIn}
    returns = {"POST": ProposalOut}

    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Refuse what was proposed; the step still waits. Only a person may."""
        rejected = reject_proposal(proposal_id=proposal_id, actor=self.actor, reason=self.read()["reason"])
        return Response(ProposalOut(rejected).data)

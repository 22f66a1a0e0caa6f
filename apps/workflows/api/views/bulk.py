"""Bulk operations."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.bulk_shapes import BulkCommandOut, BulkIn, BulkItemOut, BulkOut, BulkWhyIn
from apps.workflows.api.filters import BulkFilters, BulkItemFilters
from apps.workflows.bulk import list_bulk_commands
from apps.workflows.selectors.bulk import get_bulk_operation, list_bulk_items, list_bulk_operations
from apps.workflows.services.bulk import cancel_bulk, prepare_bulk, resume_bulk, start_bulk, suspend_bulk


class BulkCommands(Resource):
    actions = {"GET": "bulk:read"}

    def get(self, request: Request) -> Response:
        """List the commands that can be given to many."""
        self.query()
        return Response({"results": BulkCommandOut(list_bulk_commands(), many=True).data})


class BulkOperations(Resource):
    actions = {"GET": "bulk:read", "POST": "bulk:write"}
    takes = {"POST": BulkIn}
    returns = {"GET": BulkOut, "POST": BulkOut}
    statuses = {"POST": 201}
    filters = BulkFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the bulk operations."""
        return self.page(list_bulk_operations().filter(**self.query()), BulkOut)

    def post(self, request: Request) -> Response:
        """Find the targets and say what would happen to each; nothing is done before it is started."""
        sent = self.read()
        row = prepare_bulk(
            command=sent["command"],
            filter=sent["filter"],
            parameters=sent.get("parameters"),
            reason=sent["reason"],
            actor=self.actor,
        )
        return self.respond(BulkOut, row, status=201, location=f"/api/v1/bulk-operations/{row.id}")


class OneBulkOperation(Resource):
    actions = {"GET": "bulk:read"}
    returns = {"GET": BulkOut}

    def get(self, request: Request, operation_id: UUID) -> Response:
        """Read a bulk operation with its progress."""
        self.query()
        return Response(BulkOut(get_bulk_operation(operation_id)).data)


class BulkItems(Resource):
    actions = {"GET": "bulk:read"}
    returns = {"GET": BulkItemOut}
    filters = BulkItemFilters
    listing = True

    def get(self, request: Request, operation_id: UUID) -> Response:
        """List the items of a bulk operation, each with what came of it and why, in the order they are done."""
        return self.page(list_bulk_items(operation_id, **self.query()), BulkItemOut, oldest_first=True)


class BulkStart(Resource):
    actions = {"POST": "bulk:write"}
    returns = {"POST": BulkOut}

    def post(self, request: Request, operation_id: UUID) -> Response:
        """Do what the preview showed."""
        return self.respond(BulkOut, start_bulk(operation_id=operation_id, actor=self.actor))


class BulkSuspend(Resource):
    actions = {"POST": "bulk:write"}
    takes = {"POST": BulkWhyIn}
    returns = {"POST": BulkOut}

    def post(self, request: Request, operation_id: UUID) -> Response:
        """Do nothing more until it is resumed."""
        return self.respond(BulkOut, suspend_bulk(operation_id=operation_id, actor=self.actor, **self.read()))


class BulkResume(Resource):
    actions = {"POST": "bulk:write"}
    takes = {"POST": BulkWhyIn}
    returns = {"POST": BulkOut}

    def post(self, request: Request, operation_id: UUID) -> Response:
        """Go on with what is left."""
        return self.respond(BulkOut, resume_bulk(operation_id=operation_id, actor=self.actor, **self.read()))


class BulkCancel(Resource):
    actions = {"POST": "bulk:write"}
    takes = {"POST": BulkWhyIn}
    returns = {"POST": BulkOut}

    def post(self, request: Request, operation_id: UUID) -> Response:
        """Leave alone what is not done yet; what is done stays done."""
        return self.respond(BulkOut, cancel_bulk(operation_id=operation_id, actor=self.actor, **self.read()))

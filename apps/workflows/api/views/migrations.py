"""Migration of runs under way to another version of their template."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.bulk_shapes import BulkItemOut, BulkWhyIn
from apps.workflows.api.filters import BulkItemFilters
from apps.workflows.api.migration_shapes import (
    MigrationDetailOut,
    MigrationIn,
    MigrationOut,
    ProposalFilters,
    ProposalOut,
    ReturnIn,
)
from apps.workflows.selectors.bulk import list_bulk_items
from apps.workflows.selectors.migrations import get_migration, list_migrations
from apps.workflows.services.bulk import cancel_bulk, resume_bulk, start_bulk, suspend_bulk
from apps.workflows.services.migration_commands import prepare_migration, prepare_return
from apps.workflows.services.migration_proposal import propose_migration


class MigrationProposal(Resource):
    actions = {"GET": "runs:migrate"}
    returns = {"GET": ProposalOut}
    filters = ProposalFilters

    def get(self, request: Request, key: str) -> Response:
        """Propose which step of one version takes the place of each step of another."""
        asked = self.query()
        found = propose_migration(key, asked["from_version"], asked["to_version"])
        return Response(ProposalOut(found).data)


class Migrations(Resource):
    actions = {"GET": "bulk:read", "POST": "runs:migrate"}
    takes = {"POST": MigrationIn}
    returns = {"GET": MigrationOut, "POST": MigrationDetailOut}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request, key: str) -> Response:
        """List the migrations of a template's runs."""
        self.query()
        return self.page(list_migrations(key), MigrationOut)

    def post(self, request: Request, key: str) -> Response:
        """Judge every run of a version against another one; with dry_run false, move those that can follow."""
        sent = self.read()
        given = {name: sent[name] for name in ("steps", "go_on", "input", "vars", "outputs") if name in sent}
        row = prepare_migration(
            template_key=key,
            parameters={**given, "from": sent["from_version"], "to": sent["to_version"]},
            narrow=sent.get("filter"),
            reason=sent["reason"],
            actor=self.actor,
            at_once=not sent["dry_run"],
        )
        location = f"/api/v1/workflow-templates/{key}/migrations/{row.id}"
        return self.respond(MigrationDetailOut, row, status=201, location=location)


class OneMigration(Resource):
    actions = {"GET": "bulk:read"}
    returns = {"GET": MigrationDetailOut}

    def get(self, request: Request, key: str, migration_id: UUID) -> Response:
        """Read a migration with its verdicts and its progress."""
        self.query()
        return self.respond(MigrationDetailOut, get_migration(key, migration_id))


class MigrationRuns(Resource):
    actions = {"GET": "bulk:read"}
    returns = {"GET": BulkItemOut}
    filters = BulkItemFilters
    listing = True

    def get(self, request: Request, key: str, migration_id: UUID) -> Response:
        """List the runs of a migration, each with its verdict (in details), what would change, and what came of it."""
        found = list_bulk_items(get_migration(key, migration_id).id, **self.query())
        return self.page(found, BulkItemOut, oldest_first=True)


class MigrationStart(Resource):
    actions = {"POST": "runs:migrate"}
    returns = {"POST": MigrationDetailOut}

    def post(self, request: Request, key: str, migration_id: UUID) -> Response:
        """Move the runs that were judged compatible."""
        migration = get_migration(key, migration_id)
        return self.respond(MigrationDetailOut, start_bulk(operation_id=migration.id, actor=self.actor))


class MigrationSuspend(Resource):
    actions = {"POST": "runs:migrate"}
    takes = {"POST": BulkWhyIn}
    returns = {"POST": MigrationDetailOut}

    def post(self, request: Request, key: str, migration_id: UUID) -> Response:
        """Move no further run until it is resumed."""
        migration = get_migration(key, migration_id)
        row = suspend_bulk(operation_id=migration.id, actor=self.actor, **self.read())
        return self.respond(MigrationDetailOut, row)


class MigrationResume(Resource):
    actions = {"POST": "runs:migrate"}
    takes = {"POST": BulkWhyIn}
    returns = {"POST": MigrationDetailOut}

    def post(self, request: Request, key: str, migration_id: UUID) -> Response:
        """Go on with the runs that are left."""
        migration = get_migration(key, migration_id)
        row = resume_bulk(operation_id=migration.id, actor=self.actor, **self.read())
        return self.respond(MigrationDetailOut, row)


class MigrationCancel(Resource):
    actions = {"POST": "runs:migrate"}
    takes = {"POST": BulkWhyIn}
    returns = {"POST": MigrationDetailOut}

    def post(self, request: Request, key: str, migration_id: UUID) -> Response:
        """Leave the runs that are left where they are; those moved stay moved."""
        migration = get_migration(key, migration_id)
        row = cancel_bulk(operation_id=migration.id, actor=self.actor, **self.read())
        return self.respond(MigrationDetailOut, row)


class MigrationRevert(Resource):
    actions = {"POST": "runs:migrate"}
    takes = {"POST": ReturnIn}
    returns = {"POST": MigrationDetailOut}
    statuses = {"POST": 201}

    def post(self, request: Request, key: str, migration_id: UUID) -> Response:
        """Judge every run moved for its way back; with dry_run false, take back those that can go."""
        sent = self.read()
        row = prepare_return(
            migration=get_migration(key, migration_id),
            actor=self.actor,
            reason=sent["reason"],
            at_once=not sent["dry_run"],
        )
        location = f"/api/v1/workflow-templates/{key}/migrations/{row.id}"
        return self.respond(MigrationDetailOut, row, status=201, location=location)

"""Customers, contacts, deals, projects and staffing requests over REST."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.etags import etag
from apps.core.api.views import Resource
from apps.delivery import selectors
from apps.delivery.api import inputs
from apps.delivery.api import serializers as shapes
from apps.delivery.exceptions import not_found
from apps.delivery.models import Contact, Customer
from apps.delivery.services.customers import change_contact, update_customer
from apps.delivery.services.projects import update_project


class Customers(Resource):
    actions = {"GET": "customers:read"}
    returns = {"GET": shapes.CustomerShape}
    filters = inputs.CustomerFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the companies served, the newest first."""
        wanted = self.query()
        name = wanted.pop("name", "")
        rows = selectors.list_customers(self.actor).filter(name__icontains=name, **wanted)
        return self.page(rows, shapes.CustomerShape)


class OneCustomer(Resource):
    actions = {"GET": "customers:read", "PATCH": "customers:write"}
    takes = {"PATCH": inputs.CustomerChange}
    returns = {"GET": shapes.CustomerShape, "PATCH": shapes.CustomerShape}

    def get(self, request: Request, customer_id: UUID) -> Response:
        """Show a customer."""
        return self.respond(shapes.CustomerShape, self._customer(customer_id))

    def patch(self, request: Request, customer_id: UUID) -> Response:
        """Change a customer's name, country, language or id in the ERP."""
        changes = self.read()
        held = self._customer(customer_id)
        self.check_if_match(held)
        customer = update_customer(customer_id=held.id, version=held.version, actor=self.actor, **changes)
        return self.respond(shapes.CustomerShape, customer)

    def _customer(self, customer_id: UUID) -> Customer:
        customer = selectors.list_customers(self.actor).filter(pk=customer_id).first()
        if customer is None:
            raise not_found("customer")
        return customer


class Contacts(Resource):
    actions = {"GET": "customers:read"}
    returns = {"GET": shapes.ContactShape}
    filters = inputs.ContactFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the people at customers, the newest first."""
        return self.page(selectors.list_contacts(self.actor).filter(**self.query()), shapes.ContactShape)


class OneContact(Resource):
    actions = {"GET": "customers:read", "PATCH": "customers:write"}
    takes = {"PATCH": inputs.ContactChange}
    returns = {"GET": shapes.ContactShape, "PATCH": shapes.ContactShape}

    def get(self, request: Request, contact_id: UUID) -> Response:
        """Show a contact."""
        return self.respond(shapes.ContactShape, self._contact(contact_id))

    def patch(self, request: Request, contact_id: UUID) -> Response:
        """Say which part a contact has at the customer."""
        held = self._contact(contact_id)
        self.check_if_match(held)
        changed = change_contact(contact_id=held.id, actor=self.actor, **self.read())
        return self.respond(shapes.ContactShape, changed)

    def _contact(self, contact_id: UUID) -> Contact:
        contact = selectors.list_contacts(self.actor).filter(pk=contact_id).first()
        if contact is None:
            raise not_found("contact")
        return contact


class Deals(Resource):
    actions = {"GET": "projects:read"}
    returns = {"GET": shapes.DealShape}
    filters = inputs.DealFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the signed contracts, the newest first."""
        return self.page(selectors.list_deals(self.actor).filter(**self.query()), shapes.DealShape)


class OneDeal(Resource):
    actions = {"GET": "projects:read"}
    returns = {"GET": shapes.DealShape}

    def get(self, request: Request, deal_id: UUID) -> Response:
        """Show a deal."""
        return self.respond(shapes.DealShape, selectors.get_deal(deal_id, self.actor))


class Requirements(Resource):
    actions = {"GET": "documents:read"}
    returns = {"GET": shapes.RequirementShape}
    filters = inputs.RequirementFilters
    listing = True

    def get(self, request: Request, deal_id: UUID) -> Response:
        """List the documents that a deal needs."""
        selectors.get_deal(deal_id, self.actor)
        rows = selectors.list_requirements(self.actor).filter(deal_id=deal_id, **self.query())
        return self.page(rows, shapes.RequirementShape, oldest_first=True)


class StaffingRequests(Resource):
    actions = {"GET": "staffing:read"}
    returns = {"GET": shapes.StaffingRequestShape}
    filters = inputs.StaffingFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the requests for people, the newest first."""
        rows = selectors.list_staffing_requests(self.actor).filter(**self.query())
        return self.page(rows, shapes.StaffingRequestShape)


class OneStaffingRequest(Resource):
    actions = {"GET": "staffing:read"}
    returns = {"GET": shapes.StaffingRequestShape}

    def get(self, request: Request, request_id: UUID) -> Response:
        """Show a request for people."""
        row = selectors.list_staffing_requests(self.actor).filter(pk=request_id).first()
        if row is None:
            raise not_found("staffing request")
        return self.respond(shapes.StaffingRequestShape, row)


class Projects(Resource):
    actions = {"GET": "projects:read"}
    returns = {"GET": shapes.ProjectShape}
    filters = inputs.ProjectFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the projects, the newest first."""
        wanted = self.query()
        name = wanted.pop("name", "")
        rows = selectors.visible_projects(self.actor).filter(name__icontains=name, **wanted)
        return self.page(rows, shapes.ProjectShape)


class OneProject(Resource):
    actions = {"GET": "projects:read", "PATCH": "projects:write"}
    takes = {"PATCH": inputs.ProjectChange}
    returns = {"GET": shapes.ProjectDetailShape, "PATCH": shapes.ProjectShape}

    def get(self, request: Request, project_id: UUID) -> Response:
        """Show a project, its milestones and documents, and where it stands."""
        detail = selectors.project_detail(project_id, self.actor)
        response = Response(shapes.ProjectDetailShape(detail.project, context=self._around(detail)).data)
        # Only the project's own version: its milestones and documents have theirs.
        response["ETag"] = etag(detail.project)
        return response

    def patch(self, request: Request, project_id: UUID) -> Response:
        """Change a project's name, id in the PSA or forecast."""
        changes = self.read()
        held = selectors.project_detail(project_id, self.actor).project
        self.check_if_match(held)
        project = update_project(project_id=held.id, version=held.version, actor=self.actor, **changes)
        return self.respond(shapes.ProjectShape, project)

    def _around(self, detail: selectors.ProjectDetail) -> dict[str, object]:
        """What the shape needs beside the row."""
        return {"actor": self.actor, "detail": detail}

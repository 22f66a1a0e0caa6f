"""The PSA: projects, time entries and the people who can be staffed."""

from decimal import Decimal, InvalidOperation

from config.demo.systems.messages import VendorError
from config.demo.systems.operations import (
    Call,
    Result,
    create,
    listing,
    operation,
    require_record,
    require_text,
    set_status,
)

RESOURCES = (
    {
        "id": "RES-01",
        "name": "Ingrid Solberg",
        "role": "solution_architect",
        "region": "EU",
        "free_hours": 24,
    },
    {"id": "RES-02", "name": "Tomás Herrera", "role": "consultant", "region": "EU", "free_hours": 32},
    {"id": "RES-03", "name": "Chiara Conti", "role": "consultant", "region": "EU", "free_hours": 8},
    {"id": "RES-04", "name": "Marek Nowak", "role": "project_manager", "region": "EU", "free_hours": 16},
    {"id": "RES-05", "name": "Denise Walker", "role": "solution_architect", "region": "US", "free_hours": 20},
    {"id": "RES-06", "name": "Andre Johnson", "role": "consultant", "region": "US", "free_hours": 36},
    {"id": "RES-07", "name": "Priya Raman", "role": "project_manager", "region": "US", "free_hours": 12},
)


def create_project(call: Call) -> Result:
    """Creates an active project; needs a name."""
    require_text(call.body, "name")
    return create(call, "psa", "project", "PRJ", {"status": "active"})


def get_project(call: Call) -> Result:
    """One project."""
    return Result(200, require_record(call, "psa", "project"))


def list_projects(call: Call) -> Result:
    """Projects by any top-level field."""
    return listing(call, "psa", "project")


def archive_project(call: Call) -> Result:
    """Archives a project."""
    return set_status(call, "psa", "project", "archived", allowed=("active",))


def create_time_entry(call: Call) -> Result:
    """Books hours (a decimal number over 0) on a project; submitted, unless `status` says approved."""
    project = require_record(call, "psa", "project")
    require_text(call.body, "person")
    try:
        hours = Decimal(str(call.body.get("hours")))
    except InvalidOperation:
        hours = Decimal(0)
    if hours <= 0:
        raise VendorError(422, "invalid_field", "hours must be a number over 0.", field="hours")
    status = call.body.get("status", "submitted")
    if status not in ("submitted", "approved"):
        raise VendorError(422, "invalid_field", "status must be submitted or approved.", field="status")
    fields = {"project_id": project["id"], "status": status, "hours": str(hours)}
    return create(call, "psa", "time_entry", "TIM", fields)


def list_time_entries(call: Call) -> Result:
    """Time entries of a project with the sum of hours: {"results", "total_hours", "submitted", "approved"}."""
    project = require_record(call, "psa", "project")
    found = listing(call, "psa", "time_entry", project_id=project["id"]).body["results"]
    body = {
        "results": found,
        "total_hours": str(sum((Decimal(entry["hours"]) for entry in found), Decimal(0))),
        "submitted": sum(entry["status"] == "submitted" for entry in found),
        "approved": sum(entry["status"] == "approved" for entry in found),
    }
    return Result(200, body)


def approve_time_entry(call: Call) -> Result:
    """Approves a submitted time entry."""
    return set_status(call, "psa", "time_entry", "approved", allowed=("submitted",))


def list_resources(call: Call) -> Result:
    """People who can be staffed, by region and role."""
    wanted = {name: call.query[name] for name in ("region", "role") if name in call.query}
    found = [person for person in RESOURCES if all(person[name] == value for name, value in wanted.items())]
    return Result(200, {"results": found})


OPERATIONS = (
    operation("psa", "create_project", "POST", "/projects", create_project),
    operation("psa", "list_projects", "GET", "/projects", list_projects),
    operation("psa", "get_project", "GET", "/projects/{id}", get_project),
    operation("psa", "archive_project", "POST", "/projects/{id}/archive", archive_project),
    operation("psa", "create_time_entry", "POST", "/projects/{id}/time-entries", create_time_entry),
    operation("psa", "list_time_entries", "GET", "/projects/{id}/time-entries", list_time_entries),
    operation("psa", "approve_time_entry", "POST", "/time-entries/{id}/approve", approve_time_entry),
    operation("psa", "list_resources", "GET", "/resources", list_resources),
)

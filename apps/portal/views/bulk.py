"""One command for many: chosen in a list, looked at, started, watched, exported."""

import csv
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.core.errors import Conflict, Invalid
from apps.portal.paging import list_page
from apps.portal.selectors.bulk_view import view_of
from apps.portal.views.base import SeeOther, StaffPage
from apps.portal.wording import counted
from apps.workflows.choices import BulkItemState, BulkStatus
from apps.workflows.models import BulkItem
from apps.workflows.selectors.bulk import get_bulk_operation, list_bulk_items, list_bulk_operations
from apps.workflows.services.bulk import cancel_bulk, prepare_bulk, resume_bulk, start_bulk, suspend_bulk

_FILTER = "where-"
"""Form fields of the filter begin with this."""
_COLUMNS = ("id", "name", "state", "note", "why", "done_at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BulkOperationsPage(StaffPage):
    """All bulk operations, the newest first; a POST prepares one."""

    section = "runs"
    action = "bulk:read"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = list_page(list_bulk_operations(), request)
        under_way = list_bulk_operations().filter(status=BulkStatus.RUNNING).count()
        title = (
            f"{counted(under_way, 'bulk operation')} under way"
            if under_way
            else "No bulk operation is under way"
        )
        views = [view_of(operation) for operation in page.rows]
        return self.page("portal/bulk/operations.html", {"title": title, "views": views, "page": page})

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            operation = prepare_bulk(
                command=self.sent("command"),
                filter=self._filter(),
                parameters=self._parameters(),
                reason=self.sent("reason"),
                actor=self.actor,
            )
        except Invalid as error:
            messages.error(request, error.errors[0].message if error.errors else error.detail)
            return SeeOther(self._back())
        return SeeOther(reverse("portal:bulk_operation", args=[operation.id]))

    def _filter(self) -> dict[str, Any]:
        given = {
            name.removeprefix(_FILTER): self.sent(name)
            for name in self.request.POST
            if name.startswith(_FILTER)
        }
        chosen = self.request.POST.getlist("id")
        if self.sent("which") == "all":
            return given
        if not chosen:
            raise Invalid("none_chosen", "Choose some first, or all that match.")
        return {"ids": chosen}

    def _parameters(self) -> dict[str, Any]:
        command, step = self.sent("command"), self.sent("step")
        if command == "replay_runs":
            return {"step": step, "version": self.sent("version") or "same"}
        if command in ("skip_step_of_runs", "jump_runs"):
            return {"step": step}
        if command == "pause_runs":
            return {"party": self.sent("party")}
        return {"role": self.sent("role")} if command == "reassign_exceptions" else {}

    def _back(self) -> str:
        wanted = self.sent("next")
        is_ours = wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        return wanted if is_ours else reverse("portal:bulk_operations")


class BulkOperationPage(StaffPage):
    """One bulk operation: the preview, then the progress; asked by htmx it answers its live part."""

    section = "runs"
    action = "bulk:read"

    def get(self, request: HttpRequest, operation_id: UUID) -> HttpResponse:
        return self._show(operation_id)

    def post(self, request: HttpRequest, operation_id: UUID) -> HttpResponse:
        here = reverse("portal:bulk_operation", args=[operation_id])
        who: dict[str, Any] = {"operation_id": operation_id, "actor": self.actor}
        try:
            match self.sent("command"):
                case "start":
                    start_bulk(**who)
                    words = "Started. You may leave this page; it goes on."
                case "suspend":
                    suspend_bulk(**who, reason=self.sent("reason"))
                    words = "Suspended; what is being done this moment is finished."
                case "resume":
                    resume_bulk(**who)
                    words = "It goes on."
                case "cancel":
                    cancel_bulk(**who, reason=self.sent("reason"))
                    words = "Cancelled; what is done stays done."
                case _:
                    return self._show(operation_id, "Choose what to do.", 422)
        except Conflict as error:
            return self.came_late(here, error)
        return self.done(here, words)

    def _show(self, operation_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
        view = view_of(get_bulk_operation(operation_id))
        state = self.asked("state")
        state = state if state in BulkItemState.values else ""
        page = list_page(list_bulk_items(operation_id, state=state), self.request, oldest_first=True)
        values = {
            "view": view,
            "operation": view.operation,
            "page": page,
            "state": state,
            "problem": problem,
            "may": self.may("bulk:write"),
        }
        if self.request.htmx and not self.request.htmx.boosted:  # type: ignore[attr-defined]
            return render(self.request, "portal/bulk/_live.html", values)
        return self.page("portal/bulk/operation.html", values, status=status)


class BulkExportPage(StaffPage):
    """What came of each, as a file for a spreadsheet."""

    http_method_names = ["get", "head"]
    action = "bulk:read"

    def get(self, request: HttpRequest, operation_id: UUID) -> HttpResponseBase:
        get_bulk_operation(operation_id)
        items = list(list_bulk_items(operation_id).order_by("id"))
        response = StreamingHttpResponse(_lines(items), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="bulk-{operation_id}.csv"'
        return response


class _Echo:
    """Gives back what the writer writes."""

    def write(self, value: str) -> str:
        return value


def _lines(items: list[BulkItem]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(_COLUMNS))
    for item in items:
        done_at = item.done_at.isoformat() if item.done_at else ""
        row = (str(item.target), item.label, item.state, item.note, item.why, done_at)
        yield str(writer.writerow([_harmless(cell) for cell in row]))


def _harmless(cell: str) -> str:
    """A spreadsheet would take a cell that begins like this for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

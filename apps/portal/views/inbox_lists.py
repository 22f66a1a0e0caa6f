"""Decisions beside one's own inbox: asked for, decided, held by the team, and how much each person holds."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.approvals.choices import RequestStatus
from apps.approvals.models import ApprovalRequest
from apps.approvals.selectors.requests import decided_by, requested_by
from apps.core.clock import now
from apps.core.wording import span_in_words
from apps.inbox.selectors.lists import decision_entries, held_by, held_by_team, team_load
from apps.inbox.types import Load
from apps.portal.inbox_tabs import tabs_of
from apps.portal.paging import list_page
from apps.portal.selectors.inbox import decision_line
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted


class DecisionsPage(StaffPage):
    """A list of decisions, the newest first."""

    section = "inbox"
    action = "approvals:read"
    tab: ClassVar[str] = ""
    label: ClassVar[str] = ""
    empty: ClassVar[tuple[str, str]] = ("", "")

    def rows(self) -> QuerySet[ApprovalRequest]:
        """The requests of the list."""
        raise NotImplementedError

    def title(self, rows: QuerySet[ApprovalRequest]) -> str:
        """The answer of the page, about all of the list and not only what is in sight."""
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        listed = self.rows()
        page = list_page(listed, request)
        entries = decision_entries(page.rows)
        rows = {row.pk: row for row in page.rows}
        values = {
            "title": self.title(listed) if page.rows else self.empty[0],
            "label": self.label,
            "items": [decision_line(entry, rows[entry.id]) for entry in entries],
            "empty_title": self.empty[0],
            "empty_text": self.empty[1],
            "tabs": tabs_of(self.tab, self.may("inbox:team")),
            "page": page,
        }
        return self.page("portal/inbox/decisions.html", values)


class RequestedPage(DecisionsPage):
    """What the reader asked others to decide."""

    tab = "requested"
    label = "I asked for"
    empty = ("You have asked for nothing yet", "What your runs ask others to decide is listed here.")

    def rows(self) -> QuerySet[ApprovalRequest]:
        return requested_by(self.actor)

    def title(self, rows: QuerySet[ApprovalRequest]) -> str:
        waiting = rows.filter(status=RequestStatus.OPEN).count()
        if not waiting:
            return "Nothing you asked for waits for an answer"
        return f"{counted(waiting, 'request')} of yours {'waits' if waiting == 1 else 'wait'} for an answer"


class DecidedPage(DecisionsPage):
    """What the reader decided on."""

    tab = "decided"
    label = "I decided"
    empty = ("You have decided nothing yet", "Each of your decisions is kept here, with what became of it.")

    def rows(self) -> QuerySet[ApprovalRequest]:
        return decided_by(self.actor)

    def title(self, rows: QuerySet[ApprovalRequest]) -> str:
        return "What you decided, the latest first"


class TeamPage(DecisionsPage):
    """What waits for the reader's people; ``person`` in the address is one of them."""

    action = "inbox:team"
    tab = "team"
    label = "My team holds"
    empty = ("Nobody of your team is waited for", "Open decisions of your people appear here.")

    person: str = ""

    def rows(self) -> QuerySet[ApprovalRequest]:
        asked = self.asked("person")
        if not asked:
            return held_by_team(self.actor)
        try:
            self.person, rows = held_by(self.actor, UUID(asked))
        except ValueError:
            return ApprovalRequest.objects.none()
        return rows

    def title(self, rows: QuerySet[ApprovalRequest]) -> str:
        number = rows.count()
        who = self.person or "your team"
        return f"{counted(number, 'decision')} {'waits' if number == 1 else 'wait'} for {who}"


class WorkloadPage(StaffPage):
    """How much each approver holds and how old it is: a drawing and the same as a table."""

    section = "inbox"
    action = "inbox:team"

    def get(self, request: HttpRequest) -> HttpResponse:
        loads = team_load(self.actor)
        most = max((load.waiting for load in loads), default=0)
        values = {
            "title": _load_title(loads),
            "tabs": tabs_of("workload", True),
            "loads": [_bar(load, number, most) for number, load in enumerate(loads)],
            "height": len(loads) * ROW + 8,
        }
        return self.page("portal/inbox/workload.html", values)


ROW = 32
LABEL, WIDTH = 190, 430
"""Of the drawing, in its own units: a line, the names, and the longest bar."""


def _bar(load: Load, number: int, most: int) -> dict[str, object]:
    at = now()
    width = round(load.waiting / most * WIDTH)
    late = round(load.overdue / most * WIDTH)
    return {
        "load": load,
        "short": load.label if len(load.label) <= 24 else f"{load.label[:23]}…",
        "y": number * ROW + 4,
        "text_y": number * ROW + 21,
        "x": LABEL,
        "width": max(width, 2),
        "late": late,
        "number_x": LABEL + max(width, 2) + 8,
        "oldest": span_in_words(at - load.oldest),
        "median": span_in_words(at - load.median_since),
    }


def _load_title(loads: Sequence[Load]) -> str:
    if not loads:
        return "Nobody of your team holds an open decision"
    most = loads[0]
    late = sum(load.overdue for load in loads)
    end = f"; {counted(late, 'decision')} overdue" if late else "; nothing is overdue"
    return f"{most.label} holds the most: {counted(most.waiting, 'decision')}{end}"

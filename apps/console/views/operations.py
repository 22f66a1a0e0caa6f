"""Whether the partner's tenants' work gets done."""

from django.http import HttpRequest, HttpResponse

from apps.console.views.base import PartnerPage
from apps.console.wording import queue_title
from apps.core.clock import now
from apps.partners.selectors import lanes_of, parked_work


class Operations(PartnerPage):
    """What the queue holds, lane by lane; asked again every few seconds while the page is open."""

    section = "operations"
    actions = {"GET": "tenants:read"}

    def get(self, request: HttpRequest) -> HttpResponse:
        lanes = lanes_of(self.partner.id)
        oldest = min((lane.oldest_due_at for lane in lanes if lane.oldest_due_at), default=None)
        title = queue_title(
            sum(lane.due for lane in lanes),
            now() - oldest if oldest else None,
            sum(lane.parked for lane in lanes),
        )
        context = {"title": title, "lanes": lanes, "parked": parked_work(self.partner.id), "at": now()}
        if getattr(request, "htmx", False):
            return self.page("console/operations/_queue.html", context)
        return self.page("console/operations/page.html", context)

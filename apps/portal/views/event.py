"""One event, and what happened to it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from apps.ledger.events import get_event_type
from apps.portal.views.base import StaffPage
from apps.portal.wording import counted
from apps.workflows.selectors.event_story import EventStory, event_story

_WORDS = {
    "started": ("Started work", "success"),
    "ended_wait": ("Awaited", "success"),
    "waiting": ("On its way", "info"),
    "late": ("Too late", "warning"),
    "nothing": ("Matched nothing", "neutral"),
}
_TOLD = {
    "ended": ("Ended the wait", "success"),
    "too_late": ("Too late", "warning"),
    "no_match": ("Did not match", "neutral"),
    "on_its_way": ("On its way", "info"),
}


class EventPage(StaffPage):
    """What happened to an event: runs started, waits ended, and what was near."""

    section = "events"
    action = "events:read"

    def get(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        story = event_story(event_id)
        word, tone = _WORDS[story.outcome]
        known = get_event_type(story.event.type)
        values = {
            "story": story,
            "title": f"{story.event.type} {_sentence(story)}",
            "description": known.description if known else "",
            "word": word,
            "tone": tone,
            "told": [(one, *_TOLD[one.how]) for one in story.told],
        }
        return self.page("portal/records/event.html", values)


def _sentence(story: EventStory) -> str:
    parts = []
    if story.started:
        parts.append(f"started {counted(len(story.started), 'run')}")
    ended = sum(one.how == "ended" for one in story.told)
    if ended:
        parts.append(f"ended {counted(ended, 'wait')}")
    if parts:
        return " and ".join(parts)
    return {
        "waiting": "is on its way",
        "late": "came too late for a wait",
    }.get(story.outcome, "matched nothing")

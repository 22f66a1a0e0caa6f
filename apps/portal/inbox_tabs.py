"""The lists beside the inbox, as tabs."""

from django.urls import reverse

_TABS = (
    ("waiting", "Waiting for me", "portal:inbox", False),
    ("requested", "I asked for", "portal:inbox_requested", False),
    ("decided", "I decided", "portal:inbox_decided", False),
    ("team", "My team holds", "portal:inbox_team", True),
    ("workload", "Workload", "portal:inbox_workload", True),
)


def tabs_of(chosen: str, sees_team: bool) -> list[dict[str, object]]:
    """Return the tabs, those of a team only for whoever has one."""
    return [
        {"label": label, "url": reverse(to), "is_chosen": name == chosen}
        for name, label, to, of_team in _TABS
        if sees_team or not of_team
    ]

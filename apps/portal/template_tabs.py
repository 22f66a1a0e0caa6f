"""The pages of one workflow template, as a bar of tabs."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Tab:
    """One page: ``name`` lights it, ``route`` is the name of its address, which takes the template's key."""

    name: str
    label: str
    route: str


TABS: tuple[Tab, ...] = (
    Tab("overview", "Overview", "portal:template"),
    Tab("edit", "Edit", "portal:template_edit"),
    Tab("tests", "Tests", "portal:template_tests"),
    Tab("simulate", "Simulate", "portal:simulations"),
    Tab("backtest", "Back-test", "portal:backtests"),
    Tab("running", "Running work", "portal:template_running"),
    Tab("versions", "Versions", "portal:template_versions"),
)
"""In the order shown: Overview, Edit, Tests, Simulate, Back-test, Running work, Versions."""


def template_tabs(key: str, current: str) -> list[dict[str, object]]:
    """Return the bar for a page of the template: label, address, and whether it is the page shown.

    A page hands it on as ``tabs`` and includes ``portal/templates/_tabs.html`` below its header.
    """
    return [
        {"label": tab.label, "href": reverse(tab.route, args=[key]), "is_current": tab.name == current}
        for tab in TABS
    ]

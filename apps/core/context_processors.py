"""What every page template may use."""

from typing import Any

from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """The brand, the tenant or partner, who is signed in, and the access lease if one is in use."""
    return {
        "brand": getattr(request, "brand", None),
        "tenant": getattr(request, "tenant", None),
        "partner": getattr(request, "partner", None),
        "actor": getattr(request, "actor", None),
        "lease": getattr(request, "lease", None),
    }

"""Nobody anonymous, unless the view says that it is public."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core.errors import Unauthorized

if TYPE_CHECKING:
    # The views module asks for this permission while it is being imported.
    from rest_framework.views import APIView


class RequireActor(BasePermission):
    """Lets in who was recognised; what he may do, the view asks the policy."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if getattr(view, "public", False) or getattr(request, "actor", None) is not None:
            return True
        raise Unauthorized("not_authenticated", "Send an API key as a bearer token, or sign in.")

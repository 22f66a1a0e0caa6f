"""Groups of people over REST; only tenants have them."""

from uuid import UUID

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api import serializers as shapes
from apps.accounts.exceptions import NoSuchGroup
from apps.accounts.models import Group
from apps.accounts.selectors.people import list_groups
from apps.accounts.services import groups
from apps.core.api.views import Resource


def _group(group_id: UUID) -> Group:
    found = list_groups().filter(pk=group_id).first()
    if found is None:
        raise NoSuchGroup
    return found


class Groups(Resource):
    actions = {"GET": "users:read", "POST": "groups:manage"}
    takes = {"POST": shapes.NewGroup}
    returns = {"GET": shapes.GroupShape, "POST": shapes.GroupShape}
    statuses = {"POST": 201}
    listing = True

    def get(self, request: Request) -> Response:
        """List the groups with their members."""
        self.query()
        return self.page(list_groups(), shapes.GroupShape)

    def post(self, request: Request) -> Response:
        """Make a group."""
        made = groups.create_group(actor=self.actor, **self.read())
        return self.respond(shapes.GroupShape, made, status=201, location=f"/api/v1/groups/{made.pk}")


class OneGroup(Resource):
    actions = {"GET": "users:read", "PATCH": "groups:manage", "DELETE": "groups:manage"}
    takes = {"PATCH": shapes.GroupChange}
    returns = {"GET": shapes.GroupShape, "PATCH": shapes.GroupShape}
    statuses = {"DELETE": 204}

    def get(self, request: Request, group_id: UUID) -> Response:
        """Show a group with its members."""
        return self.respond(shapes.GroupShape, _group(group_id))

    def patch(self, request: Request, group_id: UUID) -> Response:
        """Rename a group."""
        self.check_if_match(_group(group_id))
        groups.rename_group(group_id=group_id, actor=self.actor, **self.read())
        return self.respond(shapes.GroupShape, _group(group_id))

    def delete(self, request: Request, group_id: UUID) -> Response:
        """Remove a group without members."""
        self.check_if_match(_group(group_id))
        groups.delete_group(group_id=group_id, actor=self.actor)
        return Response(status=204)


class GroupMembers(Resource):
    actions = {"POST": "groups:manage"}
    takes = {"POST": shapes.NewMember}
    returns = {"POST": shapes.GroupShape}

    def post(self, request: Request, group_id: UUID) -> Response:
        """Add somebody to a group."""
        groups.add_member(group_id=group_id, actor=self.actor, **self.read())
        return self.respond(shapes.GroupShape, _group(group_id))


class GroupMembersRemoved(Resource):
    actions = {"POST": "groups:manage"}
    takes = {"POST": shapes.MemberOf}
    returns = {"POST": shapes.GroupShape}

    def post(self, request: Request, group_id: UUID) -> Response:
        """Take somebody out of a group."""
        groups.remove_member(group_id=group_id, actor=self.actor, **self.read())
        return self.respond(shapes.GroupShape, _group(group_id))


urlpatterns = [
    path("groups", Groups.as_view()),
    path("groups/<uuid:group_id>", OneGroup.as_view()),
    path("groups/<uuid:group_id>/members", GroupMembers.as_view()),
    path("groups/<uuid:group_id>/members/remove", GroupMembersRemoved.as_view()),
]

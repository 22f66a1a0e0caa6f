"""Users, roles and API keys over REST."""

from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.api import serializers as shapes
from apps.accounts.choices import Role
from apps.accounts.exceptions import NoSuchKey, NoSuchUser
from apps.accounts.models import ApiKey, User
from apps.accounts.policies import list_actions
from apps.accounts.selectors import visible_users
from apps.accounts.selectors.keys import visible_keys
from apps.accounts.services.factors import reset_factors
from apps.core.api.views import Resource
from apps.core.errors import Invalid, Problem


class UserResource(Resource):
    """What the views of users share."""

    def user(self, user_id: UUID) -> User:
        user = visible_users(self.actor).filter(pk=user_id).first()
        if user is None:
            raise NoSuchUser
        return user


class Users(Resource):
    actions = {"GET": "users:read", "POST": "users:manage"}
    takes = {"POST": shapes.NewUser}
    returns = {"GET": shapes.UserShape, "POST": shapes.UserShape}
    statuses = {"POST": 201}
    filters = shapes.UserFilters
    listing = True

    def get(self, request: Request) -> Response:
        """List the users."""
        return self.page(self._found(visible_users(self.actor)), shapes.UserShape)

    def post(self, request: Request) -> Response:
        """Add a user."""
        user = services.create_user(actor=self.actor, **self.read())
        return self.respond(shapes.UserShape, user, status=201, location=f"/api/v1/users/{user.pk}")

    def _found(self, users: QuerySet[User]) -> QuerySet[User]:
        wanted = self.query()
        if wanted.get("email"):
            users = users.filter(email=User.objects.normalize_email(wanted["email"]))
        if wanted.get("role"):
            users = users.filter(role_assignments__role=wanted["role"]).distinct()
        if wanted.get("is_active") is not None:
            users = users.filter(is_active=wanted["is_active"])
        return users


class OneUser(UserResource):
    actions = {"GET": "users:read", "PATCH": "users:manage"}
    takes = {"PATCH": shapes.UserChange}
    returns = {"GET": shapes.UserShape, "PATCH": shapes.UserShape}

    def get(self, request: Request, user_id: UUID) -> Response:
        """Show a user."""
        return self.respond(shapes.UserShape, self.user(user_id))

    def patch(self, request: Request, user_id: UUID) -> Response:
        """Change a user's name or manager."""
        self.check_if_match(self.user(user_id))
        services.change_user(user_id=user_id, actor=self.actor, **self.read())
        return self.respond(shapes.UserShape, self.user(user_id))


class UserRoles(UserResource):
    actions = {"POST": "users:manage"}
    takes = {"POST": shapes.RoleHeld}
    returns = {"POST": shapes.UserShape}

    def post(self, request: Request, user_id: UUID) -> Response:
        """Give a user a role."""
        services.assign_role(user_id=user_id, actor=self.actor, **self.read())
        return self.respond(shapes.UserShape, self.user(user_id))


class UserRolesRevoked(UserResource):
    actions = {"POST": "users:manage"}
    takes = {"POST": shapes.RoleHeld}
    returns = {"POST": shapes.UserShape}

    def post(self, request: Request, user_id: UUID) -> Response:
        """Take a role from a user."""
        services.revoke_role(user_id=user_id, actor=self.actor, **self.read())
        return self.respond(shapes.UserShape, self.user(user_id))


class UserDeactivated(UserResource):
    actions = {"POST": "users:manage"}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.UserShape}

    def post(self, request: Request, user_id: UUID) -> Response:
        """Close a user's account."""
        user = services.deactivate_user(user_id=user_id, actor=self.actor, **self.read())
        return self.respond(shapes.UserShape, user)


class UserFactorsReset(UserResource):
    actions = {"POST": "users:manage"}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.UserShape}

    def post(self, request: Request, user_id: UUID) -> Response:
        """Remove a user's second factors, who has lost them; a reason is needed."""
        reset_factors(user_id=user_id, actor=self.actor, **self.read())
        return self.respond(shapes.UserShape, self.user(user_id))


class RoleList(Resource):
    actions = {"GET": "users:read"}
    returns = {"GET": shapes.Roles}

    def get(self, request: Request) -> Response:
        """List the roles with their rights, and all scopes that keys may have."""
        known = list_actions()
        roles = [
            {
                "role": role.value,
                "name": role.label,
                "actions": [name for name, held in known.items() if role in held],
            }
            for role in Role
        ]
        return Response({"results": roles, "scopes": list(known)})


class Keys(Resource):
    actions = {"GET": "keys:manage", "POST": "keys:manage"}
    takes = {"POST": shapes.NewKey}
    returns = {"GET": shapes.KeyShape, "POST": shapes.KeyOnce}
    statuses = {"POST": 201}
    listing = True
    secret_fields = frozenset({"key"})

    def get(self, request: Request) -> Response:
        """List the API keys."""
        self.query()
        return self.page(visible_keys(self.actor), shapes.KeyShape)

    def post(self, request: Request) -> Response:
        """Make an API key; its text is shown in this answer and never again."""
        given = self.read()
        owner = given.pop("user_id", None) or UUID(self.actor.user_id)
        try:
            key, text = services.create_api_key(user_id=owner, actor=self.actor, **given)
        except NoSuchUser as error:
            problem = Problem("/user_id", "There is no active user of this id.", "unknown_user")
            raise Invalid("unknown_user", problem.message, [problem]) from error
        body = {**shapes.KeyShape(key).data, "key": text}
        return Response(body, status=201, headers={"Location": f"/api/v1/api-keys/{key.pk}"})


class OneKey(Resource):
    actions = {"GET": "keys:manage"}
    returns = {"GET": shapes.KeyShape}

    def get(self, request: Request, key_id: UUID) -> Response:
        """Show an API key."""
        key: ApiKey | None = visible_keys(self.actor).filter(pk=key_id).first()
        if key is None:
            raise NoSuchKey
        return self.respond(shapes.KeyShape, key)


class KeyRevoked(Resource):
    actions = {"POST": "keys:manage"}
    takes = {"POST": shapes.Why}
    returns = {"POST": shapes.KeyShape}

    def post(self, request: Request, key_id: UUID) -> Response:
        """Revoke an API key, now and for good."""
        key = services.revoke_api_key(key_id=key_id, actor=self.actor, **self.read())
        return self.respond(shapes.KeyShape, key)


class Me(Resource):
    actions = {"GET": ""}
    returns = {"GET": shapes.ActorShape}

    def get(self, request: Request) -> Response:
        """Show who you are to this API, and with which rights."""
        actor = self.actor
        scopes = None if actor.scopes is None else sorted(actor.scopes)
        return Response({**actor.to_json(), "roles": sorted(actor.roles), "scopes": scopes})

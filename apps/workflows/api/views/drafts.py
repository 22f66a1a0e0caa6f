"""Editing drafts: the text, who is in it, and what its expressions give."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.core.api.views import Resource
from apps.core.errors import Invalid
from apps.workflows.api.drafts import (
    CatalogueOut,
    DraftOut,
    EditedOut,
    EditIn,
    EvaluateIn,
    EvaluateOut,
    MergeIn,
    MergeOut,
    PresenceIn,
    PresenceOut,
)
from apps.workflows.selectors.authoring import authoring_catalogue
from apps.workflows.selectors.drafts import get_draft, present_editors
from apps.workflows.selectors.samples import evaluate_sample
from apps.workflows.services.drafts import combine_texts, edit_draft, end_presence, note_presence


class Catalogue(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": CatalogueOut}

    def get(self, request: Request) -> Response:
        """List what templates may refer to: policies, connections, messages, events, roles, with their words."""
        self.query()
        return Response(CatalogueOut(authoring_catalogue()).data)


class OneDraft(Resource):
    actions = {"GET": "templates:read", "PUT": "templates:write"}
    takes = {"PUT": EditIn}
    returns = {"GET": DraftOut, "PUT": EditedOut}

    def get(self, request: Request, key: str) -> Response:
        """Read the draft, or the text a new draft would begin with."""
        self.query()
        return self.respond(DraftOut, get_draft(key))

    def put(self, request: Request, key: str) -> Response:
        """Save a text as the draft; with `base`, what others saved meanwhile is merged in, field by field."""
        sent = self.read()
        edited = edit_draft(
            template_key=key,
            source=sent["source"],
            base=sent.get("base"),
            expected=_expected(request),
            choices=sent.get("choices"),
            actor=self.actor,
        )
        draft = edited.draft
        told = {**DraftOut(draft).data, "merged": edited.is_merged, "keeps_comments": edited.keeps_comments}
        body = EditedOut(told).data
        return Response(body, headers={"ETag": f'"{draft.version}"'})


class DraftMerge(Resource):
    actions = {"POST": "templates:read"}
    takes = {"POST": MergeIn}
    returns = {"POST": MergeOut}

    def post(self, request: Request, key: str) -> Response:
        """Merge two texts made from one, without saving anything: theirs where both changed the same."""
        get_draft(key)
        sent = self.read()
        merged = combine_texts(base=sent["base"], source=sent["source"], theirs=sent["theirs"])
        conflicts = [conflict.to_json() for conflict in merged.conflicts]
        return Response(
            MergeOut(
                {"source": merged.text, "conflicts": conflicts, "keeps_comments": merged.keeps_comments}
            ).data
        )


class DraftPresence(Resource):
    actions = {"POST": "templates:write"}
    takes = {"POST": PresenceIn}
    returns = {"POST": PresenceOut}

    def post(self, request: Request, key: str) -> Response:
        """Say that one is editing, and hear who else is and which version the draft has."""
        sent = self.read()
        if sent["leaving"]:
            end_presence(template_key=key, window=sent["window"], actor=self.actor)
        else:
            note_presence(template_key=key, window=sent["window"], step=sent["step"], actor=self.actor)
        draft = get_draft(key)
        editors = present_editors(key, window=sent["window"], actor_id=self.actor.id)
        return Response(PresenceOut({"version": draft.version, "editors": editors}).data)


class DraftEvaluate(Resource):
    actions = {"POST": "templates:read"}
    takes = {"POST": EvaluateIn}
    returns = {"POST": EvaluateOut}

    def post(self, request: Request, key: str) -> Response:
        """Say what an expression gives over a run of the template, or over an input; nothing is saved."""
        sent = self.read()
        get_draft(key)
        if sent.get("run"):
            policies.require(self.actor, "runs:read")
        found = evaluate_sample(
            template_key=key,
            expression=sent["expression"],
            run_id=sent.get("run"),
            input=sent.get("input"),
        )
        return Response(EvaluateOut({"value": found.value, "error": found.error}).data)


def _expected(request: Request) -> int | None:
    """The version the writer has read; raise Invalid for what no draft ever answered."""
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted or wanted == "*":
        return None
    number = wanted.strip('"')
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise Invalid("invalid_etag", "If-Match holds the ETag of the draft as it was read.")
    return int(number)

"""Templates between workspaces: export a version as a bundle, import one as a draft."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.filters import RankingFilters
from apps.workflows.api.promotion_shapes import BundleOut, ImportIn, ImportOut, RankingOut
from apps.workflows.bundles import Json
from apps.workflows.selectors.ranking import rank_templates
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.exporting import export_version
from apps.workflows.services.importing import ImportPlan, import_bundle, plan_import


class VersionExport(Resource):
    actions = {"GET": "templates:write"}
    returns = {"GET": BundleOut}

    def get(self, request: Request, key: str, number: int) -> Response:
        """Export a version with everything it holds as a bundle, signed for workspaces of the same partner."""
        self.query()
        return Response(export_version(get_version(key, number), actor=self.actor))


class TemplateImport(Resource):
    actions = {"POST": "templates:write"}
    takes = {"POST": ImportIn}
    returns = {"POST": ImportOut}

    def post(self, request: Request) -> Response:
        """Import a bundle as a draft; refused until each slot is bound and answers, and each conflict is settled."""
        sent = self.read()
        given = {"bundle": sent["bundle"], "actor": self.actor, "choices": sent["choices"]}
        if sent["dry_run"]:
            return Response(_told(plan_import(**given), None))
        draft = import_bundle(**given)
        return Response(
            {
                "template": draft.template.key,
                "version": draft.number,
                "ready": True,
                "slots": [],
                "conflicts": [],
                "installed": [],
                "kept": [],
            }
        )


class TemplateRanking(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": RankingOut}
    filters = RankingFilters

    def get(self, request: Request) -> Response:
        """Rank the templates in use by value and risk, measured over the runs begun in the last days."""
        days = self.query()["days"]
        return Response(RankingOut({"days": days, "templates": rank_templates(days)}).data)


def _told(plan: ImportPlan, number: int | None) -> Json:
    return {
        "template": plan.key,
        "version": number,
        "ready": plan.is_ready,
        "slots": [slot.to_json() for slot in plan.slots],
        "conflicts": plan.conflicts,
        "installed": [f"{name}/{key}" for name, key in plan.install],
        "kept": [f"{name}/{key}" for name, key in plan.keep],
    }

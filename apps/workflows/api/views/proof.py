"""Trying a version of a template out: its test cases."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.views import Resource
from apps.workflows.api.proof_shapes import (
    SuiteRunIn,
    SuiteRunOut,
    TestsIn,
    TestsResultOut,
    TestsRunIn,
)
from apps.workflows.api.serializers import VersionDetailOut
from apps.workflows.engine.simulation.coverage import coverage_json
from apps.workflows.engine.simulation.running import SuiteResult
from apps.workflows.selectors.proof import get_suite
from apps.workflows.selectors.templates import get_version
from apps.workflows.services.suites import start_suite
from apps.workflows.services.template_tests import run_version_tests, save_tests


class VersionTests(Resource):
    actions = {"GET": "templates:read", "PUT": "templates:write"}
    takes = {"PUT": TestsIn}
    returns = {"GET": TestsIn, "PUT": VersionDetailOut}

    def get(self, request: Request, key: str, number: int) -> Response:
        """Read the test cases of a version."""
        self.query()
        return self.respond(TestsIn, get_version(key, number))

    def put(self, request: Request, key: str, number: int) -> Response:
        """Replace the test cases of a draft."""
        sent = self.read()
        self.check_if_match(get_version(key, number))
        draft = save_tests(template_key=key, number=number, tests=sent["tests"], actor=self.actor)
        return self.respond(VersionDetailOut, draft)


class VersionTestsRun(Resource):
    actions = {"POST": "templates:read"}
    takes = {"POST": TestsRunIn}
    returns = {"POST": TestsResultOut}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Run the test cases of a version, or other ones sent along; nothing is stored, sent or called."""
        result = run_version_tests(get_version(key, number), self.read().get("tests"))
        return Response(tests_json(result))


class VersionSuites(Resource):
    actions = {"POST": "templates:read"}
    takes = {"POST": SuiteRunIn}
    returns = {"POST": SuiteRunOut}
    statuses = {"POST": 201}

    def post(self, request: Request, key: str, number: int) -> Response:
        """Run many test cases as work in portions; read what came of them at the location given."""
        tests = self.read().get("tests")
        suite = start_suite(template_key=key, number=number, tests=tests, actor=self.actor)
        location = f"/api/v1/workflow-templates/{key}/versions/{number}/tests/runs/{suite.id}"
        return self.respond(SuiteRunOut, suite, status=201, location=location)


class VersionSuite(Resource):
    actions = {"GET": "templates:read"}
    returns = {"GET": SuiteRunOut}

    def get(self, request: Request, key: str, number: int, suite_id: UUID) -> Response:
        """Read a run of test cases: how far it is, and what came of each case so far."""
        self.query()
        return Response(SuiteRunOut(get_suite(get_version(key, number), suite_id)).data)


def tests_json(result: SuiteResult) -> dict[str, Any]:
    """The result of a suite as the API tells it."""
    return {
        "passed": result.passed,
        "problems": [problem.to_json() for problem in result.suite.problems],
        "cases": [case.to_json() for case in result.results],
        "coverage": coverage_json(result.coverage),
    }

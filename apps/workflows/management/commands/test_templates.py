"""``manage.py test_templates``: run the test cases of workflow templates, from files or of tenants."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.workflows.choices import VersionStatus
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.parse import parse_template
from apps.workflows.engine.simulation.running import SuiteResult, run_tests
from apps.workflows.exceptions import TemplateUnreadable
from apps.workflows.models import TemplateVersion
from apps.workflows.services.template_tests import run_version_tests
from tenants.context import platform_context, tenant_context
from tenants.models import Tenant

TESTS = ".tests.yaml"
Named = tuple[str, SuiteResult | None]
"""What was tested, and how it went; None where the template itself cannot be read."""


class Command(BaseCommand):
    help = (
        "Runs the test cases of workflow templates. With files or folders: NAME.yaml with NAME.tests.yaml beside it, "
        "no database needed. Without: the drafts and published versions of all tenants, or of --tenant."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="templates, or folders of templates")
        parser.add_argument("--tenant", default="", help="slug of the only tenant to look at")

    def handle(self, *args: Any, **options: Any) -> None:
        began, cases, red = time.monotonic(), 0, 0
        tested = from_files(options["files"]) if options["files"] else of_tenants(options["tenant"])
        for name, result in tested:
            cases += len(result.results) if result else 0
            red += not self._tell(name, result)
        seconds = time.monotonic() - began
        self.stdout.write(f"{cases} cases in {seconds:.1f} s, {red} templates red")
        if red:
            raise CommandError("There are test cases that are not green.", returncode=1)

    def _tell(self, name: str, result: SuiteResult | None) -> bool:
        if result is None:
            self.stdout.write(f"RED    {name}: the template itself has errors")
            return False
        covered = result.coverage
        shown = (
            f"{len(result.results)} cases, steps {covered.covered_steps}/{len(covered.steps)}, "
            f"ways {covered.covered_ways}/{len(covered.ways)}"
        )
        self.stdout.write(f"{'green' if result.passed else 'RED  '}  {name}: {shown}")
        for problem in result.suite.problems:
            self.stdout.write(f"       line {problem.line}: {problem.message} {problem.remedy}".rstrip())
        for case in result.failed:
            for one in case.differences:
                line = case.lines.get(one.path, case.line)
                self.stdout.write(f"       line {line}, {case.name}: {one.message}")
        return result.passed


def from_files(paths: list[Path]) -> Iterator[Named]:
    """Test templates in files; a subflow finds the templates beside its own."""
    for path in paths:
        if not path.exists():
            raise CommandError(f"{path} does not exist.")
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        for template in found:
            if not template.name.endswith(TESTS):
                yield str(template), _test_file(template)


def of_tenants(slug: str) -> Iterator[Named]:
    """Test the drafts and published versions of tenants."""
    with platform_context():
        rows = Tenant.objects.filter(status="ready").order_by("slug")
        tenants = list(rows.filter(slug=slug) if slug else rows)
    if not tenants:
        raise CommandError(
            f"There is no ready tenant {slug!r}." if slug else "There is no tenant that is ready."
        )
    for tenant in tenants:
        with tenant_context(tenant.pk):
            in_use = (VersionStatus.PUBLISHED, VersionStatus.DRAFT)
            versions = TemplateVersion.objects.select_related("template").filter(status__in=in_use)
            for version in versions.order_by("template__key", "number"):
                yield f"{tenant.slug}/{version.template.key} v{version.number}", _test_version(version)


def _test_version(version: TemplateVersion) -> SuiteResult | None:
    try:
        return run_version_tests(version)
    except TemplateUnreadable:
        return None


def _test_file(path: Path) -> SuiteResult | None:
    parsed = parse_template(path.read_text(encoding="utf-8"))
    if not parsed.is_valid:
        return None
    tests = path.with_name(path.name.removesuffix(".yaml") + TESTS)
    text = tests.read_text(encoding="utf-8") if tests.exists() else ""
    return run_tests(text, parsed.definition, _beside(path))


def _beside(path: Path) -> Mapping[str, Definition]:
    others = (item for item in path.parent.glob("*.yaml") if not item.name.endswith(TESTS))
    parsed = (parse_template(item.read_text(encoding="utf-8")) for item in others)
    return {one.definition.key: one.definition for one in parsed if one.is_valid}

"""``manage.py templates export|import|diff``: a workspace's templates as files, for git."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.ledger.services import unit_of_work
from apps.workflows.choices import VersionStatus
from apps.workflows.engine.difference import compare_text
from apps.workflows.models import TemplateVersion
from apps.workflows.parts import find_part
from apps.workflows.selectors.differences import parts_held
from apps.workflows.services.templates import save_draft
from tenants.context import platform_context, tenant_context
from tenants.models import Tenant

TESTS, PARTS = ".tests.yaml", ".parts.json"
_ACTOR = Actor.system("manage.py templates")
_ORDER = (VersionStatus.PUBLISHED, VersionStatus.IN_REVIEW, VersionStatus.DRAFT)


class Command(BaseCommand):
    help = (
        "Each template is KEY.yaml, its test cases KEY.tests.yaml, what it holds KEY.parts.json. `export` writes what is "
        "in use (else the draft), `import` saves what differs as drafts and adds missing policies and messages, `diff` "
        "shows what differs and ends with 1 if anything does."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("export", "import", "diff"))
        parser.add_argument("folder", type=Path)
        parser.add_argument("--tenant", required=True, help="slug of the workspace")
        parser.add_argument("--key", default="", help="only this template")

    def handle(self, *args: Any, **options: Any) -> None:
        with platform_context():
            tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no workspace {options['tenant']!r}.")
        with tenant_context(tenant.id):
            run = {"export": self._export, "import": self._import, "diff": self._diff}[options["what"]]
            run(options["folder"], options["key"])

    def _export(self, folder: Path, key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for version in _versions(key):
            for path, text in _files(folder, version):
                path.unlink(missing_ok=True) if not text else path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{version.template.key}: version {version.number} ({version.status})")

    def _import(self, folder: Path, key: str) -> None:
        for path in _templates_in(folder, key):
            source, tests = path.read_text(encoding="utf-8"), _read(path, TESTS)
            held = next(iter(_versions(path.stem)), None)
            try:
                with unit_of_work(_ACTOR, reason=f"imported from {path.name}"):
                    self._bring_parts(path)
                    if held is not None and (held.source, held.tests) == (source, tests):
                        self.stdout.write(f"{path.stem}: nothing to do")
                        continue
                    draft = save_draft(source=source, tests=tests, actor=_ACTOR)
            except DomainError as error:
                problems = "; ".join(problem.message for problem in error.errors)
                raise CommandError(f"{path.name}: {error.detail} {problems}".strip()) from error
            self.stdout.write(f"{draft.template.key}: saved as draft, version {draft.number}")

    def _bring_parts(self, path: Path) -> None:
        for name, copies in json.loads(_read(path, PARTS) or "{}").items():
            part = find_part(name)
            if part is None or part.install is None or part.is_live:
                continue
            for key in sorted(set(copies) - set(part.snapshot(sorted(copies)))):
                part.install(key, copies[key], _ACTOR)
                self.stdout.write(f"{path.stem}: brought in {key} ({part.label})")

    def _diff(self, folder: Path, key: str) -> None:
        differs = False
        held = {version.template.key: version for version in _versions(key)}
        for name in sorted({*held, *(path.stem for path in _templates_in(folder, key))}):
            files = _files(folder, held[name]) if name in held else [(folder / f"{name}.yaml", "")]
            for path, text in files:
                written = path.read_text(encoding="utf-8") if path.exists() else ""
                lines = compare_text(text, written, names=(f"workspace/{path.name}", f"folder/{path.name}"))
                differs |= bool(lines)
                self.stdout.write("\n".join(lines)) if lines else None
        if differs:
            raise CommandError("The folder and the workspace differ.", returncode=1)


def _versions(key: str) -> Iterator[TemplateVersion]:
    """Yield of each template the version in use, else the one under way."""
    rows = TemplateVersion.objects.select_related("template").filter(status__in=_ORDER)
    found: dict[str, TemplateVersion] = {}
    for row in sorted(
        rows.filter(template__key=key) if key else rows, key=lambda one: _ORDER.index(one.status)
    ):
        found.setdefault(row.template.key, row)
    yield from (found[name] for name in sorted(found))


def _files(folder: Path, version: TemplateVersion) -> list[tuple[Path, str]]:
    parts = parts_held(version)
    held = json.dumps(parts, indent=2, sort_keys=True, ensure_ascii=False) + "\n" if parts else ""
    key = version.template.key
    return [
        (folder / f"{key}.yaml", version.source),
        (folder / f"{key}{TESTS}", version.tests),
        (folder / f"{key}{PARTS}", held),
    ]


def _templates_in(folder: Path, key: str) -> list[Path]:
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder.")
    found = [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(TESTS)]
    return [path for path in found if not key or path.stem == key]


def _read(path: Path, suffix: str) -> str:
    beside = path.with_name(path.stem + suffix)
    return beside.read_text(encoding="utf-8") if beside.exists() else ""

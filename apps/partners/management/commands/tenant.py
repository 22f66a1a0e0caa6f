"""``manage.py tenant suspend|resume|backup|restore|rebuild-work NAME [FILE]``: one tenant alone."""

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.partners.dumps import DumpFailed, load_dump, write_dump
from apps.partners.services.restoring import rebuild_work_of, restore_tenant, resume_tenant, suspend_tenant
from tenants.context import platform_context
from tenants.models import Tenant

_ACTOR = Actor.system("operator")


class Command(BaseCommand):
    """See the module's docstring; docs/restoring.md says what a restore does."""

    help = "Suspends, resumes, backs up and restores one tenant, or makes its part of the queue anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("do", choices=["suspend", "resume", "backup", "restore", "rebuild-work"])
        parser.add_argument("name", help="The tenant's name in its address.")
        parser.add_argument("file", nargs="?", type=Path, help="Where the backup is, or is to be.")
        parser.add_argument("--reason", default="", help="Why; it stands in the audit.")

    def handle(self, *args: Any, **options: Any) -> None:
        do, name, file, reason = (options[key] for key in ("do", "name", "file", "reason"))
        if (file is None) == (do in ("backup", "restore")):
            raise CommandError(f"'{do}' takes {'a' if file is None else 'no'} file.")
        acts: dict[str, Callable[[], str]] = {
            "suspend": partial(_say, f"{name} is suspended.", suspend_tenant, name, reason),
            "resume": partial(_say, f"{name} is open again.", resume_tenant, name, reason),
            "backup": partial(_back_up, name, file),
            "restore": partial(_restore, name, file, reason),
            "rebuild-work": partial(_rebuild, name, reason),
        }
        try:
            self.stdout.write(acts[do]())
        except (DomainError, DumpFailed) as error:
            raise CommandError(str(error)) from error


def _say(text: str, act: Callable[..., Any], name: str, reason: str) -> str:
    act(slug=name, actor=_ACTOR, reason=reason)
    return text


def _back_up(name: str, file: Path) -> str:
    with platform_context():
        schema = Tenant.objects.filter(slug=name).values_list("schema_name", flat=True).first()
    if schema is None:
        raise CommandError("There is no such tenant.")
    write_dump(schema, file)
    return f"{name} is in {file}, {file.stat().st_size:,} bytes."


def _restore(name: str, file: Path, reason: str) -> str:
    if not file.is_file():
        raise CommandError(f"There is no file {file}.")
    made = restore_tenant(slug=name, load=lambda schema: load_dump(schema, file), actor=_ACTOR, reason=reason)
    return f"{name} is as {file} has it, with {made} items of work. Look at it, then: manage.py tenant resume {name}"


def _rebuild(name: str, reason: str) -> str:
    return f"{name} has {rebuild_work_of(slug=name, actor=_ACTOR, reason=reason)} items of work."

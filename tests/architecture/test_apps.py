"""Where tables live, what is in the catalogue of events, and that migrations say what the models say."""

import ast
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from apps.ledger.events import get_event_type, list_event_types
from tests.architecture.test_sizes import ROOT, sources

OUR_APPS = [config for config in apps.get_app_configs() if config.name.startswith(("apps.", "tenants"))]


def test_every_app_with_tables_says_where_they_live() -> None:
    placed = {*settings.SHARED_APPS, *settings.TENANT_APPS}
    homeless = [
        config.name
        for config in apps.get_app_configs()
        if any(model._meta.managed and not model._meta.proxy for model in config.get_models())
        and config.name not in placed
    ]
    assert homeless == []


def test_only_shared_tables_carry_the_name_of_their_schema() -> None:
    """A shared table is reached by its full name from any schema; a tenant's never is."""
    wrong = []
    for config in OUR_APPS:
        shared_only = config.name in settings.SHARED_APPS and config.name not in settings.TENANT_APPS
        for model in config.get_models():
            qualified = model._meta.db_table.startswith('"public".')
            if qualified != shared_only:
                wrong.append(model._meta.label)
    assert wrong == []


def test_no_foreign_key_leaves_its_schema() -> None:
    """A tenant can be dumped, moved or dropped alone."""
    leaving = []
    for config in apps.get_app_configs():
        if config.name not in settings.TENANT_APPS:
            continue
        for model in config.get_models():
            leaving += [
                f"{model._meta.label}.{field.name}"
                for field in model._meta.concrete_fields
                if field.related_model is not None
                and apps.get_app_config(field.related_model._meta.app_label).name not in settings.TENANT_APPS
            ]
    assert leaving == []


def test_each_app_is_described_and_wired() -> None:
    for config in OUR_APPS:
        package = Path(config.path)
        assert ast.get_docstring(ast.parse((package / "__init__.py").read_text())), config.name


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    out = StringIO()
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=out, verbosity=1)
    assert "No changes detected" in out.getvalue()


def test_event_types_are_spelt_alike() -> None:
    types = list_event_types()
    assert len(types) > 25
    for event_type in types:
        noun, _, fact = event_type.name.partition(".")
        assert noun.replace("_", "").isalpha(), event_type.name
        assert noun.islower(), event_type.name
        assert fact.replace("_", "").isalpha(), event_type.name
        assert event_type.description.endswith("."), event_type.name
        assert event_type.schema["type"] == "object", event_type.name


def test_whatever_is_emitted_is_in_the_catalogue() -> None:
    """``DomainEvent(...)`` names its type by a literal, a constant of the app's events, or one of its event types."""
    unknown, seen = [], 0
    for path in sources():
        app = path.relative_to(ROOT).parts[1]
        constants = event_constants(ROOT / "apps" / app / "events.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "DomainEvent"
            ):
                continue
            name = event_name(node.args[0], constants)
            if name is None:
                continue
            seen += 1
            if get_event_type(name) is None:
                unknown.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")
    assert unknown == []
    assert seen > 15


def event_constants(path: Path) -> dict[str, str]:
    """``NAME = "noun.fact"`` and ``NAME = ...("noun.fact", ...)`` of an events module."""
    found: dict[str, str] = {}
    if not path.exists():
        return found
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        texts = [
            inner.value
            for inner in ast.walk(node.value)
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and "." in inner.value
        ]
        if texts:
            found[node.targets[0].id] = texts[0]
    return found


def event_name(node: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    while isinstance(node, ast.Attribute) and node.attr == "name":
        node = node.value
    if isinstance(node, ast.Attribute):
        return constants.get(node.attr)
    return constants.get(node.id) if isinstance(node, ast.Name) else None


def test_fields_of_shapes_do_not_hang_on_who_asks() -> None:
    """A shape is kept for the next answer (apps.core.api.shapes): fields chosen for one actor would be shown to another."""
    choosing = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and node.name in ("get_fields", "fields", "_readable_fields")
        and "context" in ast.unparse(node)
    ]
    assert choosing == []

"""JSON Schemas inside templates: the input of a run, the form of a user task."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import best_match
from referencing import Registry

from apps.workflows.engine.problems import TemplateProblem

Json = dict[str, Any]


def schema_problem(schema: Any) -> str | None:
    """Why this is not the JSON Schema of an object; None when it is."""
    if not isinstance(schema, dict):
        return "it must be a mapping"
    if schema.get("type", "object") != "object":
        return "its type must be object"
    text = json.dumps(schema, default=str)
    if "$ref" in text or "$dynamicRef" in text:
        return "$ref is not supported"
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return str(error.message)
    return None


def value_problems(schema: Json, value: Any) -> list[TemplateProblem]:
    """What is wrong with a value by its schema; paths are like `customer.name`."""
    validator = _validator(json.dumps(schema, sort_keys=True))
    problems = []
    for error in validator.iter_errors(value):
        nearest = best_match([error]) or error
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in nearest.absolute_path)
        problems.append(TemplateProblem(f"schema_{nearest.validator}", nearest.message, path.lstrip(".")))
    return problems


@lru_cache(maxsize=512)
def _validator(schema: str) -> Draft202012Validator:
    # An empty registry: a schema never makes us fetch another one.
    return Draft202012Validator(json.loads(schema), registry=Registry())

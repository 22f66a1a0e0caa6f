"""Several counts in one statement."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def count_each(querysets: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """Return how many rows each of the querysets has, by their names."""
    parts: list[str] = []
    parameters: list[Any] = []
    for queryset in querysets.values():
        sql, held = queryset.order_by().values("pk").query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - the ORM's own text
        parameters += held
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        row = cursor.fetchone()
    return dict(zip(querysets, row, strict=True))

"""Lists of pages by cursor, with the neighbours as links that keep the filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from apps.core.api.paging import cut_page


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list; the URLs are queries to add to the page's own address, "" where there is no neighbour."""

    rows: Sequence[Any]
    next_url: str
    previous_url: str


def list_page(queryset: QuerySet[Any], request: HttpRequest, *, oldest_first: bool = False) -> ListPage:
    """Cut the page that ``cursor`` and ``limit`` of the address ask for; raise Invalid if they cannot be read."""
    cut = cut_page(queryset, Request(request), oldest_first=oldest_first)
    return ListPage(rows=cut.rows, next_url=_query(cut.next), previous_url=_query(cut.previous))


def _query(url: str | None) -> str:
    return f"?{urlsplit(url).query}" if url else ""

"""Reads of the status pages."""

from apps.status.selectors.history import customer_history
from apps.status.selectors.pages import (
    deal_pages,
    list_projects,
    needed_document,
    project_page,
)

__all__ = ["customer_history", "deal_pages", "list_projects", "needed_document", "project_page"]

"""Shared rows of the work queue, in the public schema: scheduling facts only, no business data."""

from apps.dispatch.models.queue import Lane, WorkItem

__all__ = ["Lane", "WorkItem"]

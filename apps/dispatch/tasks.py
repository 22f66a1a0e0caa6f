"""The one Celery entry point."""

from celery import shared_task

from apps.dispatch.executor import execute


@shared_task(name="dispatch.execute", ignore_result=True, acks_late=False)
def execute_items(kind: str, held: list[list[int]]) -> None:
    """Execute claimed items: pairs of id and fence. A message without them, or with stale ones, does nothing."""
    execute(kind, {int(item_id): int(fence) for item_id, fence in held})

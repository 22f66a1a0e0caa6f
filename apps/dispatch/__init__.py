"""The durable, fair, tenant-aware work queue that Celery executes."""

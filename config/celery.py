"""The Celery app: a transport and a pool of threads for claimed work, nothing more.

No ETA, retry, chord, result backend or beat; durability, timing and retries are rows (docs/adr/0003-dispatch.md).
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("config")
app.conf.update(
    broker_url=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 60,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "global_keyprefix": os.environ.get("QUEUE_PREFIX", "main:"),
    },
    task_default_queue="work",
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_soft_shutdown_timeout=10,
    enable_utc=True,
    timezone="UTC",
)
app.autodiscover_tasks(["apps.dispatch"])

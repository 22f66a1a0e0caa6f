"""``manage.py dispatcher``: hand due work to the workers until told to stop."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from apps.dispatch.dispatcher import run_forever


class Command(BaseCommand):
    help = "Claims due work and hands it to the workers. Any number may run at once."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _frame: stop.append(number))
        signal.signal(signal.SIGINT, lambda number, _frame: stop.append(number))
        run_forever(lambda: bool(stop))

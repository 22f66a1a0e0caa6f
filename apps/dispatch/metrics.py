"""Counters of the work queue."""

from prometheus_client import Counter

ITEMS = Counter("dispatch_items_total", "Work items by kind and outcome.", ["kind", "outcome"])
CLAIMED = Counter("dispatch_claimed_total", "Items claimed by this dispatcher.")
RECOVERED = Counter("dispatch_recovered_total", "Items whose lease had run out.")

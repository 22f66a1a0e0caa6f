"""What comes first in the inbox: the one order for pages, API and feeds. Pure.

Everything that waits has a moment at which it becomes urgent, and the list is sorted by that moment. It is the
deadline, brought forward by what is at stake:

* without a deadline, a decision or a task counts as due a week after it was asked, an exception a day after it was
  raised, so that nothing sinks to the end for ever;
* each tenfold of money from 10,000 on (in whatever currency; nothing is converted) brings it 8 hours forward, at most
  32 hours;
* what a customer sees, and so waits for himself, comes 12 hours forward.

The moment never depends on the time of looking, so a page cut by it stays stable while one reads. Between equals the
older id comes first. ``selectors.sources`` says the same in SQL, and a test holds the two together.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from apps.inbox.choices import ItemKind

UNDATED = {
    ItemKind.DECISION: timedelta(days=7),
    ItemKind.TASK: timedelta(days=7),
    ItemKind.EXCEPTION: timedelta(days=1),
}
"""How long after it was asked something without a deadline counts as due."""
MONEY_STEP = timedelta(hours=8)
MONEY_FROM = tuple(Decimal(10) ** power for power in (4, 5, 6, 7))
"""From each of these amounts on, another step forward."""
CUSTOMER_WAITS = timedelta(hours=12)


def urgent_at(
    kind: ItemKind,
    *,
    since: datetime,
    due_at: datetime | None = None,
    amount: Decimal | None = None,
    customer_waits: bool = False,
) -> datetime:
    """Return the moment by which the inbox is sorted, the earliest first."""
    deadline = due_at or since + UNDATED[kind]
    steps = sum(amount is not None and amount >= start for start in MONEY_FROM)
    return deadline - steps * MONEY_STEP - (CUSTOMER_WAITS if customer_waits else timedelta())

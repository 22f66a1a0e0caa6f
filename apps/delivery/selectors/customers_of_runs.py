"""Which customer a run works for, and how it is called: what calendars ask."""

from uuid import UUID

from django.db.models import Q

from apps.delivery.models import Customer, Deal

_BY_NOUN = {"deal": "id", "project": "project__id", "milestone": "project__milestones__id"}


def customer_label(customer_id: UUID) -> str | None:
    """Return the customer's name; None when there is no such customer."""
    return Customer.objects.filter(pk=customer_id).values_list("name", flat=True).first()


def customer_of_run(run_id: UUID, subject: str) -> UUID | None:
    """Return the customer of the deal a run carries or is about."""
    noun, _, number = subject.partition("/")
    wanted = Q(run_id=run_id)
    if noun == "contract":
        wanted |= Q(contract_id=number)
    elif noun in _BY_NOUN:
        try:
            wanted |= Q(**{_BY_NOUN[noun]: UUID(number)})
        except ValueError:
            return None
    return Deal.objects.filter(wanted).values_list("customer_id", flat=True).first()

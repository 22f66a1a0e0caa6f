"""What was sold, and the people asked for to deliver it."""

from django.conf import settings
from django.db import models

from apps.core.models import Entity, StatusField
from apps.core.money import Money
from apps.delivery.choices import DealStatus, StaffingStatus
from apps.delivery.models.customers import Customer


class Deal(Entity):
    """A signed contract. ``run_id`` is the workflow run that carries it; ``manager`` answers for its delivery."""

    contract_id = models.CharField(max_length=120, unique=True)
    title = models.CharField(max_length=240)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="deals")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    region = models.CharField(max_length=40, blank=True)
    tier = models.CharField(max_length=40, blank=True)
    signed_at = models.DateTimeField()
    start_date = models.DateField(null=True)
    purchase_order_number = models.CharField(max_length=80, blank=True)
    purchase_order_valid_until = models.DateField(null=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    run_id = models.UUIDField(null=True)
    status = StatusField(choices=DealStatus.choices, default=DealStatus.REGISTERED)

    class Meta:
        verbose_name = "deal"
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="deal_amount_not_negative"),
        )
        indexes = (models.Index(fields=["run_id"], name="deal_run"),)

    @property
    def money(self) -> Money:
        return Money(amount=self.amount, currency=self.currency)


class StaffingRequest(Entity):
    """People asked for by role: ``roles`` is a list of ``{"role": str, "count": int}``."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="staffing_requests")
    region = models.CharField(max_length=40, blank=True)
    tier = models.CharField(max_length=40, blank=True)
    roles = models.JSONField(default=list)
    note = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_by_label = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_label = models.CharField(max_length=400, blank=True)
    comment = models.TextField(blank=True)
    status = StatusField(choices=StaffingStatus.choices, default=StaffingStatus.REQUESTED)

    class Meta:
        verbose_name = "staffing request"

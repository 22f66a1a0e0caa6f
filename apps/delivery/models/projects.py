"""Projects and their milestones."""

from django.conf import settings
from django.db import models

from apps.core.models import Entity, StatusField
from apps.core.money import Money
from apps.delivery.choices import MilestoneStatus, ProjectStatus
from apps.delivery.models.customers import Customer
from apps.delivery.models.deals import Deal


class Project(Entity):
    """The delivery of one deal; ``psa_id`` is its id in the PSA, ``forecast_on`` when it is expected to end."""

    deal = models.OneToOneField(Deal, on_delete=models.PROTECT, related_name="project")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=240)
    region = models.CharField(max_length=40, blank=True)
    tier = models.CharField(max_length=40, blank=True)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    psa_id = models.CharField(max_length=80, blank=True)
    start_on = models.DateField(null=True)
    forecast_on = models.DateField(null=True)
    status = StatusField(choices=ProjectStatus.choices, default=ProjectStatus.PREPARING)

    class Meta:
        verbose_name = "project"
        indexes = (models.Index(fields=["status", "-id"], name="project_by_status"),)


class Milestone(Entity):
    """A promised step of a project, and what it is worth when accepted."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="milestones")
    key = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    sequence = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    due_on = models.DateField(null=True)
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    completed_by_label = models.CharField(max_length=200, blank=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    accepted_by_label = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    status = StatusField(choices=MilestoneStatus.choices, default=MilestoneStatus.PLANNED)

    class Meta:
        verbose_name = "milestone"
        constraints = (
            models.UniqueConstraint(fields=["project", "key"], name="milestone_key_once"),
            models.UniqueConstraint(fields=["project", "sequence"], name="milestone_sequence_once"),
        )

    @property
    def money(self) -> Money:
        return Money(amount=self.amount, currency=self.currency)

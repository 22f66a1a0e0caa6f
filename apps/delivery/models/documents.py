"""Documents a deal needs, and what came in for them."""

from datetime import date

from django.conf import settings
from django.db import models

from apps.core.models import Entity, StatusField
from apps.delivery.choices import Audience, DocumentKind, DocumentSource, RequirementStatus
from apps.delivery.models.deals import Deal


class DocumentRequirement(Entity):
    """One document a deal needs. ``valid_until`` is that of the newest document, its last valid day."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="requirements")
    kind = models.CharField(max_length=40, choices=DocumentKind.choices)
    title = models.CharField(max_length=200)
    required = models.BooleanField(default=True)
    valid_until = models.DateField(null=True)
    audience = models.CharField(max_length=16, choices=Audience.choices, default=Audience.CUSTOMER)
    status = StatusField(choices=RequirementStatus.choices, default=RequirementStatus.MISSING)

    class Meta:
        verbose_name = "document requirement"
        constraints = (models.UniqueConstraint(fields=["deal", "kind"], name="one_requirement_per_kind"),)

    def is_met(self, today: date) -> bool:
        """Whether a document is here that is still valid on ``today``."""
        here = self.status in (RequirementStatus.RECEIVED, RequirementStatus.ACCEPTED)
        return here and not self.has_run_out(today)

    def has_run_out(self, today: date) -> bool:
        """Whether the document that was here is no longer valid on ``today``."""
        if self.status == RequirementStatus.MISSING:
            return False
        past = self.valid_until is not None and self.valid_until < today
        return past or self.status == RequirementStatus.EXPIRED


class Document(Entity):
    """One document received; ``reference`` says where it is kept when its content is not kept here."""

    requirement = models.ForeignKey(DocumentRequirement, on_delete=models.CASCADE, related_name="documents")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120, blank=True)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    reference = models.CharField(max_length=500, blank=True)
    valid_until = models.DateField(null=True)
    source = models.CharField(max_length=16, choices=DocumentSource.choices)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    uploaded_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "document"


class DocumentContent(models.Model):
    """The bytes of an uploaded document, apart from its row so that lists stay light."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="content"
    )
    data = models.BinaryField()

    class Meta:
        verbose_name = "document content"

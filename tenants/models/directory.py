"""Partners, tenants, their host names and brands."""

from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.clock import now
from apps.core.ids import new_id
from apps.core.models import Entity, GuardedModel, StatusField
from tenants.choices import Environment, TenantStatus

slug_validator = RegexValidator(
    r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$", "Use 3 to 40 lower-case letters, digits and hyphens."
)
colour_validator = RegexValidator(r"^#[0-9a-fA-F]{6}$", "Use a colour such as #1f4e79.")


class Directory(models.Model):
    """One row whose number grows, by trigger, with every change of what hosts lead to.

    A process reads it together with setting the search path and so knows, at no cost, whether what it keeps in
    memory about hosts, tenants and brands still holds.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=1)

    class Meta:
        db_table = '"public"."tenants_directory"'


class Configuration(models.Model):
    """A number for each schema that grows, by trigger, with every change of what ``tenants.configuration`` remembers."""

    schema_name = models.CharField(max_length=63, primary_key=True)
    number = models.BigIntegerField()

    class Meta:
        db_table = '"public"."tenants_configuration"'


class Brand(Entity):
    """Looks and voice of a partner, or of one tenant that departs from its partner's."""

    name = models.CharField(max_length=80)
    primary = models.CharField(max_length=7, default="#1f4e79", validators=[colour_validator])
    accent = models.CharField(max_length=7, blank=True, default="", validators=[colour_validator])
    logo = models.BinaryField(null=True, blank=True)
    logo_type = models.CharField(max_length=40, blank=True, default="")
    support_email = models.EmailField(blank=True, default="")
    mail_sender_name = models.CharField(max_length=80, blank=True, default="")
    mail_sender_address = models.EmailField(blank=True, default="")

    class Meta:
        db_table = '"public"."tenants_brand"'

    def __str__(self) -> str:
        return self.name


class Partner(Entity):
    """A reseller organisation."""

    slug = models.CharField(max_length=40, unique=True, validators=[slug_validator])
    name = models.CharField(max_length=120)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="partners")

    class Meta:
        db_table = '"public"."tenants_partner"'

    def __str__(self) -> str:
        return self.name


class Tenant(GuardedModel, TenantMixin):
    """An isolated workspace: one schema, one environment, one region."""

    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=40, unique=True, validators=[slug_validator])
    name = models.CharField(max_length=120)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="tenants")
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="tenants", null=True, blank=True)
    environment = models.CharField(max_length=16, choices=Environment.choices, default=Environment.PRODUCTION)
    region = models.CharField(max_length=16, default="EU")
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    status = StatusField(choices=TenantStatus.choices, default=TenantStatus.PROVISIONING)
    schema_version = models.CharField(max_length=64, blank=True, default="")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        db_table = '"public"."tenants_tenant"'

    def __str__(self) -> str:
        return self.name

    @property
    def ready(self) -> bool:
        """Whether hosts lead to it and work may run in it."""
        return bool(self.status == TenantStatus.READY)


class Domain(DomainMixin):
    """A host name and what it leads to: a tenant, or (tenant empty) a partner's console."""

    tenant = models.ForeignKey(
        Tenant, db_index=True, related_name="domains", on_delete=models.CASCADE, null=True, blank=True
    )
    partner = models.ForeignKey(
        Partner, related_name="domains", on_delete=models.CASCADE, null=True, blank=True
    )

    class Meta:
        db_table = '"public"."tenants_domain"'
        constraints = (
            models.CheckConstraint(
                condition=models.Q(tenant__isnull=False, partner__isnull=True)
                | models.Q(tenant__isnull=True, partner__isnull=False),
                name="domain_leads_to_one",
            ),
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep one primary host for each tenant and each partner; the mixin takes all partners for one tenant."""
        others = Domain.objects.filter(tenant=self.tenant_id, partner=self.partner_id, is_primary=True)
        if self.is_primary:
            others.exclude(pk=self.pk).update(is_primary=False)
        models.Model.save(self, *args, **kwargs)

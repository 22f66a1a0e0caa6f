"""What a partner's people fill in."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings

from apps.accounts.choices import STAFF_ROLES, Role
from apps.core.errors import DomainError
from apps.partners.services.brands import EDITABLE, MAX_LOGO_BYTES
from tenants.choices import Environment
from tenants.models.directory import slug_validator
from tenants.palette import normalise
from tenants.services.leases import MAX_HOURS

_REGIONS = (
    ("EU", "Europe (EU)"),
    ("UK", "United Kingdom (UK)"),
    ("US", "United States (US)"),
    ("CA", "Canada (CA)"),
    ("LATAM", "Latin America (LATAM)"),
    ("MEA", "Middle East and Africa (MEA)"),
    ("APAC", "Asia and Pacific (APAC)"),
)
_CURRENCIES = (
    *("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "CAD"),
    *("AUD", "NZD", "JPY", "SGD", "INR", "BRL", "MXN", "ZAR", "AED"),
)
_CONTINENTS = frozenset(
    ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)
_HOURS = ((1, "1 hour"), (4, "4 hours"), (8, "8 hours"), (24, "1 day"), (MAX_HOURS, "3 days"))


class Answering(forms.Form):
    """A form that shows what a service refused beside the field it is about."""

    def take(self, error: DomainError) -> None:
        """Put each problem of the refusal beside its field, or above the form."""
        for problem in error.errors:
            name = problem.pointer.strip("/").split("/")[0]
            self.add_error(name if name in self.fields else None, problem.message)
        if not error.errors:
            self.add_error(None, error.detail)


class TenantForm(Answering):
    """A tenant to be made."""

    name = forms.CharField(
        max_length=120,
        label="Name",
        help_text="How its people know it, such as “Northwind Delivery EU”.",
        error_messages={"required": "Give the tenant a name."},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    slug = forms.CharField(
        max_length=40,
        label="Address",
        error_messages={"required": "Choose the first part of its address."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    environment = forms.ChoiceField(
        label="What it is for",
        choices=(
            (Environment.PRODUCTION.value, "Production: real customers and systems"),
            (Environment.SANDBOX.value, "Sandbox: trying things out; marked as such on every page"),
        ),
        initial=Environment.PRODUCTION.value,
        widget=forms.RadioSelect,
    )
    region = forms.ChoiceField(choices=_REGIONS, initial="EU", label="Region")
    timezone = forms.ChoiceField(
        label="Time zone",
        initial="UTC",
        choices=lambda: (
            ("UTC", "UTC"),
            *((zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if _is_place(zone)),
        ),
    )
    currency = forms.ChoiceField(
        choices=[(code, code) for code in _CURRENCIES], initial="EUR", label="Currency"
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.fields["slug"].help_text = (
            f"Lower-case letters, digits and hyphens. Its people open it at <address>.{settings.BASE_DOMAIN}; "
            "it cannot be changed later."
        )

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).lower()
        slug_validator(slug)
        return slug


class AccessForm(Answering):
    """Access of the acting person to a tenant, for a while and for a reason."""

    reason = forms.CharField(
        max_length=400,
        label="Why do you need to get in?",
        help_text="The tenant’s own people read this in their audit.",
        error_messages={"required": "Say why; the tenant’s people read it in their audit."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    hours = forms.TypedChoiceField(choices=_HOURS, coerce=int, initial=4, label="For how long?")
    roles = forms.MultipleChoiceField(
        label="What do you need to be there?",
        choices=[(role.value, role.label) for role in Role if role.value in STAFF_ROLES],
        initial=[Role.AUDITOR.value],
        help_text="Take as little as will do. An auditor sees everything and changes nothing.",
        error_messages={"required": "Choose at least one role."},
        widget=forms.CheckboxSelectMultiple,
    )


class ColourField(forms.CharField):
    """A colour such as #1f4e79, with a picker beside it where scripts run."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"data-colour": "", "autocomplete": "off", "spellcheck": "false", "class": "form-colour"}
        super().__init__(max_length=7, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value)).strip()
        if not text:
            return ""
        try:
            return normalise(text)
        except ValueError as error:
            raise forms.ValidationError("Use a colour such as #1f4e79.") from error


class BrandForm(Answering):
    """Looks and voice of the partner's brand. ``version`` is what the brand was when the form was opened."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        max_length=80,
        label="Name",
        error_messages={"required": "Give the brand a name."},
        help_text="Stands at the head of every page and mail.",
    )
    primary = ColourField(
        label="Main colour", error_messages={"required": "Choose a colour such as #1f4e79."}
    )
    accent = ColourField(
        label="Second colour", required=False, help_text="The main colour is used without it."
    )
    logo = forms.FileField(
        required=False,
        label="Logo",
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.webp", "data-max-bytes": MAX_LOGO_BYTES}),
    )
    remove_logo = forms.BooleanField(required=False, label="Show the name instead of the logo")
    support_email = forms.EmailField(
        required=False,
        label="Support address",
        help_text="Where people are told to write when they need help.",
    )
    mail_sender_name = forms.CharField(
        max_length=80,
        required=False,
        label="Mails come from",
        help_text="The brand’s name is used without it.",
    )
    mail_sender_address = forms.EmailField(
        required=False,
        label="Sender address",
        help_text="Mails are sent in this name; the domain has to allow our servers (SPF, DKIM) or they end up as spam.",
    )

    def clean_logo(self) -> bytes | None:
        file = self.cleaned_data["logo"]
        if file is None:
            return None
        if file.size > MAX_LOGO_BYTES:
            raise forms.ValidationError("The file is larger than 1 MB. Use a smaller picture.")
        content: bytes = file.read()
        return content

    @property
    def changes(self) -> dict[str, str]:
        """The brand's fields as they were sent."""
        return {name: str(self.cleaned_data[name]) for name in EDITABLE}


def _is_place(zone: str) -> bool:
    return zone.split("/")[0] in _CONTINENTS

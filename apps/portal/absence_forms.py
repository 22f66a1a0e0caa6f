"""Forms of absences: who is away, from when until when, and who decides meanwhile."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from apps.accounts.models import User
from apps.core.money import Money
from apps.portal.time_forms import TimeForm

POINTERS = {
    "/user_id": "person",
    "/deputy_id": "deputy",
    "/begins_at": "begins",
    "/ends_at": "ends",
    "/policies/0": "policies",
    "/limit": "limit",
    "/url": "url",
    "/text": "file",
}
_NOBODY = ("", "Nobody: what waits for me waits until I am back")


def people_choices(people: Sequence[User]) -> list[tuple[str, str]]:
    """Return people as choices by name; those of one name with their address."""
    names = [user.label for user in people]
    return [
        (str(user.pk), f"{user.label} ({user.email})" if names.count(user.label) > 1 else user.label)
        for user in people
    ]


class PersonForm(TimeForm):
    """Names whose absence it is; without ``people`` it is the reader's own."""

    person = forms.ChoiceField(label="Who is away", error_messages={"required": "Choose who is away."})
    deputy = forms.ChoiceField(label="Who decides meanwhile", required=False)

    def set_people(
        self, own: str, people: Sequence[User], deputies: Sequence[User], *, all_people: bool
    ) -> None:
        """Say who may be chosen."""
        chosen = [("", "Nobody"), *people_choices(deputies)]
        if all_people:
            self.fields["person"].choices = people_choices(people)  # type: ignore[attr-defined]
            self.fields["person"].initial = own
        else:
            del self.fields["person"]
            chosen = [_NOBODY, *((value, label) for value, label in chosen[1:] if value != own)]
        self.fields["deputy"].choices = chosen  # type: ignore[attr-defined]

    def person_id(self) -> str | None:
        """Return whose absence it is, or None: the reader's own."""
        return self.cleaned_data.get("person") or None


class AbsenceForm(PersonForm):
    """One absence by days, both included, in the time zone of the person."""

    begins = forms.DateField(
        label="First day",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Say from which day on.", "invalid": "Write a day like 2026-12-24."},
    )
    ends = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: until further notice.",
        error_messages={"invalid": "Write a day like 2026-12-24."},
    )
    policies = forms.MultipleChoiceField(
        label="Only for",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: for all.",
    )
    amount = forms.DecimalField(
        label="Only up to",
        required=False,
        min_value=Decimal("0.01"),
        max_digits=18,
        decimal_places=2,
        help_text="An amount such as 10000; empty: any amount.",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$",
        label="Currency",
        required=False,
        error_messages={"invalid": "Write three letters, such as EUR."},
    )
    reason = forms.CharField(
        label="Reason", required=False, max_length=400, help_text="Seen by you and by who leads here."
    )

    def __init__(
        self, data: Mapping[str, Any] | None, today: date, policies: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__(data, initial={"begins": today})
        if policies:
            self.fields["policies"].choices = policies  # type: ignore[attr-defined]
        else:
            del self.fields["policies"]

    def clean(self) -> dict[str, Any]:
        held = self.cleaned_data
        if held.get("amount") and not held.get("currency") and "currency" not in self.errors:
            self.add_error("currency", "Say in which currency.")
        return held

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        held = self.cleaned_data
        money = Money(held["amount"], held["currency"].upper()) if held.get("amount") else None
        return {
            "begins_at": held["begins"],
            "ends_at": held["ends"],
            "policies": held.get("policies") or [],
            "limit": money,
            "reason": held["reason"],
        }


class FeedForm(PersonForm):
    """A calendar to take absences from."""

    url = forms.CharField(
        label="Address of the calendar",
        required=False,
        max_length=2000,
        help_text="The secret iCalendar address (https or webcal). It is read once a day.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(label="Or a file", required=False)
    keyword = forms.CharField(
        label="Only entries with this word",
        required=False,
        max_length=80,
        help_text="Such as “holiday”. Entries marked as out of office always count.",
    )

    field_order = ("person", "url", "file", "keyword", "deputy")

    def __init__(self, data: Mapping[str, Any] | None, files: MultiValueDict[str, Any] | None) -> None:
        super().__init__(data, files, auto_id="feed_%s")

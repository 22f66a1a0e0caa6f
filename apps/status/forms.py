"""What customers fill in."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.timezone import localdate

from apps.core.clock import now
from apps.core.errors import DomainError
from apps.delivery.choices import DocumentKind
from apps.delivery.content import EXTENSIONS, MAX_BYTES
from apps.delivery.models import DocumentRequirement

ACCEPTED = ",".join(extension for extensions in EXTENSIONS.values() for extension in extensions)
# What the service calls the fields, and what the form calls them.
_FIELDS = {"/content": "file", "/valid_until": "valid_until"}
_WITH_END = frozenset({DocumentKind.SECURITY_ANNEX, DocumentKind.PURCHASE_ORDER})


class DocumentForm(forms.Form):
    """One file for one needed document, with its last valid day for the kinds that have one."""

    LIMIT: ClassVar[str] = f"{MAX_BYTES // (1024 * 1024)} MB"

    file = forms.FileField(
        max_length=500,
        error_messages={
            "required": "Choose the file to send.",
            "empty": "The file is empty. Choose another one.",
        },
        widget=forms.FileInput(attrs={"accept": ACCEPTED, "data-max-bytes": MAX_BYTES}),
    )
    valid_until = forms.DateField(
        required=False,
        label="Valid until",
        help_text="The last day on which it is valid, if it names one.",
        error_messages={"invalid": "Write the day as year-month-day, such as 2027-03-31."},
        widget=forms.DateInput(attrs={"type": "date", "class": "form-date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self,
        requirement: DocumentRequirement,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, files, auto_id=f"document-{requirement.id}-%s")
        self.requirement = requirement
        if requirement.kind not in _WITH_END:
            del self.fields["valid_until"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {self.LIMIT}. Send a smaller one, such as a PDF with reduced images."
            )
        return file

    def clean_valid_until(self) -> date | None:
        day: date | None = self.cleaned_data["valid_until"]
        if day is not None and day < localdate(now()):
            raise forms.ValidationError("This day is past. Send a document that is still valid.")
        return day

    def point_to_errors(self) -> None:
        """Have the browser go to the first field that is not right."""
        first = next((name for name in self.fields if name in self.errors), "")
        if first:
            self.fields[first].widget.attrs["autofocus"] = True

    def take(self, error: DomainError) -> None:
        """Show what the service refused beside the field it is about."""
        for problem in error.errors:
            name = _FIELDS.get(problem.pointer, "file")
            self.add_error(name if name in self.fields else "file", problem.message)
        if not error.errors:
            self.add_error("file", error.detail)

"""Shapes of what delivery's commands take and of how its lists are filtered."""

import base64
import binascii
from typing import Any

from rest_framework import serializers

from apps.delivery.choices import (
    DealStatus,
    DocumentKind,
    MilestoneStatus,
    ProjectStatus,
    RequirementStatus,
    StaffingStatus,
)


class CustomerFilters(serializers.Serializer[Any]):
    external_id = serializers.CharField(max_length=80, required=False)
    erp_id = serializers.CharField(max_length=80, required=False)
    country = serializers.CharField(max_length=2, required=False)
    name = serializers.CharField(max_length=200, required=False, help_text="Part of the name.")


class ContactFilters(serializers.Serializer[Any]):
    customer_id = serializers.UUIDField(required=False)
    email = serializers.EmailField(required=False)


class DealFilters(serializers.Serializer[Any]):
    contract_id = serializers.CharField(max_length=120, required=False)
    customer_id = serializers.UUIDField(required=False)
    region = serializers.CharField(max_length=40, required=False)
    status = serializers.ChoiceField(DealStatus.choices, required=False)


class RequirementFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(RequirementStatus.choices, required=False)


class DocumentFilters(serializers.Serializer[Any]):
    deal_id = serializers.UUIDField(required=False)
    requirement_id = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(DocumentKind.choices, required=False)


class StaffingFilters(serializers.Serializer[Any]):
    deal_id = serializers.UUIDField(required=False)
    region = serializers.CharField(max_length=40, required=False)
    status = serializers.ChoiceField(StaffingStatus.choices, required=False)


class ProjectFilters(serializers.Serializer[Any]):
    customer_id = serializers.UUIDField(required=False)
    deal_id = serializers.UUIDField(required=False)
    region = serializers.CharField(max_length=40, required=False)
    status = serializers.ChoiceField(ProjectStatus.choices, required=False)
    name = serializers.CharField(max_length=200, required=False, help_text="Part of the name.")


class MilestoneFilters(serializers.Serializer[Any]):
    project_id = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(MilestoneStatus.choices, required=False)


class CustomerChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, required=False)
    country = serializers.RegexField("^[A-Z]{2}$", required=False, help_text="ISO 3166, such as DE.")
    language = serializers.CharField(max_length=12, required=False)
    erp_id = serializers.CharField(max_length=80, required=False, allow_blank=True)
    owner_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The user who answers for the relation with the customer."
    )


class ContactChange(serializers.Serializer[Any]):
    role = serializers.SlugField(
        max_length=40, allow_blank=True, help_text="Such as `sponsor`; approval policies may ask for it."
    )


class ProjectChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=240, required=False)
    psa_id = serializers.CharField(max_length=80, required=False, allow_blank=True)
    forecast_on = serializers.DateField(required=False, allow_null=True)


class CompletionInput(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class AcceptanceInput(serializers.Serializer[Any]):
    comment = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class SendBackInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class DocumentInput(serializers.Serializer[Any]):
    """A document: as JSON with base64 ``content`` (up to 8 MB), or as a form with ``file`` (up to 10 MB)."""

    requirement_id = serializers.UUIDField()
    name = serializers.CharField(max_length=200, required=False, help_text="The file's name.")
    content = serializers.CharField(
        required=False, help_text="The file in base64.", trim_whitespace=False, max_length=12_000_000
    )
    file = serializers.FileField(
        required=False, allow_empty_file=True, help_text="The file, in a multipart form."
    )
    valid_until = serializers.DateField(required=False, allow_null=True, help_text="Its last valid day.")

    def validate_content(self, value: str) -> bytes:
        try:
            return base64.b64decode(value.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise serializers.ValidationError("This is not base64.", code="not_base64") from error

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        file = attrs.pop("file", None)
        if (file is None) == ("content" not in attrs):
            raise serializers.ValidationError({"content": "Send either content or a file."}, code="required")
        if file is not None:
            attrs["content"] = file.read()
            attrs.setdefault("name", str(file.name))
        if not attrs.get("name"):
            raise serializers.ValidationError({"name": "Give the file's name."}, code="required")
        return attrs

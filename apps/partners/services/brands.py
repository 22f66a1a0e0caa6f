"""Brands: edited by the partner, checked for contrast, in force at once on every host that carries them."""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from PIL import Image, UnidentifiedImageError

from apps.accounts.policies import require
from apps.core.actor import Actor
from apps.core.errors import Invalid, NotFound, Problem
from apps.ledger.services import record, unit_of_work
from apps.ledger.types import DomainEvent
from apps.partners import events
from apps.partners.exceptions import BrandChanged
from tenants.models import Brand

MAX_LOGO_BYTES = 1_000_000
MAX_LOGO_SIDE = 640
# What would end the quoted name in the From header of a mail.
_NOT_IN_A_NAME = re.compile(r'["\\<>\x00-\x1f\x7f]')
EDITABLE = ("name", "primary", "accent", "support_email", "mail_sender_name", "mail_sender_address")


def edit_brand(
    *,
    brand_id: UUID,
    changes: Mapping[str, str],
    actor: Actor,
    logo: bytes | None = None,
    remove_logo: bool = False,
    expected_version: int | None = None,
) -> Brand:
    """Change a brand's fields (those of ``EDITABLE``), and replace or remove its logo.

    Saving what is there already changes nothing. Raises Invalid with a pointer for each field (a logo must be a PNG, JPEG
    or WebP of at most 1 MB and is re-encoded), BrandChanged when the brand is no longer at ``expected_version``.
    """
    with unit_of_work(actor):
        require(actor, "brands:manage")
        brand = Brand.objects.select_for_update().filter(pk=brand_id).first()
        if brand is None:
            raise NotFound("not_found", "There is no such brand.")
        wanted = {name: value.strip() for name, value in changes.items() if name in EDITABLE}
        before = {name: getattr(brand, name) for name in wanted if getattr(brand, name) != wanted[name]}
        if not before and not logo and not (remove_logo and brand.logo):
            return brand
        if expected_version is not None and expected_version != brand.version:
            raise BrandChanged
        after: dict[str, Any] = {name: wanted[name] for name in before}
        for name, value in after.items():
            setattr(brand, name, value)
        problems = _field_problems(brand) + _put_logo(brand, logo, remove=remove_logo, after=after)
        if problems:
            raise Invalid("invalid_brand", "The brand cannot be saved like this.", problems)
        brand.version += 1
        brand.save()
        data = {"brand_id": str(brand.id), "fields": sorted(after)}
        told = DomainEvent(events.BRAND_CHANGED, f"brand/{brand.id}", data)
        record("brand.edit", brand, before=before, after=after, event=told)
        return brand


def _put_logo(brand: Brand, logo: bytes | None, *, remove: bool, after: dict[str, Any]) -> list[Problem]:
    if logo:
        try:
            brand.logo, brand.logo_type = clean_logo(logo), "image/png"
        except Invalid as error:
            return list(error.errors)
        after["logo"] = "replaced"
    elif remove and brand.logo:
        brand.logo, brand.logo_type = None, ""
        after["logo"] = "removed"
    return []


def clean_logo(content: bytes) -> bytes:
    """Return the picture as a PNG of at most MAX_LOGO_SIDE pixels a side; raise Invalid for anything else."""
    if len(content) > MAX_LOGO_BYTES:
        raise _bad_logo("The file is larger than 1 MB.")
    try:
        opened = Image.open(BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
        if opened.width * opened.height > 25_000_000:
            raise _bad_logo("The picture has more than 25 million pixels.")
        picture = opened.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise _bad_logo("The file is not a PNG, JPEG or WebP picture.") from error
    picture.thumbnail((MAX_LOGO_SIDE, MAX_LOGO_SIDE))
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _bad_logo(message: str) -> Invalid:
    return Invalid("invalid_logo", "The logo cannot be used.", [Problem("/logo", message, "invalid_logo")])


def _field_problems(brand: Brand) -> list[Problem]:
    problems = []
    try:
        brand.full_clean(exclude=["logo"])
    except ValidationError as error:
        problems = [
            Problem(f"/{field}", " ".join(messages), "invalid")
            for field, messages in error.message_dict.items()
        ]
    for name in ("name", "mail_sender_name"):
        if _NOT_IN_A_NAME.search(getattr(brand, name)):
            problems.append(Problem(f"/{name}", "Leave out quotation marks, < and >.", "invalid"))
    return problems

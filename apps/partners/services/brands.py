"""Brands: edited by the partner, checked for contrast, in force at once on every host that carries them."""

from io import BytesIO
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from PIL import Image, UnidentifiedImageError

from apps.core.actor import Actor
from apps.core.errors import Invalid, NotFound, Problem
from apps.ledger.services import record, unit_of_work
from apps.ledger.types import DomainEvent
from apps.partners import events
from tenants.models import Brand

MAX_LOGO_BYTES = 1_000_000
MAX_LOGO_SIDE = 640
EDITABLE = ("name", "primary", "accent", "support_email", "mail_sender_name", "mail_sender_address")


def edit_brand(*, brand_id: UUID, changes: dict[str, str], logo: bytes | None = None, actor: Actor) -> Brand:
    """Change a brand's fields (those of ``EDITABLE``) and, if given, its logo.

    Raises Invalid with a pointer for each field; a logo must be a PNG, JPEG or WebP of at most 1 MB and is re-encoded.
    """
    with unit_of_work(actor):
        brand = Brand.objects.select_for_update().filter(pk=brand_id).first()
        if brand is None:
            raise NotFound("not_found", "There is no such brand.")
        accepted = {name: value.strip() for name, value in changes.items() if name in EDITABLE}
        before = {name: getattr(brand, name) for name in accepted}
        for name, value in accepted.items():
            setattr(brand, name, value)
        after: dict[str, Any] = dict(accepted)
        if logo:
            brand.logo, brand.logo_type = clean_logo(logo), "image/png"
            after["logo"] = "replaced"
        _check(brand)
        brand.version += 1
        brand.save()
        told = DomainEvent(events.BRAND_CHANGED, f"brand/{brand.id}", {"brand_id": str(brand.id), "fields": sorted(after)})
        record("brand.edit", brand, before=before, after=after, event=told)
        return brand


def clean_logo(content: bytes) -> bytes:
    """Return the picture as a PNG of at most MAX_LOGO_SIDE pixels a side; raise Invalid for anything else."""
    if len(content) > MAX_LOGO_BYTES:
        raise _bad_logo("The file is larger than 1 MB.")
    try:
        picture = Image.open(BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
        if picture.width * picture.height > 25_000_000:
            raise _bad_logo("The picture has more than 25 million pixels.")
        picture = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise _bad_logo("The file is not a PNG, JPEG or WebP picture.") from error
    picture.thumbnail((MAX_LOGO_SIDE, MAX_LOGO_SIDE))
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _bad_logo(message: str) -> Invalid:
    return Invalid("invalid_logo", "The logo cannot be used.", [Problem("/logo", message, "invalid_logo")])


def _check(brand: Brand) -> None:
    try:
        brand.full_clean(exclude=["logo"])
    except ValidationError as error:
        problems = [
            Problem(f"/{field}", " ".join(messages), "invalid") for field, messages in error.message_dict.items()
        ]
        raise Invalid("invalid_brand", "The brand cannot be saved like this.", problems) from error

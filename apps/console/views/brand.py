"""The partner's brand: edited beside what it will look like."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.console.forms import BrandForm
from apps.console.preview import inline_png, preview_css, preview_query
from apps.console.types import BrandPreview
from apps.console.views.base import PartnerPage
from apps.core.errors import DomainError, Forbidden, Invalid
from apps.partners.exceptions import BrandChanged
from apps.partners.selectors import get_brand
from apps.partners.services import edit_brand
from apps.partners.services.brands import EDITABLE, clean_logo
from tenants.models import Brand
from tenants.palette import normalise, verdicts


class EditBrand(PartnerPage):
    """Edit the brand; what is saved holds at once on every host that carries it."""

    section = "brand"
    http_method_names = ["get", "head", "post"]
    actions = {"GET": "brands:read", "POST": "brands:manage"}

    def get(self, request: HttpRequest) -> HttpResponse:
        brand = get_brand(self.partner.id)
        held = {name: getattr(brand, name) for name in EDITABLE}
        return self._show(brand, BrandForm(initial={**held, "version": brand.version}))

    def post(self, request: HttpRequest) -> HttpResponse:
        brand = get_brand(self.partner.id)
        sent = request.POST.copy()
        form = BrandForm(sent, request.FILES)
        status = 422
        if form.is_valid():
            try:
                edit_brand(
                    brand_id=brand.id,
                    changes=form.changes,
                    logo=form.cleaned_data["logo"],
                    remove_logo=form.cleaned_data["remove_logo"],
                    expected_version=form.cleaned_data["version"],
                    actor=self.actor,
                )
                return self.done(
                    reverse("console:brand"), "Saved. Every page and mail carries it from now on."
                )
            except Forbidden:
                raise
            except BrandChanged as error:
                # Saving again is then a decision; what was typed stays.
                sent["version"] = str(brand.version)
                form.take(error)
                status = error.status
            except DomainError as error:
                form.take(error)
        return self._show(brand, form, status=status)

    def _show(self, brand: Brand, form: BrandForm, *, status: int = 200) -> HttpResponse:
        preview = preview_of(brand, {name: form[name].value() for name in EDITABLE}, _logo_url(self, brand))
        context = {"form": form, "has_logo": bool(brand.logo), "preview": preview}
        return self.page("console/brand/edit.html", context, status=status)


class PreviewBrand(PartnerPage):
    """What the form holds at the moment, as pages and mails would show it. Nothing is saved."""

    http_method_names = ["get", "head", "post"]
    actions = {"GET": "brands:read"}

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.post(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        brand = get_brand(self.partner.id)
        sent = {name: request.POST.get(name, getattr(brand, name)) for name in EDITABLE}
        logo_url = "" if request.POST.get("remove_logo") else _logo_url(self, brand)
        problem = ""
        file = request.FILES.get("logo")
        if file is not None:
            try:
                logo_url = inline_png(clean_logo(file.read()))
            except Invalid as error:
                problem = error.errors[0].message
        context = {"preview": preview_of(brand, sent, logo_url, problem)}
        return self.page("console/brand/_preview.html", context)


class PreviewStyles(PartnerPage):
    """The colours of a preview."""

    actions = {"GET": "brands:read"}

    def get(self, request: HttpRequest) -> HttpResponse:
        primary, accent = request.GET.get("primary", ""), request.GET.get("accent", "")
        try:
            css = preview_css(primary, accent)
        except ValueError:
            return HttpResponse("", content_type="text/css; charset=utf-8", status=404)
        headers = {"Cache-Control": "private, max-age=3600"}
        return HttpResponse(css, content_type="text/css; charset=utf-8", headers=headers)


def preview_of(brand: Brand, sent: dict[str, Any], logo_url: str, problem: str = "") -> BrandPreview:
    """Return the preview of what was sent; a colour that cannot be read stays as the brand has it, and is said."""
    primary, bad_primary = _colour(sent["primary"] or brand.primary, brand.primary)
    accent, bad_accent = _colour(sent["accent"], brand.accent)
    judged = verdicts(primary, accent or None)
    name = str(sent["name"] or "").strip() or brand.name
    sender = str(sent["mail_sender_name"] or "").strip() or name
    address = str(sent["mail_sender_address"] or "").strip() or settings.DEFAULT_FROM_EMAIL
    unread = bad_primary or bad_accent
    return BrandPreview(
        name=name,
        primary=primary,
        accent=accent or primary,
        css_url=f"{reverse('console:brand_preview_css')}?{preview_query(primary, accent)}",
        logo_url=logo_url,
        sender=f"{sender} <{address}>",
        support_email=str(sent["support_email"] or "").strip(),
        verdicts=judged,
        repaired=sum(verdict.repaired for verdict in judged),
        problem=problem
        or (f"{unread} is not a colour such as #1f4e79; the saved one is shown." if unread else ""),
    )


def _colour(text: Any, held: str) -> tuple[str, str]:
    """Return the colour and "", or what the brand has and the text that is no colour."""
    words = str(text or "").strip()
    if not words:
        return "", ""
    try:
        return normalise(words), ""
    except ValueError:
        return held, words


def _logo_url(page: PartnerPage, brand: Brand) -> str:
    return page.partner.brand.logo_url if brand.logo else ""

"""The brand of the host as files browsers may keep for good: their addresses carry the brand's version."""

from django.http import Http404, HttpResponse
from django.utils.html import escape

from tenants.models import Brand, Partner, Tenant
from tenants.palette import brand_tokens, readable_on, render_brand_css
from tenants.types import HostedRequest

_FOR_GOOD = "public, max-age=31536000, immutable"


def brand_css(request: HostedRequest) -> HttpResponse:
    """The brand's colours as CSS custom properties, with contrast repaired."""
    brand = request.brand
    if brand is None:
        raise Http404
    return _file(render_brand_css(brand_tokens(brand.primary, brand.accent)), "text/css; charset=utf-8")


def logo(request: HostedRequest) -> HttpResponse:
    """The brand's logo as it was re-encoded on upload."""
    brand = _brand_row(request)
    if brand is None or not brand.logo:
        raise Http404
    return _file(bytes(brand.logo), brand.logo_type)


def favicon(request: HostedRequest) -> HttpResponse:
    """The brand's initial on its colour."""
    brand = request.brand
    if brand is None:
        raise Http404
    initial = escape((brand.name.strip() or "•")[0].upper())
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{brand.primary}"/>'
        f'<text x="16" y="22.5" font-family="sans-serif" font-size="18" font-weight="700" text-anchor="middle" '
        f'fill="{readable_on(brand.primary)}">{initial}</text></svg>'
    )
    return _file(svg, "image/svg+xml")


def _brand_row(request: HostedRequest) -> Brand | None:
    if request.tenant is not None:
        row = Tenant.objects.select_related("brand", "partner__brand").get(pk=request.tenant.id)
        return row.brand or row.partner.brand
    if request.partner is not None:
        return Partner.objects.select_related("brand").get(pk=request.partner.id).brand
    return None


def _file(content: str | bytes, content_type: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers={"Cache-Control": _FOR_GOOD})

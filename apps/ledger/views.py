"""What anybody may know of the audit: the keys that its signatures are checked with."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from apps.ledger.signing import public_keys
from tenants.context import current_tenant


@require_safe
def audit_keys(request: HttpRequest) -> JsonResponse:
    """The workspace's public keys: the one that signs now first, then older ones whose signatures still count."""
    tenant = current_tenant()
    keys = [
        {"id": key.id, "public_key": key.hex, "signs_now": place == 0}
        for place, key in enumerate(public_keys(tenant.id))
    ]
    said = {
        "issuer": tenant.brand.name,
        "workspace": tenant.name,
        "chain": str(tenant.id),
        "algorithm": "Ed25519",
        "keys": keys,
    }
    return JsonResponse(said, headers={"Cache-Control": "public, max-age=3600"})

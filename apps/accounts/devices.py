"""Between pages and somebody's devices: who asks (from the request), what a browser answers, a secret as a picture."""

import json
from typing import Any

import qrcode
from django.http import HttpRequest

from apps.accounts.exceptions import WrongCode
from apps.accounts.passkeys import Party

_MAX_ANSWER = 20_000


def party_of(request: HttpRequest) -> Party:
    """Return in whose name, and for which origin, devices are asked: the host's brand, this very host."""
    brand = getattr(request, "brand", None)
    name = str(brand.name) if brand is not None else request.get_host().partition(":")[0]
    return Party(f"{request.scheme}://{request.get_host()}", name)


def read_answer(text: str) -> Any:
    """Return the JSON that a page's script has sent of the browser's answer; raise WrongCode for anything else."""
    try:
        if len(text) > _MAX_ANSWER:
            raise ValueError("too long")
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WrongCode("Your passkey could not be read. Try it again.", "/passkey") from error
    return answer if isinstance(answer, dict) else {}


def qr_path(text: str) -> tuple[str, int]:
    """Return a QR code as the path of an SVG of that many units in both directions, with its quiet border."""
    code = qrcode.QRCode(border=4, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    dots = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return "".join(dots), len(rows)

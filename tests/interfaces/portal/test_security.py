"""One's own second factors, signing in with them, and confirming decisions on the page, in the review and over REST."""

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client

from apps.accounts.one_time_codes import code_at, counter_of
from apps.accounts.services import set_password
from apps.approvals.models import Decision, StepUpProof
from apps.core.clock import now
from apps.ledger.models import AuditEntry
from apps.messaging.models import Message
from tenants.types import TenantRef
from tests.integration.approvals.conftest import SYSTEM, Staff, begin, request_of, staff  # noqa: F401
from tests.integration.approvals.proving import asked_again, code_of, with_app
from tests.interfaces.portal.browser import Page, Visitor

SECURITY = "/settings/security/"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def rita(in_alpha: TenantRef, staff: Staff) -> Visitor:  # noqa: F811
    """Somebody with a password and nothing else yet."""
    set_password(user_id=staff.user("Rita").id, password=PASSWORD, actor=SYSTEM)
    return Visitor(in_alpha, staff.user("Rita"))


def set_up_app(visitor: Visitor, **more: str) -> tuple[Page, str]:
    page = visitor.post(SECURITY, {"command": "begin_app", "again": PASSWORD, **more})
    secret = re.findall(r"<code class=\"text-break\">([A-Z2-7 ]+)</code>", page.html)[0].replace(" ", "")
    setup = re.findall(r'name="setup" value="([^"]+)"', page.html)[0]
    code = code_at(secret, counter_of(now()) - 1)
    return visitor.post(SECURITY, {"command": "finish_app", "setup": setup, "code": code, **more}), secret


def test_an_app_is_set_up_with_the_password_and_its_owner_is_told(rita: Visitor) -> None:
    assert rita.get(SECURITY).has("No second factor yet", "Set up an app")
    assert rita.cost(SECURITY) <= 9
    refused = rita.post(SECURITY, {"command": "begin_app", "again": "guessed"})
    assert refused.status == 422
    assert refused.has("neither your password nor a code")
    page, secret = set_up_app(rita, next="/approvals/x/")
    assert page.has("Your authenticator app is set up.", "back to my decision")
    codes = re.findall(r"<li><code>([A-Z0-9-]+)</code>", page.html)
    assert len(codes) == 10
    assert codes[0] not in rita.get(SECURITY).html
    held = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in held
    assert codes[0] not in held
    assert AuditEntry.objects.filter(action="user.add_factor").count() == 1
    assert Message.objects.filter(key="factors-changed", to_email=rita.user.email).count() == 1


def test_a_wrong_code_leaves_the_picture_and_nothing_else(rita: Visitor) -> None:
    page = rita.post(SECURITY, {"command": "begin_app", "again": PASSWORD})
    setup = re.findall(r'name="setup" value="([^"]+)"', page.html)[0]
    page = rita.post(SECURITY, {"command": "finish_app", "setup": setup, "code": "12"})
    assert page.status == 422
    assert f'value="{setup}"' in page.html
    assert not Authenticator.objects.exists()
    assert rita.post(SECURITY, {"command": "finish_app", "setup": "x", "code": "1"}).status == 409


def test_removing_and_renewing_ask_again(rita: Visitor) -> None:
    with_app(rita.user)
    app = Authenticator.objects.get(type="totp")
    for form in ({"command": "remove", "factor": app.pk}, {"command": "renew_codes"}):
        assert rita.post(SECURITY, form).status == 422
    assert rita.post(SECURITY, {"command": "renew_codes", "again": PASSWORD}).has("Keep these recovery codes")
    gone = rita.post(SECURITY, {"command": "remove", "factor": app.pk, "again": code_of(rita.user)})
    assert gone.status == 303
    assert not Authenticator.objects.exists()
    assert rita.post(SECURITY, {"command": "remove", "factor": app.pk, "again": PASSWORD}).status == 404


def test_who_signs_in_by_mail_alone_must_have_done_so_just_now(in_alpha: TenantRef, staff: Staff) -> None:  # noqa: F811
    rolf = Visitor(in_alpha, staff.user("Rolf"))
    assert rolf.post(SECURITY, {"command": "begin_app"}).status == 403
    session = rolf.client.session
    session["account_authentication_methods"] = [{"method": "code", "at": now().timestamp() - 60}]
    session.save()
    assert rolf.post(SECURITY, {"command": "begin_app"}).has("Set up your authenticator app")


def test_signing_in_asks_for_the_second_factor(rita: Visitor, in_alpha: TenantRef) -> None:
    codes = with_app(rita.user)
    for code, right in (("000000", False), (code_of(rita.user), True), (codes[0], True), (codes[0], False)):
        nobody = Visitor(in_alpha)
        page = nobody.post("/sign-in/", {"login": rita.user.email, "password": PASSWORD})
        assert page.to == "/sign-in/second-factor/"
        assert nobody.get("/settings/").status == 302
        page = nobody.post("/sign-in/second-factor/", {"code": code})
        assert (page.status == 302) is right, code
        assert (nobody.get("/settings/").status == 200) is right
    assert Visitor(in_alpha).get("/sign-in/second-factor/").to == "/sign-in/"


def test_an_administrator_removes_the_factors_of_somebody_who_lost_them(
    rita: Visitor,
    in_alpha: TenantRef,
    staff: Staff,  # noqa: F811
) -> None:
    with_app(rita.user)
    admin = Visitor(in_alpha, staff.user("Tina"))
    form = {"command": "reset_factors", "user": str(rita.user.id)}
    admin.post("/settings/users/", form)
    assert Authenticator.objects.exists()
    assert rita.post("/settings/users/", {**form, "reason": "Mine."}).status == 403
    admin.post("/settings/users/", {**form, "reason": "Lost the telephone."})
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.get(action="user.reset_factors").reason == "Lost the telephone."
    told = Message.objects.filter(key="factors-changed", to_email=rita.user.email).order_by("-id")[0]
    assert "Lost the telephone." in told.text


def form_of(request: Any, **more: str) -> dict[str, str]:
    return {"outcome": "approved", "comment": "Fine by me", "show_hash": request.show_hash, **more}


def test_the_page_asks_in_place_and_keeps_what_was_typed(rita: Visitor) -> None:
    request = asked_again()
    here = f"/approvals/{request.id}/"
    assert f"/settings/security/?next=%2Fapprovals%2F{request.id}%2F" in rita.get(here).html
    with_app(rita.user)
    page = rita.get(here)
    assert page.has("Confirm that it is you", "The policy asks for it with every decision.")
    for code, status in (("", 403), ("000000", 422)):
        page = rita.post(here, form_of(request, step_up_code=code))
        assert page.status == status
        assert page.has("Fine by me", "Your decision was not taken")
        assert not Decision.objects.exists()
    code = code_of(rita.user)
    # What else is wrong is said, and what was confirmed stays confirmed.
    page = rita.post(here, form_of(request, outcome="rejected", comment="", step_up_code=code))
    proof = re.findall(r'name="(step_up-[^"]+)" value="([^"]+)"', page.html)[0]
    assert page.has("Confirmed. It holds for five minutes.")
    for _ in range(2):
        assert rita.post(here, form_of(request, **dict([proof]))).status == 303
    assert rita.get(here).has("confirmed by code of an authenticator")
    assert Decision.objects.count() == 1


def test_a_second_click_with_the_same_code_finds_the_decision_made(rita: Visitor) -> None:
    request = asked_again()
    with_app(rita.user)
    form = form_of(request, step_up_code=code_of(rita.user))
    assert [rita.post(f"/approvals/{request.id}/", form).status for _ in range(2)] == [303, 303]


def test_the_review_asks_once_for_all(rita: Visitor) -> None:
    one = asked_again(key="one")
    two = request_of(begin(key="one"))
    with_app(rita.user)
    items = [str(one.id), str(two.id)]
    page = rita.get("/inbox/review/", items=items)
    assert page.has("2 decisions here need it, once for all of them.")
    form: dict[str, Any] = {"items": items, "decide": "1"}
    for row in (one, two):
        form |= {f"outcome-{row.id}": "approved", f"show_hash-{row.id}": row.show_hash}
    assert rita.post("/inbox/review/", form).status == 403
    assert not Decision.objects.exists()
    page = rita.post("/inbox/review/", {**form, "step_up_code": code_of(rita.user)})
    assert page.has("2 decisions taken")
    assert StepUpProof.objects.exclude(used_at=None).count() == 2


def test_over_rest_a_person_proves_himself_and_then_decides(rita: Visitor, in_alpha: TenantRef) -> None:
    request = asked_again()
    with_app(rita.user)

    def send(path: str, body: dict[str, Any], **headers: str) -> Any:
        here = f"/api/v1/approvals/{request.id}/{path}"
        answer = rita.client.post(here, body, content_type="application/json", headers=headers)
        connection.set_schema(in_alpha.schema_name)  # type: ignore[attr-defined]
        return answer

    answer = send("decisions", {"outcome": "approve"})
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert answer.json()["remedy"]
    code = code_of(rita.user)
    # A key that makes a POST happen once does not undo the counting of wrong codes.
    for number in range(2):
        wrong = send(
            "step-up", {"code": "1", "show_hash": request.show_hash}, **{"Idempotency-Key": f"k{number}"}
        )
        assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_code")
    proof = send("step-up", {"code": code, "show_hash": request.show_hash}).json()
    assert proof["method"] == "totp"
    assert send("decisions", {"outcome": "approve", "step_up": proof["step_up"]}).status_code == 201
    assert isinstance(rita.client, Client)


def test_passkeys_are_asked_for_this_host_and_nonsense_is_refused(rita: Visitor) -> None:
    assert rita.post("/settings/security/passkey/", {"again": "x"}).status == 422
    answer = rita.post("/settings/security/passkey/", {"again": PASSWORD}).response.json()
    asked = answer["options"].get("publicKey", answer["options"])
    assert asked["rp"]["id"] == "alpha.localhost"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    nonsense = {"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "e30"}}
    for sent in ("", "{}", "[]", "no", json.dumps(nonsense), "[" * 9000):
        form = {"command": "finish_passkey", "setup": answer["challenge"], "answer": sent, "name": "Key"}
        assert rita.post(SECURITY, form).status in (422, 409), sent[:40]
    assert not Authenticator.objects.exists()
    request = asked_again()
    form = {"items": str(request.id), "show_hash": request.show_hash}
    assert rita.post("/step-up/passkey/", form).status == 403
    with_app(rita.user)
    assert rita.post("/step-up/passkey/", form).status == 422
    assert rita.post("/step-up/passkey/", {**form, "answer": "{}", "challenge": "x"}).status == 409

"""Partner staff inside a tenant: only under a lease, only as long, and under both names."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from apps.accounts.choices import Role
from apps.accounts.models import User
from apps.accounts.selectors import users_with_role
from apps.core.clock import now
from apps.core.errors import Invalid, NotFound
from apps.ledger.models import AuditEntry
from tenants.context import platform_context, tenant_context
from tenants.models import AccessLease, Partner
from tenants.services.leases import grant_lease, redeem_handover
from tests.integration.accounts.conftest import Browser
from tests.integration.accounts.people import PASSWORD, SYSTEM, person
from tests.integration.accounts.test_sign_in import sign_in, who

pytestmark = pytest.mark.isolation


@pytest.fixture
def nora(alpha, at_partner):
    """A signed-in administrator of alpha's partner."""
    with platform_context():
        partner = Partner.objects.get(slug="northmsp")
        user = person("nora", Role.PARTNER_ADMIN, password=PASSWORD, partner_id=partner.id)
    sign_in(at_partner, "nora")
    return user


def post(browser, path, body=None):
    return browser.post(f"/api/v1/{path}", body or {}, content_type="application/json")


@pytest.fixture
def lease(nora, at_partner, alpha):
    asked = {"tenant_id": str(alpha.id), "roles": [Role.AUDITOR], "reason": "Ticket 4711", "hours": 4}
    answer = post(at_partner, "access-leases", asked)
    assert answer.status_code == 201, answer.content
    return answer.json()


def enter(at_partner, lease):
    answer = post(at_partner, f"access-leases/{lease['id']}/enter")
    assert answer.status_code == 200, answer.content
    return answer.json()["url"]


def test_from_the_console_into_the_tenant_and_out_again(at_partner, at_alpha, alpha, nora, lease):
    url = enter(at_partner, lease)
    assert url.startswith("http://alpha.localhost:8000/access/")
    path = urlsplit(url).path
    page = at_alpha.get(path)
    assert "Ticket 4711" in page.content.decode()
    assert who(at_alpha) is None, "looking at the page opens nothing"
    assert at_alpha.post(path).status_code == 302
    me = at_alpha.get("/api/v1/me").json()
    assert (me["kind"], me["label"], me["roles"]) == ("partner_user", "nora@people.example", ["auditor"])
    assert me["behind"] == "nora@people.example of North Managed Services"
    assert at_alpha.get("/api/v1/audit-entries").status_code == 200
    assert post(at_alpha, "users", {"email": "x@example.com"}).status_code == 403
    with tenant_context(alpha):
        entry = AuditEntry.objects.get(action="access_lease.enter")
        assert (entry.actor_label, entry.behind) == (me["label"], me["behind"])
        assert (str(entry.lease_id), entry.reason) == (lease["id"], "Ticket 4711")
        assert users_with_role(Role.AUDITOR) == [], "nobody is asked to approve because of a lease"
    assert post(at_partner, f"access-leases/{lease['id']}/revoke", {"reason": "done"}).status_code == 200
    assert who(at_alpha) is None, "the next request finds the lease over"


def test_a_handover_works_once_and_only_in_its_tenant(at_partner, at_alpha, at_beta, lease):
    path = urlsplit(enter(at_partner, lease)).path
    assert at_beta.post(path).status_code == 404
    assert at_alpha.post(path).status_code == 302
    again = Browser("alpha.localhost:8000")
    assert again.post(path).status_code == 404
    assert again.get(path).status_code == 404
    assert who(again) is None


def test_a_handover_is_worth_nothing_after_a_minute(at_partner, at_alpha, lease):
    path = urlsplit(enter(at_partner, lease)).path
    AccessLease.objects.update(handover_until=now() - timedelta(seconds=1))
    assert at_alpha.post(path).status_code == 404


def test_a_session_ends_with_its_lease(at_partner, at_alpha, lease):
    at_alpha.post(urlsplit(enter(at_partner, lease)).path)
    assert who(at_alpha) == "nora@people.example"
    AccessLease.objects.update(ends_at=now() - timedelta(seconds=1))
    assert who(at_alpha) is None
    assert post(at_partner, f"access-leases/{lease['id']}/enter").status_code == 404


def test_whoever_came_under_a_lease_cannot_sign_in_by_himself(at_partner, at_alpha, alpha, lease, outbox):
    at_alpha.post(urlsplit(enter(at_partner, lease)).path)
    with tenant_context(alpha):
        shadow = User.objects.get(lease_id=lease["id"])
        assert not shadow.has_usable_password()
    Browser("alpha.localhost:8000").post("/sign-in/code/", {"email": shadow.email})
    assert outbox == []


def test_another_partner_has_no_part_in_it(lease, beta, alpha):
    with platform_context():
        solar = Partner.objects.get(slug="solarerp")
        sven = person("sven", Role.PARTNER_ADMIN, password=PASSWORD, partner_id=solar.id)
    browser = Browser("solarerp.localhost:8000")
    sign_in(browser, "sven")
    assert browser.get("/api/v1/access-leases").json()["results"] == []
    assert [tenant["slug"] for tenant in browser.get("/api/v1/tenants").json()["results"]] == ["beta"]
    assert browser.get(f"/api/v1/tenants/{alpha.id}").status_code == 404
    for path in (f"access-leases/{lease['id']}/enter", f"access-leases/{lease['id']}/revoke"):
        assert post(browser, path).status_code == 404
    asked = {"tenant_id": str(alpha.id), "roles": ["auditor"], "reason": "curious"}
    assert post(browser, "access-leases", asked).status_code == 404
    assert [user["email"] for user in browser.get("/api/v1/users").json()["results"]] == [sven.email]


def test_a_lease_is_for_a_colleague_but_entered_only_by_its_holder(at_partner, alpha, nora):
    with platform_context():
        other = person("otto", Role.PARTNER_ADMIN, partner_id=nora.partner_id)
    asked = {"tenant_id": str(alpha.id), "user_id": str(other.pk), "roles": ["auditor"], "reason": "Ticket 1"}
    lease = post(at_partner, "access-leases", asked).json()
    assert lease["holder"] == "otto@people.example"
    assert post(at_partner, f"access-leases/{lease['id']}/enter").status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"hours": 73}, "/hours"),
        ({"reason": "  "}, "/reason"),
        ({"roles": ["customer"]}, "/roles/0"),
        ({"roles": []}, "/roles"),
        ({"user_id": "00000000-0000-7000-8000-000000000000"}, "/user_id"),
    ],
)
def test_what_cannot_be_leased(at_partner, alpha, nora, change, pointer):
    asked = {"tenant_id": str(alpha.id), "roles": ["auditor"], "reason": "Ticket", "hours": 1, **change}
    answer = post(at_partner, "access-leases", asked)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_the_service_checks_what_the_page_checks(alpha):
    with platform_context():
        partner = Partner.objects.get(slug="northmsp")
        given = {
            "partner_id": partner.id,
            "tenant_id": alpha.id,
            "partner_user_id": partner.id,
            "actor": SYSTEM,
        }
        with pytest.raises(Invalid) as refused:
            grant_lease(**given, partner_user_email="a@b.example", roles=[], reason="", hours=0)
        assert [problem.pointer for problem in refused.value.errors] == ["/roles", "/reason", "/hours"]
        with pytest.raises(NotFound):
            redeem_handover(token="made up", tenant_id=alpha.id)


def test_a_partner_adds_only_people_of_its_own(at_partner, nora):
    made = post(at_partner, "users", {"email": "new@people.example", "roles": ["partner_admin"]})
    assert made.status_code == 201
    with platform_context():
        assert User.objects.get(pk=made.json()["id"]).partner_id == nora.partner_id
    refused = post(at_partner, "users", {"email": "n2@people.example", "roles": ["tenant_admin"]})
    assert refused.json()["code"] == "unknown_role"
    with platform_context():
        stranger = person("stranger")
    for command in (f"users/{stranger.pk}/deactivate", f"users/{stranger.pk}/roles"):
        assert (
            post(at_partner, command, {"role": "partner_admin"} if "roles" in command else {}).status_code
            == 404
        )

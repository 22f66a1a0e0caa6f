"""Signing in by password and by code, and what a session is worth where."""

import re

import pytest
from django.conf import settings

from apps.accounts.choices import Role
from apps.accounts.models import SignInAttempt, User
from apps.accounts.services import deactivate_user
from apps.accounts.services.sign_in import PER_EMAIL_AND_ADDRESS
from apps.ledger.models import AuditEntry
from tenants.context import platform_context, tenant_context
from tenants.models import Partner
from tests.integration.accounts.conftest import Browser
from tests.integration.accounts.people import PASSWORD, SYSTEM, person


def sign_in(browser, name="anna", password=PASSWORD, **more):
    return browser.post("/sign-in/", {"login": f"{name}@people.example", "password": password}, **more)


def who(browser):
    """Return what the API calls the signed-in person, or None."""
    answer = browser.get("/api/v1/me")
    return answer.json()["label"] if answer.status_code == 200 else None


@pytest.fixture
def anna(alpha):
    with tenant_context(alpha):
        return person("anna", Role.DELIVERY_MANAGER, password=PASSWORD)


def test_the_sign_in_page_is_there_before_anybody_is_known(at_alpha):
    page = at_alpha.get("/sign-in/")
    assert page.status_code == 200
    assert "North Managed Services" in page.content.decode()
    assert "sign-up" not in page.content.decode()


def test_by_password(at_alpha, anna, alpha):
    answer = sign_in(at_alpha)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert who(at_alpha) == "Anna"
    with tenant_context(alpha):
        entry = AuditEntry.objects.get(action="user.sign_in")
        assert (entry.actor_id, entry.after["method"]) == (str(anna.pk), "password")
    assert at_alpha.post("/sign-out/").status_code == 302
    assert who(at_alpha) is None


def test_what_a_signed_in_person_sees_is_kept_by_no_cache(at_alpha, anna):
    sign_in(at_alpha)
    answer = at_alpha.get("/api/v1/me")
    assert answer["Cache-Control"] == "no-store, private"
    assert "Cookie" in answer["Vary"]


def test_by_code(at_alpha, anna, outbox):
    answer = at_alpha.post("/sign-in/code/", {"email": "Anna@People.example"})
    assert answer["Location"] == "/sign-in/code/confirm/"
    (mail,) = outbox
    assert (mail.kind, mail.to) == ("sign_in_code", "anna@people.example")
    assert at_alpha.get("/sign-in/code/confirm/").status_code == 200
    assert who(at_alpha) is None
    wrong = at_alpha.post("/sign-in/code/confirm/", {"code": "WRONG1"})
    assert wrong.status_code == 200
    assert at_alpha.post("/sign-in/code/confirm/", {"code": mail.values["code"]}).status_code == 302
    assert who(at_alpha) == "Anna"


def test_nobody_learns_who_has_an_account(at_alpha, anna, outbox):
    known = at_alpha.post("/sign-in/code/", {"email": "anna@people.example"})
    unknown = Browser("alpha.localhost:8000").post("/sign-in/code/", {"email": "nobody@people.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(outbox) == 1


def test_a_password_is_reset_by_mail(at_alpha, anna, outbox):
    assert at_alpha.post("/password/reset/", {"email": "anna@people.example"}).status_code == 302
    link = outbox[0].values["url"]
    assert link.startswith("http://alpha.localhost:8000/password/reset/key/")
    form = at_alpha.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    new = "another long password"
    assert at_alpha.post(address, {"password1": new, "password2": new}).status_code == 302
    assert sign_in(at_alpha, password=PASSWORD).status_code == 200
    assert sign_in(at_alpha, password=new).status_code == 302
    assert outbox[1].kind == "password_changed"


def test_only_so_many_mails_are_sent(at_alpha, anna, outbox):
    for _ in range(9):
        Browser("alpha.localhost:8000").post("/sign-in/code/", {"email": "anna@people.example"})
    assert len(outbox) == 5


def test_failures_are_limited_without_redis_and_lock_out_nobody_elsewhere(at_alpha, anna, alpha):
    for _ in range(PER_EMAIL_AND_ADDRESS):
        assert sign_in(at_alpha, password="wrong").status_code == 200
    assert who(at_alpha) is None
    answer = sign_in(at_alpha)
    assert answer.status_code == 200, "even the right password waits"
    assert "Too many" in answer.content.decode()
    assert sign_in(at_alpha, REMOTE_ADDR="192.0.2.7").status_code == 302
    with tenant_context(alpha):
        SignInAttempt.objects.all().delete()


def test_an_inactive_person_stays_out_and_his_sessions_end(at_alpha, anna, alpha):
    sign_in(at_alpha)
    with tenant_context(alpha):
        deactivate_user(user_id=anna.pk, actor=SYSTEM)
    assert who(at_alpha) is None
    sign_in(at_alpha)
    assert who(at_alpha) is None


@pytest.mark.isolation
def test_a_session_of_one_tenant_is_worthless_in_another(at_alpha, at_beta, anna, alpha, beta):
    sign_in(at_alpha)
    with tenant_context(beta):
        person("anna", Role.TENANT_ADMIN, password=PASSWORD)
    at_beta.cookies[settings.SESSION_COOKIE_NAME] = at_alpha.cookies[settings.SESSION_COOKIE_NAME].value
    assert who(at_beta) is None
    assert who(at_alpha) == "Anna"


@pytest.mark.isolation
def test_even_a_copied_session_row_is_worthless_in_another_tenant(at_alpha, at_beta, anna, alpha, beta):
    sign_in(at_alpha)
    with tenant_context(alpha):
        from django.contrib.sessions.models import Session  # noqa: PLC0415 - in the tenant's schema

        row = Session.objects.get(pk=at_alpha.cookies[settings.SESSION_COOKIE_NAME].value)
        twin_of = User.objects.get(pk=anna.pk)
    with tenant_context(beta):
        twin_of._state.adding = True
        twin_of.save(force_insert=True)
        Session.objects.create(
            session_key=row.session_key, session_data=row.session_data, expire_date=row.expire_date
        )
    at_beta.cookies[settings.SESSION_COOKIE_NAME] = row.session_key
    assert who(at_beta) is None


@pytest.mark.isolation
def test_on_a_partners_host_only_its_own_people_sign_in(at_partner, outbox):
    with platform_context():
        north, solar = Partner.objects.get(slug="northmsp"), Partner.objects.get(slug="solarerp")
        person("nora", Role.PARTNER_ADMIN, password=PASSWORD, partner_id=north.id)
        person("sven", Role.PARTNER_ADMIN, password=PASSWORD, partner_id=solar.id)
        person("olga", password=PASSWORD)
    for stranger in ("sven", "olga"):
        assert sign_in(Browser("northmsp.localhost:8000"), stranger).status_code == 200
        Browser("northmsp.localhost:8000").post("/sign-in/code/", {"email": f"{stranger}@people.example"})
    assert outbox == []
    assert sign_in(at_partner, "nora").status_code == 302
    assert who(at_partner) == "Nora"
    elsewhere = Browser("solarerp.localhost:8000")
    elsewhere.cookies[settings.SESSION_COOKIE_NAME] = at_partner.cookies[settings.SESSION_COOKIE_NAME].value
    assert who(elsewhere) is None
    assert who(at_partner) is None, "a session carried to another host is ended"


def test_operators_sign_in_on_their_own_host():
    with platform_context():
        User.objects.create_superuser("op@people.example", PASSWORD)
    browser = Browser(settings.OPERATOR_HOST)
    form = browser.get("/operator/login/")
    assert form.status_code == 200
    browser.post("/operator/login/?next=/operator/", {"username": "op@people.example", "password": PASSWORD})
    page = browser.get("/operator/")
    assert page.status_code == 200
    assert re.search("Partner|User", page.content.decode())


def test_no_account_is_made_by_whoever_comes(at_alpha, alpha):
    assert at_alpha.get("/sign-up/")["Location"] == "/sign-in/"
    with tenant_context(alpha):
        before = User.objects.count()
    at_alpha.post("/sign-up/", {"email": "me@people.example", "password1": PASSWORD})
    with tenant_context(alpha):
        assert User.objects.count() == before

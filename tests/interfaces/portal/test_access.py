"""Who may open the portal at all: nobody is sent to sign in, customers to their own pages, others by their roles."""

import pytest

PAGES = (
    "/", "/runs/", "/exceptions/", "/projects/", "/templates/", "/events/", "/audit/", "/settings/",
    "/settings/connections/", "/settings/hooks/", "/settings/webhooks/", "/settings/keys/", "/settings/users/",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_sent_to_sign_in_and_back(nobody, path):
    page = nobody.get(path)
    assert page.status == 302
    assert page.to == (f"/sign-in/?next={path}")


def test_a_form_of_nobody_is_not_taken(nobody, run):
    page = nobody.post(f"/runs/{run.id}/", {"command": "cancel", "reason": "no"})
    assert (page.status, page.to) == (302, f"/sign-in/?next=/runs/{run.id}/")
    run.refresh_from_db()
    assert run.status == "running"


@pytest.mark.parametrize("path", PAGES)
def test_customers_are_sent_to_their_status_pages(customer, path):
    page = customer.get(path)
    assert (page.status, page.to) == (302, "/status/")


def test_customers_cannot_send_forms(customer, run):
    page = customer.post(f"/runs/{run.id}/", {"command": "roll_back", "reason": "I say so"})
    assert (page.status, page.to) == (302, "/status/")
    run.refresh_from_db()
    assert run.status == "running"


def test_a_page_beyond_the_role_says_what_is_missing(resource_manager):
    page = resource_manager.get("/audit/")
    assert page.status == 403
    assert page.has("audit:read", "ask an administrator")


def test_the_navigation_shows_only_what_may_be_opened(resource_manager, admin):
    assert 'href="/audit/"' not in resource_manager.get("/").html
    assert 'href="/audit/"' in admin.get("/").html


@pytest.mark.parametrize(
    "path",
    [
        "/runs/{id}/", "/approvals/{id}/", "/tasks/{id}/", "/exceptions/{id}/", "/projects/{id}/",
        "/documents/{id}/", "/templates/no-such-template/", "/templates/contract-to-project/?version=99",
        "/settings/hooks/{id}/", "/settings/webhooks/{id}/", "/runs/not-an-id/",
    ],
)  # fmt: skip
def test_what_does_not_exist_here_is_not_found(admin, path):
    page = admin.get(path.format(id="01900000-0000-7000-8000-000000000000"))
    assert page.status == 404
    assert page.has("There is nothing at this address")


def test_another_tenants_session_opens_nothing(admin, beta):
    admin.client.defaults["HTTP_HOST"] = beta.primary_host
    page = admin.get("/")
    assert page.status == 302
    assert page.to.startswith("/sign-in/")


@pytest.mark.parametrize(
    "path",
    ["/runs/", "/projects/", "/events/", "/audit/", "/settings/users/"],
)
def test_a_cursor_somebody_invented_is_refused_in_words(admin, path):
    page = admin.get(path, cursor="%%%")
    assert page.status == 422
    assert page.has("Follow the next and previous links")


def test_a_cursor_of_resolved_exceptions_is_refused_as_well(admin):
    """Open ones are shown by their causes, all of them; resolved ones page by page."""
    assert admin.get("/exceptions/", status="resolved", cursor="%%%").status == 422


def test_pages_are_kept_by_no_cache_and_never_name_the_platform(admin, run):
    page = admin.get(f"/runs/{run.id}/")
    assert page.response.headers["Cache-Control"] == "no-store, private"
    assert "throughline" not in page.html.lower()
    assert " style=" not in page.html
    assert "<script>" not in page.html


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/", ["kind"]),
        ("/runs/", ["status", "template", "search", "subject", "limit", "cursor"]),
        ("/exceptions/", ["status", "owner", "cursor"]),
        ("/projects/", ["status", "search"]),
        ("/templates/contract-to-project/", ["version"]),
        ("/events/", ["type", "subject", "limit"]),
        ("/audit/", ["subject", "actor", "action"]),
        ("/settings/users/", ["cursor", "limit"]),
    ],
)
@pytest.mark.parametrize(
    "value", ["\x00", "\ud800".encode("utf-8", "surrogatepass"), "9" * 400, "%", "'; --", "𝟗", "../"]
)
def test_no_address_breaks_a_page(admin, path, names, value):
    for name in names:
        assert admin.get(path, **{name: value}).status in (200, 404, 422)

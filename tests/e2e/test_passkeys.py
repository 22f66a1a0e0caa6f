"""A decision confirmed with a passkey, at a real browser with a device that is none."""

from config.demo import credentials
from config.demo.api import wait_for
from tests.e2e.authoring import publish, without_review
from tests.e2e.conftest import Arrive
from tests.e2e.product import Product

ROLE = "finance"
STEPS = """
  - id: approve
    kind: approval
    name: Release the payment
    policy: {stages: [{name: Finance, approvers: {role: finance}}], step_up: always}
    show: {amount: {amount: "82000.00", currency: EUR}}
    due: P2D
"""
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_made_on_the_way_to_a_decision_and_confirms_it(product: Product, arrive: Arrive) -> None:
    api = product.stage().api
    with without_review(api):
        publish(api, "confirmed-payment", "Confirmed payment", STEPS)
    run = api.do("runs", {"template": "confirmed-payment", "input": {}, "name": "Payment"})
    found = wait_for("the approval", lambda: api.list("approvals", run_id=run["id"]) or None)
    here = f"/approvals/{found[0]['id']}/"
    visitor, login = arrive.staff(ROLE), credentials.user(product.tenant, ROLE)
    page = visitor.page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    try:
        visitor.open(here)
        page.get_by_label("Comment").fill("Paid on Monday")
        visitor.click("Set one up", role="link")
        visitor.look()
        making = page.locator("[data-passkey-create]")
        making.get_by_label("Your password").fill(login["password"])
        with page.expect_navigation():
            visitor.click("Make a passkey")
        visitor.sees("Your passkey is set up.", "Keep these recovery codes")
        visitor.look()
        visitor.click("back to my decision", role="link")
        page.wait_for_url(f"**{here}")
        assert page.get_by_label("Comment").input_value() == "Paid on Monday"
        visitor.click("Use a passkey")
        visitor.sees("Confirmed. Now send your decision.")
        with page.expect_navigation():
            visitor.click("Approve")
        visitor.sees("You approved this.", "confirmed by passkey")
        again = arrive.at(product.tenant["host"])
        again.page.goto(f"{again.base}/sign-in/")
        again.page.get_by_label("Email").fill(login["email"])
        again.page.get_by_label("Password", exact=True).fill(login["password"])
        again.click("Sign in")
        again.sees("Use a passkey")
        again.look()
    finally:
        (user,) = api.list("users", email=login["email"])
        api.do(f"users/{user['id']}/reset-factors", {"reason": "the test is over"})

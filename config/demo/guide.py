"""What to open, and who to be."""

from collections.abc import Callable

from config.demo import credentials, world
from config.demo.stack import Stack


def show(stack: Stack, say: Callable[[str], None]) -> None:
    """Print the pages to open, each with a login."""
    content = credentials.read(stack.layout.var_dir / "credentials.json")
    tenant = credentials.tenant(content, world.EU.slug)
    say("")
    say(f"{'open':<58} {'as':<34} password")
    for path, role in (
        ("", "resource_manager"),
        ("exceptions/", "delivery_manager"),
        ("runs/", "delivery_manager"),
        ("projects/", "delivery_manager"),
        ("audit/", "tenant_admin"),
        ("api/v1/docs/", "tenant_admin"),
    ):
        login = credentials.user(tenant, role)
        say(f"{tenant['url'] + path:<58} {login['email']:<34} {login['password']}")
    for contact in tenant["contacts"]:
        say(f"{contact['status_url']:<58} {contact['email']:<34} a code by mail, in {content['mail_dir']}")
    for partner in content["partners"]:
        login = partner["users"][0]
        say(f"{partner['url']:<58} {login['email']:<34} {login['password']}")
    operator = content["operator"]
    say(f"{operator['url']:<58} {operator['email']:<34} {operator['password']}")
    say("")
    say(f"everything: {stack.layout.var_dir / 'credentials.json'}")
    say("Ctrl-C stops what was started")

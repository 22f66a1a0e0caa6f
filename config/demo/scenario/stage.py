"""What all scenes need: the tenant, its API, its people, the systems of record, the mail."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from config.demo import credentials, world
from config.demo.api import Api
from config.demo.credentials import Json
from config.demo.esign import Contact, Contract, Party, build_envelope, post_envelope, standard_documents
from config.demo.people import MailBox, Person
from config.demo.scenario.checks import Checks
from config.demo.stack import Stack
from config.demo.systems.tokens import ensure_tokens


@dataclass
class Stage:
    """One playing of the scenario; ``tag`` makes its contracts its own."""

    stack: Stack
    content: Json
    tenant: Json
    checks: Checks
    api: Api
    mail: MailBox
    systems: httpx.Client
    tokens: dict[str, str]
    tag: str = field(default_factory=lambda: secrets.token_hex(3).upper())
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, role: str) -> Person:
        """Return the member of staff with the role, signed in."""
        if role not in self.people:
            login = credentials.user(self.tenant, role)
            person = Person(self.tenant["host"], self.stack.web_port)
            person.sign_in(login["email"], login["password"])
            self.people[role] = person
        return self.people[role]

    def contract(self, number: int, **changes: Any) -> Contract:
        """Return a contract of this playing."""
        today = datetime.now(UTC)
        order = f"PO-{self.tag}-{number}"
        slug = f"customer{number}-{self.tag.lower()}"
        contact = Contact("Käthe Søndergård", f"kaethe@{slug}.example")
        party = Party(f"C-{self.tag}-{number}", f"Nordwind Logistik {self.tag}-{number}", "DE", (contact,))
        given: dict[str, Any] = {
            "contract_id": f"CT-{self.tag}-{number}",
            "title": f"ERP rollout for Nordwind {self.tag}-{number}",
            "customer": party,
            "amount": Decimal("82000.00"),
            "region": "EU",
            "start_date": (today + timedelta(days=14)).date(),
            "signed_at": today.replace(microsecond=0),
            "purchase_order": order,
            "purchase_order_valid_until": (today + timedelta(days=300)).date(),
            "documents": standard_documents(order, valid_until=(today + timedelta(days=300)).date()),
        }
        return Contract(**(given | changes))

    def sign(self, contract: Contract) -> httpx.Response:
        """Have the e-signature system send the completed envelope."""
        hook = self.tenant["hooks"][0]
        path = "/hooks/" + hook["url"].rsplit("/", 1)[1]
        url = f"http://127.0.0.1:{self.stack.web_port}{path}"
        host = f"{self.tenant['host']}:{self.stack.web_port}"
        return post_envelope(url, build_envelope(contract), hook["secret"], host=host)

    def system(self, method: str, system: str, path: str, body: Json | None = None) -> Json:
        """Use a system of record as its own users would."""
        response = self.systems.request(
            method, f"/{system}/{path}", json=body, headers={"Authorization": f"Bearer {self.tokens[system]}"}
        )
        response.raise_for_status()
        answer: Json = response.json()
        return answer

    def run_of(self, contract: Contract) -> Json | None:
        """Return the run of the contract, or None while there is none."""
        runs = self.api.list(
            "runs", subject=f"contract/{contract.contract_id}", template="contract-to-project"
        )
        return self.api.get(f"runs/{runs[0]['id']}") if runs else None


def set_stage(stack: Stack, content: Json, checks: Checks) -> Stage:
    tenant = credentials.tenant(content, world.EU.slug)
    return Stage(
        stack=stack,
        content=content,
        tenant=tenant,
        checks=checks,
        api=Api(tenant["host"], stack.web_port, tenant["api_keys"][0]["key"]),
        mail=MailBox(stack.mail_dir),
        systems=httpx.Client(base_url=stack.systems_url, timeout=20),
        tokens=ensure_tokens(stack.layout.var_dir / "systems"),
    )


def step_of(run: Json, step: str) -> Json:
    """Return the latest visit of a step, or an empty object."""
    visits = [visit for visit in run["steps"] if visit["step"] == step]
    return visits[-1] if visits else {}

# mypy: ignore-errors
# (what it imports is not in our virtualenv, and has no types)
"""Prepares an empty Tryton database so that an integrator can work in it.

Runs inside Tryton's own virtualenv (never ours): it makes what an administrator of the ERP makes by hand
before anybody connects to it: a company with its chart of accounts, a fiscal year with its sequences, a
payment term, and one user with a REST key and only the groups the connection needs. Everything the
platform itself does (customer, project, invoice, posting) is *not* here: that goes over HTTP.

    python prepare_database.py <trytond.conf> <database> <result.json>

`result.json` holds what an administrator would hand to the integrator: key, context and record ids.
"""

import base64
import json
import sys
from pathlib import Path

from proteus import Model
from proteus import config as proteus_config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company

GROUPS = ("Accounting", "Project Administration", "Party Administration", "Project Invoice")


def make_company():
    """Creates the company in euro with the English chart of accounts and the current fiscal year."""
    create_company(currency="EUR")
    create_chart()
    year = set_fiscalyear_invoice_sequences(create_fiscalyear())
    year.click("create_period")
    term = create_payment_term()
    term.save()
    return get_company(), term


def make_integration_user(company):
    """Creates the user on whose behalf the platform calls, and returns its REST key."""
    groups = Model.get("res.group").find([("name", "in", list(GROUPS))])
    missing = set(GROUPS) - {group.name for group in groups}
    if missing:
        raise SystemExit(f"groups missing in this release of the ERP: {sorted(missing)}")
    user = Model.get("res.user")(login="integration", name="Integration")
    user.companies.append(company)
    user.company = company
    for group in groups:
        user.groups.append(group)
    user.save()
    application = Model.get("res.user.application")(user=user, application="rest")
    application.save()
    return application.key


def connection_facts(company, term, key):
    """Collects what the connection has to know, as its administrator would note it down."""
    accounts = get_accounts(company)
    (journal,) = Model.get("account.journal").find([("type", "=", "revenue")], limit=1)
    (status,) = [
        s for s in Model.get("project.work.status").find([("default", "=", True)]) if "project" in s.types
    ]
    (currency,) = Model.get("currency.currency").find([("code", "=", "EUR")])
    context = json.dumps({"company": company.id}, separators=(",", ":")).encode()
    return {
        "key": key,
        "context": base64.urlsafe_b64encode(context).decode(),
        "company": company.id,
        "currency": currency.id,
        "journal": journal.id,
        "payment_term": term.id,
        "receivable_account": accounts["receivable"].id,
        "revenue_account": accounts["revenue"].id,
        "project_status": status.id,
    }


def main(config_file, database, result):
    """Prepares the database named on the command line and writes the facts beside it."""
    proteus_config.set_trytond(f"sqlite:///{database}", config_file=config_file)
    company, term = make_company()
    facts = connection_facts(company, term, make_integration_user(company))
    Path(result).write_text(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])

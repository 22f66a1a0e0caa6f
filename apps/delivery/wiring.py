"""What this app registers with the apps below it."""

from apps.accounts.policies import register_actions
from apps.approvals.approvers import CONTACT, OWNER
from apps.approvals.documents import register_documents
from apps.approvals.lending import register_people
from apps.delivery import models, states
from apps.delivery.events import EVENT_TYPES, MILESTONE_ACCEPTED, MILESTONE_COMPLETED
from apps.delivery.handlers import facts, mails, operations
from apps.delivery.policies import ACTIONS
from apps.delivery.seeds import seed_templates
from apps.delivery.selectors.approvers import contacts, owners
from apps.delivery.selectors.customers_of_runs import customer_label, customer_of_run
from apps.delivery.selectors.evidence import document_contents, shown_documents
from apps.ledger.events import register_event_type, subscribe
from apps.ledger.transitions import register_table
from apps.workflows.calendar_subjects import register_calendar_subject, register_customer_of
from tenants.seeding import register_seed


def register() -> None:
    """Called once, when the apps are loaded."""
    for event_type in EVENT_TYPES:
        register_event_type(event_type)
    register_table(models.Deal, states.DEAL)
    register_table(models.DocumentRequirement, states.REQUIREMENT)
    register_table(models.StaffingRequest, states.STAFFING)
    register_table(models.Project, states.PROJECT)
    register_table(models.Milestone, states.MILESTONE)
    register_table(models.BillingReadiness, states.READINESS)
    register_actions(ACTIONS)
    facts.register()
    operations.register()
    subscribe(MILESTONE_COMPLETED.name, "delivery.ask_acceptance", mails.ask_acceptance)
    subscribe(MILESTONE_ACCEPTED.name, "delivery.thank_for_acceptance", mails.thank_for_acceptance)
    register_calendar_subject("customer", customer_label)
    register_customer_of(customer_of_run)
    register_documents(shown_documents, document_contents)
    register_people(OWNER, owners)
    register_people(CONTACT, contacts)
    register_seed("delivery", seed_templates)

"""What this app registers with the apps below it."""

from apps.accounts.policies import register_actions
from apps.accounts.services.departures import register_departure
from apps.approvals import due_work, events, handlers, people_wiring, states
from apps.approvals.models import ApprovalPolicy, ApprovalRequest, ApprovalStage
from apps.approvals.policies import ACTIONS
from apps.approvals.seeds import seed_policies
from apps.approvals.selectors.asking import roles_asked, roles_to_ask
from apps.approvals.selectors.coverage import policy_problems
from apps.approvals.selectors.policies import PART, policies_to_try, policy_copies, policy_keys
from apps.approvals.services.departing import DEPARTED_KIND, RECHECK_KIND, note_departure
from apps.approvals.services.opening import REMIND_KIND, cancel_requests, move_due, open_request
from apps.approvals.services.policies import keep_policy
from apps.approvals.services.reminding import ASK_KIND
from apps.dispatch.rebuilding import register_due_work
from apps.dispatch.registry import register as register_kind
from apps.ledger.events import lead_to
from apps.ledger.transitions import register_table
from apps.workflows.parts import policies_named, register_part
from apps.workflows.steps import register_catalogue, register_due_mover, register_step
from tenants.configuration import register_configuration
from tenants.seeding import register_seed


def register() -> None:
    """Called once, when the apps are loaded."""
    events.register()
    people_wiring.register()
    register_actions(ACTIONS)
    register_configuration(ApprovalPolicy)
    register_table(ApprovalPolicy, states.POLICY)
    register_table(ApprovalRequest, states.REQUEST)
    register_table(ApprovalStage, states.STAGE)
    register_step("approval", open_request, cancel_requests)
    register_part(PART, policy_copies, keys=policies_named, label="approval policies", install=keep_policy)
    register_due_mover("approval", move_due)
    register_catalogue("policies", policy_keys)
    register_catalogue("policies_to_try", policies_to_try)
    register_catalogue("policy_problems", policy_problems)
    register_due_work(ASK_KIND, RECHECK_KIND, DEPARTED_KIND, REMIND_KIND, source=due_work.due_work)
    register_kind(ASK_KIND, handlers.ask, lane="messages", batch=16)
    register_catalogue("roles_asked", roles_asked)
    register_catalogue("roles_to_ask", roles_to_ask)
    register_kind(DEPARTED_KIND, handlers.departed, lane="timers", batch=8)
    register_kind(RECHECK_KIND, handlers.recheck, lane="timers", batch=8)
    register_departure(note_departure)
    register_kind(REMIND_KIND, handlers.remind, lane="timers", batch=8)
    lead_to(events.APPROVAL_REQUESTED, handlers.mail_later)
    lead_to(events.APPROVAL_STAGE_OPENED, handlers.mail_later)
    register_seed("approvals", seed_policies)

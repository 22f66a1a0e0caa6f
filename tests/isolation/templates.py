"""Templates of a tenant: governed, proposed by an assistant, tried out; and the connections they use."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import yaml

from apps.approvals.services.policies import install_policy
from apps.core.ids import new_id
from apps.delivery.services.templates import publish_templates
from apps.integrations.services import install_connection
from apps.integrations.types import Secret
from apps.workflows import models as workflows
from apps.workflows.services import publish_version, save_draft, start_run
from apps.workflows.services.drafts import note_presence
from apps.workflows.services.proposals import make_proposal
from apps.workflows.services.reviews import set_review_mode
from tests.isolation.words import SYSTEM, own_key

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = ROOT / "config" / "demo" / "connections"

AGREEMENT = """
format: 1
key: {key}
name: {word} agreements
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object}}
steps:
  - {{id: agree, kind: approval, name: {word} agreement, on_reject: end, show: {{scope: {word} scope}},
     policy: {{stages: [{{name: {word} sponsor, approvers: {{contact: any, customer: K-{word}}}}}]}}}}
"""

TEMPLATE = """
format: 1
key: {key}
name: {word} greeting
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object}}
steps:
  - {{id: ask, kind: user_task, name: {word} question, assignee: {{role: delivery_manager}}, due: P2D,
     form: {{type: object, properties: {{ok: {{type: boolean}}}}}}}}
  - {{id: wait, kind: wait, event: {{type: document.received, match: "true"}}}}
  - {{id: done, kind: end, outcome: completed}}
"""
ADVICE = """
format: 1
key: {key}
name: {word} advice
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
steps:
  - {{id: advise, kind: assist, name: {word} advice, purpose: {word}, output: {{type: object}}}}
"""


def connect_systems(word: str, systems: str, tokens: Mapping[str, str]) -> None:
    for slot in ("psa", "erp"):
        install_connection(
            name=f"{word} {slot}",
            definition=yaml.safe_load((CONNECTIONS / f"{slot}.yaml").read_text()),
            config={"base_url": systems},
            secret=Secret("bearer", {"token": tokens[slot]}),
            slots=[slot],
            actor=SYSTEM,
        )
    publish_templates(actor=SYSTEM)
    draft = save_draft(source=TEMPLATE.format(key=own_key(word), word=word), actor=SYSTEM)
    publish_version(template_key=own_key(word), number=draft.number, actor=SYSTEM)
    note_presence(template_key=own_key(word), window=word, step="ask", actor=SYSTEM)
    _try_out(word)
    _propose(word)
    _govern(word)
    stages = [{"name": f"{word} stage", "approvers": {"role": "finance"}}]
    install_policy(key=own_key(word), name=f"{word} policy", definition={"stages": stages}, actor=SYSTEM)


def _govern(word: str) -> None:
    """A word on a version, a pause that is over, and what the tenant has decided about its templates."""
    version = workflows.TemplateVersion.objects.get(template__key=own_key(word), status="published")
    workflows.TemplateReview.objects.create(
        template_version=version,
        round=1,
        verdict="changes_requested",
        capacity="reviewer",
        user_label=f"{word} reviewer",
        comment=f"{word} says no",
        source_hash="0" * 64,
    )
    workflows.Pause.objects.create(
        scope="template",
        key=own_key(word),
        label=f"{word} pause",
        reason=f"{word} reason",
        ended_at=datetime.now(UTC),
    )
    set_review_mode(mode="none", actor=SYSTEM)


def _propose(word: str) -> None:
    """A proposal of an assistant."""
    key = f"{own_key(word)}-advice"
    draft = save_draft(source=ADVICE.format(key=key, word=word), actor=SYSTEM)
    publish_version(template_key=key, number=draft.number, actor=SYSTEM)
    run = start_run(template_key=key, input={}, actor=SYSTEM, name=f"{word} advice")
    make_proposal(
        run_id=run.id,
        visit="advise#1",
        output={"word": word},
        confidence=0.5,
        rationale=f"{word} says so",
        actor=SYSTEM,
    )


def _try_out(word: str) -> None:
    """A simulation that is kept, a back-test, a run of test cases, and a sitting at a draft."""
    template = workflows.WorkflowTemplate.objects.get(key=own_key(word))
    at = datetime.now(UTC)
    workflows.Scenario.objects.create(
        template=template,
        number=1,
        name=f"{word} scenario",
        begin={"input": {"word": word}},
        changed_at=at,
    )
    backtest = workflows.Backtest.objects.create(
        template=template, number=1, source=TEMPLATE.format(key=own_key(word), word=word), since=at, until=at
    )
    workflows.BacktestRun.objects.create(backtest=backtest, run_id=new_id(), name=f"{word} run", version=1)
    workflows.SuiteRun.objects.create(
        template=template, number=1, source=backtest.source, tests=f"# {word}", digest=word
    )
    workflows.EditingSession.objects.create(
        template_version=template.versions.latest("number"),
        actor_id=f"editor-{word}",
        actor={"kind": "user", "id": f"editor-{word}", "label": f"Editor {word}"},
        began_at=at,
        last_at=at,
        source_hash=word,
    )

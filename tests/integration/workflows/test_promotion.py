"""Templates between workspaces: bundles that cannot be forged, slots first, three ways, and files for git."""

import copy
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.approvals.selectors.policies import published_policy
from apps.approvals.services.policies import install_policy
from apps.ledger.models import AuditEntry
from apps.messaging.selectors import find_wording
from apps.messaging.services.wordings import publish_wording
from apps.workflows import steps
from apps.workflows.bundles import BundleRefused
from apps.workflows.models import TemplateVersion
from apps.workflows.services import publish_version, save_draft
from apps.workflows.services.exporting import export_version
from apps.workflows.services.importing import ImportConflict, SlotsNotReady, import_bundle, plan_import
from tenants.context import tenant_context
from tests.conftest import order_tenant
from tests.integration.accounts.people import SYSTEM

POLICY = {"stages": [{"name": "One", "approvers": {"role": "delivery_director"}, "quorum": {"n": 1}}]}
SOURCE = """# by hand
format: 1
key: hello
name: Hello
steps:
  - {id: ask, kind: approval, policy: two-eyes, due: P2D}
  - {id: tell, kind: notify, message: customer-welcome, to: a@b.example, data: {}}
"""


@pytest.fixture
def sandbox(in_alpha):
    """A second workspace of alpha's partner."""
    row = order_tenant(in_alpha.partner_id, "alpha-sandbox")
    with tenant_context(row.id) as ref:
        yield ref


def ready(source=SOURCE, policy=POLICY):
    install_policy(key="two-eyes", name="Two eyes", definition=policy, actor=SYSTEM)
    return save_draft(source=source, tests="cases: []\n", actor=SYSTEM)


def bundle_of(tenant, source=SOURCE, policy=POLICY):
    with tenant_context(tenant.id):
        return export_version(ready(source, policy), actor=SYSTEM)


def test_a_bundle_brings_template_tests_and_policy_along(in_alpha, sandbox):
    bundle = bundle_of(sandbox)
    with tenant_context(in_alpha.id):
        plan = plan_import(bundle=bundle, actor=SYSTEM)
        assert (plan.is_ready, plan.install) == (True, [("policies", "two-eyes")])
        assert not TemplateVersion.objects.filter(template__key="hello").exists()
        draft = import_bundle(bundle=bundle, actor=SYSTEM)
        assert (draft.status, draft.source, draft.tests) == ("draft", SOURCE, "cases: []\n")
        assert published_policy("two-eyes").definition == POLICY
        noted = AuditEntry.objects.get(action="template_version.import")
        assert noted.after["hash"] == bundle["hash"]
        assert import_bundle(bundle=bundle, actor=SYSTEM).number == draft.number


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"source": "x"}, "bundle_altered"),
        ({"signature": {"value": "0" * 64}}, "bundle_foreign"),
        ({"signature": None}, "bundle_foreign"),
        ({"bundle": 2}, "no_bundle"),
        ({"slots": None}, "no_bundle"),
    ],
)
def test_a_bundle_that_was_touched_is_refused(sandbox, change, code):
    with pytest.raises(BundleRefused) as refused:
        plan_import(bundle=bundle_of(sandbox) | change, actor=SYSTEM)
    assert refused.value.code == code


def test_a_bundle_of_another_partner_is_refused(sandbox, beta):
    bundle = bundle_of(sandbox)
    with tenant_context(beta.id), pytest.raises(BundleRefused) as refused:
        plan_import(bundle=bundle, actor=SYSTEM)
    assert refused.value.code == "bundle_foreign"


def test_nothing_comes_in_before_every_slot_answers(in_alpha, sandbox, monkeypatch):
    bundle = bundle_of(
        sandbox, SOURCE.replace("steps:", "connections: {psa: {connector: generic-rest}}\nsteps:")
    )
    with tenant_context(in_alpha.id):
        with pytest.raises(SlotsNotReady) as refused:
            import_bundle(bundle=bundle, actor=SYSTEM)
        assert [problem.code for problem in refused.value.errors] == ["not_bound"]
        answer = {"ok": True, "code": "ok", "message": "fine"}
        monkeypatch.setitem(steps._catalogue, "try_slot", lambda slot, key: answer)
        assert import_bundle(bundle=bundle, actor=SYSTEM).number == 1


def test_what_was_changed_here_meets_what_comes_in(in_alpha, sandbox):
    first = bundle_of(sandbox)
    with tenant_context(in_alpha.id):
        import_bundle(bundle=first, actor=SYSTEM)
        save_draft(source=SOURCE.replace("name: Hello", "name: Moin"), actor=SYSTEM)
    second = bundle_of(sandbox, SOURCE.replace("P2D", "P3D"))
    with tenant_context(in_alpha.id):
        draft = import_bundle(bundle=second, actor=SYSTEM)
        assert draft.source == SOURCE.replace("name: Hello", "name: Moin").replace("P2D", "P3D")
        save_draft(source=draft.source.replace("P3D", "P9D"), actor=SYSTEM)
    third = bundle_of(sandbox, SOURCE.replace("P2D", "P4D"))
    with tenant_context(in_alpha.id):
        with pytest.raises(ImportConflict) as refused:
            import_bundle(bundle=third, actor=SYSTEM)
        (conflict,) = refused.value.extra["conflicts"]
        assert (conflict["mine"], conflict["theirs"]) == ("P9D", "P4D")
        draft = import_bundle(bundle=third, actor=SYSTEM, choices={conflict["id"]: "mine"})
        assert "P9D" in draft.source


def test_a_template_written_here_is_not_overwritten_in_silence(in_alpha, sandbox):
    bundle = bundle_of(sandbox)
    with tenant_context(in_alpha.id):
        own = SOURCE.replace("P2D", "P9D")
        ready(own)
        with pytest.raises(ImportConflict):
            import_bundle(bundle=bundle, actor=SYSTEM)
        assert import_bundle(bundle=bundle, actor=SYSTEM, choices={"text": "mine"}).source == own
        assert import_bundle(bundle=bundle, actor=SYSTEM, choices={"text": "theirs"}).source == SOURCE


def test_a_policy_changed_on_both_sides_is_chosen(in_alpha, sandbox):
    import_here = copy.deepcopy(POLICY)
    import_here["stages"][0]["approvers"]["role"] = "finance"
    bundle = bundle_of(sandbox)
    with tenant_context(in_alpha.id):
        install_policy(key="two-eyes", name="Two eyes", definition=import_here, actor=SYSTEM)
        with pytest.raises(ImportConflict) as refused:
            import_bundle(bundle=bundle, actor=SYSTEM)
        assert [one["id"] for one in refused.value.extra["conflicts"]] == ["policies/two-eyes"]
        import_bundle(bundle=bundle, actor=SYSTEM, choices={"policies/two-eyes": "mine"})
        assert published_policy("two-eyes").definition == import_here
        import_bundle(bundle=bundle, actor=SYSTEM, choices={"policies/two-eyes": "theirs"})
        assert published_policy("two-eyes").definition == POLICY


def test_runs_use_the_wording_their_version_holds(in_alpha):
    ready()
    version = publish_version(template_key="hello", number=1, actor=SYSTEM)
    version.refresh_from_db()
    held = version.parts["messages"]["customer-welcome"]
    assert held["subject"] == find_wording("customer-welcome").subject
    publish_wording(key="customer-welcome", subject="Changed", body="Other words", actor=SYSTEM)
    version.refresh_from_db()
    assert version.parts["messages"]["customer-welcome"] == held


def test_templates_are_files_for_git(in_alpha, sandbox, tmp_path, capsys):
    folder = Path(tmp_path) / "templates"
    ready()
    call_command("templates", "export", str(folder), tenant="alpha-sandbox", key="hello")
    assert (folder / "hello.yaml").read_text() == SOURCE
    assert (folder / "hello.tests.yaml").read_text() == "cases: []\n"
    call_command("templates", "diff", str(folder), tenant="alpha-sandbox", key="hello")
    with pytest.raises(CommandError):
        call_command("templates", "diff", str(folder), tenant="alpha", key="hello")
    call_command("templates", "import", str(folder), tenant="alpha")
    call_command("templates", "import", str(folder), tenant="alpha")
    assert "nothing to do" in capsys.readouterr().out
    with tenant_context(in_alpha.id):
        assert TemplateVersion.objects.get(template__key="hello").source == SOURCE
        assert published_policy("two-eyes") is not None
    with pytest.raises(CommandError):
        call_command("templates", "import", str(folder), tenant="nobody")

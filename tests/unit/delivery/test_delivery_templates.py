"""The delivered workflow templates, without a tenant."""

import pytest

from apps.delivery.services.templates import TEMPLATE_KEYS, template_source
from apps.workflows import steps
from apps.workflows.engine.catalogue import StaticCatalogue
from apps.workflows.engine.definition import ActionStep
from apps.workflows.engine.lint import check_template


@pytest.mark.parametrize("key", TEMPLATE_KEYS)
def test_they_have_no_problem_at_all(key):
    names = {
        "internal_operations": [item.name for item in steps.list_operations()],
        "queries": [item.name for item in steps.list_facts()],
        "templates": list(TEMPLATE_KEYS),
        "slots": ["psa", "erp"],
    }
    operations = {
        "psa": ["create_project", "archive_project", "list_time_entries"],
        "erp": ["create_customer", "deactivate_customer", "get_purchase_order", "create_invoice"],
    }
    checked = check_template(
        template_source(key), StaticCatalogue(names=names, operations_by_slot=operations)
    )
    assert checked.definition is not None
    assert checked.problems == []


@pytest.mark.parametrize("key", TEMPLATE_KEYS)
def test_every_step_has_a_name_for_people_and_every_call_is_retried(key):
    definition = check_template(template_source(key)).definition
    assert definition is not None
    for place in definition.places.values():
        step = place.step
        assert step.name != step.id.replace("_", " ").capitalize()
        if isinstance(step, ActionStep) and step.connection != "internal":
            assert step.retry is not None
            assert step.retry.max == 4
            assert step.owner

"""Templates made for a test over the API, and published without a second pair of eyes."""

from collections.abc import Iterator
from contextlib import contextmanager

from config.demo.api import Api, Json

HEAD = """\
format: 1
key: {key}
name: {name}
family: project_initiation
owners: {{business: delivery_manager, technical: template_author, control: auditor}}
classification: {{business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}}
input: {{type: object, properties: {{}}}}
steps:
"""


@contextmanager
def without_review(api: Api) -> Iterator[Api]:
    """The tenant's API, while its templates are published by their author alone."""
    before = api.get("workflow-settings")["review_mode"]
    _set_review(api, "none")
    try:
        yield api
    finally:
        _set_review(api, before)


def publish(api: Api, key: str, name: str, steps: str) -> int:
    """Save steps as the template's draft and publish it; the number of the version."""
    draft(api, key, name, steps)
    number: int = api.list(f"workflow-templates/{key}/versions")[0]["number"]
    api.do(f"workflow-templates/{key}/versions/{number}/publish", {"reason": "for the test"})
    return number


def draft(api: Api, key: str, name: str, steps: str) -> Json:
    """Save steps as the template's draft."""
    return api.do("workflow-templates", {"source": HEAD.format(key=key, name=name) + steps})


def _set_review(api: Api, mode: str) -> None:
    answer = api.client.patch("workflow-settings", json={"review_mode": mode})
    assert answer.status_code == 200, answer.text

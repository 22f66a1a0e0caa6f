"""Templates over REST: drafted, checked, published, compared, reviewed."""

import pytest

from apps.accounts.choices import Role
from tests.interfaces.api.conftest import Program, make_key
from tests.interfaces.api.orders import HOST, SOURCE, finish


def test_a_template_is_drafted_checked_published_and_retired(trusting, program):
    made = program.post("workflow-templates", {"source": SOURCE})
    assert made.status_code == 201
    assert made["Location"] == "/api/v1/workflow-templates/order/versions/1"
    assert (made.json()["status"], made.json()["source"]) == ("draft", SOURCE)
    answer = program.post("workflow-templates/order/versions/1/publish")
    assert (answer.status_code, answer.json()["status"]) == (200, "published")
    assert answer.json()["digest"]
    listed = program.get("workflow-templates").json()["results"]
    assert ("order", 1, None) in [
        (row["key"], row["published_version"], row["draft_version"]) for row in listed
    ]
    program.post("workflow-templates", {"source": finish("Take another")})
    detail = program.get("workflow-templates/order").json()
    assert (detail["name"], detail["draft_version"]) == ("Take another", 2)
    assert [row["number"] for row in detail["versions"]] == [2, 1]
    assert program.post("workflow-templates/order/versions/2/publish").status_code == 200
    statuses = {
        row["number"]: row["status"]
        for row in program.get("workflow-templates/order/versions").json()["results"]
    }
    assert statuses == {1: "retired", 2: "published"}
    assert program.post("workflow-templates/order/versions/2/retire").json()["status"] == "retired"
    assert program.post("workflow-templates/order/versions/2/retire").status_code == 409


def test_publishing_what_one_has_not_seen_is_refused(trusting, program):
    first = program.post("workflow-templates", {"source": SOURCE})
    program.post("workflow-templates", {"source": finish("Changed meanwhile")})
    answer = program.post("workflow-templates/order/versions/1/publish", If_Match=first["ETag"])
    assert (answer.status_code, answer.json()["code"]) == (412, "version_mismatch")
    fresh = program.get("workflow-templates/order/versions/1")
    assert (
        program.post("workflow-templates/order/versions/1/publish", If_Match=fresh["ETag"]).status_code == 200
    )


def test_problems_come_with_line_path_and_remedy(program):
    broken = SOURCE.replace("kind: user_task", "kind: user_tusk")
    found = program.post("workflow-templates/check", {"source": broken}).json()
    assert found["valid"] is False
    problem = next(row for row in found["problems"] if "user_tusk" in row["message"])
    assert problem["line"] == 14
    assert problem["path"].startswith("steps[1]")
    assert "user_task" in problem["remedy"]
    assert program.post("workflow-templates/check", {"source": SOURCE}).json() == {
        "valid": True,
        "problems": [],
    }
    program.post("workflow-templates", {"source": broken})
    answer = program.post("workflow-templates/order/versions/1/publish")
    assert (answer.status_code, answer.json()["code"]) == (422, "template_refused")
    assert answer.json()["errors"][0]["line"] == 14
    assert program.post("workflow-templates", {"source": "key: ["}).status_code == 422


def test_the_schema_of_the_format(program):
    schema = program.get("workflow-templates/schema").json()
    assert schema["type"] == "object"
    assert "steps" in schema["properties"]


@pytest.mark.parametrize(
    "path",
    [
        "workflow-templates/none",
        "workflow-templates/none/versions",
        "workflow-templates/none/versions/1",
        "workflow-templates/none/versions/99999999999",
    ],
)
def test_templates_that_do_not_exist(program, path):
    assert program.get(path).status_code == 404


def test_versions_are_compared_and_reviewed_over_the_api(program, alpha):
    second = Program(HOST, make_key(alpha, Role.TEMPLATE_AUTHOR, name="second"))
    program.post("workflow-templates", {"source": SOURCE})
    path = "workflow-templates/order/versions/1"
    assert program.get(f"{path}/difference").json()["code"] == "nothing_to_compare"
    refused = program.post(f"{path}/publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "review_required")
    assert refused.json()["missing"] == ["reviewer"]
    assert program.post(f"{path}/submit", {"comment": "look"}).json()["status"] == "in_review"
    assert program.post("workflow-templates", {"source": SOURCE}).json()["code"] == "version_in_review"
    assert program.post(f"{path}/agree").json()["code"] == "own_work"
    assert second.post(f"{path}/send-back", {"comment": "why?"}).json()["status"] == "draft"
    program.post(f"{path}/submit")
    assert program.post(f"{path}/withdraw").json()["status"] == "draft"
    program.post(f"{path}/submit")
    assert second.post(f"{path}/agree", {"comment": "fine"}).status_code == 200
    assert second.post(f"{path}/publish").json()["status"] == "published"
    said = program.get(f"{path}/reviews").json()["results"]
    assert [(row["round"], row["verdict"]) for row in said] == [
        (1, "submitted"),
        (1, "changes_requested"),
        (2, "submitted"),
        (2, "withdrawn"),
        (3, "submitted"),
        (3, "approved"),
    ]
    program.post("workflow-templates", {"source": finish("Take another")})
    found = program.get("workflow-templates/order/versions/2/difference").json()
    assert found["head"][0]["words"] == "name Take an order → Take another"
    assert (found["before"], found["after"], found["steps"]) == (1, 2, [])
    assert "+name: Take another" in found["text"]
    assert program.get("workflow-templates/order/versions/2/difference?against=7").status_code == 404


def test_an_administrator_says_what_needs_four_eyes(program, auditor):
    assert program.get("workflow-settings").json() == {"review_mode": "all"}
    assert program.patch("workflow-settings", {"review_mode": "none"}).json() == {"review_mode": "none"}
    assert auditor.patch("workflow-settings", {"review_mode": "all"}).status_code == 403
    program.post("workflow-templates", {"source": SOURCE})
    assert program.post("workflow-templates/order/versions/1/publish").status_code == 200
    program.post("workflow-templates", {"source": finish("Take another")})
    program.post("workflow-templates/order/versions/2/publish")
    back = program.post("workflow-templates/order/versions/1/roll-back", {"reason": "worse"})
    assert back.json()["status"] == "published"
    assert program.post("workflow-templates/order/versions/1/roll-back", {"reason": "x"}).status_code == 409

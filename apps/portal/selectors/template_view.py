"""What pages show of a version: judged, compared, and what was said about it."""

from typing import Any

from apps.core.errors import Invalid
from apps.portal.wording import counted
from apps.workflows.choices import ReviewVerdict, VersionStatus
from apps.workflows.definitions import definition_of
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.lint_codes import explain
from apps.workflows.exceptions import TemplateUnreadable, WarningsUnanswered
from apps.workflows.models import SuiteRun, TemplateReview, TemplateVersion
from apps.workflows.parts import find_part
from apps.workflows.selectors.differences import VersionDifference
from apps.workflows.selectors.proof import OPEN, latest_suite
from apps.workflows.services.suites import is_long
from apps.workflows.services.template_tests import run_version_tests
from apps.workflows.services.templates import check_source

Json = dict[str, Any]

_SAID = {
    ReviewVerdict.SUBMITTED: ("handed it in", "info", "send"),
    ReviewVerdict.APPROVED: ("agreed", "success", "check"),
    ReviewVerdict.CHANGES_REQUESTED: ("asked for changes", "warning", "arrow-left"),
    ReviewVerdict.WITHDRAWN: ("took it back", "neutral", "arrow-left"),
}
_CAPACITY = {"control": " as control owner", "reviewer": " as a second author"}
_MISSING = {"reviewer": "a second author", "control": "the control owner"}
_TONES = {"+": "added", "-": "removed", "@": "place"}


def judged(version: TemplateVersion) -> tuple[Definition | None, list[Json]]:
    """Return what can be drawn, and what is wrong or doubtful; what is published has been judged already."""
    if version.status == VersionStatus.PUBLISHED:
        return definition_of(version), []
    checked = check_source(version.source)
    return checked.definition, [problem.to_json() | _explained(problem.code) for problem in checked.problems]


def problems_of(error: Invalid) -> list[Json]:
    """Return what a refusal lists as the page shows problems."""
    severity = "warning" if isinstance(error, WarningsUnanswered) else "error"
    return [
        {
            "message": one.message,
            "line": one.line,
            "path": one.pointer,
            "remedy": one.remedy,
            "severity": severity,
        }
        | _explained(one.code)
        for one in error.errors
    ]


def words_of(reviews: list[TemplateReview]) -> list[Json]:
    """Return what was said about a version as lines of a timeline, the newest first."""
    lines = []
    for review in reversed(reviews):
        verb, tone, icon = _SAID[ReviewVerdict(review.verdict)]
        capacity = _CAPACITY.get(review.capacity, "") if review.verdict == ReviewVerdict.APPROVED else ""
        lines.append(
            {
                "text": f"{review.user_label} {verb}{capacity}",
                "at": review.created_at,
                "tone": tone,
                "icon": icon,
                "reason": review.comment,
            }
        )
    return lines


def held_by(version: TemplateVersion) -> list[Json]:
    """Return what a published version holds, and whether something else holds in the workspace by now."""
    lines = []
    for name, copies in version.parts.items() if version.digest else ():
        part = find_part(name)
        live = dict(part.snapshot(sorted(copies))) if part and not part.is_live else copies
        for key, copy in copies.items():
            lines.append({"key": key, "kind": part.label if part else name, "is_old": live.get(key) != copy})
    return lines


def missing_in_words(missing: list[str]) -> str:
    """Return who has yet to agree: ``a second author and the control owner``."""
    return " and ".join(_MISSING[capacity] for capacity in missing)


def difference_shown(found: VersionDifference) -> Json:
    """Return a difference for the page: groups of changes with words, and the text's lines with their tone."""
    steps = [
        {"words": step.words, "fields": [one.words for one in step.fields]} for step in found.steps.steps
    ]
    groups = [("Settings", [{"words": f"{_begun(one.words)}.", "fields": []} for one in found.steps.head])]
    for name, changes in found.steps.parts.items():
        part = find_part(name)
        label = (part.label if part else name).capitalize()
        groups.append((label, [{"words": f"{_begun(one.words)}.", "fields": []} for one in changes]))
    return {
        "summary": found.steps.summary,
        "is_empty": found.steps.is_empty and not found.text,
        "groups": [
            {"label": label, "changes": changes} for label, changes in [("Steps", steps), *groups] if changes
        ],
        "tests": found.steps.tests,
        "lines": [{"text": line, "tone": _TONES.get(line[:1], "")} for line in found.text[2:]],
    }


def tests_shown(version: TemplateVersion) -> Json | None:
    """Return how the version's test cases fare in words and a tone; None where it has none or cannot be run."""
    if not version.tests.strip():
        return None
    if is_long(version.tests):
        return _of_many(latest_suite(version, version.tests))
    try:
        result = run_version_tests(version)
    except TemplateUnreadable:
        return None
    if not result.suite.is_valid:
        return {"words": "Its test cases cannot be read.", "tone": "danger"}
    return _count_words(len(result.results), [case.name for case in result.failed])


def _of_many(suite: SuiteRun | None) -> Json:
    """What the latest run of many cases says; they are not run while somebody waits for a page."""
    if suite is None:
        return {"words": "Its many test cases have not run since the last change.", "tone": "warning"}
    if suite.status in OPEN:
        return {"words": "Its many test cases are running.", "tone": "neutral"}
    if suite.problems:
        return {"words": "Its test cases cannot be read.", "tone": "danger"}
    return _count_words(suite.done, [case["name"] for case in suite.results if not case["passed"]])


def _count_words(count: int, failed: list[str]) -> Json:
    if failed:
        names = ", ".join(failed[:3])
        return {"words": f"{len(failed)} of {counted(count, 'test case')} fail: {names}.", "tone": "danger"}
    return {"words": f"All {counted(count, 'test case')} pass.", "tone": "success"}


def _explained(code: str) -> Json:
    """Return the name of the explanation of a code; empty where there is none, as for failing tests."""
    found = explain(code)
    return {"explained": found.code if found else ""}


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]

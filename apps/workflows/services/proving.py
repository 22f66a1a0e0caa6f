"""What the test cases of a version say before it is published or handed in: few run at once, many have run as work."""

from apps.core.actor import Actor
from apps.workflows.choices import BacktestStatus
from apps.workflows.engine.problems import ERROR
from apps.workflows.exceptions import CasesNotRun, TemplateRefused
from apps.workflows.models import SuiteRun, TemplateVersion
from apps.workflows.selectors.proof import OPEN, latest_suite
from apps.workflows.services.checking import problems_told
from apps.workflows.services.suites import is_long
from apps.workflows.services.template_tests import suite_problems, tests_problems


def require_green(version: TemplateVersion, actor: Actor) -> SuiteRun | None:
    """Raise TemplateRefused with every red case, CasesNotRun where many have not run as the version is written now.

    Returns the run that is the proof, where they are many. The platform itself publishes outside of requests, so it has
    them run at once.
    """
    proof = None
    if is_long(version.tests) and not actor.is_system:
        proof = latest_suite(version, version.tests)
        if proof is None or proof.status != BacktestStatus.FINISHED:
            under_way = proof is not None and proof.status in OPEN
            raise CasesNotRun(version.template.key, version.number, under_way=under_way)
        red = suite_problems(proof.problems, proof.results)
    else:
        red = tests_problems(version)
    if red:
        raise TemplateRefused(problems_told(red, ERROR))
    return proof

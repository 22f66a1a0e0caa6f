"""The scenario: a signed contract becomes a staffed, visible, billable project; a second one meets trouble."""

from collections.abc import Callable

from config.demo.credentials import Json
from config.demo.scenario import contract, trouble
from config.demo.scenario.checks import Checks
from config.demo.scenario.stage import set_stage
from config.demo.stack import Stack


def play(stack: Stack, content: Json, say: Callable[[str], None]) -> None:
    """Play steps 1 to 7 over HTTP and verify the outcome through the API.

    Adds the customer's contact to ``content``. Raises CheckFailed or PageError at the first thing that does not hold.
    """
    checks = Checks(say)
    stage = set_stage(stack, content, checks)
    contract.play(stage)
    trouble.play(stage)
    say(f"\nall {checks.held} checks held")

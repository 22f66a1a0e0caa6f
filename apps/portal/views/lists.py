"""What the lists of runs and of exceptions have in common: filters from the address, and commands for many."""

from collections.abc import Mapping
from typing import Any

from apps.core.errors import Invalid
from apps.portal.selectors.bulk_view import commands_for
from apps.portal.views.base import StaffPage
from apps.workflows.bulk import BulkCommand, list_bulk_commands
from apps.workflows.choices import BulkAbout
from apps.workflows.filtering import read_filter

AGES = (("P1D", "Older than a day"), ("P7D", "Older than a week"), ("P30D", "Older than 30 days"))


def usable_filter(about: BulkAbout, asked: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Return what of the filter can be used, and what is wrong with the rest ("" for nothing)."""
    wanted, problems = dict(asked), []
    try:
        return read_filter(about, wanted), ""
    except Invalid as error:
        for problem in error.errors:
            wanted.pop(problem.pointer.rpartition("/")[2], None)
            problems.append(problem.message)
    return read_filter(about, wanted), " ".join(problems)


def offered_commands(page: StaffPage, about: BulkAbout) -> list[BulkCommand]:
    """Return the commands for many that whoever looks may give."""
    if not page.may("bulk:write"):
        return []
    actions = {command.action for command in list_bulk_commands(about)}
    return commands_for(about, [action for action in actions if page.may(action)])

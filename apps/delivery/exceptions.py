"""Errors of delivery, with stable codes."""

from apps.core.errors import Conflict, Invalid, NotFound, Problem, TooLarge


class ContractAlreadyRegistered(Conflict):
    """The contract is a deal already, carried by another run."""

    def __init__(self, contract_id: str) -> None:
        super().__init__(
            "contract_already_registered",
            f"The contract {contract_id} has been registered already. Cancel this run, or roll the other one back first.",
        )


class UnreadableContract(Invalid):
    """The data of a contract cannot be used."""

    def __init__(self, errors: list[Problem]) -> None:
        super().__init__("unreadable_contract", "The contract's data cannot be used.", errors)


class DocumentTooLarge(TooLarge):
    """An uploaded document is larger than we keep."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "document_too_large",
            f"The file is larger than {limit // (1024 * 1024)} MB. Send a smaller one, such as a PDF with reduced images.",
        )


class DocumentRefused(Invalid):
    """An uploaded document is not what it must be."""

    def __init__(self, code: str, detail: str, *, field: str = "content") -> None:
        super().__init__(code, detail, [Problem(f"/{field}", detail, code)])


class UnreadablePlan(Invalid):
    """A plan of milestones or roles cannot be used."""

    def __init__(self, detail: str) -> None:
        super().__init__("unreadable_plan", detail)


def not_found(noun: str) -> NotFound:
    """Return the error for a row that is not there, or not there for this actor."""
    return NotFound("not_found", f"There is no such {noun}.")

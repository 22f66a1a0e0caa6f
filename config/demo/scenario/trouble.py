"""Step 7: a second contract meets a PSA that answers 503 and then 422; every way out of the exception works."""

import json
from functools import partial

from config.demo.api import Json, wait_for
from config.demo.esign import Contract
from config.demo.scenario.contract import decide, finished, open_case, waiting, when
from config.demo.scenario.stage import Stage, step_of

REFUSAL = {"error": {"code": "invalid_field", "field": "region", "message": "region: unknown region code"}}


def play(stage: Stage) -> None:
    """Four contracts, one for each way out."""
    stage.checks.step(
        "7  A PSA that answers 503, 503 and then 422: retries, then an exception with four ways out"
    )
    for number, way_out in enumerate((retried, edited, skipped, rolled_back), 2):
        contract = stage.contract(number, amount=stage.contract(number).amount / 2)
        _misbehave(stage, contract)
        stage.sign(contract)
        _approve(stage, contract)
        case = wait_for("the exception at the PSA", partial(open_case, stage, contract, "psa_project"))
        way_out(stage, contract, case)
    stage.systems.delete("/switch")


def retried(stage: Stage, contract: Contract, case: Json) -> None:
    run = stage.run_of(contract) or {}
    stage.checks.that(
        step_of(run, "psa_project")["attempt"] >= 3, "two answers 503 were retried by themselves"
    )
    page = stage.person("delivery_manager").read(f"/exceptions/{case['id']}/")
    stage.checks.that(
        "region: unknown region code" in page, "the operations page shows what the PSA said, and the payload"
    )
    _press(stage, case, "retry", {})
    wait_for("the project", lambda: when(stage, contract, "psa_project", "completed"))
    stage.checks.that(len(_projects(stage, contract)) == 1, "retry: the project exists, once")


def edited(stage: Stage, contract: Contract, case: Json) -> None:
    payload = stage.api.get(f"exceptions/{case['id']}")["payload"] | {"region": "EU-CENTRAL"}
    _press(
        stage,
        case,
        "edit",
        {"payload": json.dumps(payload), "reason": "The PSA calls it EU-CENTRAL."},
    )
    wait_for("the project", lambda: when(stage, contract, "psa_project", "completed"))
    stage.checks.that(
        _projects(stage, contract)[0]["region"] == "EU-CENTRAL", "edit and retry: with the corrected region"
    )


def skipped(stage: Stage, contract: Contract, case: Json) -> None:
    _press(stage, case, "skip", {"reason": "Entered in the PSA by hand."})
    wait_for("the systems to be set up", lambda: when(stage, contract, "set_up", "completed"))
    stage.checks.that(not _projects(stage, contract), "skip with reason: the run went on without the PSA")


def rolled_back(stage: Stage, contract: Contract, case: Json) -> None:
    _press(stage, case, "roll_back", {"reason": "The customer withdrew."})
    run = wait_for("the end of the roll-back", lambda: finished(stage, contract))
    stage.checks.that(run["status"] == "rolled_back", "roll back: the run undid what it had done")
    customers = stage.system("GET", "erp", f"customers?external_id={contract.customer.number}")["results"]
    stage.checks.that(
        {customer["status"] for customer in customers} <= {"inactive"}, "the ERP's customer is inactive again"
    )


def _misbehave(stage: Stage, contract: Contract) -> None:
    plan = [{"status": 503, "times": 2, "retry_after": 1}, {"status": 422, "times": 1, "body": REFUSAL}]
    body = {
        "system": "psa",
        "operation": "create_project",
        "plan": plan,
        "match": {"contract_id": contract.contract_id},
    }
    stage.systems.post("/switch", json=body).raise_for_status()


def _approve(stage: Stage, contract: Contract) -> None:
    request = wait_for("the approval request", lambda: waiting(stage, contract, "resource_manager"))
    decide(stage, "resource_manager", request, "Go ahead.")


def _press(stage: Stage, case: Json, command: str, values: dict[str, str]) -> None:
    stage.person("delivery_manager").submit(
        f"/exceptions/{case['id']}/", values, holding={"command": command}
    )


def _projects(stage: Stage, contract: Contract) -> list[Json]:
    found: list[Json] = stage.system("GET", "psa", f"projects?contract_id={contract.contract_id}")["results"]
    return found

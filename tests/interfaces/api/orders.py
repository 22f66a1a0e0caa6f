"""A template that takes orders, and runs of it."""

SOURCE = """
format: 1
key: order
name: Take an order
owners: {business: delivery_manager, technical: template_author, control: auditor}
classification: {business_criticality: low, compliance_impact: low, exception_frequency: low, integration_complexity: low}
input: {type: object, required: [amount], properties: {amount: {type: number}, name: {type: string}}}
steps:
  - id: known
    kind: check
    rules: [{id: name, expr: "has(input.name)", message: The name is missing.}]
    owner: {role: finance}
  - id: look
    kind: user_task
    name: Look at it
    assignee: {role: finance}
    form: {type: object, required: [fine], properties: {fine: {type: boolean}}}
  - {id: done, kind: end, outcome: completed}
"""
UNKNOWN = "01900000-0000-7000-8000-000000000000"
HOST = "alpha.localhost:8000"


def finish(text="P1"):
    return SOURCE.replace("Take an order", text)


def start(program, **more):
    answer = program.post("runs", {"template": "order", "input": {"amount": 5, "name": "A"}, **more})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def stop(program):
    """Start a run that stops at its check; return its exception."""
    run = program.post("runs", {"template": "order", "input": {"amount": 5}}).json()
    return program.get(f"exceptions?run={run['id']}").json()["results"][0]

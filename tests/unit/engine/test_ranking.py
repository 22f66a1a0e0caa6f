"""The ranking of templates: value from measured manual work, risk from failures and class, advice in words."""

from apps.workflows.engine.ranking import Measured, observed_exceptions, rank

LOW = {
    "business_criticality": "low",
    "compliance_impact": "low",
    "exception_frequency": "low",
    "integration_complexity": "low",
}
HIGH = dict.fromkeys(LOW, "high")


def test_much_manual_work_with_little_risk_comes_first():
    templates = {"a": ("A", LOW), "b": ("B", LOW), "c": ("C", HIGH), "d": ("D", LOW)}
    measured = {
        "a": Measured(runs=10, exceptional=0, manual_minutes=10),
        "b": Measured(runs=10, exceptional=0, manual_minutes=900),
        "c": Measured(runs=10, exceptional=5, manual_minutes=300),
        "d": Measured(runs=2, exceptional=2, manual_minutes=5),
    }
    ranked = rank(templates, measured)
    assert [(one.key, one.value, one.risk) for one in ranked] == [
        ("b", 100.0, 0.0),
        ("c", 100.0, 100.0),
        ("a", 1.1, 0.0),
        ("d", 0.6, 50.0),
    ]
    assert [one.advice.split(":")[0].rstrip(".") for one in ranked] == [
        "Automate next",
        "Make it safer first",
        "Leave it as it is",
        "Too few runs to tell",
    ]
    assert ranked[1].measured.exception_rate == 0.5
    assert ranked[0].measured.minutes_per_run == 90


def test_nothing_measured_is_no_division_by_nothing():
    (one,) = rank({"a": ("A", {})}, {})
    assert (one.value, one.risk, one.measured.minutes_per_run) == (0.0, 0.0, 0.0)
    assert rank({}, {}) == []


def test_the_measured_rate_stands_for_a_class():
    assert [observed_exceptions(Measured(runs=100, exceptional=count)) for count in (4, 5, 19, 20)] == [
        "low",
        "medium",
        "medium",
        "high",
    ]
    assert observed_exceptions(Measured(runs=4, exceptional=4)) == ""

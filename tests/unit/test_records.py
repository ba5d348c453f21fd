"""The records: what cannot be changed, what is derived, and their dictionary form."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from gradcheck import records
from gradcheck.records import (
    BlockReport,
    CheckReport,
    DiagnosedBug,
    Diagnosis,
    Entry,
    Evaluations,
    Finding,
    OrderTest,
    Pattern,
    Probe,
    ReportSet,
    Severity,
    Verdict,
)

NAN, INF = float("nan"), float("inf")


def _probe(**changes: Any) -> Probe:
    values: dict[str, Any] = {
        "point": "as given",
        "blocks": ("W", "b"),
        "analytic": 2.0,
        "numeric": 1.5,
        "truncation_error": 1e-9,
        "round_off_error": 2e-9,
        "tolerance": 1e-6,
        "step": 1e-5,
        "oracle": "finite-difference",
        "verdict": Verdict.FAIL,
    }
    return Probe(**(values | changes))


def _report(verdict: Verdict = Verdict.PASS, **changes: Any) -> CheckReport:
    values: dict[str, Any] = {
        "verdict": verdict,
        "reason": "because",
        "blocks": (BlockReport(name="W", shape=(2, 3), verdict=verdict),),
        "evaluations": Evaluations(loss=6, gradient=2),
        "power": {"W": 1e-4},
    }
    return CheckReport(**(values | changes))


RECORDS: list[Any] = [
    Finding(id="kink", severity=Severity.INFO, message="there"),
    Evaluations(loss=1, gradient=1),
    Entry(index=(0,), analytic=1.0, numeric=2.0),
    Pattern(kind="rows", indices=((0,),), message="row 0 of W"),
    BlockReport(name="W", shape=(1,), verdict=Verdict.PASS),
    _probe(),
    OrderTest(steps=(), zeroth=(), first=(), rates=(), usable=(), rate=None, verdict=Verdict.INCONCLUSIVE),
    _report(),
    Diagnosis(**{field.name: getattr(_report(), field.name) for field in dataclasses.fields(_report())}),
    DiagnosedBug(bug="sign-flip", confidence=0.9, message="wrong"),
    ReportSet(results=()),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_records_are_frozen_and_slotted(record: Any) -> None:
    """Nobody changes a report, or adds to it, after the fact; fields are given by name."""
    name = dataclasses.fields(record)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, None)
    assert not hasattr(record, "__dict__")
    with pytest.raises(TypeError, match="positional"):
        type(record)(1)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_the_dictionary_form_is_json(record: Any) -> None:
    """Lists, strings, numbers and null only."""
    form = record.to_dict()
    assert json.loads(json.dumps(form, allow_nan=False)) == form


def test_the_list_of_records_is_complete() -> None:
    """A new record in the module is held to the tests above."""
    public = [getattr(records, name) for name in records.__all__]
    kinds = {kind for kind in public if isinstance(kind, type) and dataclasses.is_dataclass(kind)}
    assert kinds == {type(record) for record in RECORDS}


@pytest.mark.parametrize(("name", "code"), [("PASS", 0), ("FAIL", 1), ("INVALID", 2), ("INCONCLUSIVE", 3)])
def test_exit_codes(name: str, code: int) -> None:
    """As the command line promises."""
    assert Verdict[name].exit_code == code


@pytest.mark.parametrize(
    ("names", "worst"),
    [
        (["PASS", "PASS"], "PASS"),
        (["PASS", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["INCONCLUSIVE", "INVALID", "PASS"], "INVALID"),
        (["INVALID", "FAIL", "INCONCLUSIVE"], "FAIL"),
        ([], "INVALID"),
    ],
    ids=str,
)
def test_worst_of_several(names: list[str], worst: str) -> None:
    """Exit codes 1, 2, 3, 0 in that order; nothing at all is not a pass."""
    verdicts = [Verdict[name] for name in names]
    assert Verdict.worst(verdicts) is Verdict[worst]
    assert ReportSet(results=tuple(_report(verdict) for verdict in verdicts)).verdict is Verdict[worst]


def test_a_probes_errors_add_up() -> None:
    """Bound and relative error by their formulas."""
    probe = _probe()
    assert probe.error_bound == pytest.approx(3e-9)
    assert probe.relative_error == 0.25
    assert _probe(analytic=0.0, numeric=0.0).relative_error == 0.0
    assert _probe(analytic=0.0, numeric=-3.0).relative_error == 1.0


def test_what_is_not_a_number_becomes_null() -> None:
    """JSON has no NaN and no infinity."""
    assert Entry(index=(1,), analytic=NAN, numeric=INF, error_bound=-INF).to_dict() == {
        "index": [1],
        "analytic": None,
        "numeric": None,
        "error_bound": None,
    }
    probe = _probe(numeric=NAN, truncation_error=INF).to_dict()
    assert (probe["numeric"], probe["truncation_error"], probe["analytic"]) == (None, None, 2.0)
    block = BlockReport(name="W", shape=(2,), verdict=Verdict.FAIL, relative_error=INF, ratio=NAN, cosine=None)
    assert (block.to_dict()["relative_error"], block.to_dict()["ratio"], block.to_dict()["cosine"]) == (None,) * 3
    assert _report(power={"W": NAN, "b": None}).to_dict()["power"] == {"W": None, "b": None}


def test_a_block_lists_entries_and_pattern() -> None:
    """Tuples become lists, records dictionaries."""
    block = BlockReport(
        name="W",
        shape=(2, 3),
        verdict=Verdict.FAIL,
        ratio=0.5,
        worst=(Entry(index=(0, 1), analytic=0.1, numeric=0.2, error_bound=1e-10),),
        pattern=Pattern(kind="columns", indices=((1,),), message="column 1 of W"),
    ).to_dict()
    assert block["shape"] == [2, 3]
    assert block["verdict"] == "fail"
    assert block["worst"] == [{"index": [0, 1], "analytic": 0.1, "numeric": 0.2, "error_bound": 1e-10}]
    assert block["pattern"] == {"kind": "columns", "indices": [[1]], "message": "column 1 of W"}


def test_a_report_names_its_schema_and_keeps_its_parts() -> None:
    """``gradcheck/check@1`` with everything that the report holds."""
    finding = Finding(id="kink", severity=Severity.WARNING, message="there")
    order = RECORDS[6]
    form = _report(
        findings=(finding,), probes=(_probe(),), order_test=order, details={"points": ["as given"]}
    ).to_dict()
    assert form["schema"] == "gradcheck/check@1"
    assert form["verdict"] == "pass"
    assert form["findings"] == [{"id": "kink", "severity": "warning", "message": "there"}]
    assert form["probes"] == [_probe().to_dict()]
    assert form["order_test"] == order.to_dict()
    assert form["details"] == {"points": ["as given"]}
    assert form["evaluations"] == {"loss": 6, "gradient": 2}


def test_several_reports_name_their_schema() -> None:
    """``gradcheck/report@1``."""
    form = ReportSet(results=(_report(), _report(Verdict.FAIL))).to_dict()
    assert form["schema"] == "gradcheck/report@1"
    assert [result["verdict"] for result in form["results"]] == ["pass", "fail"]


def test_a_report_finds_its_blocks_and_findings() -> None:
    """By name and id."""
    finding = Finding(id="kink", severity=Severity.INFO, message="there")
    report = _report(findings=(finding,))
    assert report.block("W").shape == (2, 3)
    assert report.finding("kink") is finding
    assert report.finding("nothing") is None
    with pytest.raises(KeyError, match="nothing"):
        report.block("nothing")


@pytest.mark.parametrize("record", [_report(Verdict.FAIL), ReportSet(results=(_report(Verdict.FAIL),))])
def test_reports_print_as_words(record: Any) -> None:
    """In a terminal as text, in a notebook as HTML; the verdict is in both."""
    assert "FAIL" in str(record)
    assert "<" in record._repr_html_()
    assert "FAIL" in record._repr_html_()


@pytest.mark.parametrize("record", [_report(Verdict.FAIL), ReportSet(results=(_report(Verdict.FAIL),))])
def test_a_terminal_of_ipython_shows_the_words(record: Any) -> None:
    """And not the record's fields."""
    said: list[str] = []
    printer = type("Printer", (), {"text": staticmethod(said.append)})
    record._repr_pretty_(printer, cycle=False)
    assert said == [str(record)]

"""Real output against the published JSON Schemas, and schemas that can say no."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import gradcheck
from gradcheck import CheckConfig, Problem
from gradcheck.cli import main
from gradcheck.records import DiagnosedBug, Diagnosis
from gradcheck.reports.json import to_json
from gradcheck.schemas import SCHEMAS, load_schema

Json = dict[str, Any]
REGISTRY: Registry[Any] = Registry().with_resources(
    [(load_schema(name)["$id"], Resource.from_contents(load_schema(name))) for name in SCHEMAS]
)

X = np.random.default_rng(0).normal(size=(5, 3))


def _errors(name: str, document: Any) -> list[str]:
    validator = Draft202012Validator(load_schema(name), registry=REGISTRY)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def _loss(params: Any) -> float:
    return float(np.mean(np.tanh(X @ params["W"] + params["b"]) ** 2))


def _gradient(params: Any, factor: float = 1.0) -> Any:
    a = np.tanh(X @ params["W"] + params["b"])
    delta = factor * 2 * a * (1 - a**2) / a.size
    return {"W": X.T @ delta, "b": delta.sum(axis=0)}


def _raise(_: Any) -> Any:
    raise ValueError("shapes (3,2) and (5,3) not aligned")


def _one_entry(params: Any) -> Any:
    gradient = _gradient(params)
    gradient["W"][1, 1] *= 3
    return gradient


def _params() -> Any:
    return {"W": np.full((3, 2), 0.3), "b": np.array([0.1, -0.2])}


CASES: dict[str, Callable[[], Problem]] = {
    "pass": lambda: Problem(_loss, _gradient, _params()),
    "fail by a factor": lambda: Problem(_loss, lambda p: _gradient(p, 0.5), _params()),
    "fail in one entry": lambda: Problem(_loss, _one_entry, _params()),
    "fail by an exception": lambda: Problem(_loss, _raise, _params()),
    "fail by a shape": lambda: Problem(_loss, lambda p: {**_gradient(p), "b": np.ones(3)}, _params()),
    "fail by nan": lambda: Problem(_loss, lambda p: {**_gradient(p), "b": np.full(2, np.nan)}, _params()),
    "invalid loss": lambda: Problem(lambda _: float("nan"), _gradient, _params()),
    "invalid nothing": lambda: Problem(lambda _: 1.0, lambda _: {}, {}),
}


@pytest.fixture(scope="module")
def failing() -> Json:
    """A real failure with all details."""
    report = gradcheck.check(CASES["fail in one entry"](), config=CheckConfig(order_test=True))
    answer: Json = json.loads(to_json(report))
    return answer


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_a_schema(name: str) -> None:
    """A schema is a schema."""
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == f"gradcheck/{name}@1" == schema["properties"]["schema"]["const"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_whole(name: str) -> None:
    """What it refers to comes with it: a validator that is given nothing else resolves every reference."""
    schema = load_schema(name)
    resolver = Registry().with_resource("", Resource.from_contents(schema)).crawl().resolver(schema["$id"])
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps({**schema, "$defs": None})))
    assert all(resolver.lookup(reference).contents for reference in references)


def test_a_report_is_validated_by_one_schema_alone(failing: Json) -> None:
    """As anybody would, with no registry; what is wrong in it is told."""
    several = {"schema": "gradcheck/report@1", "results": [failing, failing]}
    validator = Draft202012Validator(load_schema("report"))
    assert validator.is_valid(several)
    assert not validator.is_valid({**several, "results": [{**failing, "verdict": "maybe"}]})


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("oracle", ["auto", "complex-step"])
def test_real_reports_are_as_contracted(case: str, oracle: Any) -> None:
    """Real reports are as contracted."""
    report = gradcheck.check(CASES[case](), config=CheckConfig(oracle=oracle, order_test=True))
    assert report.verdict.name.lower() == case.split(maxsplit=1)[0]
    assert _errors("check", json.loads(to_json(report))) == []
    several = gradcheck.ReportSet(results=(report, report))
    assert _errors("report", json.loads(to_json(several))) == []


def test_the_failure_has_what_the_mutations_below_remove(failing: Json) -> None:
    """The failure has what the mutations below remove."""
    assert _errors("check", failing) == []
    wrong = next(block for block in failing["blocks"] if block["verdict"] == "fail")
    assert wrong["worst"][0]["index"] == [1, 1]
    assert wrong["pattern"]["kind"] == "entries"
    assert failing["order_test"]["verdict"] == "fail"
    assert failing["probes"]


@pytest.mark.parametrize("field", load_schema("check")["required"])
def test_a_missing_field_is_noticed(failing: Json, field: str) -> None:
    """A missing field is noticed."""
    assert _errors("check", {key: value for key, value in failing.items() if key != field})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "gradcheck/check@2"),
        (("verdict",), "PASS"),
        (("verdict",), None),
        (("reason",), ""),
        (("seed",), "0"),
        (("evaluations", "loss"), 1.5),
        (("evaluations", "gradient"), -1),
        (("power", "W"), "small"),
        (("blocks", 0, "shape"), "3x2"),
        (("blocks", 0, "shape"), [3.5]),
        (("blocks", 0, "relative_error"), "nan"),
        (("blocks", 0, "error_bound"), -1.0),
        (("blocks", 0, "cosine"), 2.0),
        (("blocks", 0, "worst", 0, "index"), 3),
        (("blocks", 0, "worst", 0, "analytic"), "0.1"),
        (("blocks", 0, "pattern", "kind"), "diagonal"),
        (("order_test", "usable"), [1]),
        (("findings",), [{"id": "Not An Id", "severity": "info", "message": "x"}]),
        (("findings",), [{"id": "ok", "severity": "fatal", "message": "x"}]),
    ],
    ids=str,
)
def test_a_wrong_value_is_noticed(failing: Json, path: tuple[Any, ...], value: Any) -> None:
    """A wrong value is noticed."""
    changed = copy.deepcopy(failing)
    target: Any = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert _errors("check", changed)
    assert _errors("report", {"schema": "gradcheck/report@1", "results": [changed]})


def test_additions_are_allowed(failing: Json) -> None:
    """Additions are allowed."""
    changed = copy.deepcopy(failing)
    changed["later"] = changed["blocks"][0]["later"] = changed["evaluations"]["later"] = {"anything": None}
    assert _errors("check", changed) == []


BUG: Json = {
    "bug": "sign-flip",
    "confidence": 0.9,
    "message": "plus for minus",
    "same_as": ("double-mean",),
    "blocks": ("W",),
    "line": 7,
    "lines": (7, 9),
    "code": "W += g",
    "evidence": ("x -1",),
    "patch": "--- a/f.py",
}


@pytest.fixture
def diagnosed(failing: Json) -> Json:
    """A diagnosis of that failure, with all its parts."""
    checked = gradcheck.check(CASES["fail in one entry"](), config=CheckConfig(order_test=True))
    fields = {field.name: getattr(checked, field.name) for field in dataclasses.fields(checked)}
    bugs = (DiagnosedBug(**BUG), DiagnosedBug(bug="crash", confidence=0.5, message="x"))
    report = Diagnosis(**fields, diagnoses=bugs, patch="--- a/f.py", patch_verified=True, tried=("all of it",))
    answer: Json = json.loads(to_json(report))
    assert {**answer, "schema": failing["schema"]}.keys() >= failing.keys()
    return answer


def test_a_diagnosis_is_as_contracted(diagnosed: Json) -> None:
    """A diagnosis is as contracted, alone and among others; it is no check."""
    assert _errors("diagnosis", diagnosed) == []
    assert _errors("check", diagnosed)
    first, second = diagnosed["diagnoses"]
    assert {key: first[key] for key in BUG} == json.loads(json.dumps(BUG))
    assert (second["line"], second["lines"], second["code"], second["patch"]) == (None, [], None, None)


def test_a_set_holds_checks_and_diagnoses(failing: Json, diagnosed: Json) -> None:
    """A set holds checks and diagnoses, and nothing else."""
    assert _errors("report", {"schema": "gradcheck/report@1", "results": [failing, diagnosed]}) == []
    assert _errors("report", {"schema": "gradcheck/report@1", "results": [{**diagnosed, "schema": "gradcheck/x@1"}]})
    spoilt = {**diagnosed, "diagnoses": [{**diagnosed["diagnoses"][0], "confidence": 2}]}
    assert _errors("report", {"schema": "gradcheck/report@1", "results": [failing, spoilt]})


@pytest.mark.parametrize("field", load_schema("diagnosis")["required"])
def test_a_missing_field_of_a_diagnosis_is_noticed(diagnosed: Json, field: str) -> None:
    """A missing field of a diagnosis is noticed."""
    assert _errors("diagnosis", {key: value for key, value in diagnosed.items() if key != field})


@pytest.mark.parametrize("field", load_schema("diagnosis")["$defs"]["diagnosis"]["required"])
def test_a_missing_field_of_a_bug_is_noticed(diagnosed: Json, field: str) -> None:
    """A missing field of a bug is noticed."""
    del diagnosed["diagnoses"][0][field]
    assert _errors("diagnosis", diagnosed)


def test_a_bug_has_the_fields_of_the_contract() -> None:
    """A bug has the fields that others rely on."""
    required = load_schema("diagnosis")["$defs"]["diagnosis"]["required"]
    assert required == [
        "bug",
        "same_as",
        "blocks",
        "confidence",
        "line",
        "lines",
        "code",
        "message",
        "evidence",
        "patch",
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "gradcheck/check@1"),
        (("verdict",), "wrong"),
        (("patch",), None),
        (("patch_verified",), "yes"),
        (("tried",), [""]),
        (("written",), 1),
        (("backup",), 1),
        (("diagnoses", 0, "bug"), "Sign flip"),
        (("diagnoses", 0, "same_as"), "double-mean"),
        (("diagnoses", 0, "blocks"), [1]),
        (("diagnoses", 0, "confidence"), 1.5),
        (("diagnoses", 0, "confidence"), None),
        (("diagnoses", 0, "line"), 0),
        (("diagnoses", 0, "lines"), [0]),
        (("diagnoses", 0, "code"), 7),
        (("diagnoses", 0, "message"), ""),
        (("diagnoses", 0, "evidence"), [1]),
        (("diagnoses", 0, "patch"), True),
        (("diagnoses", 0, "alternatives"), "x"),
        (("blocks", 0, "cosine"), 2.0),
        (("probes", 0, "verdict"), None),
    ],
    ids=str,
)
def test_a_wrong_value_of_a_diagnosis_is_noticed(diagnosed: Json, path: tuple[Any, ...], value: Any) -> None:
    """A wrong value of a diagnosis is noticed."""
    target: Any = diagnosed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert _errors("diagnosis", diagnosed)


def test_the_page_describes_a_diagnosis(diagnosed: Json, failing: Json, root: Path) -> None:
    """The page on JSON names each key that a diagnosis adds and each of a bug, and none that is not there."""
    page = (root / "docs" / "reference" / "json.md").read_text(encoding="utf-8")

    def named(header: str) -> set[str]:
        table = page.partition(f"| {header} | holds |\n|---|---|\n")[2].partition("\n\n")[0]
        return {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert named("of a bug") == set(diagnosed["diagnoses"][0])
    added = set(diagnosed) - set(failing)
    assert named("in addition") == added | {"patch", "patch_verified", "written", "backup"}


def _cli(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main([*arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("example", "schema", "code"),
    [
        ("xor_missing_factor.py", "check", 1),
        ("document_000.py", "check", 0),
        ("document_001.py", "report", 0),
        ("needs_adapter.py", "check", 2),
        ("nosuch.py", "check", 2),
    ],
)
def test_check_prints_its_schema(
    capsys: pytest.CaptureFixture[str], root: Path, example: str, schema: str, code: int
) -> None:
    """Check prints its schema."""
    found, answer = _cli(capsys, "check", str(root / "examples" / example))
    assert found == code
    assert answer["schema"] == f"gradcheck/{schema}@1"
    assert _errors(schema, answer) == []


def test_verify_prints_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """Verify prints its schema."""
    code, answer = _cli(capsys, "references", "verify", "--only", "002-published", "--only", "000-bug-missing-mask")
    assert code == 0
    assert _errors("references-verify", answer) == []
    assert len(answer["results"]) == 4
    del answer["results"][0]["report"]["verdict"]
    assert _errors("references-verify", answer)


def test_claims_prints_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """Claims prints its schema."""
    code, answer = _cli(capsys, "references", "claims", "--document", "001", "--seeds", "5")
    assert code == 0
    assert _errors("references-claims", answer) == []
    answer["claims"][0]["outcome"] = "maybe"
    assert _errors("references-claims", answer)

"""What a check has found by name: bugs of the catalogue, and how much a finding says for them."""

from __future__ import annotations

import numpy as np
import pytest
from course_programs import (
    bugs_of,
    without_text,
)

import gradcheck
from gradcheck import CheckReport, Problem, Verdict
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.identifying.findings import (
    ALSO,
    WEIGHTS,
    explained,
    findings_of,
    hints,
    of_whole_numbers,
    wrong_blocks,
)
from gradcheck.diagnosis.matching import Observation
from gradcheck.records import BlockReport, Evaluations, Finding, Severity

W = np.array([[1.0, -2.0], [0.5, 3.0]])
WRONG = {
    "crash": ("raise IndexError('no such layer')", Verdict.FAIL),
    "shape-mismatch": ("return w[0]", Verdict.FAIL),
    # Seven bytes: two equal draws, which would look deterministic, come once in 2**56 runs.
    "nondeterministic": ("return 2 * w + int.from_bytes(os.urandom(7), 'little')", Verdict.INVALID),
}


@pytest.mark.parametrize("bug", WRONG)
def test_findings_name_bugs(bug: str) -> None:
    """What the check has found before any number is a bug by name."""
    body, verdict = WRONG[bug]
    gradient = without_text(f"import os\ndef gradient(w):\n    {body}\n")["gradient"]
    found = gradcheck.diagnose(Problem(lambda w: float(np.sum(w**2)), gradient, W))
    assert found.verdict is verdict
    assert bug in bugs_of(found)
    assert found.diagnoses[0].confidence <= 0.8  # of a random one: what it draws may be its batches


def test_invalid_for_no_bug_of_the_gradient() -> None:
    """Where nothing could be compared nothing is named."""
    found = gradcheck.diagnose(Problem(lambda w: 3.0, np.zeros_like, W))  # noqa: ARG005
    assert (found.verdict, found.diagnoses) == (Verdict.INVALID, ())


def reported(**severities: Severity) -> CheckReport:
    """A report of two blocks, the first of them wrong, with findings by id."""
    blocks = [
        BlockReport(name=name, shape=(2,), verdict=verdict, relative_error=0.0, error_bound=0.0)
        for name, verdict in (("W1", Verdict.FAIL), ("b1", Verdict.PASS))
    ]
    return CheckReport(
        verdict=Verdict.FAIL,
        reason="",
        blocks=tuple(blocks),
        evaluations=Evaluations(loss=1, gradient=1),
        power={},
        findings=tuple(
            Finding(id=name.replace("_", "-"), severity=severity, message=name) for name, severity in severities.items()
        ),
    )


def test_graver_findings_say_more() -> None:
    """An error more than a warning, what is only good to know nothing; a namesake more than another bug."""
    weights = [hints(reported(shape_mismatch=severity)) for severity in WEIGHTS]
    assert [found.get("shape-mismatch", 0.0) for found in weights] == [1.0, 0.6, 0.0]
    assert weights[0]["bias-not-summed"] == ALSO
    assert hints(reported()) == {}


def test_of_a_right_gradient_only_what_leaves_it_right() -> None:
    """A crash is no bug of a gradient that passes."""
    report = reported(crash=Severity.ERROR, low_precision=Severity.WARNING)
    assert "crash" in hints(report)
    right = hints(report, right=True)
    assert not any(CATALOGUE[bug].gradient_wrong for bug in right)
    assert "crash" not in right


def test_what_overwrites_its_inputs_comes_before_what_differs() -> None:
    """The next call then gets other arrays: that it differs is no bug of its own."""
    both = reported(input_mutated=Severity.WARNING, nondeterministic=Severity.ERROR)
    assert hints(both)["nondeterministic"] > hints(both)["input-mutated"]
    found = explained(both, right=False)
    assert found["nondeterministic"] < found["input-mutated"]
    alone = reported(nondeterministic=Severity.ERROR)
    assert explained(alone, right=False) == hints(alone)


def test_findings_of_a_bug_and_blocks_that_failed() -> None:
    """By the catalogue's own list, in the report's order."""
    report = reported(crash=Severity.ERROR, shape_mismatch=Severity.ERROR, low_precision=Severity.INFO)
    assert [finding.id for finding in findings_of(report, "bias-not-summed")] == ["crash", "shape-mismatch"]
    assert wrong_blocks(report) == ("W1",)


@pytest.mark.parametrize(
    ("claimed", "true", "bug"),
    [
        ([1.0, -1.0, 0.0], [1.7, -2.2, 0.4], "integer-dtype"),
        ([1.0, -1.0, 0.4], [1.7, -2.2, 0.4], "gradient-clipping"),
        ([1.0, -1.0, 0.0], [2.0, -3.0, 0.0], "gradient-clipping"),
        ([0.0, 0.0, 0.0], [0.7, -0.2, 0.4], "gradient-clipping"),
    ],
)
def test_entries_that_are_whole_numbers_throughout_are_no_clipped_ones(
    claimed: list[float], true: list[float], bug: str
) -> None:
    """A bound leaves what is below it as it is; an array of integers cuts every entry off."""
    seen = Observation(claimed={"w": np.array(claimed)}, true={"w": np.array(true)})
    assert of_whole_numbers({"gradient-clipping": 1.0}, [seen]) == {bug: 1.0}


def test_other_findings_stay_beside_whole_numbers() -> None:
    """They are told by themselves, a little less surely; where nothing is whole, all stays as it is."""
    seen = Observation(claimed={"w": np.ones(2)}, true={"w": np.array([1.5, 1.2])})
    assert of_whole_numbers({"input-mutated": 1.0}, [seen]) == {"integer-dtype": ALSO, "input-mutated": 1.0}
    seen = Observation(claimed={"w": np.array([1.0, 0.3])}, true={"w": np.array([1.5, 1.2])})
    assert of_whole_numbers({"input-mutated": 1.0}, [seen]) == {"input-mutated": 1.0}

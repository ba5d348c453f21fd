"""No wrong gradient passes by forging, whatever its program does; every end has its status, and is reached in time."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.patience import stretched
from gradcheck.records import CheckReport, ReportSet, Verdict
from gradcheck.submissions import check_file
from gradcheck.submissions.course import MAX_NETWORKS
from gradcheck.submissions.exchange.remote import MAX_FINDINGS
from gradcheck.submissions.isolation.terms import Terms

sys.path.insert(0, str(Path(__file__).parent))
from verdict_attacks import FORGERIES as KNOWN, PROGRAM, Forgery  # isort: skip
from newer_verdict_attacks import NEWER, TAKEN  # isort: skip

FORGERIES = (*KNOWN, *NEWER)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="written for Linux's descriptors and signals")
LIMIT = 3.0
# Parts of the program, empty.
PARTS = dict.fromkeys(("before", "forward", "loss", "gradient", "middle", "after"), "")


def _records(file: Path, **options: Any) -> list[dict[str, Any]]:
    """What is known of a file, whether or not a network was found in it."""
    try:
        report = check_file(file, **options)
    except SubmissionError as error:
        return [{"verdict": "invalid", "reason": str(error), "findings": [], **error.run}]
    results: tuple[CheckReport, ...] = report.results if isinstance(report, ReportSet) else (report,)
    return [result.to_dict() for result in results]


def _rows() -> Iterator[Any]:
    """One that hangs is enough by day."""
    for case in FORGERIES:
        slow = case.slow and case.name not in ("hang", "closed")
        marks = [pytest.mark.slow] if slow else []
        if case.name in TAKEN:
            marks.append(pytest.mark.xfail(strict=True, raises=AssertionError, reason="its factor is not known"))
        yield pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", list(_rows()))
def test_a_wrong_gradient_never_passes(case: Forgery, tmp_path: Path) -> None:
    """Whatever it does: no PASS, one of the ends that it may have, within its time, and the file as it was."""
    file = tmp_path / "student.py"
    file.write_text(case.text, encoding="utf-8")
    start = time.monotonic()
    records = _records(file, time_limit=1.0 if case.slow else LIMIT)
    assert time.monotonic() - start < stretched(30.0)
    for record in records:
        assert record["verdict"] != Verdict.PASS.name.lower(), f"{case.tries}: {record['reason']}"
        assert record["status"] in case.statuses, f"{case.tries}: {record['status']}, {record['reason'][:300]}"
        assert record["isolation"]["level"] != "none"
        assert len(record["reason"]) < 20_000
    found = {finding["id"] for record in records for finding in record["findings"]}
    if any(record["findings"] for record in records):
        assert set(case.findings) <= found, f"{case.tries}: {sorted(found)}"
    assert file.read_text(encoding="utf-8") == case.text


def test_there_are_enough_of_them() -> None:
    """Each under a name of its own."""
    assert len(FORGERIES) >= 130
    assert len({case.name for case in FORGERIES}) == len(FORGERIES)


def test_the_same_program_passes_when_it_is_right(tmp_path: Path) -> None:
    """What the attacks are made of fails for its gradient alone."""
    file = tmp_path / "student.py"
    text = PROGRAM.format(**PARTS)
    file.write_text(text.replace("d2 = (out - Y)", "d2 = 2 * (out - Y)"), encoding="utf-8")
    assert [record["verdict"] for record in _records(file)] == ["pass"]
    file.write_text(text, encoding="utf-8")
    assert [record["verdict"] for record in _records(file)] == ["fail"]


@pytest.mark.parametrize(
    ("lines", "identifier"),
    [
        ("from autograd import grad", "autograd-used"),
        ("import torch\nx = lambda t: t.requires_grad", "autograd-used"),
        ("import jax\nf = lambda g: jax.value_and_grad(g)", "autograd-used"),
        ("import sys\nif 'gradcheck' in sys.modules:\n    pass", "looks-at-checker"),
        ("import inspect\nx = inspect.stack()", "looks-at-checker"),
        ("import traceback\nx = traceback.extract_stack()", "looks-at-checker"),
        ("import sys\nx = sys.modules['grad' + 'check.checks']", "looks-at-checker"),
        ("import sys\nx = sys.modules[''.join(['gradcheck', '.checks'])]", "looks-at-checker"),
        ("import gradcheck as g\nx = g.submissions", "looks-at-checker"),
        ("from gradcheck import checks", "looks-at-checker"),
        ("import sys\nx = [m for m in sys.modules]", "looks-at-checker"),
        ("import sys\nx = list(sys.modules)", "looks-at-checker"),
        ("import sys\nx = sys.modules.get('grad' + 'check.checks')", "looks-at-checker"),
    ],
)
def test_what_the_text_says_is_found(lines: str, identifier: str, tmp_path: Path) -> None:
    """Libraries that differentiate, and looks at the checker, are findings; without them there are none."""
    file = tmp_path / "student.py"
    file.write_text(PROGRAM.format(**{**PARTS, "before": lines}), encoding="utf-8")
    (record,) = _records(file)
    assert identifier in {finding["id"] for finding in record["findings"]}
    file.write_text(PROGRAM.format(**PARTS), encoding="utf-8")
    (plain,) = _records(file)
    assert not {"autograd-used", "looks-at-checker", "numerical-gradient"} & {f["id"] for f in plain["findings"]}


@pytest.mark.parametrize(
    "lines",
    [
        "import sys\nx = sys.modules[__name__]",
        "import sys\nx = sys.modules.get('torch')",
        "import gradcheck\nx = gradcheck.Problem",
    ],
)
def test_what_says_nothing_of_the_kind_is_not_found(lines: str, tmp_path: Path) -> None:
    """A program may ask for its own module, for a library, and for what gradcheck offers it."""
    file = tmp_path / "student.py"
    file.write_text(PROGRAM.format(**{**PARTS, "before": lines}), encoding="utf-8")
    (record,) = _records(file)
    assert "looks-at-checker" not in {finding["id"] for finding in record["findings"]}


def test_code_that_behaves_while_it_is_checked_is_told(tmp_path: Path) -> None:
    """Nobody can see what it does elsewhere; that it asks is seen."""
    lines = "import sys\nFACTOR = 2 if 'gradcheck' in sys.modules else 1"
    file = tmp_path / "student.py"
    text = PROGRAM.format(**{**PARTS, "before": lines}).replace("d2 = (out - Y)", "d2 = FACTOR * (out - Y)")
    file.write_text(text, encoding="utf-8")
    (record,) = _records(file)
    assert "looks-at-checker" in {finding["id"] for finding in record["findings"]}


def test_answers_of_its_own_invention_are_told(tmp_path: Path) -> None:
    """A loss and a gradient that agree with each other and with nothing else: found by how it gets at them."""
    lines = (
        "import gradcheck.submissions.serving.serving as s\n"
        "s.HANDLERS['loss'] = lambda network, arrays: s._pack([sum(float((a ** 2).sum()) for a in arrays)])\n"
        "s.HANDLERS['gradient'] = lambda network, arrays: ({**s._pack([2 * a for a in arrays])[0], 'errors': []},"
        " [2 * a for a in arrays])"
    )
    file = tmp_path / "student.py"
    file.write_text(PROGRAM.format(**{**PARTS, "middle": lines}), encoding="utf-8")
    (record,) = _records(file)
    assert "looks-at-checker" in {finding["id"] for finding in record["findings"]}


ENDLESS = """import sys
child = sys.modules["gradcheck.submissions.serving.child"]
put_back, inside = child.serving.put_back, []

def again(programs, request):
    if request.op != "next" or inside:
        return put_back(programs, request)
    inside.append(True)
    known = sys._getframe(1).f_locals
    while True:
        known["self"]._pending = request
        type(known["self"]).present(known["self"], known["network"])
        request = known["self"]._pending

child.serving.put_back = again
"""


def test_networks_without_end_come_to_one(tmp_path: Path) -> None:
    """A process that offers one after the other is given up."""
    file = tmp_path / "student.py"
    file.write_text(PROGRAM.format(**{**PARTS, "before": ENDLESS}), encoding="utf-8")
    records = _records(file)
    assert {record["verdict"] for record in records} == {"fail"}
    assert {record["status"] for record in records} == {"internal"}
    assert len(records) <= MAX_NETWORKS


def test_findings_without_end_come_to_one(tmp_path: Path) -> None:
    """Nobody reads thousands."""
    lines = (
        "import sys\ns = sys.modules['gradcheck.submissions.serving.serving']\n"
        "s._findings = lambda found: [{'id': f'x{n}', 'severity': 'ERROR', 'message': 'm'} for n in range(3000)]"
    )
    file = tmp_path / "student.py"
    file.write_text(PROGRAM.format(**{**PARTS, "middle": lines}), encoding="utf-8")
    (record,) = _records(file)
    assert len(record["findings"]) <= 2 * MAX_FINDINGS + 10


def test_nothing_is_run_without_the_isolation_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before anything of the file is read, with what is missing."""
    from gradcheck.submissions import course
    from gradcheck.submissions.exchange.session import Session
    from gradcheck.submissions.isolation.confinement import Level

    monkeypatch.setattr(course, "Session", functools.partial(Session, without=frozenset({"seccomp"})))
    ran = tmp_path / "student.py"
    ran.write_text(PROGRAM.format(**PARTS), encoding="utf-8")
    with pytest.raises(SubmissionError, match="isolation 'full' is required") as caught:
        check_file(ran, isolation=Terms(require=Level.FULL))
    assert caught.value.run["isolation"]["seccomp"] is False
    (record,) = _records(ran)
    assert "isolation-partial" in {finding["id"] for finding in record["findings"]}


def test_a_traceback_is_the_file_s_own(tmp_path: Path) -> None:
    """Frames of the file, outermost first; none of gradcheck's, none of a library's."""
    lines = "def outer(x):\n    return inner(x)\ndef inner(x):\n    return {}[x]\nouter('k')"
    file = tmp_path / "student.py"
    file.write_text(PROGRAM.format(**{**PARTS, "before": lines}), encoding="utf-8")
    (record,) = _records(file)
    assert record["status"] == "error"
    assert record["details"]["traceback"] == [
        "line 5, in <module>: outer('k')",
        "line 2, in outer: return inner(x)",
        "line 4, in inner: return {}[x]",
    ]


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("import socket; socket.socket()", "the network"),
        ("import os; os.fork()", "another process"),
        ("open('/etc/passwd')", "/etc/passwd"),
        ("import os; os.kill(1, 9)", "signals"),
    ],
)
def test_a_refused_right_is_named(line: str, right: str, tmp_path: Path) -> None:
    """In the record, and in words."""
    file = tmp_path / "student.py"
    file.write_text(PROGRAM.format(**{**PARTS, "before": line}), encoding="utf-8")
    (record,) = _records(file)
    if record["isolation"]["level"] != "full":
        pytest.skip("not everything is refused here")
    assert record["status"] == "forbidden"
    assert any(right in f["message"] for f in record["findings"] if f["id"] == "forbidden"), record["findings"]

"""Programs of a self-test: every bug is planted or told why not, in one place, in any interface, the same each time."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.assignment.ready import READY, ready_assignment
from gradcheck.grading.assignment.records import Assignment, Network, Reference
from gradcheck.grading.self_test.authors import PLAIN, right_drafts
from gradcheck.grading.self_test.body import UnwritableError
from gradcheck.grading.self_test.draft import Draft
from gradcheck.grading.self_test.files import write_file
from gradcheck.grading.self_test.instructor import EDITS, spoilt_text
from gradcheck.grading.self_test.spoiling import SPOILERS, spoilt
from gradcheck.grading.self_test.writing import write_programs
from gradcheck.submissions.declared.forms import Form, forms_of
from gradcheck.submissions.declared.interface import Style, Targets

EXAMPLES = Path(__file__).resolve().parents[4] / "examples" / "assignments"
NETWORKS = {
    "one layer": Network(sizes=(3, 2), activations=("softmax",), loss="cross-entropy"),
    "regression": Network(sizes=(3, 4, 4, 1), activations=("relu", "relu", "linear"), loss="half-mse", l2=0.1),
    "square": Network(sizes=(3, 3, 3), activations=("leaky-relu", "sigmoid"), loss="sse"),
    "deep": Network(sizes=(2, 5, 4, 3), activations=("elu", "softplus", "linear"), loss="softmax-cross-entropy-sum"),
}


def _ready(name: str, tmp_path: Path) -> Assignment:
    return parse_assignment(ready_assignment(name).text.encode(), tmp_path / "assignment.toml")


def test_every_bug_of_the_catalogue_has_its_spoiler() -> None:
    """One that is added there is added here."""
    assert set(SPOILERS) == set(CATALOGUE)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("bug", CATALOGUE)
def test_a_bug_is_planted_or_it_is_told_why_not(bug: str, network: Network) -> None:
    """Each place gives another draft than the right one, and than any other place."""
    right = Draft.of(network, Targets.VALUES, PLAIN)
    places = spoilt(bug, right)
    if isinstance(places, str):
        assert len(places) > 10
        return
    assert places
    assert all(place.draft != right for place in places)
    assert len({place.where for place in places}) == len(places)


@pytest.mark.parametrize("name", READY)
def test_wrong_programs_differ_from_right_ones_alone_by_their_bug(tmp_path: Path, name: str) -> None:
    """Texts are Python, no two of a bug are the same, and none is a right one."""
    written = write_programs(_ready(name, tmp_path), 0)
    right = {program.text for program in written.right}
    assert len(right) == len(written.right) >= 8
    for program in (*written.right, *written.wrong):
        ast.parse(program.text)
    assert right.isdisjoint(program.text for program in written.wrong)
    planted = {program.bug for program in written.wrong}
    assert planted | set(written.unwritten) == set(CATALOGUE)
    assert planted.isdisjoint(written.unwritten)
    assert all(written.unwritten.values())


def test_the_same_seed_writes_the_same(tmp_path: Path) -> None:
    """And another seed lets others write."""
    assignment = _ready("binary-classifier", tmp_path)
    assert write_programs(assignment, 3) == write_programs(assignment, 3)
    assert write_programs(assignment, 3).wrong != write_programs(assignment, 4).wrong


def test_a_convention_is_written_where_it_is_allowed_alone(tmp_path: Path) -> None:
    """Half the loss is right where constants are free, and no right program otherwise."""
    assignment = _ready("xor-class", tmp_path)
    styles = {each.style for each in right_drafts(assignment)}
    strict = {each.style for each in right_drafts(replace(assignment, conventions=frozenset()))}
    assert "half the loss" in styles - strict
    assert "plain" in strict


def test_columns_and_turned_weights_are_written_with_their_transposes(tmp_path: Path) -> None:
    """``W1 @ X`` and ``dZ1 @ X.T`` where samples are columns; ``X @ W1.T`` where weights alone are turned."""
    assignment = _ready("binary-classifier", tmp_path)
    draft = Draft.of(assignment.network, Targets.VALUES, PLAIN)
    rows = write_file(draft, forms_of(assignment.interface)[0], assignment.interface)
    assert "Z1 = X @ W1 + b1" in rows
    columns = write_file(draft, Form(columns=True, turned=True), assignment.interface)
    assert "Z1 = W1 @ X + b1" in columns
    assert "dW1 = dZ1 @ X.T" in columns
    turned = write_file(draft, Form(turned=True), assignment.interface)
    assert "Z1 = X @ W1.T + b1" in turned
    assert "dW1 = dZ1.T @ X" in turned


def test_a_call_that_is_given_too_little_cannot_be_written(tmp_path: Path) -> None:
    """A backward pass without targets, told by what it lacks."""
    text = ready_assignment("binary-classifier").text.replace("(params, cache, X, Y)", "(params, cache, X)")
    assignment = parse_assignment(text.encode(), tmp_path / "assignment.toml")
    draft = Draft.of(assignment.network, Targets.VALUES, PLAIN)
    with pytest.raises(UnwritableError, match="no argument gives Y"):
        write_file(draft, forms_of(assignment.interface)[0], assignment.interface)


@pytest.mark.parametrize("bug", EDITS)
def test_edits_change_one_line_of_a_text(bug: str) -> None:
    """In one of the solutions at least there is such a place."""
    found = 0
    for file in sorted(EXAMPLES.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        for where, other in spoilt_text(bug, text):
            found += 1
            lines = list(zip(text.splitlines(), other.splitlines(), strict=True))
            changed = [number for number, (one, two) in enumerate(lines, 1) if one != two]
            assert where == f"line {changed[0]}"
            assert len(changed) == 1
            ast.parse(other)
    assert found or bug == "sum-instead-of-mean"


def test_a_text_that_is_not_python_is_left_alone() -> None:
    """No edit, and no exception."""
    assert spoilt_text("sign-flip", "def (") == []
    assert spoilt_text("sum-instead-of-mean", "def f(d, m):\n    return d / m\n") == [
        ("line 2", "def f(d, m):\n    return d\n")
    ]


def test_the_instructors_file_is_one_more_right_program(tmp_path: Path) -> None:
    """And its text is spoilt besides."""
    file = EXAMPLES / "xor-class.py"
    assignment = replace(_ready("xor-class", tmp_path), reference=Reference(file=file))
    written = write_programs(assignment, 0)
    assert any(program.text == file.read_text(encoding="utf-8") for program in written.right)
    assert any("instructor" in program.where for program in written.wrong)


def test_of_an_adapter_the_instructors_file_is_all_there_is(tmp_path: Path) -> None:
    """Nothing else is written, and that is said."""
    file = EXAMPLES / "xor-class.py"
    assignment = _ready("xor-class", tmp_path)
    interface = replace(assignment.interface, style=Style.ADAPTER)
    written = write_programs(replace(assignment, interface=interface, reference=Reference(file=file)), 0)
    assert [program.text for program in written.right] == [file.read_text(encoding="utf-8")]
    assert {program.bug for program in written.wrong} <= set(EDITS)
    assert "only the adapter knows" in written.notes[0]
    assert "only the adapter knows" in written.unwritten["no-bias"]

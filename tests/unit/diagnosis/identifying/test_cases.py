"""Bugs put together: several of them, and the same slip in several lines, which is one with all its lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from course_programs import (
    BIAS,
    DERIVATIVE,
    TWO,
    applied,
    bugs_of,
    by_numbers,
    diagnosed,
    line_of,
    module,
    only,
    spoilt,
)

import gradcheck
from gradcheck import Verdict, check
from gradcheck.diagnosis.edit import Edit, EditKind
from gradcheck.diagnosis.identifying.cases import Case, diff, joined_diff, one_case_each, with_one_division
from gradcheck.diagnosis.identifying.naming import Name
from gradcheck.diagnosis.programs.program import SourceText


def test_two_bugs(tmp_path: Path) -> None:
    """Both are named, each with its line and a patch of its own; either patch leaves just the other bug."""
    text = spoilt(DERIVATIVE, BIAS)
    found = diagnosed(tmp_path, DERIVATIVE, BIAS)
    assert set(bugs_of(found)) == {"missing-hidden-derivative", "bias-sum-without-axis"}
    pieces = {"missing-hidden-derivative": ("dA1 = ", "dZ1 = dA1"), "bias-sum-without-axis": ("db2 = ",)}
    for bug in found.diagnoses:
        assert bug.line in [line_of(text, piece) for piece in pieces[bug.bug]]
        rest = gradcheck.diagnose(module(tmp_path, applied(tmp_path, text, bug.patch)).build())
        assert set(bugs_of(rest)) == set(pieces) - {bug.bug}
    assert found.patch_verified
    assert check(module(tmp_path, applied(tmp_path, text, found.patch)).build()).verdict is Verdict.PASS


def test_two_bugs_by_numbers_alone() -> None:
    """Without a text both are named from the output back, each with its own blocks, and neither surely."""
    found = gradcheck.diagnose(by_numbers(DERIVATIVE, TWO))
    assert set(bugs_of(found)) == {"missing-hidden-derivative", "missing-factor-2"}
    assert all(0.0 < bug.confidence <= 0.8 for bug in found.diagnoses)
    blocks = {bug.bug: bug.blocks for bug in found.diagnoses}
    assert set(blocks["missing-hidden-derivative"]) == {"W1", "b1"}


def test_the_surest_comes_first(tmp_path: Path) -> None:
    """Confidences are in order, from 0 to 1."""
    for found in (diagnosed(tmp_path, DERIVATIVE, BIAS), gradcheck.diagnose(by_numbers(DERIVATIVE, TWO))):
        sure = [bug.confidence for bug in found.diagnoses]
        assert sure == sorted(sure, reverse=True)
        assert all(0.0 <= value <= 1.0 for value in sure)


MEANS = (
    ("    db2 = dZ2.sum(axis=0)\n", "    db2 = dZ2.mean(axis=0)\n"),
    ("    db1 = dZ1.sum(axis=0)\n", "    db1 = dZ1.mean(axis=0)\n"),
)


def test_one_slip_in_two_lines(tmp_path: Path) -> None:
    """Both bias gradients are means of deltas that have their 1/m: one bug, two lines, one patch that cures both."""
    text = spoilt(*MEANS)
    found = gradcheck.diagnose(module(tmp_path, text).build())
    bug = only(found)
    assert bug.bug == "bias-mean-instead-of-sum"
    assert set(bug.lines) == {line_of(text, piece.strip()) for _, piece in MEANS}
    assert set(bug.blocks) == {"b1", "b2"}
    assert check(module(tmp_path, applied(tmp_path, text, bug.patch)).build()).verdict is Verdict.PASS
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in bug.evidence)
    assert any("was compared with the true one at 2 points" in sentence for sentence in found.tried)


TEXT = "a = 1\nb = 2\nc = 3\n"


def case(bug: str, *, line: int | None = None, after: str = "", **given: Any) -> Case:
    """A case, with an edit of one line of ``TEXT`` where one is given."""
    name = Name(bug=bug, confidence=given.pop("confidence", 0.9), evidence=(f"{bug} {line}",))
    if line is None:
        return Case(name=name, **given)
    lines = TEXT.splitlines(keepends=True)
    changed = "".join((*lines[: line - 1], after + "\n", *lines[line:]))
    edit = Edit(kind=EditKind.FORMULA, line=line, before=lines[line - 1].strip(), after=after, text=changed, cost=1)
    source = SourceText(name="code.py", text=TEXT)
    return Case(name=name, edit=edit, patch=diff(source, edit), lines=(line,), **given)


def joined(cases: Sequence[Case]) -> str | None:
    """One diff for cases of ``TEXT``."""
    return joined_diff(SourceText(name="code.py", text=TEXT), cases)


def test_one_case_a_bug_in_the_order_of_the_first() -> None:
    """Their lines, blocks and evidence together, with one patch; other bugs as they are."""
    first = case("sign-flip", line=1, after="a = -1", blocks=("W1",), confidence=0.5)
    other = case("no-bias", line=2, after="b = 0")
    again = case("sign-flip", line=3, after="c = -3", blocks=("W2",))
    one, rest = one_case_each([first, other, again], joined)
    assert rest == other
    assert (one.name.bug, one.name.confidence) == ("sign-flip", 0.9)
    assert (one.lines, one.blocks) == ((3, 1), ("W1", "W2"))
    assert one.name.evidence == ("sign-flip 3", "sign-flip 1")
    assert one.patch is not None
    assert "+a = -1" in one.patch
    assert "+c = -3" in one.patch


def test_patches_that_do_not_go_together_stay_two() -> None:
    """Of one line only one can be made."""
    two = [case("sign-flip", line=1, after="a = -1"), case("sign-flip", line=1, after="a = 0 - 1")]
    assert joined(two) is None
    assert one_case_each(two, joined) == two


def test_lines_of_edits_come_without_those_that_are_only_suspected() -> None:
    """Where one case has an edit and another has none, the edit's line is meant."""
    suspected = case("sign-flip", lines=(2, 3))
    assert one_case_each([suspected], joined) == [suspected]
    (one,) = one_case_each([suspected, case("sign-flip", line=1, after="a = -1")], joined)
    assert one.lines == (1,)


def test_one_division_of_weights_and_biases(make: Callable[..., Any]) -> None:
    """Where all weights and all biases are divided, it is one division; where some biases are, it is their own bug."""
    network = make().network
    weights = tuple(layer.weight for layer in network.layers)
    biases = tuple(layer.bias for layer in network.layers)
    of_weights = case("mean-instead-of-sum", blocks=weights, confidence=0.97)
    of_biases = case("bias-mean-instead-of-sum", blocks=biases, confidence=0.7)
    found = with_one_division([of_biases, of_weights], network)
    assert [each.name.bug for each in found] == ["mean-instead-of-sum"] * 2
    assert found[0].name.confidence == 0.97
    assert [each.blocks for each in found] == [biases, weights]
    some = [case("bias-mean-instead-of-sum", blocks=biases[:1]), of_weights]
    assert with_one_division(some, network) == some
    assert with_one_division([of_biases, of_weights], None) == [of_biases, of_weights]

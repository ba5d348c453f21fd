"""``gradcheck bugs``: the list, one bug, JSON, and ids that do not exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gradcheck.diagnosis.catalogue import CATALOGUE, CONVENTIONS, Family


def test_alone_it_lists(run: Any) -> None:
    """Without a command it is the list."""
    outcome = run("bugs")
    assert outcome.code == 0
    assert outcome.out == run("bugs", "list").out


def test_list_names_every_bug_and_convention(run: Any) -> None:
    """Every id stands at the start of a line, under its family; conventions follow."""
    out = run("bugs", "list").out
    starts = [line.split()[0] for line in out.splitlines() if line.split()]
    assert [start for start in starts if start in CATALOGUE] == list(CATALOGUE)
    assert all(f"\n{family.value}\n" in f"\n{out}" for family in Family)
    words = " ".join(out.split())
    assert all(" ".join(f"{each.what} {each.why}".split()) in words for each in CONVENTIONS)


def test_quiet_list_is_ids(run: Any) -> None:
    """One id a line."""
    assert run("bugs", "list", "-q").out.splitlines() == list(CATALOGUE)


def test_list_as_json(run: Any) -> None:
    """Ids, families and titles, and whether the gradient is wrong."""
    listed = json.loads(run("bugs", "list", "--format", "json").out)
    assert listed["schema"] == "gradcheck/bugs@1"
    assert [entry["id"] for entry in listed["bugs"]] == list(CATALOGUE)
    first = listed["bugs"][0]
    assert first == {
        "id": "sign-flip", "family": "Scale and sign", "title": "a wrong sign in every block", "gradient_wrong": True,
    }  # fmt: skip
    assert [each["id"] for each in listed["conventions"]] == [each.id for each in CONVENTIONS]


@pytest.mark.parametrize("bug", CATALOGUE)
def test_every_bug_can_be_shown(run: Any, bug: str) -> None:
    """What, why and both formulas, with no placeholder left; the lines of the example."""
    outcome = run("bugs", "show", bug)
    assert (outcome.code, outcome.err) == (0, "")
    assert bug in outcome.out
    assert "What is wrong\n" in outcome.out
    assert "Why\n" in outcome.out
    entry = CATALOGUE[bug]
    if entry.formula_right:
        assert "  wrong  " in outcome.out
        assert "  right  " in outcome.out
    assert not any(f"{{{name}}}" in outcome.out for name in ("delta", "weights", "inputs", "output", "targets"))


def test_the_example_is_what_changes(run: Any) -> None:
    """Wrong lines have a minus, right ones a plus, all others are left out."""
    lines = [line.strip() for line in run("bugs", "show", "missing-factor-2").out.splitlines()]
    assert [line for line in lines if line[:2] in {"- ", "+ "}] == [
        "-     dZ2 = (output - Y) / len(X)",
        "+     dZ2 = 2 * (output - Y) / len(X)",
    ]


def test_look_alikes_are_named(run: Any) -> None:
    """What cannot be told apart, and what is accepted for it."""
    assert "The same seen from another side: mean-instead-of-sum." in run("bugs", "show", "double-mean").out
    assert "Nothing from outside tells it from relu-mask-always-on." in " ".join(
        run("bugs", "show", "missing-hidden-derivative").out.split()
    )


def test_show_as_json(run: Any) -> None:
    """All that the catalogue says, in textbook names, with both programs whole."""
    said = json.loads(run("bugs", "show", "sum-instead-of-mean", "--format", "json").out)
    entry = CATALOGUE["sum-instead-of-mean"]
    assert said["schema"] == "gradcheck/bug@1"
    assert said["ratios"] == ["m"]
    assert said["formula_right"] == "delta = 2 * (y_hat - y) * f'(z) / m"
    assert said["example"] == {"wrong": entry.example.wrong, "right": entry.example.right}


def test_quiet_is_a_line(run: Any) -> None:
    """The id and what is wrong."""
    out = run("bugs", "show", "sign-flip", "-q").out
    assert out == "sign-flip: The gradient has the opposite sign: each step goes uphill, and the loss grows.\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("sign-flp", "Did you mean: gradcheck bugs show sign-flip"),
        ("Missing_Factor_2", "Did you mean: gradcheck bugs show missing-factor-2"),
        ("qqqq", "`gradcheck bugs list` shows all ids."),
    ],
)
def test_a_wrong_id_is_a_usage_error(run: Any, typed: str, said: str) -> None:
    """Exit code 2, nothing on standard output, and the id that was probably meant."""
    outcome = run("bugs", "show", typed)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"No such bug '{typed}'. {said}" in outcome.err

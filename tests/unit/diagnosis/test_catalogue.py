"""The catalogue as a whole: which ids there are, that its texts fill, its examples run, and the pages follow it."""

from __future__ import annotations

import importlib
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gradcheck.diagnosis import catalogue
from gradcheck.diagnosis.catalogue import CATALOGUE, CONVENTIONS, Bug, Family, bug
from gradcheck.diagnosis.catalogue.planting import SQUARES, planted
from gradcheck.diagnosis.catalogue.textbook import in_textbook_names
from gradcheck.records import Verdict
from gradcheck.submissions import check_file

# What reports, patches and grades of others rely on; a new bug may stand among them.
IDS = [
    "sign-flip",
    "sign-flip-below",
    "missing-factor-2",
    "extra-factor-2",
    "sum-instead-of-mean",
    "mean-instead-of-sum",
    "double-mean",
    "output-count-factor",
    "stale-batch-size",
    "features-for-batch-size",
    "learning-rate-baked-in",
    "local-constant",
    "gradient-clipping",
    "missing-output-derivative",
    "extra-output-derivative",
    "loss-gradient-mismatch",
    "softmax-elementwise",
    "softmax-axis",
    "softmax-overflow",
    "target-broadcast",
    "loss-epsilon",
    "missing-hidden-derivative",
    "relu-mask-always-on",
    "derivative-at-activation",
    "output-form-given-preactivation",
    "derivative-of-wrong-argument",
    "derivative-of-gradient",
    "activation-instead-of-derivative",
    "wrong-derivative-formula",
    "leaky-slope-sign",
    "derivative-twice",
    "relu-mask-wrong-layer",
    "relu-on-gradient",
    "raw-error-backpropagated",
    "upstream-lost",
    "updated-weights-used",
    "stale-weights",
    "wrong-layer-weights",
    "transposed-weights",
    "summed-weights",
    "bias-in-backprop",
    "gradient-stopped",
    "wrong-layer-activation",
    "squashed-input",
    "weight-instead-of-input",
    "inner-instead-of-outer",
    "swapped-blocks",
    "transposed-block",
    "bias-sum-without-axis",
    "bias-not-summed",
    "bias-mean-instead-of-sum",
    "bias-from-weight-gradient",
    "bias-gradient-missing",
    "bias-gradient-is-bias",
    "regularisation-missing",
    "regularisation-factor",
    "regularisation-sign",
    "regularisation-on-bias",
    "regularisation-wrong-norm",
    "dropout-mask-missing",
    "dropout-scale",
    "batchnorm-statistics",
    "gradient-accumulated",
    "input-mutated",
    "nondeterministic",
    "integer-dtype",
    "low-precision",
    "shape-mismatch",
    "crash",
    "learning-rate-too-large",
    "saturated-initialisation",
    "symmetric-initialisation",
    "target-out-of-range",
    "no-bias",
    "not-differentiable-loss",
]
OWN = [
    entry for entry in CATALOGUE.values()
    if entry.family in {Family.SCALE, Family.OUTPUT, Family.STATE, Family.ELSEWHERE}
]  # fmt: skip
# Nothing of these can be checked, and the check says why.
UNCHECKED = {
    "softmax-overflow": "nan",
    "nondeterministic": "differ",
    "integer-dtype": "integers",
    "not-differentiable-loss": "zero",
}


def test_every_id_in_order() -> None:
    """No id has gone or changed, and they are in their order; each entry is found by its own."""
    assert [name for name in CATALOGUE if name in IDS] == IDS
    assert all(entry.id == name for name, entry in CATALOGUE.items())


def test_families_lie_together() -> None:
    """The families follow each other in the order of ``Family``."""
    seen = list(dict.fromkeys(entry.family for entry in CATALOGUE.values()))
    assert seen == list(Family)


def test_an_id_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entries with one id are an error, not the second silently in the place of the first."""
    monkeypatch.setattr(catalogue, "_MODULES", (catalogue.signs_and_twos, catalogue.signs_and_twos))
    with pytest.raises(ValueError, match="two bugs have the id 'sign-flip'"):
        catalogue._collected()


def test_a_bug_by_its_id() -> None:
    """An id gives its entry; another one an error with near matches."""
    assert bug("no-bias") is CATALOGUE["no-bias"]
    with pytest.raises(KeyError, match="'missing-factor-3'; did you mean 'missing-factor-2'"):
        bug("missing-factor-3")
    with pytest.raises(KeyError, match="`gradcheck bugs list` names them all"):
        bug("xyz")


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.id)
def test_texts_fill(entry: Bug) -> None:
    """Every text is there, ends as a sentence, and has no placeholders but those that are documented."""
    for name in ("what", "why", "signature", "told_apart", "cause"):
        filled = in_textbook_names(getattr(entry, name))
        assert filled, name
        if name in {"what", "why"}:
            assert filled.endswith((".", "?")), name
    in_textbook_names(entry.formula_wrong), in_textbook_names(entry.formula_right)
    assert bool(entry.formula_wrong) == bool(entry.formula_right)
    assert entry.title
    assert not entry.title.endswith(".")


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.id)
def test_look_alikes_exist(entry: Bug) -> None:
    """What an entry refers to is in the catalogue; a class of look-alikes is named by each of its members."""
    assert {*entry.same_as, *entry.overlaps} <= set(CATALOGUE) - {entry.id}
    assert all(entry.id in CATALOGUE[other].same_as for other in entry.same_as)


def test_overlaps_of_the_own_families() -> None:
    """The ids that are accepted for each other."""
    found = {entry.id: set(entry.overlaps) for entry in OWN if entry.overlaps}
    assert found == {
        "sign-flip-below": {"wrong-derivative-formula"},
        "mean-instead-of-sum": {"double-mean"},
        "double-mean": {"mean-instead-of-sum"},
        "missing-output-derivative": {"loss-gradient-mismatch"},
        "extra-output-derivative": {"loss-gradient-mismatch"},
        "loss-gradient-mismatch": {"missing-output-derivative", "extra-output-derivative"},
        "input-mutated": {"wrong-layer-activation"},
    }


def test_conventions_refer_to_bugs() -> None:
    """Each says what and why, and which bugs it is taken for."""
    assert len({each.id for each in CONVENTIONS}) == len(CONVENTIONS) == 9
    for each in CONVENTIONS:
        assert each.what.endswith(".")
        assert each.why.endswith(".")
        assert each.looks_like
        assert set(each.looks_like) <= set(CATALOGUE)


def test_planting_needs_one_place() -> None:
    """A text that does not occur, or occurs twice, is not replaced."""
    with pytest.raises(ValueError, match="'W9' occurs 0 times"):
        planted(SQUARES, ("W9", "W1"))
    with pytest.raises(ValueError, match=r"'learning_rate' occurs \d times"):
        planted(SQUARES, ("learning_rate", "rate"))


@pytest.mark.parametrize("entry", OWN, ids=lambda entry: entry.id)
def test_the_right_example_passes(entry: Bug, tmp_path: Path) -> None:
    """A right program of at most 27 lines."""
    assert entry.example is not None
    assert 10 <= len(entry.example.right.splitlines()) <= 27
    assert _check(entry.example.right, tmp_path).verdict is Verdict.PASS


@pytest.mark.parametrize("entry", OWN, ids=lambda entry: entry.id)
def test_the_wrong_example_is_caught(entry: Bug, tmp_path: Path) -> None:
    """FAIL, or the finding that the bug is, or why nothing can be checked; PASS where the gradient is right."""
    report = _check(entry.example.wrong, tmp_path)
    if entry.id in UNCHECKED:
        assert report.verdict is Verdict.INVALID
        assert UNCHECKED[entry.id] in report.reason
    elif entry.id == "low-precision" or not entry.gradient_wrong:
        assert report.verdict is Verdict.PASS
    else:
        assert report.verdict is Verdict.FAIL
    # the finding of a stale batch size is of a loop whose batches differ; the example has one batch
    if entry.findings and entry.id not in {"gradient-clipping", "input-mutated", "stale-batch-size"}:
        assert any(report.finding(name) is not None for name in entry.findings)


@pytest.mark.parametrize("entry", [e for e in OWN if e.family is Family.ELSEWHERE], ids=lambda entry: entry.id)
def test_trouble_elsewhere_shows_in_training(entry: Bug) -> None:
    """The wrong program ends with a loss at least ten times that of the right one, whose loss falls by nine tenths."""
    right, wrong = (_losses(text) for text in (entry.example.right, entry.example.wrong))
    assert right[-1] < 0.1 * right[0]
    assert wrong[-1] > 10 * right[-1]
    assert not entry.gradient_wrong


def _check(text: str, folder: Path) -> Any:
    path = folder / "example.py"
    path.write_text(text, encoding="utf-8")
    return check_file(path, rng=0)


def _losses(text: str) -> Any:
    names: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        exec(compile(text, "<example>", "exec"), names)
    return names["losses"]


@pytest.fixture(scope="module")
def bug_pages(root: Path) -> Iterator[ModuleType]:
    """The script that writes the pages."""
    sys.path.insert(0, str(root / "docs"))
    try:
        yield importlib.import_module("bug_pages")
    finally:
        sys.path.remove(str(root / "docs"))


def test_pages_follow_the_catalogue(bug_pages: ModuleType) -> None:
    """Each bug has a page of its own and its row in the list; the same input gives the same text."""
    pages, own = bug_pages.pages(), bug_pages.bug_pages()
    assert (pages, own) == (bug_pages.pages(), bug_pages.bug_pages())
    assert list(own) == [f"{bug}.md" for bug in CATALOGUE]
    for entry in CATALOGUE.values():
        page = own[f"{entry.id}.md"]
        assert page.startswith(f"# {entry.title[0].upper()}{entry.title[1:]}\n\n`{entry.id}`\n")
        assert entry.example.wrong.strip() in page
        assert f"\nbugs/{entry.id}\n" in pages[f"bugs-{entry.family.name.lower()}.md"]
        assert f"[`{entry.id}`](bugs/{entry.id}.md) | {entry.title} |" in pages["bugs.md"]
    assert all(each.what in pages["bugs.md"] for each in CONVENTIONS)


def test_every_bug_has_a_picture_of_its_own(bug_pages: ModuleType) -> None:
    """Well-formed, with squares, bars or curves; a wrong gradient that can be measured shows something wrong."""
    for name, page in bug_pages.bug_pages().items():
        figure = page[page.index("<svg") : page.index("</svg>") + len("</svg>")]
        shapes = [element for element in ET.fromstring(figure).iter() if element.tag.endswith(("rect", "polyline"))]
        said = " ".join(element.text or "" for element in ET.fromstring(figure).iter())
        assert shapes or "no number" in said or "nothing to compare" in said, name
        assert "verdict: PASS" not in said or name == "loss-epsilon.md"


def test_every_list_is_on_a_page(bug_pages: ModuleType, root: Path) -> None:
    """A family's on the page of its name; the look-alikes on the page on how bugs are told apart."""
    folder = root / "docs" / "reference"
    alike = {"bugs-constants.md", "bugs-same.md"}
    assert {path.name for path in folder.glob("bugs*.md")} == set(bug_pages.pages()) - alike
    told = root / "docs" / "explanation" / "how-bugs-are-told-apart.md"
    for name in bug_pages.pages():
        page = told if name in alike else folder / name
        assert f"```{{include}} ../_generated/{name}\n```" in page.read_text(encoding="utf-8")


def test_look_alikes_are_listed(bug_pages: ModuleType) -> None:
    """Every constant and every group that nothing tells apart."""
    constants, same = (bug_pages.pages()[name] for name in ("bugs-constants.md", "bugs-same.md"))
    for entry in CATALOGUE.values():
        assert all(f"| `{constant.formula}` |" in constants for constant in entry.constants)
        assert f"[`{entry.id}`]" in constants or not entry.constants
        assert f"[`{entry.id}`]" in same or not entry.same_as


def test_every_family_has_a_figure(bug_pages: ModuleType) -> None:
    """A well-formed picture; rows for the bugs that change a gradient, curves where the trouble is elsewhere."""
    for family in Family:
        page = bug_pages.pages()[f"bugs-{family.name.lower()}.md"]
        figure = page[page.index("<svg") : page.index("</svg>") + len("</svg>")]
        words = [element.text for element in ET.fromstring(figure).iter() if element.tag.endswith("text")]
        members = [entry for entry in CATALOGUE.values() if entry.family is family]
        drawn = [entry.id for entry in members if entry.id in words]
        assert len(drawn) >= min(3, len(members)), family
        if family is Family.ELSEWHERE:
            assert figure.count("<polyline") == 2 * len(members)


def test_the_pages_are_written(bug_pages: ModuleType, tmp_path: Path) -> None:
    """All of them; pages of bugs that are gone are taken away, and a page that has not changed is left alone."""
    own = tmp_path / "reference" / "bugs"
    own.mkdir(parents=True)
    (own / "gone.md").write_text("# Gone\n")
    bug_pages.write(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(bug_pages.pages())
    assert {path.name for path in own.iterdir()} == set(bug_pages.bug_pages())
    times = {path: path.stat().st_mtime_ns for path in own.iterdir()}
    bug_pages.write(tmp_path / "new")
    assert times == {path: path.stat().st_mtime_ns for path in own.iterdir()}

"""What the catalogue and the diagnoses say in Chinese: nothing is left in English, and nothing can be forgotten."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from planted_networks import CASES, deviations
from rich.cells import cell_len
from translation import english_left, unwrapped

import gradcheck
from gradcheck.diagnosis.catalogue import CATALOGUE, CONVENTIONS, Bug, Family
from gradcheck.diagnosis.catalogue.conventions import Convention
from gradcheck.diagnosis.catalogue.textbook import in_textbook_names
from gradcheck.diagnosis.wording import GENERIC, closed_up, fill, lines_in_words, listed
from gradcheck.language import tr, using
from gradcheck.records import BlockReport, DiagnosedBug, Diagnosis, Evaluations, Verdict
from gradcheck.reports.html import render_html
from gradcheck.reports.rules import rule_of
from gradcheck.reports.terminal import render_text

PACKAGE = Path(gradcheck.__file__).parent
# Modules whose texts are the messages of diagnoses (those of the room `diagnose` in docs/messages.py).
MODULES = (
    "diagnosis/*",
    *(f"reports/{name}.py" for name in (
        "caret", "diagnosis", "diagnosis_words", "html_diagnosis", "patches", "repair", "replacements", "rules",
    )),
)  # fmt: skip
# What nobody reads: by file what a text begins with.
UNREAD = {
    "diagnosis/catalogue/bug.py": ("one block, a layer", "a layer and those below it"),
    "diagnosis/__init__.py": ("module 'gradcheck.diagnosis' has no attribute",),
    # Programs, and mistakes in the catalogue itself, which stop its import.
    "diagnosis/catalogue/__init__.py": ("two bugs have the id",),
    "diagnosis/catalogue/example_texts.py": ("import numpy as np\n",),
    "diagnosis/catalogue/planting.py": (
        "import numpy as np\n", "import gradcheck\n", "\ndef gradcheck_problem():", "\ntotal = {name:",
        "¦ occurs ¦ times",
    ),
    # Kinds of edits and of places, and how an edit's detail calls it, which the catalogue matches.
    "diagnosis/edit.py": ("",),
    "diagnosis/repair/edits/formulas.py": ("one term less", "the difference itself"),
    "diagnosis/repair/edits/loops.py": ("out of the loop", "into the loop"),
    "diagnosis/repair/edits/operands.py": ("without the bias: ",),
    "diagnosis/repair/edits/regularisation.py": ("without the bias: ",),
    "diagnosis/repair/edits/order.py": ("{key: value.copy()", "[value.copy()"),
    # Raised and caught in one place, or only for who calls it wrongly from inside.
    "diagnosis/repair/evaluate.py": ("calls too deep", "nothing is returned", "not plain arithmetic"),
    "diagnosis/repair/judging.py": ("it changes the loss",),
    "diagnosis/search/hypotheses.py": ("hypotheses need at least one observation",),
    "diagnosis/repair/diffs.py": ("\\ No newline at end of file",),
    "reports/diagnosis.py": ("not dim default",),
    "reports/rules.py": ("gradcheck bugs show",),
}  # fmt: skip
TEXTS = ("title", "what", "why", "formula_wrong", "formula_right", "cause", "signature", "told_apart")
BUGS = list(CATALOGUE.values())


def _modules() -> list[str]:
    names = [path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py"))]
    return [name for name in names if any(fnmatch(name, pattern) for pattern in MODULES)]


@pytest.mark.parametrize("name", _modules())
def test_every_sentence_is_a_message(name: str) -> None:
    """Three English words in a row are marked for translation, but for what nobody reads."""
    unread = UNREAD.get(name, ("\0",))
    assert [text for text in unwrapped(PACKAGE / name) if not text.startswith(unread)] == []


@pytest.mark.parametrize("entry", BUGS, ids=lambda entry: entry.id)
def test_the_catalogue_speaks_chinese(entry: Bug) -> None:
    """Title, explanations and formulas; prose ends as Chinese sentences do."""
    english = {name: in_textbook_names(getattr(entry, name)) for name in TEXTS}
    with using("zh_CN"):
        chinese = {name: in_textbook_names(getattr(entry, name)) for name in TEXTS}
        rule = rule_of(entry.id)
        for text in (*chinese.values(), fill(entry.what, {}), rule.title, rule.what, rule.text, rule.markdown):
            assert english_left(text) == []
        for name in ("title", "what", "why", "cause", "signature"):
            assert chinese[name] != english[name]
        for name in ("what", "why", "cause", "signature"):
            assert chinese[name].endswith("。")
    assert rule_of(entry.id).what == english["what"]


@pytest.mark.parametrize("entry", CONVENTIONS, ids=lambda entry: entry.id)
def test_conventions_speak_chinese(entry: Convention) -> None:
    """What the code does, and why that is right."""
    with using("zh_CN"):
        for text in (entry.what, entry.why):
            assert english_left(tr(text)) == []
            assert tr(text).endswith("。")


def test_chapters_and_names_speak_chinese() -> None:
    """The catalogue's chapters, and what stands for a name that the code does not have."""
    with using("zh_CN"):
        for text in [*(family.value for family in Family), *filter(str.isidentifier, GENERIC)]:
            assert not english_left(tr(text))
        assert fill("{delta} needs {z}.", {}) == "本层的 delta needs z."
        told = fill(CATALOGUE["updated-weights-used"].what, {"delta": "dZ1"})
        assert told.startswith("上一层的权重在算出 dZ1 之前就更新了")


@pytest.mark.parametrize("name", CASES)
def test_forms_of_a_bug_stay_apart(name: str) -> None:
    """What is told apart in English is told apart in Chinese: a form is a part of what a search counts as one."""
    network = CASES[name].networks(0.1)[0]
    forms: dict[str, set[tuple[str, ...]]] = {}
    spoken = []
    for language in ("en", "zh_CN"):
        with using(language):
            spoken.append([(bug.id, deviation.what) for bug, deviation in deviations(network, 0.3)])
    for (bug, english), (_, chinese) in zip(*spoken, strict=True):
        assert english_left(chinese) == []
        forms.setdefault(f"{bug} {chinese}", set()).add((bug, english))
    assert len(spoken[0]) > 30
    assert {len(english) for english in forms.values()} == {1}


def test_lists_and_lines() -> None:
    """As each language writes them."""
    assert (listed(["W1", "b1", "W2"]), lines_in_words([3, 5])) == ("W1, b1 and W2", "lines 3 and 5")
    with using("zh_CN"):
        assert listed(["W1", "b1", "W2"]) == "W1、b1 和 W2"
        assert lines_in_words([3, 5, 3]) == "第 3 和 5 行"
        assert listed(["三个样本", "一半的学习率"]) == "三个样本和一半的学习率"
    assert closed_up("W1 and 权重 的 W2") == "W1 and 权重的 W2"


def _report(**fields: object) -> Diagnosis:
    """A wrong network of four blocks and one bug."""
    blocks = tuple(
        BlockReport(name=name, shape=(2,), verdict=verdict, ratio=ratio, relative_error=0.5, cosine=cosine)
        for name, verdict, ratio, cosine in (
            ("W1", Verdict.FAIL, 0.5, 1.0), ("b1", Verdict.FAIL, None, -0.4), ("W2", Verdict.PASS, 1.0, 1.0),
            ("b2", Verdict.INCONCLUSIVE, None, None), ("W3", Verdict.FAIL, 0.0, None), ("b3", Verdict.FAIL, -3.0, -1.0),
        )
    )  # fmt: skip
    bug = DiagnosedBug(
        bug="double-mean", same_as=("mean-instead-of-sum",), confidence=0.5, message="甲。", line=7, lines=(7, 9),
        code="误差 = (输出 - 目标) / m / m", evidence=("乙。", "丙。"), formula_wrong="a / m / m",
        formula_right="a / m", blocks=("W1", "b1"),
    )  # fmt: skip
    known = {
        "verdict": Verdict.FAIL, "reason": "", "blocks": blocks, "evaluations": Evaluations(loss=1, gradient=1),
        "power": {}, "file": "网络.py", "diagnoses": (bug,), "tried": ("丁。",),
    }  # fmt: skip
    return Diagnosis(**{**known, **fields})  # type: ignore[arg-type]


PATCH = "--- a/网络.py\n+++ b/网络.py\n@@ -7 +7 @@\n-误差 = (输出 - 目标) / m / m\n+误差 = (输出 - 目标) / m\n"


@pytest.mark.parametrize(
    "report",
    [
        _report(),
        _report(patch=PATCH, patch_verified=True),
        _report(diagnoses=()),
        _report(verdict=Verdict.PASS, blocks=()),
        _report(verdict=Verdict.PASS, blocks=(), diagnoses=(), loss="np.sum((a - y) ** 2)"),
        _report(diagnoses=(), blocks=_report().blocks[:1]),
        _report(diagnoses=(), blocks=_report().blocks[1:3]),
    ],
    ids=["no patch", "patch", "no name", "elsewhere", "right", "all wrong", "wrong below"],
)
def test_reports_speak_chinese(report: Diagnosis) -> None:
    """On a terminal and as HTML, with and without explanations; numbers and names are those of the English ones."""
    with using("zh_CN"):
        for text in (render_text(report, 2000), render_text(report, 2000, explain=True), render_html(report)):
            assert english_left(_prose(text)) == []
    assert "网络.py" in render_text(report)


def _prose(text: str) -> str:
    """Without the markup of a page, which styles in words."""
    return re.sub(r"<style.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)


def test_the_caret_stands_under_chinese_code() -> None:
    """In cells, which are two for a Chinese character: below what the patch changes."""
    with using("zh_CN"):
        lines = render_text(_report(patch=PATCH, patch_verified=True), 80).splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.strip().startswith("^"))
    code, caret = lines[place - 1], lines[place]
    start = cell_len(caret) - len(caret.lstrip())
    under = [c for n, c in enumerate(code) if start <= cell_len(code[:n]) < cell_len(caret)]
    assert code.strip() == "第 7 行：误差 = (输出 - 目标) / m / m"
    assert "".join(under).strip() in "/ m / m"

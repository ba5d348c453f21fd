"""A notebook is one program of its code cells; what only Jupyter understands is skipped; writing changes no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import SubmissionError
from gradcheck.submissions.text.notebook import rewritten_notebook
from gradcheck.submissions.text.rewriting import changed_parts, contents, local_patch
from gradcheck.submissions.text.source import Source, read_source


def _notebook(*sources: str | list[str], **changes: Any) -> dict[str, Any]:
    cells = [
        {"cell_type": "code", "execution_count": 1, "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(sources)
    ]
    text = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": "# A title = 1"}
    return {"cells": [text, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **changes}


def _read(tmp_path: Path, *sources: str | list[str], **changes: Any) -> Source:
    path = tmp_path / "net.ipynb"
    path.write_text(json.dumps(_notebook(*sources, **changes)), encoding="utf-8")
    return read_source(path)


def test_cells_in_order_are_one_program(tmp_path: Path) -> None:
    """Code cells alone, in their order, with the lines that each has."""
    source = _read(tmp_path, "x = 1\ny = 2", "", ["z = x\n", "w = y\n"])
    assert source.text == "x = 1\ny = 2\n\nz = x\nw = y\n"
    assert [(part.cell, part.first, part.count) for part in source.parts] == [(1, 1, 2), (2, 3, 1), (3, 4, 2)]
    assert source.findings == ()


SKIPPED = {
    "line-magic": ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1"),
    "shell": ("!pip install numpy\nx = 1", "pass  # !pip install numpy\nx = 1"),
    "timing": ("%%time\nx = 1", "pass  # %%time\nx = 1"),
    "question": ("x = 1\nx?", "x = 1\npass  # x?"),
    "question-first": ("x = 1\n?x", "x = 1\npass  # ?x"),
    "indented": ("if True:\n    %time x = 1", "if True:\n    pass  # %time x = 1"),
    "assigned": ("files = !ls\nx = 1", "files = []  # !ls\nx = 1"),
    "assigned-magic": ("t = %timeit -o f()\nx = 1", "t = []  # %timeit -o f()\nx = 1"),
    "other-language": ("%%bash\nls -l", "# %%bash\n# ls -l"),
    "remainder-beside": ("!ls\ny = (7\n%x)", "pass  # !ls\ny = (7\n%x)"),
}


@pytest.mark.parametrize(("cell", "program"), SKIPPED.values(), ids=SKIPPED)
def test_what_only_jupyter_understands(tmp_path: Path, cell: str, program: str) -> None:
    """It stands for nothing, line for line, and a finding names the cell and the line."""
    source = _read(tmp_path, "import numpy as np\nx = 3", cell)
    assert source.text == f"import numpy as np\nx = 3\n{program}\n"
    (finding,) = source.findings
    assert finding.id == "notebook-magic"
    assert "cell 2, line " in finding.message


def test_a_remainder_is_no_magic(tmp_path: Path) -> None:
    """What is Python as it stands stays as it is."""
    source = _read(tmp_path, "x = (7\n     %y)\nz = '''\n!ls\n%time\n'''")
    assert source.findings == ()
    assert "%y" in source.text


BAD = {
    "not-json": ("{", "is not a whole JSON document"),
    "a-list": ("[]", "is no notebook"),
    "old": (
        json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}),
        "of format 3.*--nbformat 4",
    ),
    "new": (json.dumps({"nbformat": 5, "nbformat_minor": 0, "metadata": {}, "cells": []}), "of format 5.*--to script"),
    "no-cells": (json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}}), "must be: .*cells"),
    "odd-source": (json.dumps(_notebook({"a": 1})), "must be: "),  # type: ignore[arg-type]
    "no-code": (json.dumps(_notebook("", "\n")), "no code cell with code"),
    "text-only": (json.dumps(_notebook("'only text'")), "only expressions"),
    "broken": (json.dumps(_notebook("x = 1", "y = 2\nfor i in 3\n    pass")), "cell 2, line 2: syntax error"),
    "another-language": (
        json.dumps(_notebook("x <- 1", metadata={"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}})),
        "a notebook in R",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_what_is_no_notebook(tmp_path: Path, text: str, message: str) -> None:
    """One line that names the file, what is wrong, and the cure."""
    path = tmp_path / "net.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SubmissionError, match=message) as caught:
        read_source(path)
    assert "net.ipynb" in str(caught.value)
    assert "\n" not in str(caught.value)


FORMS = {
    "jupyter": lambda cells: json.dumps(cells, indent=1, ensure_ascii=False) + "\n",
    "one-line": json.dumps,
    "four-blanks": lambda cells: json.dumps(cells, indent=4),
    "windows": lambda cells: json.dumps(cells, indent=1).replace("\n", "\r\n"),
    "marked": lambda cells: "\ufeff" + json.dumps(cells, indent=1),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("listed", [True, False])
def test_writing_changes_the_cell_alone(form: Any, listed: bool) -> None:
    """Everything outside the changed cell's source stays byte for byte, however the notebook is laid out."""
    sources = ["x = 1\n", "y = 'ä\\n'\n", "z = x"]
    changed = ["x = 1\n", "y = 3\n", "z = x"]
    old, new = (_notebook(s if listed else "".join(s), "w = 2") for s in (sources, changed))
    assert rewritten_notebook(form(old).encode("utf-8"), {1: "".join(changed)}) == form(new).encode("utf-8")


def test_an_edit_goes_back_into_its_cell(tmp_path: Path) -> None:
    """A change of the program is one of the cell's source: magics stay, and its diff counts the cell's lines."""
    source = _read(tmp_path, "x = 1", "%%time\ny = 2\nz = 3\n")
    text = source.text.replace("y = 2\n", "y = 4\n# why\n")
    assert changed_parts(source, text) == {1: "%%time\ny = 4\n# why\nz = 3\n"}
    (content,) = contents(source, text).values()
    assert isinstance(content, bytes)
    assert json.loads(content)["cells"][2]["source"] == "%%time\ny = 4\n# why\nz = 3\n"
    patch = "--- a/net.ipynb\n+++ b/net.ipynb\n@@ -3,1 +3,2 @@\n-y = 2\n+y = 4\n+# why\n"
    assert local_patch(source, patch) == (
        "--- a/net.ipynb (cell 2)\n+++ b/net.ipynb (cell 2)\n@@ -1,3 +1,4 @@\n %%time\n-y = 2\n+y = 4\n+# why\n z = 3\n"
    )

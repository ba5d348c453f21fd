"""What a process says of its network counts as far as the text of the program bears it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradcheck.submissions.believing import declared_sign, is_to_be_climbed
from gradcheck.submissions.request import Request

PLAIN = "def loss(p):\n    return 0.0\n"
DECLARED = "def gradcheck_problem():\n    return Problem(loss, gradient, {}, sign=-1)\n"


def _request(folder: Path, text: str, adapter: str | None = None) -> Request:
    (folder / "student.py").write_text(text, encoding="utf-8")
    if adapter is None:
        return Request(file=folder / "student.py")
    (folder / "adapter.py").write_text(adapter, encoding="utf-8")
    return Request(file=folder / "student.py", adapter=folder / "adapter.py")


@pytest.mark.parametrize(
    ("text", "adapter", "sign"),
    [
        (PLAIN, None, 1),
        (PLAIN + 'told = {"sign": -1}\n', None, 1),
        (PLAIN + "f(sign=-1)\n", None, 1),
        (DECLARED, None, -1),
        (DECLARED, "def build(module):\n    return Problem(loss, gradient, {})\n", 1),
        (PLAIN, "def build(module):\n    return Problem(loss, gradient, {}, sign=-1)\n", -1),
        ("def (\n", None, 1),
    ],
    ids=["nobody", "a-string", "no-problem", "the-file", "not-the-adapter", "the-adapter", "no-program"],
)
def test_a_sign_is_turned_round_where_somebody_declares_it(
    tmp_path: Path, text: str, adapter: str | None, sign: int
) -> None:
    """Who writes the problem down says so; and what is not claimed is not so either."""
    request = _request(tmp_path, text, adapter)
    assert declared_sign({"sign": -1}, request) == sign
    assert declared_sign({"sign": 1}, request) == 1


@pytest.mark.parametrize(
    ("text", "data", "meant"),
    [
        (PLAIN, {"loss_names": ["log_likelihood"]}, False),
        (PLAIN + "told = 'log_likelihood'\n", {"loss_names": ["log_likelihood"]}, False),
        (PLAIN + "# log_likelihood\n", {"loss_names": [], "loss": "the log_likelihood"}, False),
        (PLAIN + "def log_likelihood(p):\n    pass\n", {"loss_names": ["log_likelihood"]}, True),
        (PLAIN + "told['Reward'] = 1\n", {"loss_names": [], "loss": "the reward"}, True),
        (PLAIN + "def log_likelihood(p):\n    pass\n", {"loss_names": ["neg_log_likelihood"]}, False),
        (PLAIN, {"loss_names": ["value"]}, None),
        (PLAIN, {"loss_names": 3, "loss": None}, None),
    ],
)  # fmt: skip
def test_what_is_climbed_is_called_so_by_the_program(
    tmp_path: Path, text: str, data: dict[str, Any], meant: bool | None
) -> None:
    """By a name; strings and comments are easily written, and nobody reads them."""
    assert is_to_be_climbed(data, _request(tmp_path, text)) is meant

"""A diagnosis of a file draws its points from a seed that is the check's own where none is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcheck.submissions.diagnose_file import _Examiner
from gradcheck.submissions.request import requested


def seed_of(file: Path, rng: np.random.Generator | int | None) -> int:
    """What an examiner of this file would begin with."""
    return _Examiner(requested(file, rng=rng))._seed


@pytest.mark.parametrize("rng", [None, 0, np.int64(0)], ids=["none", "zero", "of numpy"])
def test_without_a_seed_it_is_zero(rng: int | None, tmp_path: Path) -> None:
    """Two diagnoses of one file say the same."""
    (tmp_path / "a.py").write_text("", encoding="utf-8")
    assert seed_of(tmp_path / "a.py", rng) == seed_of(tmp_path / "a.py", 0)
    assert seed_of(tmp_path / "a.py", rng) != seed_of(tmp_path / "a.py", 1)


def test_a_generator_is_used(tmp_path: Path) -> None:
    """The same generator at the same place gives the same points."""
    (tmp_path / "a.py").write_text("", encoding="utf-8")
    first, second = (seed_of(tmp_path / "a.py", np.random.default_rng(3)) for _ in range(2))
    assert first == second

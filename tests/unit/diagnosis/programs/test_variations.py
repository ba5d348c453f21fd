"""What a variation means for a family's keywords."""

from __future__ import annotations

from typing import Any

import pytest

from gradcheck.diagnosis.programs.program import UnavailableError, Variation
from gradcheck.diagnosis.programs.variations import family_keywords, family_sizes


def build(*, batch: int = 7, learning_rate: float = 0.1, regularisation: float = 0.0, input_scale: float = 1.0) -> None:
    """The signature of a family."""


def build_anything(**keywords: Any) -> None:
    """A family that takes whatever it is given."""


CASES: dict[str, tuple[Any, dict[str, Any], Variation, dict[str, Any]]] = {
    "a size is replaced": (build, {}, Variation(batch=3), {"batch": 3}),
    "rows are the batch": (build, {}, Variation(rows=3), {"batch": 3}),
    "a rate is multiplied": (build, {}, Variation(learning_rate=3.0), {"learning_rate": pytest.approx(0.3)}),
    "what was given counts": (build, {"learning_rate": 2.0}, Variation(learning_rate=3.0), {"learning_rate": 6.0}),
    "others stay": (build, {"batch": 4}, Variation(input_scale=2.0), {"batch": 4, "input_scale": 2.0}),
    "a neutral scale": (build_anything, {}, Variation(input_scale=2.0, outputs=3), {"input_scale": 2.0, "outputs": 3}),
}


@pytest.mark.parametrize("name", CASES)
def test_keywords(name: str) -> None:
    """Those of the problem as it is, and what differs."""
    family, keywords, variation, expected = CASES[name]
    before = dict(keywords)
    assert family_keywords(family, keywords, variation) == expected
    assert keywords == before


REFUSED: dict[str, tuple[Any, Variation, str]] = {
    "no such keyword": (build, Variation(outputs=3), "no keyword outputs"),
    "shuffled targets": (build, Variation(permute_targets=True), "no keyword permute_targets"),
    "nothing to multiply": (build, Variation(regularisation=2.0), r"regularisation is 0\.0 here"),
    "an unknown base": (build_anything, Variation(learning_rate=2.0), "learning_rate is None here"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    """With the keyword that is missing."""
    family, variation, message = REFUSED[name]
    with pytest.raises(UnavailableError, match=message):
        family_keywords(family, {}, variation)


def test_sizes_are_what_the_defaults_and_keywords_say() -> None:
    """Numbers alone."""
    sizes = family_sizes(build, {"batch": 3, "outputs": None})
    assert sizes == {"batch": 3.0, "learning_rate": 0.1, "regularisation": 0.0}

"""The public face of the package and the tables that the catalogue joins."""

import dataclasses
import importlib
import inspect
import pkgutil
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

import reference_impls
from reference_impls import catalogue

MODULES = [
    importlib.import_module(info.name) for info in pkgutil.walk_packages(reference_impls.__path__, "reference_impls.")
]


def test_all_is_the_public_names() -> None:
    """What the package offers is what it lists."""
    public = {
        name
        for name, value in vars(reference_impls).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public == set(reference_impls.__all__)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_listed_name_exists(module: ModuleType) -> None:
    """A module's ``__all__`` is sorted in no order in particular, but names nothing that is missing."""
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert missing == []


def test_numpy_is_the_only_import() -> None:
    """A fresh interpreter that imports the package has loaded neither the tool nor any plotting library."""
    code = (
        "import sys, reference_impls; reference_impls.catalogue();"
        "print(sorted({'gradcheck', 'scipy', 'matplotlib', 'plotly', 'autograd'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("table", ["variants", "claims", "figures", "trainings"])
def test_ids_are_unique_and_belong_to_a_document(table: str) -> None:
    """An id names one row, and begins with the document it is from."""
    rows = getattr(catalogue(), table)
    ids = [row.id for row in rows]
    assert len(set(ids)) == len(ids)
    assert all(row.id.startswith(row.document + "-") for row in rows)
    assert {row.document for row in rows} == {"000", "001", "002", "003"}


def test_there_are_at_least_thirty_variants_of_every_form() -> None:
    """Each document has its published and its corrected form, and mistakes were planted."""
    variants = catalogue().variants
    assert len(variants) >= 30
    for document in ("000", "001", "002", "003"):
        assert {"published", "corrected", "bug"} <= {row.form for row in variants if row.document == document}


def test_a_failing_variant_names_its_bug_and_a_passing_one_none() -> None:
    """Verdict, ratio and bugs of a row do not contradict each other."""
    for variant in catalogue().variants:
        assert bool(variant.expected_bugs) == (variant.expected_verdict == "fail"), variant.id
        if variant.form == "corrected":
            assert variant.expected_verdict == "pass", variant.id
        if variant.form == "bug":
            assert variant.expected_verdict == "fail", variant.id


def test_records_are_frozen_slotted_and_keyword_only() -> None:
    """A row cannot be changed, nor filled by position."""
    for row in (*catalogue().variants, *catalogue().claims, *catalogue().figures, *catalogue().trainings):
        assert not hasattr(row, "__dict__")
        assert all(
            parameter.kind == parameter.KEYWORD_ONLY for parameter in inspect.signature(type(row)).parameters.values()
        )
        with pytest.raises(dataclasses.FrozenInstanceError):
            row.id = "other"  # type: ignore[misc]


def test_nothing_touches_the_global_random_state() -> None:
    """Building every problem and drawing every cheap figure leaves ``numpy.random`` where it was."""
    before = np.random.get_state(legacy=False)  # noqa: NPY002 - the global state is what must not move
    for variant in catalogue().variants:
        problem = variant.build(seed=3)
        problem.gradient(problem.params)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert before["state"]["pos"] == after["state"]["pos"]
    np.testing.assert_array_equal(before["state"]["key"], after["state"]["key"])

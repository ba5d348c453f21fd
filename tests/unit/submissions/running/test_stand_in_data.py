"""Data sets and their preparation where scikit-learn is not installed: of the form that programs count on."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np
import pytest

from gradcheck.submissions.running.stand_in_data import MODULES, TABLES, StandInData
from gradcheck.submissions.running.standins import Inert, StandInFinder

DATA = StandInData()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_features_and_classes_of_the_real_one(name: str) -> None:
    """Numbers in rows, and a label or a number for each."""
    features, classes = TABLES[name]
    table = DATA.of("sklearn.datasets", name)
    data, target = table() if name.startswith("make_") else table(return_X_y=True)
    assert data.shape == (len(target), features)
    assert len(np.unique(target)) == (classes or len(target))


def test_a_loaded_set_is_read_by_attribute_and_by_key() -> None:
    """As scikit-learn's own is."""
    digits = DATA.of("sklearn.datasets", "load_digits")()
    assert digits.data is digits["data"]
    assert digits.images.shape == (len(digits.target), 8, 8)
    assert not hasattr(digits, "other")


def test_a_made_set_has_the_size_that_is_asked_for() -> None:
    """By position or by name."""
    made = DATA.of("sklearn.datasets", "make_blobs")
    data, target = made(30, n_features=5, centers=[[0.0], [1.0]])
    assert data.shape == (30, 5)
    assert sorted(set(target)) == [0, 1]
    regression = DATA.of("sklearn.datasets", "make_regression")
    assert regression(n_samples=9, n_features=2, n_targets=3)[1].shape == (9, 3)


def test_what_was_asked_for_is_told_once() -> None:
    """By the name of the data set."""
    data = StandInData()
    table = data.of("sklearn.datasets", "load_iris")
    table()
    table()
    assert data.asked == ["load_iris"]


def test_rows_are_split_and_shuffled_together() -> None:
    """Each with its own label."""
    rows, labels = np.arange(20.0)[:, None], np.arange(20)
    split = DATA.of("sklearn.model_selection", "train_test_split")
    parts = split(rows, labels, test_size=0.2, random_state=0)
    assert [len(part) for part in parts] == [16, 4, 16, 4]
    assert all(np.array_equal(a[:, 0], b) for a, b in (parts[::2], parts[1::2]))
    moved: Any = DATA.of("sklearn.utils", "shuffle")(rows, labels)
    assert np.array_equal(moved[0][:, 0], moved[1])
    assert not np.array_equal(moved[1], labels)


@pytest.mark.parametrize(("name", "low", "high"), [("StandardScaler", -1.0, 1.0), ("MinMaxScaler", 0.0, 1.0)])
def test_columns_are_scaled_and_back(name: str, low: float, high: float) -> None:
    """Column by column, a constant one included."""
    table = np.array([[1.0, 5.0], [3.0, 5.0]])
    scaler = DATA.of("sklearn.preprocessing", name)()
    scaled = scaler.fit_transform(table)
    assert scaled[:, 0].tolist() == [low, high]
    assert scaled[:, 1].tolist() == [0.0, 0.0]
    assert np.array_equal(scaler.inverse_transform(scaled), table)


def test_labels_are_encoded() -> None:
    """As numbers, as rows, sparse unless asked otherwise."""
    labels = np.array(["b", "a", "c"])
    one_hot = np.eye(3)[[1, 0, 2]]
    encoders = {
        name: DATA.of("sklearn.preprocessing", name) for name in ("LabelEncoder", "LabelBinarizer", "OneHotEncoder")
    }
    assert encoders["LabelEncoder"]().fit_transform(labels).tolist() == [1, 0, 2]
    assert np.array_equal(encoders["LabelBinarizer"]().fit_transform(labels), one_hot)
    assert np.array_equal(encoders["OneHotEncoder"](sparse_output=False).fit_transform(labels[:, None]), one_hot)
    assert np.array_equal(encoders["OneHotEncoder"]().fit_transform(labels[:, None]).toarray(), one_hot)
    assert encoders["LabelBinarizer"]().fit_transform(np.array([3, 5, 3])).tolist() == [[0], [1], [0]]


def test_modules_are_attributes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """``from sklearn import datasets`` gets the module with the tables, ``sklearn.svm`` nothing that has a value."""
    finder = StandInFinder()
    finder.missing.append("sklearn")
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    sklearn: Any = importlib.import_module("sklearn")
    assert sklearn.datasets.load_wine()["data"].shape[1] == 13
    assert isinstance(sklearn.svm.SVC(), Inert)
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.delitem(sys.modules, "sklearn")


def test_nothing_else_has_a_value() -> None:
    """Neither another library's name nor another data set."""
    assert DATA.of("sklearn.datasets", "load_svmlight_file") is None
    assert DATA.of("scipy.datasets", "load_iris") is None
    assert DATA.of("torch.utils", "shuffle") is None

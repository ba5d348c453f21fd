"""Data sets of scikit-learn where it is not installed: random numbers of the same form, and what prepares them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["MODULES", "StandInData"]

# ``from sklearn import datasets`` asks for these as attributes.
MODULES = frozenset(f"sklearn.{name}" for name in ("datasets", "metrics", "model_selection", "preprocessing", "utils"))

Array = Any
# Samples of a data set, at most: a check looks at a few.
ROWS = 120
# Features and classes (0: one real number) of the data sets that courses use.
TABLES = {
    "load_iris": (4, 3),
    "load_wine": (13, 3),
    "load_digits": (64, 10),
    "load_breast_cancer": (30, 2),
    "load_diabetes": (10, 0),
    "load_boston": (13, 0),
    "fetch_california_housing": (8, 0),
    "fetch_openml": (784, 10),
    "fetch_mldata": (784, 10),
    "make_moons": (2, 2),
    "make_circles": (2, 2),
    "make_blobs": (2, 3),
    "make_gaussian_quantiles": (2, 3),
    "make_classification": (20, 2),
    "make_regression": (100, 0),
}


class StandInData:
    """What ``from sklearn... import name`` gets for names that have a value here.

    ``asked`` collects what random numbers stood in for.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []

    def of(self, module: str, name: str) -> Any:
        """The value of ``module.name``; None where there is none."""
        if name in TABLES and module == "sklearn.datasets":
            return self._table(name)
        return _PREPARING.get(name) if module.startswith("sklearn") else None

    def _table(self, name: str) -> Callable[..., Any]:
        def made(*args: Any, **options: Any) -> Any:
            if name not in self.asked:
                self.asked.append(name)
            bunch = _Bunch(*_numbers(name, args, options))
            if name.startswith("make_") or options.get("return_X_y"):
                return bunch["data"], bunch["target"]
            return bunch

        made.__name__ = name
        return made


def _numbers(name: str, args: Sequence[Any], options: dict[str, Any]) -> tuple[Array, Array]:
    features, classes = TABLES[name]
    rows = ROWS
    if name.startswith("make_"):
        rows = options.get("n_samples", args[0] if args else 100)
        features = options.get("n_features", features)
        classes = options.get("centers", options.get("n_classes", classes))
        rows, classes = (value if isinstance(value, int) else len(value) for value in (rows, classes))
    rng = np.random.default_rng(6)
    data = rng.standard_normal((rows, features))
    if not classes:
        outputs = options.get("n_targets", 1)
        mixed = data[:, :4].sum(axis=1) + rng.standard_normal(rows)
        return data, mixed if outputs == 1 else np.stack([mixed * (i + 1.0) for i in range(outputs)], axis=1)
    target = rng.permutation(np.arange(rows) % classes)
    data[:, 0] += target
    return (data, target.astype(str)) if name.startswith("fetch_") else (data, target)


class _Bunch(dict[str, Any]):
    """A dictionary whose items are attributes, too."""

    def __init__(self, data: Array, target: Array) -> None:
        super().__init__(data=data, target=target, DESCR="", frame=None)
        side = round(data.shape[1] ** 0.5)
        self["feature_names"] = [f"feature {i}" for i in range(data.shape[1])]
        self["target_names"] = np.array([f"class {value}" for value in np.unique(target)[:20]])
        self["images"] = data.reshape(len(data), side, side) if side * side == data.shape[1] else data

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def _split(*arrays: Any, test_size: Any = None, **_: Any) -> list[Any]:
    rows = len(arrays[0])
    tested = test_size if isinstance(test_size, int) else round((0.25 if test_size is None else test_size) * rows)
    order = np.random.default_rng(7).permutation(rows)
    parts = (order[tested:], order[:tested])
    return [np.asarray(array)[part] for array in arrays for part in parts]


class _Scaler:
    """Column by column, to mean 0 and deviation 1."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.mean_ = self.scale_ = np.zeros(1)

    def fit(self, table: Any, *_: Any) -> _Scaler:
        self.mean_, deviation = np.mean(table, axis=0), np.std(table, axis=0)
        self.scale_ = np.where(deviation == 0.0, 1.0, deviation)
        return self

    def transform(self, table: Any) -> Array:
        return (np.asarray(table, dtype=np.float64) - self.mean_) / self.scale_

    def inverse_transform(self, table: Any) -> Array:
        return np.asarray(table) * self.scale_ + self.mean_

    def fit_transform(self, table: Any, *_: Any) -> Array:
        return self.fit(table).transform(table)


class _RangeScaler(_Scaler):
    """Column by column, into [0, 1]."""

    def fit(self, table: Any, *_: Any) -> _Scaler:
        self.mean_, width = np.min(table, axis=0), np.ptp(table, axis=0)
        self.scale_ = np.where(width == 0.0, 1.0, width)
        return self


class _Encoder:
    """Labels to numbers; ``one_hot`` to rows with a single 1."""

    one_hot = False

    def __init__(self, *_: Any, sparse_output: bool = True, sparse: bool = True, **__: Any) -> None:
        self.sparse = sparse_output and sparse
        self.classes_ = np.zeros(0)

    def fit(self, labels: Any, *_: Any) -> _Encoder:
        self.classes_ = np.unique(labels)
        return self

    def transform(self, labels: Any) -> Any:
        numbers = np.searchsorted(self.classes_, np.ravel(labels))
        return np.eye(len(self.classes_))[numbers] if self.one_hot else numbers

    def fit_transform(self, labels: Any, *_: Any) -> Any:
        return self.fit(labels).transform(labels)


class _Binarizer(_Encoder):
    one_hot = True

    def transform(self, labels: Any) -> Any:
        table = super().transform(labels)
        return table[:, 1:].astype(int) if len(self.classes_) == 2 else table.astype(int)


class _Sparse:
    """What scikit-learn gives in place of an array that is nearly all zeros."""

    def __init__(self, table: Array) -> None:
        self._table, self.shape = table, table.shape

    def toarray(self) -> Array:
        return self._table

    todense = toarray


class _OneHot(_Encoder):
    one_hot = True

    def transform(self, labels: Any) -> Any:
        table = super().transform(labels)
        return _Sparse(table) if self.sparse else table


def _shuffled(*arrays: Any, **_: Any) -> Any:
    order = np.random.default_rng(8).permutation(len(arrays[0]))
    moved = [np.asarray(array)[order] for array in arrays]
    return moved if len(moved) > 1 else moved[0]


def _accuracy(truth: Any, found: Any, **_: Any) -> float:
    return float(np.mean(np.asarray(truth) == np.asarray(found)))


_PREPARING: dict[str, Any] = {
    "train_test_split": _split,
    "StandardScaler": _Scaler,
    "MinMaxScaler": _RangeScaler,
    "LabelEncoder": _Encoder,
    "LabelBinarizer": _Binarizer,
    "OneHotEncoder": _OneHot,
    "shuffle": _shuffled,
    "accuracy_score": _accuracy,
}

"""Inert stand-ins for what a check has no use for: windows, plots, and libraries that are not installed."""

from __future__ import annotations

import dis
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Iterator, MutableSequence
from typing import Any, ClassVar

import numpy as np

from gradcheck.language import tr
from gradcheck.submissions.running.importing import NameFinder
from gradcheck.submissions.running.stand_in_data import MODULES, StandInData

__all__ = ["ALWAYS_INERT", "INERT_IF_MISSING", "Inert", "MissingData", "StandInFinder", "package_of"]

# Drawing is never wanted here, installed or not; nor are the checks and the export of another autograder (Otter).
ALWAYS_INERT = frozenset(
    [
        "IPython",
        "bokeh",
        "cv2",
        "graphviz",
        "ipywidgets",
        "matplotlib",
        "mpl_toolkits",
        "otter",
        "plotly",
        "pylab",
        "seaborn",
        "tkinter",
        "turtle",
        "wandb",
    ]
)
INERT_IF_MISSING = frozenset(
    [
        "PIL",
        "autograd",
        "h5py",
        "imageio",
        "jax",
        "joblib",
        "keras",
        "numba",
        "openpyxl",
        "pandas",
        "rich",
        "scipy",
        "skimage",
        "sklearn",
        "statsmodels",
        "sympy",
        "tensorboard",
        "tensorflow",
        "torch",
        "torchvision",
        "tqdm",
        "xgboost",
    ]
)
# What pip calls a library that is imported by another name.
PACKAGES = {"PIL": "pillow", "cv2": "opencv-python", "skimage": "scikit-image", "sklearn": "scikit-learn"}


def package_of(library: str) -> str:
    """What ``pip install`` calls it.

    Examples
    --------
    >>> package_of("sklearn"), package_of("torch")
    ('scikit-learn', 'torch')
    """
    return PACKAGES.get(library, library)


class Inert:
    """Answers everything with itself or another stand-in, and shows nothing. It is never a number or an array."""

    def __init__(self, name: str = "stand-in") -> None:
        object.__setattr__(self, "_name", name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Inert(f"{self._name}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        """Forget it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Another stand-in; a decorated function or class is left as it is."""
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # used as a decorator
        return Inert(f"{self._name}()")

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        """A class that derives from a stand-in derives from nothing."""
        return ()

    def __getitem__(self, key: Any) -> Any:
        return Inert(f"{self._name}[...]")

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forget it."""

    def __iter__(self) -> Iterator[Any]:
        return iter([Inert(self._name) for _ in range(_unpacked(sys._getframe(1)))])  # noqa: SLF001 (the only way to ask)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: object) -> None:
        """Nothing was opened."""

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"<stand-in for {self._name}>"

    def __format__(self, format_spec: str) -> str:
        return ""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(_no_value(self._name))


def _no_value(name: str) -> str:
    """Why a stand-in cannot be reckoned with: which library it stands for."""
    library = name.partition(".")[0]
    if library in ALWAYS_INERT:
        return tr("{name} has no value here: gradcheck runs a file without {library}", name=name, library=library)
    return tr(
        "{name} has no value: {library} is not installed (pip install {library_2})",
        name=name,
        library=library,
        library_2=package_of(library),
    )


def _refusing(operation: str) -> Callable[..., Any]:
    def refuse(self: Inert, *_: Any) -> Any:
        raise TypeError(_no_value(self._name))

    refuse.__name__ = operation
    return refuse


BINARY = ("add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor")
OTHERS = ("lt", "le", "gt", "ge", "neg", "pos", "abs", "invert", "float", "int", "index", "round")
for _operation in (*BINARY, *(f"r{name}" for name in BINARY), *OTHERS):
    setattr(Inert, f"__{_operation}__", _refusing(f"__{_operation}__"))


def _unpacked(frame: types.FrameType) -> int:
    """How many names ``a, b = stand_in`` unpacks into; none in a loop."""
    for instruction in dis.get_instructions(frame.f_code):
        if instruction.offset == frame.f_lasti:
            return int(instruction.arg or 0) if instruction.opname == "UNPACK_SEQUENCE" else 0
    return 0


class _InertModule(types.ModuleType):
    __path__: ClassVar[MutableSequence[str]] = []  # type: ignore[misc]
    stand_ins: StandInData | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name in ("tqdm", "trange", "njit", "jit", "prange"):
            return _PASSING[name]
        if f"{self.__name__}.{name}" in MODULES:
            return importlib.import_module(f"{self.__name__}.{name}")
        value = None if self.stand_ins is None else self.stand_ins.of(self.__name__, name)
        if value is not None:
            return value
        return Inert(f"{self.__name__}.{name}")


class _Progress:
    """A progress bar that shows nothing: its items, and an answer to whatever else it is asked."""

    def __init__(self, iterable: Any = (), *_: Any, **__: Any) -> None:
        self._iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self._iterable)

    def __len__(self) -> int:
        return len(self._iterable)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: object) -> None:
        """Nothing was opened."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Inert(f"tqdm.{name}")


def _first(*args: Any, **_: Any) -> Any:
    return args[0] if args else (lambda function: function)


_PASSING: dict[str, Callable[..., Any]] = {
    "tqdm": _Progress,
    "trange": lambda *args, **_: _Progress(range(*args)),
    "njit": _first,
    "jit": _first,
    "prange": range,
}


class MissingData:
    """Readers of tables of numbers that answer with random numbers where the file is not there.

    ``files`` collects the names of what was asked for.
    """

    ROWS, COLUMNS = 40, 5

    def __init__(self) -> None:
        self.files: list[str] = []

    def reader(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """``np.loadtxt`` or ``np.genfromtxt``: the last column holds zeros and ones, as labels would."""

        @functools.wraps(real)
        def read(fname: Any, *args: Any, **options: Any) -> Any:
            try:
                return real(fname, *args, **options)
            except FileNotFoundError:
                self.files.append(str(fname)[:200])
            columns = options.get("usecols")
            width = self.COLUMNS if columns is None else np.size(columns)
            table = np.random.default_rng(5).standard_normal((self.ROWS, width))
            table[:, -1] = np.arange(self.ROWS) % 2
            table = table[:, 0] if isinstance(columns, int) else table
            return table.T if options.get("unpack") else table

        return read


class StandInFinder(NameFinder):
    """Finds a stand-in for every library that is always inert, or inert because it is missing.

    ``missing`` collects the names of libraries that were wanted and are not installed, ``data`` has the tables that
    took the place of theirs.
    """

    def __init__(self) -> None:
        self.missing: list[str] = []
        self.data = StandInData()

    def spec_of(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """A spec for what this finder stands in for."""
        top = name.partition(".")[0]
        if top in ALWAYS_INERT:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if top in INERT_IF_MISSING and (top in self.missing or not self._is_installed(top)):
            if top not in self.missing:
                self.missing.append(top)
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An inert module."""
        module = _InertModule(spec.name)
        module.stand_ins = self.data
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""

    def _is_installed(self, top: str) -> bool:
        if top in sys.modules:
            return True
        return any(
            finder is not self and hasattr(finder, "find_spec") and finder.find_spec(top, None) is not None
            for finder in sys.meta_path
        )

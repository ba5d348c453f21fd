"""Turns a submission's text into a running module: nothing shown, nothing asked, nothing trained to the end."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import linecache
import os
import random
import shutil
import sys
import sysconfig
import time
import traceback
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.language import tr
from gradcheck.oracles.autodiff.rewrite import register_tree
from gradcheck.submissions.instrumenting.instrument import as_written, instrument
from gradcheck.submissions.isolation.forbidden import right_of
from gradcheck.submissions.running.attempts import listen
from gradcheck.submissions.running.importing import PartFinder
from gradcheck.submissions.running.looking import Capture, Looked
from gradcheck.submissions.running.neighbours import neighbours
from gradcheck.submissions.running.runtime import Runtime, StopStep
from gradcheck.submissions.running.standins import MissingData, StandInFinder
from gradcheck.submissions.running.unwatched import may_train, without_hooks
from gradcheck.submissions.text.source import Source
from gradcheck.submissions.text.updates import RUNTIME_NAME

__all__ = ["Loaded", "Loader", "explain", "is_theirs", "own_frames"]

SEED = 0
# Characters of an error's message that are told.
MAX_MESSAGE = 1000
# The file name of lines that drive a submission's functions for it.
DRIVER_NAME = "<gradcheck driver>"
PACKAGE = Path(__file__).resolve().parents[2]
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


class Loaded:
    """A module after its text has run, what went wrong meanwhile, and which libraries were missing."""

    def __init__(self, module: types.ModuleType, runtime: Runtime, source: Source, finder: StandInFinder) -> None:
        self.module, self.runtime, self.source, self._finder = module, runtime, source, finder
        self.problems: list[str] = []
        self.exits: list[str] = []
        self.crashed = False  # while it was loaded
        self.traceback: list[str] = []  # of the first error that ended a statement, cut to the submission's frames
        self.forbidden: dict[str, None] = {}  # rights that it was refused
        self.data = MissingData()

    def note(self, error: BaseException) -> None:
        """What a statement of the file has raised."""
        self.problems.append(explain(error, self.source))
        self.traceback = self.traceback or own_frames(error, self.source)
        refused = right_of(error)
        if refused is not None:
            self.refuse(refused)

    def refuse(self, right: str) -> None:
        """A right that it was refused, in words."""
        self.forbidden[right] = None

    @property
    def missing_data(self) -> list[str]:
        """Files and data sets that random numbers stood in for."""
        return [*self.data.files, *self._finder.data.asked]

    @property
    def missing(self) -> tuple[str, ...]:
        """Libraries that stand-ins stood in for."""
        return tuple(self._finder.missing)


class Loader:
    """Runs a submission statement by statement.

    Parameters
    ----------
    source : Source
    on_loop : callable
        As for ``Runtime``.
    watched : bool
        Whether somebody will look into the program once it is loaded. Else hooks are there to cut training short that
        loading it would run, and gone afterwards.
    """

    def __init__(self, source: Source, on_loop: Callable[[Capture], Looked], *, watched: bool = True) -> None:
        self._source = source
        hooked = watched or may_train(source)
        self._to_unhook = hooked and not watched
        self.instrumented = instrument(source.tree, source.text) if hooked else as_written(source.tree)
        register_tree(str(source.path), self.instrumented.tree)
        self._finder = StandInFinder()
        self._module = types.ModuleType("__main__")
        runtime = Runtime(self.instrumented.sites, self.instrumented.loops, on_loop)
        self.loaded = Loaded(self._module, runtime, source, self._finder)

    def run(self) -> Loaded:
        """Execute the module. What a statement raises is remembered, and the next statement runs."""
        self._prepare()
        space = self._module.__dict__
        space.update({"__file__": str(self._source.path), RUNTIME_NAME: self.loaded.runtime, "__builtins__": builtins})
        if self._source.package:
            space["__package__"] = self._source.package
        flags = _future_flags(self._source.tree)
        ended = False
        for statement in self._statements(1, self._source.own_lines):
            if ended and not isinstance(statement, DEFINITIONS):
                continue
            ended = not self._execute(statement, flags, space) or ended
        if self._to_unhook and without_hooks(self._source, flags):
            register_tree(str(self._source.path), self._source.tree)
        return self.loaded

    def _statements(self, first: int, last: int) -> list[ast.stmt]:
        return [statement for statement in self.instrumented.tree.body if first <= statement.lineno <= last]

    def _run_module(self, module: types.ModuleType, first: int, last: int) -> None:
        """A module that the program imports; what it raises is raised by the import."""
        module.__dict__[RUNTIME_NAME] = self.loaded.runtime
        flags = _future_flags(self._source.tree)
        for statement in self._statements(first, last):
            lone = ast.Module(body=[statement], type_ignores=[])
            exec(compile(lone, str(self._source.path), "exec", flags=flags, dont_inherit=True), module.__dict__)

    def run_beside(self, text: str, given: dict[str, Any]) -> dict[str, Any]:
        """Run a few lines of our own in the module's namespace, watched like the submission's; what they defined.

        Raises
        ------
        Exception
            Whatever they raise.
        """
        space = self._module.__dict__
        before = set(space)
        space.update(given)
        added = instrument(ast.parse(text), text, self.instrumented)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(added.tree, DRIVER_NAME, "exec", dont_inherit=True), space)
            return {name: space[name] for name in set(space) - before}
        finally:
            for name in set(space) - before:
                del space[name]

    def _execute(self, statement: ast.stmt, flags: int, space: dict[str, Any]) -> bool:
        """False when the program ended itself."""
        module = ast.Module(body=[statement], type_ignores=[])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code = compile(module, str(self._source.path), "exec", flags=flags, dont_inherit=True)
                exec(code, space)
        except StopStep:
            raise
        except SystemExit:
            self.loaded.problems.append(tr("the program ends itself in line {lineno} (exit)", lineno=statement.lineno))
            return False
        except BaseException as error:
            self.loaded.note(error)
            self.loaded.crashed = True
        return True

    def _prepare(self) -> None:
        sys.modules["__main__"] = self._module
        sys.meta_path[:0] = [PartFinder(self._source, self._run_module), self._finder]
        folder = str(self._source.path.resolve().parent)
        sys.path[:0] = [str(root) for root in self._source.roots] or [folder]
        sys.argv = [str(self._source.path)]
        lines = self._source.text.splitlines(keepends=True)
        linecache.cache[str(self._source.path)] = (len(self._source.text), None, lines, str(self._source.path))
        for name in ("loadtxt", "genfromtxt"):
            setattr(np, name, self.loaded.data.reader(getattr(np, name)))
        silence(Path(folder), self._source.text)
        random.seed(SEED)
        np.random.seed(SEED)
        listen(self._source.path, self.loaded.refuse)


def silence(folder: Path, text: str) -> None:
    """Nothing is shown, asked or waited for; files that the text names are looked for beside the submission too."""
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (for the life of the child)
    sys.stdin = io.StringIO("1\n" * 1000)
    builtins.input = _answer
    time.sleep = _no_wait  # type: ignore[assignment]
    with contextlib.suppress(OSError):
        _link_beside(folder, text)
    builtins.open = _opening_own_copies()
    np.seterr(all="ignore")
    warnings.simplefilter("ignore")


def explain(error: BaseException, source: Source) -> str:
    """An exception in one line, with the submission's own line that raised it."""
    text = _words_of(error).strip().split("\n")[0][:MAX_MESSAGE]
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(source.path)]
    if not frames or frames[-1].lineno is None:
        return what
    line = frames[-1].lineno
    return f"{what} ({source.path.name}, line {line}: {source.line(line)})"


def _words_of(error: BaseException) -> str:
    """Its message; empty where that raises, which is the program's doing as well."""
    try:
        return str(error)
    except BaseException:
        return ""


def own_frames(error: BaseException, source: Source) -> list[str]:
    """A traceback cut to the submission's own frames, outermost first; the last lines of a deep one."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == str(source.path) and frame.lineno is not None]
    return [f"line {frame.lineno}, in {frame.name}: {source.line(frame.lineno or 0)}" for frame in own[-20:]]


def is_theirs(error: BaseException) -> bool:
    """Whether a file of theirs, or our lines for it, was running, not only gradcheck and the libraries."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    ours = bool(files) and Path(files[-1]).is_relative_to(PACKAGE)
    return (DRIVER_NAME in files and not ours) or any(
        not Path(file).is_relative_to(PACKAGE) and not _is_installed(file) for file in files
    )


def _is_installed(file: str) -> bool:
    return file.startswith("<") or any(file.startswith(path) for path in sysconfig.get_paths().values())


def _answer(prompt: object = "") -> str:  # noqa: ARG001 (the signature of input)
    return "1"


def _no_wait(seconds: float) -> None:
    """Time passes elsewhere."""


def _link_beside(folder: Path, text: str) -> None:
    """Let the working folder show the data that lie beside the submission."""
    for entry in neighbours(folder, text):
        place = Path.cwd() / entry.name
        if entry.suffix != ".py" and not place.exists():
            with contextlib.suppress(OSError):
                place.symlink_to(entry)


def _opening_own_copies() -> Callable[..., Any]:
    """``open`` that never writes through a link: what the program changes is its own copy."""
    real = builtins.open

    def opening(file: Any, *args: Any, **kwargs: Any) -> Any:
        mode = args[0] if args else kwargs.get("mode", "r")
        if isinstance(file, (str, os.PathLike)) and isinstance(mode, str) and set(mode) & set("wax+"):
            path = Path(os.fspath(file))
            if path.is_symlink():
                target = path.resolve()
                path.unlink()
                shutil.copyfile(target, path)
        return real(file, *args, **kwargs)

    return opening


def _future_flags(tree: ast.Module) -> int:
    import __future__

    names = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    flags = 0
    for name in names:
        flags |= getattr(__future__, name).compiler_flag
    return flags

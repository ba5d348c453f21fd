"""Makes the functions of a running program those of another text, for a moment: a trial costs milliseconds, no restart.

What runs again is what is in the bodies of functions, and in the loop in which the program stands still. An edit of
anything else (data, constants, default arguments, what a function did before that loop) would change nothing here, and
is refused: ``UnavailableError``.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import gc
import types
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.diagnosis.programs.tracing import COMPREHENSIONS
from gradcheck.language import mark, tr

__all__ = ["Build", "Built", "Edited", "Editions", "compile_statement", "compiled", "future_flags", "nested", "parse"]

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True, slots=True)
class Built:
    """A statement of a module as code; ``extra`` is what the builder has to say about it.

    ``base`` is the running code that it stands in the place of, where that is not the whole running statement.
    """

    code: types.CodeType
    extra: Any = None
    base: types.CodeType | None = None


# (the whole tree, its text, the index of the statement, the same of the running text) -> its code.
Build = Callable[[ast.Module, str, int, int], Built]
# Code, and the columns that it stands in: two functions of one line may have equal code.
Key = tuple[types.CodeType, bytes]


@dataclass(slots=True)
class Edited:
    """What an edit comes to: functions with their new code, and what the builder said.

    ``step`` is a function to be called instead of the standing loop's step, where that needs other variables.
    """

    codes: list[tuple[types.FunctionType, types.CodeType]] = field(default_factory=list)
    extras: list[Any] = field(default_factory=list)
    step: types.FunctionType | None = None


class Editions:
    """One file that has been loaded, and what its functions would be with another text.

    Parameters
    ----------
    filename : str
        As the code of the functions names it.
    text : str
        What was loaded.
    build : callable, optional
        How a statement becomes code.
    standing : collection of str
        Functions (``co_qualname``) and ``<module>`` that are running now and will not be entered again.
    loop_line : int, optional
        Of the loop, in one of them, whose body runs again.
    step : function, optional
        That body as a function, which whoever runs it can exchange for another one.
    variables : mapping, optional
        What the function that the loop stands in knows at this moment.
    """

    def __init__(
        self,
        filename: str,
        text: str,
        *,
        build: Build | None = None,
        standing: Collection[str] = (),
        loop_line: int | None = None,
        step: types.FunctionType | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        self._step, self._variables = step, variables or {}
        self.filename, self.text = filename, text
        self._tree = parse(text, filename)
        self._texts = _statement_texts(self._tree, text)
        self._build = build or compile_statement(filename, self._tree)
        self._standing, self._loop_line = frozenset(standing), loop_line
        self._bases: dict[int, types.CodeType] = {}
        self._live: dict[Key, list[types.FunctionType]] | None = None

    def forget(self) -> None:
        """Look for the living functions anew."""
        self._live = None

    @contextlib.contextmanager
    def replaced(self, text: str, *, aligned: bool = False) -> Iterator[Edited]:
        """Inside, the program's functions are those of ``text``.

        Parameters
        ----------
        text : str
        aligned : bool
            Whether functions that an edit only moves must carry their new line numbers too.

        Raises
        ------
        UnavailableError
            If the edit is in what does not run again, or needs variables that the living functions do not hold.
        SyntaxError, ValueError
            If the text is not Python.
        """
        edited = self.prepare(text, aligned=aligned)
        kept = [(function, function.__code__) for function, _ in edited.codes]
        try:
            for function, code in edited.codes:
                function.__code__ = code
            yield edited
        finally:
            for function, own in kept:
                function.__code__ = own

    def prepare(self, text: str, *, aligned: bool = False) -> Edited:
        """Which functions get which code; nothing is changed."""
        edited, changed = Edited(), False
        if text == self.text:
            return edited
        tree = parse(text, self.filename)
        texts = _statement_texts(tree, text)
        effective = False
        for old, new in _changed(self._texts, texts):
            self._require_running(self._tree.body[old], tree.body[new])
            effective = self._exchange(edited, tree, text, old, new) or effective
            changed = True
        if changed and not effective:
            raise UnavailableError(tr("no function that the edit changes runs again"))
        if aligned:
            self._shift(edited, tree, text, texts)
        return edited

    def _exchange(self, edited: Edited, tree: ast.Module, text: str, old: int, new: int) -> bool:
        """Add the functions of one statement; whether any that will be called again computes something else now."""
        built = self._build(tree, text, new, old)
        edited.extras.append(built.extra)
        effective = False
        found = self._functions()
        for before, after in _pairs(built.base or self._base(old), built.code):
            if before == after:
                continue
            own = _own(before) != _own(after)
            for function in found.get(_key(before), ()):
                if before.co_freevars == after.co_freevars:
                    edited.codes.append((function, after))
                else:
                    edited.step = self._rebound(function, after)  # type: ignore[assignment]  # mypy takes a function in a field for a method
                effective = effective or (own and before.co_qualname not in self._standing)
        return effective

    def _rebound(self, function: types.FunctionType, code: types.CodeType) -> types.FunctionType:
        """The standing loop's step with other variables of the function around it."""
        if function is not self._step:
            others = ", ".join(sorted(set(code.co_freevars) ^ set(function.__code__.co_freevars)))
            told = mark("{function}() would use other variables of what is around it ({variables})")
            raise UnavailableError(tr(told, function=function.__name__, variables=others))
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        closure = tuple(
            cells[name]
            if name in cells
            else (types.CellType(self._variables[name]) if name in self._variables else types.CellType())
            for name in code.co_freevars
        )
        return types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)

    def _shift(self, edited: Edited, tree: ast.Module, text: str, texts: Sequence[str]) -> None:
        """Functions that only stand on other lines now."""
        done = {id(function) for function, _ in edited.codes}
        for i, (own, other) in enumerate(zip(self._texts, texts, strict=True)):
            if own != other or self._tree.body[i].lineno == tree.body[i].lineno:
                continue
            built = self._build(tree, text, i, i)
            for before, after in _pairs(built.base or self._base(i), built.code):
                edited.codes += [(f, after) for f in self._functions().get(_key(before), ()) if id(f) not in done]

    def _base(self, index: int) -> types.CodeType:
        if index not in self._bases:
            self._bases[index] = self._build(self._tree, self.text, index, index).code
        return self._bases[index]

    def _functions(self) -> dict[Key, list[types.FunctionType]]:
        """Living functions of the file by their code."""
        if self._live is None:
            self._live = {}
            for item in gc.get_objects():
                if type(item) is types.FunctionType and item.__code__.co_filename == self.filename:
                    self._live.setdefault(_key(item.__code__), []).append(item)
        return self._live

    def _require_running(self, old: ast.stmt, new: ast.stmt) -> None:
        """What does not run again must be the same in both."""
        before = _Skeleton(self._standing, loop_line=self._loop_line)
        first = before.of(old)
        after = _Skeleton(self._standing, loop_number=before.loop_number)
        if first != after.of(new):
            raise UnavailableError(tr("the edit changes what has already run and does not run again"))


def compile_statement(filename: str, tree: ast.Module) -> Build:
    """Statements as Python itself would compile them."""
    flags = future_flags(tree)

    def build(tree: ast.Module, _text: str, index: int, _old: int) -> Built:
        # the compiler calls what an import has bound otherwise than a method: without the imports, other code
        return Built(compiled(ast.Module(body=[tree.body[index], *_imports(tree)], type_ignores=[]), filename, flags))

    return build


def _imports(tree: ast.Module) -> list[ast.stmt]:
    """Import statements of the module's own level, those in conditions included; nothing of them is run."""
    found: list[ast.stmt] = []
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                found.append(node)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return found


def compiled(module: ast.Module, filename: str, flags: int) -> types.CodeType:
    """The code of a module of one statement."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code: types.CodeType = compile(module, filename, "exec", flags=flags, dont_inherit=True)
        return code


def future_flags(tree: ast.Module) -> int:
    """Compiler flags of a module's ``from __future__`` imports."""
    import __future__

    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def parse(text: str, filename: str) -> ast.Module:
    """The tree of a text, without the warnings about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, filename)


def nested(code: types.CodeType) -> list[types.CodeType]:
    """The code of what is defined directly inside."""
    return [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


# --- what has changed ---------------------------------------------------------------------------------------------


def _statement_texts(tree: ast.Module, text: str) -> list[str]:
    lines = text.split("\n")
    texts = []
    for node in tree.body:
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        texts.append("\n".join(lines[first - 1 : node.end_lineno]))
    return texts


def _changed(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Indices of statements that differ, in pairs.

    Raises
    ------
    UnavailableError
        If statements of the module were added or removed.
    """
    head, tail = _ends(old, new)
    if len(old) != len(new):
        raise UnavailableError(tr("the edit adds or removes a statement of the module, which has already run"))
    middle = range(head, len(old) - tail)
    return [(i, i) for i in middle if old[i] != new[i]]


def _ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many statements are the same at the beginning and at the end."""
    most = min(len(old), len(new))
    head = next((i for i in range(most) if old[i] != new[i]), most)
    tail = next((i for i in range(most - head) if old[-1 - i] != new[-1 - i]), most - head)
    return head, tail


class _Skeleton:
    """What of a statement does not run again, as text: bodies of functions and of the standing loop left out."""

    def __init__(
        self, standing: Collection[str], *, loop_line: int | None = None, loop_number: int | None = None
    ) -> None:
        self._standing = standing
        self._loop_line, self.loop_number = loop_line, loop_number
        self._loops = 0

    def of(self, node: ast.stmt) -> str:
        return self._node(node, "<module>", "")

    def _node(self, node: Any, scope: str, prefix: str) -> str:
        if isinstance(node, ast.AST):
            if isinstance(node, ast.Lambda):
                return f"lambda {self._fields(node.args, scope, prefix)}"
            if isinstance(node, (*SCOPES, ast.ClassDef)):
                return self._definition(node, scope, prefix)
            if isinstance(node, LOOPS) and self._is_standing_loop(node):
                heads = [node.test] if isinstance(node, ast.While) else [node.target, node.iter]
                return "loop " + " ".join(self._node(part, scope, prefix) for part in heads)
            return f"{type(node).__name__}({self._fields(node, scope, prefix)})"
        if isinstance(node, list):
            return "[" + ",".join(self._node(part, scope, prefix) for part in node) + "]"
        return repr(node)

    def _definition(self, node: ast.stmt, scope: str, prefix: str) -> str:
        name = prefix + node.name  # type: ignore[attr-defined]
        inside = f"{name}." if isinstance(node, ast.ClassDef) else f"{name}.<locals>."
        parts = [type(node).__name__, name]
        for key, value in ast.iter_fields(node):
            if key == "name" or (key == "body" and isinstance(node, SCOPES) and name not in self._standing):
                continue
            runs_inside = key == "body"
            parts.append(self._node(value, name if runs_inside else scope, inside if runs_inside else prefix))
        return "(" + " ".join(parts) + ")"

    def _fields(self, node: ast.AST, scope: str, prefix: str) -> str:
        return ",".join(self._node(value, scope, prefix) for _, value in ast.iter_fields(node))

    def _is_standing_loop(self, node: ast.AST) -> bool:
        number, self._loops = self._loops, self._loops + 1
        if self._loop_line is not None and getattr(node, "lineno", None) == self._loop_line:
            self.loop_number = number
        return number == self.loop_number


def _key(code: types.CodeType) -> Key:
    return code, code.co_linetable


def _own(code: types.CodeType) -> tuple[Any, ...]:
    """What a function does, without what is defined inside and where it stands; comprehensions are parts of it."""

    def told(item: Any) -> Any:
        if not isinstance(item, types.CodeType):
            return repr(item)
        return _own(item) if item.co_name in COMPREHENSIONS else item.co_name

    constants = tuple(map(told, code.co_consts))
    return (
        code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars,
        code.co_exceptiontable,
    )  # fmt: skip


def _pairs(old: types.CodeType, new: types.CodeType) -> Iterator[tuple[types.CodeType, types.CodeType]]:
    """The code of every function inside two versions of a statement, in pairs."""
    first, second = nested(old), nested(new)
    for before, after in _aligned(first, second):
        yield before, after
        yield from _pairs(before, after)


def _aligned(
    old: list[types.CodeType], new: list[types.CodeType]
) -> list[tuple[types.CodeType, types.CodeType]]:  # fmt: skip
    if [code.co_name for code in old] == [code.co_name for code in new]:
        return list(zip(old, new, strict=True))
    matcher = difflib.SequenceMatcher(None, [_own(c) for c in old], [_own(c) for c in new], autojunk=False)
    pairs = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind == "equal":
            pairs += list(zip(old[i1:i2], new[j1:j2], strict=True))
        elif kind == "replace":
            rest = new[j1:j2]
            for code in old[i1:i2]:
                same = next((other for other in rest if other.co_name == code.co_name), None)
                if same is not None:
                    rest.remove(same)
                    pairs.append((code, same))
    return pairs

"""What a program says in its own words, of which students see what is no place to hide numbers in.

It is run at points that nobody is to know: whoever writes ``raise ValueError(str(X))`` would read them on the sheet.
So words that come from its process are marked as such where they become part of a message. What students are shown of
them is what Python and NumPy say in their usual errors, with names of the source and sizes that everybody knows; lines
of the source; and what its own ``raise`` and ``assert`` statements spell out. The rest is left to staff. So are numbers
at hidden points, those that came and those that are right, unless the assignment lets students see them.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator

import numpy as np

from gradcheck.grading.records import Mark, Message
from gradcheck.language import tr

__all__ = ["Discretion", "apart", "coarse", "coarsely", "plain", "said", "without_numbers"]

# Of the private use area: no text of ours holds them, and those of a program are taken out.
OPEN, CLOSE = "\ue000", "\ue001"
MARKED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
# Around two wordings of one thing: the one for staff, and the one for students.
FIRST, SECOND, LAST = "\ue002", "\ue003", "\ue004"
APART = re.compile(f"{FIRST}([^{SECOND}]*){SECOND}([^{LAST}]*){LAST}")
MARKS = str.maketrans("", "", f"{OPEN}{CLOSE}{FIRST}{SECOND}{LAST}")
# What could be a value: fractions, powers of ten, and whole numbers that count nothing here.
NUMBER = re.compile(r"[-+]?(?:\d+\.\d+(?:e[-+]?\d+)?|\d+e[-+]?\d+|\d{4,})")
# Of a constant students read so many digits, and whole numbers up to a size: those that a batch or a layer may have.
DIGITS, LARGEST = 2, 1000
ROUNDED = 1e-6
HIDDEN = "…"
# What a choice among many could tell is bounded: names and texts of the source that count, and parts of one message.
MAX_NAMES, MAX_TEXTS, MAX_PARTS = 500, 64, 3
LEAST, MAX_AXES = 4, 4
HOLES = {"n": r"\d{1,6}", "shape": r"\([\d, ]*\)", "name": r"[^\W\d][\w.]{0,79}", "names": r"[\w., ']{0,400}"}
USUAL = """\
unsupported operand type(s) for @: '{name}' and '{name}'
unsupported operand type(s) for +: '{name}' and '{name}'
unsupported operand type(s) for -: '{name}' and '{name}'
unsupported operand type(s) for *: '{name}' and '{name}'
unsupported operand type(s) for /: '{name}' and '{name}'
unsupported operand type(s) for ** or pow(): '{name}' and '{name}'
'{name}' object is not callable
'{name}' object is not iterable
'{name}' object is not subscriptable
'{name}' object does not support item assignment
'{name}' object has no attribute '{name}'
'{name}' object has no attribute '{name}'. Did you mean: '{name}'?
'{name}' object cannot be interpreted as an integer
module '{name}' has no attribute '{name}'
name '{name}' is not defined
name '{name}' is not defined. Did you mean: '{name}'?
cannot access local variable '{name}' where it is not associated with a value
cannot access free variable '{name}' where it is not associated with a value in enclosing scope
local variable '{name}' referenced before assignment
{name}() missing {n} required positional argument: {names}
{name}() missing {n} required positional arguments: {names}
{name}() takes {n} positional argument but {n} were given
{name}() takes {n} positional arguments but {n} were given
{name}() takes {n} positional arguments but {n} was given
{name}() got an unexpected keyword argument '{name}'
{name}() got multiple values for argument '{name}'
'{name}'
No module named '{name}'
cannot import name '{name}' from '{name}'
object of type '{name}' has no len()
argument of type '{name}' is not iterable
must be real number, not {name}
cannot unpack non-iterable {name} object
not enough values to unpack (expected {n}, got {n})
too many values to unpack (expected {n})
can't multiply sequence by non-int of type '{name}'
list index out of range
list assignment index out of range
tuple index out of range
string index out of range
pop from empty list
division by zero
float division by zero
math domain error
math range error
maximum recursion depth exceeded
maximum recursion depth exceeded in comparison
maximum recursion depth exceeded while calling a Python object
operands could not be broadcast together with shapes {shape} {shape}
operands could not be broadcast together with shapes {shape} {shape} {shape}
non-broadcastable output operand with shape {shape} doesn't match the broadcast shape {shape}
could not broadcast input array from shape {shape} into shape {shape}
shapes {shape} and {shape} not aligned: {n} (dim {n}) != {n} (dim {n})
matmul: Input operand {n} has a mismatch in its core dimension {n}, with gufunc signature (n?,k),(k,m?)->(n?,m?) (size {n} is different from {n})
matmul: Input operand {n} does not have enough dimensions (has {n}, gufunc core with signature (n?,k),(k,m?)->(n?,m?) requires {n})
cannot reshape array of size {n} into shape {shape}
axes don't match array
axis {n} is out of bounds for array of dimension {n}
index {n} is out of bounds for axis {n} with size {n}
too many indices for array: array is {n}-dimensional, but {n} were indexed
only integer scalar arrays can be converted to a scalar index
only length-1 arrays can be converted to Python scalars
only 0-dimensional arrays can be converted to Python scalars
setting an array element with a sequence.
The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()
loop of ufunc does not support argument {n} of type {name} which has no callable {name} method
assignment destination is read-only
output array is read-only
Singular matrix
the gradient has {n} parts, expected {n}
{name} is a {name}
{name} is None
{name} is a {name} of {n}
{name} is a {name} with the keys {names}"""  # noqa: E501 - one message is one line
TYPES = frozenset({"NoneType", "numpy.ndarray", "ndarray", "numpy", "function", "method", "module", "LinAlgError",
                   "AxisError", "UFuncTypeError", "builtin_function_or_method", "generator", "none"})  # fmt: skip
# What Python calls code that has no name.
NAMELESS = frozenset({"<module>", "<lambda>", "<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"})


def said(text: str) -> str:
    """Words that come from a program's process, marked as such."""
    return f"{OPEN}{plain(text)}{CLOSE}"


def apart(whole: str, told: str) -> str:
    """One thing in two wordings: with numbers at hidden points, for staff; and as students are told it."""
    return whole if whole == told else f"{FIRST}{whole}{SECOND}{told}{LAST}"


def coarsely(value: float) -> str:
    """A constant as students read it: a small whole number, or two digits. More could be those of a hidden number.

    Examples
    --------
    >>> coarsely(2.0000000001), coarsely(1 / 7), coarsely(-1.2345678), coarsely(123.456)
    ('2', '0.14', '-1.2', '120')
    """
    whole = round(value)
    if 0 < abs(whole) <= LARGEST and abs(value - whole) <= ROUNDED * abs(whole):
        return str(whole)
    return f"{float(f'{value:.{DIGITS - 1}e}'):g}"


def coarse(value: float) -> str:
    """The same beside six digits of it, which staff read."""
    return apart(f"{value:.6g}", coarsely(value))


def without_numbers(text: str) -> str:
    """A text whose numbers students are not told.

    Examples
    --------
    >>> plain(without_numbers("it is 0.25"))
    'it is 0.25'
    """
    return apart(text, NUMBER.sub(HIDDEN, text))


def plain(text: str) -> str:
    """A text as it is, whoever wrote it, as staff read it."""
    return APART.sub(lambda found: found[1], text).translate(MARKS)


class Discretion:
    """What students are shown of one program's words.

    Parameters
    ----------
    text : str
        Its source.
    tree : ast.Module
        The same.
    sizes : iterable of int
        That everybody knows: of layers, of the batch.
    adapter : str, optional
        The text that makes the calls.
    ours : iterable of str
        What only this package says in its process.
    numbers : bool
        Whether students are told numbers at hidden points.
    """

    def __init__(
        self,
        text: str,
        tree: ast.Module,
        sizes: Iterable[int],
        adapter: str | None = None,
        ours: Iterable[str] = (),
        *,
        numbers: bool = False,
    ) -> None:
        self._wording = 1 if numbers else 2
        self._text, self._tree, self._adapter, self._ours = text, tree, adapter or "", frozenset(ours)
        self._sizes = {str(size) for size in (*range(5), *sizes)}

    @functools.cached_property
    def _count(self) -> int:
        """Of lines: most programs say nothing, and are not looked through."""
        return self._text.count("\n") + 1

    @functools.cached_property
    def _lines(self) -> frozenset[str]:
        called = {_as_called(line) for line in self._adapter.splitlines()}
        return self._ours | called | set(map(str.strip, self._text.splitlines()))

    @functools.cached_property
    def _names(self) -> frozenset[str]:
        asked = re.findall(r"[^\W\d]\w*", self._adapter)  # a key that the assignment asks for, and the program has not
        return frozenset([*list(dict.fromkeys(_names(self._tree)))[:MAX_NAMES], *asked])

    @functools.cached_property
    def _texts(self) -> list[str]:
        return sorted(list(dict.fromkeys(_texts(self._tree)))[:MAX_TEXTS], key=len, reverse=True)

    def shown(self, text: str) -> str:
        """A text for students: of what is marked in it, what may be told."""
        chosen = APART.sub(lambda found: found[self._wording], text)
        return plain(MARKED.sub(lambda found: self._told(found[1].strip()), chosen))

    def message(self, message: Message) -> Message:
        """The same of a message."""
        place, name, fix = (None if t is None else self.shown(t) for t in (message.place, message.name, message.fix))
        return Message(symptom=self.shown(message.symptom), place=place, name=name, fix=fix)

    def mark(self, mark: Mark) -> Mark:
        """The same of a mark; what is left out of its message is evidence, which staff see."""
        message = self.message(mark.message)
        said_so = zip(
            (mark.message.symptom, mark.message.name or ""), (message.symptom, message.name or ""), strict=True
        )
        whole = [plain(ours) for ours, shown in said_so if plain(ours) != shown]
        evidence = [*map(plain, mark.evidence), *whole]
        return dataclasses.replace(
            mark,
            message=message,
            evidence=tuple(dict.fromkeys(evidence)),
            line=mark.line if mark.line is not None and 0 < mark.line <= self._count else None,
            behind=None if mark.behind is None else self.mark(mark.behind),
        )

    def _told(self, text: str) -> str:
        if text in self._lines or text in self._names or text in NAMELESS:
            return text
        if text.isdecimal():
            return text if len(text) < len(str(self._count)) + 1 and int(text) <= self._count else HIDDEN
        kind, colon, rest = text.partition(": ")
        if self._is_error(kind):
            return f"{kind}{colon}{self._rest(rest)}" if colon else kind
        return self._rest(text)

    def _is_error(self, name: str) -> bool:
        known = getattr(builtins, name, None)
        ours = name in self._names or name in TYPES or name == "TimeIsUpError"
        return ours or (isinstance(known, type) and issubclass(known, BaseException))

    def _rest(self, text: str) -> str:
        """What an error says, or something else that is no line and no name."""
        if re.fullmatch(HOLES["shape"], text):
            return self._shape(text)
        if text in self._lines or self._is_known(text):
            return text
        for usual in _usual():
            found = usual.fullmatch(text)
            if found is not None:
                return self._filled(text, found)
        return self._spelt(text)

    def _filled(self, text: str, found: re.Match[str]) -> str:
        """A usual message with what may be told in its places."""
        parts, end = [], 0
        for number in range(1, found.re.groups + 1):
            start, stop = found.span(number)
            parts += [text[end:start], self._hole(found[number])]
            end = stop
        return "".join([*parts, text[end:]])

    def _hole(self, text: str) -> str:
        if text.startswith("("):
            return self._shape(text)
        return re.sub(r"[\w.]+", lambda word: word[0] if self._may_stand(word[0]) else HIDDEN, text)

    def _may_stand(self, word: str) -> bool:
        return word in self._sizes if word.isdecimal() else word in ("and", "or") or self._is_known(word)

    def _shape(self, text: str) -> str:
        axes = re.findall(r"\d+", text)
        if len(axes) > MAX_AXES:
            return f"({HIDDEN})"
        return re.sub(r"\d+", lambda axis: axis[0] if axis[0] in self._sizes else HIDDEN, text)

    def _is_known(self, name: str) -> bool:
        """Whether it is a name of the source, of Python or of NumPy."""
        return name in TYPES or all(
            part in self._names or hasattr(builtins, part) or hasattr(np, part) or hasattr(np.ndarray, part)
            for part in name.split(".")
        )

    def _spelt(self, text: str) -> str:
        """What the source's own statements that raise spell out of it."""
        kept: list[tuple[int, str]] = []
        for own in self._texts:
            start = text.find(own)
            if start >= 0 and len(kept) < MAX_PARTS:
                kept.append((start, own))
                text = text.replace(own, "\0" * len(own), 1)
        if not kept:
            return tr("(what else it says is for your instructor)")
        parts = [own for _, own in sorted(kept)]
        ends = HIDDEN if text.strip("\0 ") else ""
        return HIDDEN.join(parts) + ends


def _pattern(message: str) -> re.Pattern[str]:
    parts = re.split(r"\{(n|shape|name|names)\}", message)
    return re.compile(
        "".join(re.escape(part) if place % 2 == 0 else f"({HOLES[part]})" for place, part in enumerate(parts))
    )


@functools.cache
def _usual() -> tuple[re.Pattern[str], ...]:
    """Made when a program is the first to say something: most classes are started without."""
    return tuple(map(_pattern, USUAL.split("\n")))


def _names(tree: ast.Module) -> Iterator[str]:
    """In the order of a walk: the names that are defined first, and near the top."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
        elif isinstance(node, ast.alias):
            yield from node.name.split(".")
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield str(node.slice.value)


def _texts(tree: ast.Module) -> Iterator[str]:
    """Parts of strings in the statements that raise."""
    raising = [node for node in ast.walk(tree) if isinstance(node, (ast.Raise, ast.Assert))]
    for node in (node for statement in raising for node in ast.walk(statement)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value.strip()) >= LEAST:
            yield node.value.strip()


def _as_called(line: str) -> str:
    """A line of the adapter as a fault tells it."""
    plain_line = re.sub(r"s\['(\w+)'\]", r"\1", line.strip())
    return plain_line.replace("module.", "").replace(", )", ")")

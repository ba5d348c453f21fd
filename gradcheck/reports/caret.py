"""Which part of a line of code is the suspicious one: where its patch changes it, else its right-hand side."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from rich.cells import cell_len

from gradcheck.reports.patches import changed_part, replacement

__all__ = ["Span", "is_whole", "suspicious", "windowed"]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a line, in characters from ``start`` up to, not including, ``end``."""

    start: int
    end: int


def suspicious(code: str, line: int | None, patch: str | None) -> Span:
    """The part of a stripped line to put a caret under.

    Parameters
    ----------
    code : str
        The line, stripped.
    line : int or None
        Its number, counted from 1.
    patch : str or None
        A unified diff that changes it, where there is one.

    Examples
    --------
    >>> span = suspicious("dZ1 = dA1 * relu(Z1)", 7, None)
    >>> "dZ1 = dA1 * relu(Z1)"[span.start : span.end]
    'dA1 * relu(Z1)'
    """
    after = replacement(patch, line, code) if patch and line is not None else None
    if after is not None and after != code:
        return _differing(code, after)
    return _right_hand_side(code)


def is_whole(code: str) -> bool:
    """Whether a line is a statement by itself, or the head of one, and goes on over no further line.

    Examples
    --------
    >>> is_whole("d = a * b"), is_whole("for x in y:"), is_whole("return {")
    (True, True, False)
    """
    return _statement(code) is not None


def windowed(code: str, span: Span, width: int, ellipsis: str) -> tuple[str, Span]:
    """A line cut down to a width in cells of a terminal, with its span in sight.

    Examples
    --------
    >>> windowed("x = aaaa + bbbb + cccc", Span(18, 22), 14, "..")
    ('.. bbbb + cccc', Span(start=10, end=14))
    """
    if cell_len(code) <= width:
        return code, span
    cuts = (_cut(code, span, room, ellipsis) for room in range(min(width, len(code)), 0, -1))
    return next((cut for cut in cuts if cell_len(cut[0]) <= width), _cut(code, span, 1, ellipsis))


def _cut(code: str, span: Span, width: int, ellipsis: str) -> tuple[str, Span]:
    """So many of its characters, at least one beside the ellipses."""
    if len(code) <= width:
        return code, span
    mark = len(ellipsis)
    room = max(width, 2 * mark + 1)
    start = 0 if span.end <= room - mark else min(max(span.start - room // 3, 0), len(code) - room + mark)
    head = ellipsis if start > 0 else ""
    cut = code[start : start + room - len(head)]
    if start + len(cut) < len(code):
        cut = cut[: room - len(head) - mark] + ellipsis
    shown = head + cut
    left = max(span.start - start + len(head), 0)
    return shown, Span(left, max(min(span.end - start + len(head), len(shown)), left + 1))


def _differing(before: str, after: str) -> Span:
    """What the patch changes; where it only adds, the expression that it adds to."""
    ours, theirs = changed_part(before, after)
    span = Span(*ours)
    if span.end > span.start:
        return _trimmed(before, span)
    added = after[slice(*theirs)]
    shifted = added.startswith(" ") and before[span.start : span.start + 1] == " " and not added.endswith(" ")
    return _extended(before, span.start + shifted, added.strip())  # " 2 *" before a blank is "2 * " behind it


def _extended(code: str, place: int, added: str) -> Span:
    """The expression that an insertion becomes a part of: one that ends or begins there, or holds it.

    ``.T``, an index or a call belongs to the name before it, an operator to all of the expression.
    """
    spans = [span for span in _expressions(code) if span.start <= place <= span.end]
    touching = [span for span in spans if place in (span.start, span.end)]
    in_front = all(span.end != place for span in touching)  # a factor in front belongs to the first operand
    choose = min if added.startswith((".", "[", "(")) or in_front else max
    return choose(touching or spans or [_right_hand_side(code)], key=lambda span: span.end - span.start)


def _right_hand_side(code: str) -> Span:
    """The value of an assignment, what is returned, what is called; the whole line where it is none of these."""
    statement = _statement(code)
    value = getattr(statement, "value", None)
    if value is None:
        return Span(0, len(code))
    return _span(code, value)


def _expressions(code: str) -> list[Span]:
    statement = _statement(code)
    return [] if statement is None else [_span(code, n) for n in ast.walk(statement) if isinstance(n, ast.expr)]


def _statement(code: str) -> ast.stmt | None:
    """The line as a statement, its block left out; None where it is only a part of one."""
    for text in (code, f"{code} pass", f"{code}\n pass"):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if tree.body:
            return tree.body[0]
    return None


def _span(code: str, node: ast.AST) -> Span:
    """Columns of a syntax tree count bytes."""
    encoded = code.encode("utf-8", "surrogatepass")
    start, end = (
        len(encoded[: getattr(node, name, 0)].decode("utf-8", "replace")) for name in ("col_offset", "end_col_offset")
    )
    return Span(start, end) if getattr(node, "end_lineno", 1) == 1 else Span(start, len(code))


def _trimmed(code: str, span: Span) -> Span:
    part = code[span.start : span.end]
    start = span.start + len(part) - len(part.lstrip())
    return Span(start, max(start + len(part.strip()), start + 1))

"""Which number is a whole loss, and which a part of one, by how the text adds them up."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.text.counts import COUNT
from gradcheck.submissions.text.sites import LOSS_NAME, Site

__all__ = ["is_part", "meant", "whole", "whole_shown"]


def whole(part: Scalar, found: list[Scalar]) -> Scalar:
    """The loss that a scalar is a part of, as of ``loss = data_loss + penalty_loss``; itself if it is of none.

    What a function returns is a part of a sum with its call that is kept, ``history.append(loss(w) + penalty)``, and so
    is what has a name: ``history.append(fit + penalty)``.

    Parameters
    ----------
    part : Scalar
    found : list of Scalar
        All that the step computes.
    """
    given = {(site.function, site.name) for site in part.sites if site.kind == "assign"}
    returned = {f"{site.function.rpartition('.')[2]}()" for site in part.sites if site.kind == "return"}
    for scalar in found:
        for site in scalar.sites if scalar is not part else ():
            addends = _addends(site.text)
            if scalar.named and site.kind == "assign" and given & {(site.function, name) for name in addends}:
                return scalar
            if site.kind in ("append", "store", "assign") and scalar.recorded and returned & set(addends):
                return scalar
            grown = {site.name} if site.kind == "assign" and scalar.recorded else set()  # ``fit = fit + penalty``
            kept = set(addends) if site.kind in ("append", "store") else grown & set(addends)
            if given & {(site.function, name) for name in kept}:
                return scalar
    return part


def meant(scalar: Scalar, found: list[Scalar]) -> Scalar:
    """The loss that what is kept is made of, or a part of; itself if it is the loss.

    It is the mean of a batch, where ``total += loss * len(batch)`` or ``total += loss / len(batches)`` adds those up
    for the mean over all; and where a loss is computed that has what is kept as an addend, ``cost = e**2 + penalty``
    and ``total += e**2``, it is that one.

    Parameters
    ----------
    scalar : Scalar
    found : list of Scalar
        All that the step computes.
    """
    if any(site.kind != "accumulate" for site in scalar.sites) or scalar.key[1] < 0:
        return scalar
    for site in scalar.sites:
        for name in _times_a_count(site.text):
            for other in found:
                if other is not scalar and not other.is_metric and _is_held(other, name, site.function):
                    return other
        for other in found:
            if other is not scalar and other.named and not other.is_metric and _is_addend(site, other):
                return other
    return scalar


def whole_shown(shown: list[Scalar]) -> Scalar | None:
    """Of numbers that are only shown the one that adds others of them up, ``print(fit, penalty, fit + penalty)``.

    Parameters
    ----------
    shown : list of Scalar

    Returns
    -------
    Scalar or None
        The first where none is a sum, None of none.
    """
    for scalar in shown:
        others = [other for other in shown if other is not scalar]
        for site in scalar.sites:
            names = _addends(site.text) if site.kind == "print" else []
            if len(names) > 1 and all(any(_is_held(o, name, site.function) for o in others) for name in names):
                return scalar
    return next(iter(shown), None)


def _is_addend(part: Site, scalar: Scalar) -> bool:
    """Whether the text of a part is an addend of what a name in the same function is given, and no name."""
    alike = [site for site in scalar.sites if site.kind == "assign" and site.function == part.function]
    return not part.text.isidentifier() and any(part.text in _texts(site.text) for site in alike)


def _texts(text: str) -> list[str]:
    """The addends of a sum, as they are written.

    Examples
    --------
    >>> _texts("e ** 2 + reg * (a + b)"), _texts("e**2")
    (['e ** 2', 'reg * (a + b)'], [])
    """
    try:
        node: ast.AST = ast.parse(text, mode="eval").body
    except SyntaxError:
        return []
    found: list[str] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found.insert(0, ast.get_source_segment(text, node.right) or "")
        node = node.left
    return [ast.get_source_segment(text, node) or "", *found] if found and isinstance(node, ast.expr) else []


def _is_held(scalar: Scalar, name: str, function: str) -> bool:
    """Whether a name, or the result of a function's call, in a function is that scalar."""
    return any(
        (site.kind == "assign" and (site.function, site.name) == (function, name))
        or (site.kind == "return" and name == f"{site.function.rpartition('.')[2]}()")
        for site in scalar.sites
    )


def _times_a_count(text: str) -> list[str]:
    """What a product with a number of samples has beside that, and what is divided by one.

    Examples
    --------
    >>> _times_a_count("loss * len(xb)"), _times_a_count("n * net.fit(xb, yb)"), _times_a_count("0.5 * loss")
    (['loss'], ['fit()'], [])
    >>> _times_a_count("cost(xb) / len(batches)"), _times_a_count("len(xb) / loss")
    (['cost()'], [])
    """
    try:
        node: ast.AST = ast.parse(text, mode="eval").body
    except SyntaxError:
        return []
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Mult, ast.Div)):
        return []
    sides = [(node.right, node.left), *([(node.left, node.right)] if isinstance(node.op, ast.Mult) else [])]
    return [name for count, other in sides if COUNT.fullmatch(ast.unparse(count)) for name in _addend(other)]


def _addends(text: str) -> list[str]:
    """The names in a sum, and the functions called in it.

    Examples
    --------
    >>> _addends("data_loss + reg_loss"), _addends("2 * data_loss"), _addends("a + net.f(b)")
    (['data_loss', 'reg_loss'], [], ['a', 'f()'])
    >>> _addends("sum([data, f(b)])"), _addends("np.add(a, b)"), _addends("np.sum(a)")
    (['data', 'f()'], ['a', 'b'], [])
    """
    try:
        node: ast.AST = ast.parse(text, mode="eval").body
    except SyntaxError:
        return []
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ("sum", "add"):
        listed = node.args[0].elts if node.args and isinstance(node.args[0], (ast.List, ast.Tuple)) else node.args
        return [name for part in listed for name in _addend(part)] if len(listed) > 1 else []
    names: list[str] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        names = _addend(node.right) + names
        node = node.left
        if not isinstance(node, ast.BinOp):
            names = _addend(node) + names
    return names


def _addend(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Call):
        called = node.func
        return [f"{called.attr}()"] if isinstance(called, ast.Attribute) else [f"{getattr(called, 'id', '')}()"]
    return [node.id] if isinstance(node, ast.Name) else []


def is_part(scalar: Scalar, sites: Sequence[Site]) -> bool:
    """``loss = data`` or the ``penalty`` of ``loss += penalty``: neither is the whole loss.

    Parameters
    ----------
    scalar : Scalar
    sites : sequence of Site
        Of the whole text.
    """
    if any(
        site.kind == "assign" and LOSS_NAME.search(site.name) and _is_added_to(site, sites) for site in scalar.sites
    ):
        return True
    if any(site.kind not in ("assign", "accumulate") for site in scalar.sites):
        return False
    return all(_is_added_to(site, sites) for site in scalar.sites)


def _is_added_to(site: Site, sites: Sequence[Site]) -> bool:
    """Whether the name is both given a number and added to in this function, in this order."""
    same = [other for other in sites if other.name == site.name and other.function == site.function]
    given = [other.line for other in same if other.kind == "assign"]
    added = [other.line for other in same if other.kind == "accumulate"]
    if site.kind == "assign":
        return any(line > site.line for line in added)
    return any(line < site.line for line in given)

"""Lets what a program draws by report its probabilities: ``rng.random(p.shape) < p``, ``rng.choice(n, p=p)``."""

from __future__ import annotations

import ast

from gradcheck.submissions.text.updates import RUNTIME_NAME, last_name

__all__ = ["watch_chances"]

# What draws numbers between 0 and 1, which are then compared with a probability.
UNIFORM = frozenset({"rand", "random", "random_sample", "ranf", "uniform"})
# What is told the probabilities of what it draws, by which name, and at which place if by none.
DRAWING = {"choice": ("p", 3), "choices": ("weights", 1), "binomial": ("p", 1), "multinomial": ("pvals", 1)}


def watch_chances(tree: ast.Module) -> ast.Module:
    """Change a tree so that the probabilities in it report.

    Parameters
    ----------
    tree : ast.Module

    Examples
    --------
    >>> print(ast.unparse(watch_chances(ast.parse("h = rng.random(3) < p"))))
    h = rng.random(3) < __gradcheck__.chance(1, p)
    >>> print(ast.unparse(watch_chances(ast.parse("a = rng.choice(2, p=policy(s))"))))
    a = rng.choice(2, p=__gradcheck__.chance(1, policy(s)))
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.comparators) == 1:
            if _is_uniform(node.left):
                node.comparators[0] = _reporting(node.comparators[0])
            elif _is_uniform(node.comparators[0]):
                node.left = _reporting(node.left)
        elif isinstance(node, ast.Call) and (name := last_name(node.func)) in DRAWING:
            keyword, place = DRAWING[name]
            for given in node.keywords:
                if given.arg == keyword:
                    given.value = _reporting(given.value)
            if len(node.args) > place and not any(isinstance(part, ast.Starred) for part in node.args):
                node.args[place] = _reporting(node.args[place])
    return tree


def _is_uniform(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in UNIFORM


def _reporting(value: ast.expr) -> ast.expr:
    if isinstance(value, ast.Constant):
        return value
    function = ast.Attribute(ast.Name(RUNTIME_NAME, ast.Load()), "chance", ast.Load())
    call = ast.Call(func=function, args=[ast.Constant(value.lineno), value], keywords=[])
    return ast.fix_missing_locations(ast.copy_location(call, value))

"""Names in a file's text: how they are compared, what they usually mean, what a target binds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import libcst as cst
import numpy as np

from gradcheck.diagnosis.programs.program import Array
from gradcheck.diagnosis.repair.syntax import Tree

__all__ = [
    "BACKWARD_NAME",
    "DERIVATIVE_NAME",
    "ELEMENT",
    "FORWARD_NAME",
    "GRADIENT_NAME",
    "KEYED",
    "MODULES",
    "NAMES_OF",
    "NAMES_OF_DATA",
    "NAMES_OF_INPUTS",
    "NAMES_OF_TARGETS",
    "PROMISED",
    "PURE_NAME",
    "fingerprint",
    "is_variable",
    "keyed",
    "last_part",
    "readable",
    "shifted",
    "targets_of",
]

BACKWARD_NAME = re.compile(
    r"back|grad|deriv|prime|delta|update|train|fit|step|learn|optim|nabla|sgd|(^|_)d[A-Z_]|main", re.IGNORECASE
)
PURE_NAME = re.compile(r"back|grad|deriv|prime|nabla", re.IGNORECASE)
FORWARD_NAME = re.compile(r"forward|predict|init|loss|cost|accuracy|plot|score|evaluate|load|data", re.IGNORECASE)
GRADIENT_NAME = re.compile(
    r"^(self\.)?(d[A-Z_]\w*|d\d+$|d[a-z]{1,2}\d?$|dscores|dout|grad\w*|delta\w*|nabla\w*|err\w*|\w+_(delta|error|grad)$)"
)
DERIVATIVE_NAME = re.compile(r"deriv|prime|grad|_d$|^d_|^d[A-Z]|dash|backward|slope|der$|_der|diff", re.IGNORECASE)
# What the parameter of a derivative's helper is called, by what the formula is of.
PROMISED = {"slope": r"z\w*|pre\w*|net\w*|logits?|sums?", "at_output": r"a\d*|y|o|h|out\w*|act\w*|s\d*"}
KEYED = re.compile(r"^\w+\[['\"]\w+['\"]\]$")
ELEMENT = re.compile(r"^[\w.]+\[-?\d+\]$")
MODULES = frozenset({"np", "numpy", "math", "plt", "random", "self"})
NAMES_OF_DATA = r"[Xx]|[Yy]|inputs?|targets?|data|labels?|[XxYy]_?\w*|t|T|batch|y_true"
NAMES_OF_INPUTS = r"[Xx]|inputs?|data|[Xx]_?\w*"
NAMES_OF_TARGETS = r"[Yy]\w*|targets?|labels?|t|T|output\w*|a\w*|A\w*|pred\w*"
NAMES_OF = {
    "batch": r"m|n|N|M|batch_?size|num_?samples|n_?samples|num_?examples|n_?examples|samples|B|bs|batch|n_batch|size",
    "outputs": r"k|K|n_?out\w*|output_?(size|dim)\w*|num_?classes|n_?classes|n_y|C|outputs",
    "features": r"d|D|n_?in\w*|input_?(size|dim)\w*|n_x|n_?features|features",
    "learning_rate": r"lr|alpha|eta|learning_?rate|rate|step_?size|LR",
    "regularisation": r"lam\w*|lmb\w*|reg\w*|l2\w*|weight_?decay|wd|decay|beta|l1\w*|penal\w*|ridge\w*",
}


def keyed(text: str) -> str:
    """An expression with its white space and quotes normalised, to be compared."""
    try:
        return ast.unparse(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError):
        return text


def last_part(name: str) -> str:
    """``W1`` of ``self.W1`` and ``params['W1']``."""
    return re.sub(r"['\"\]]+$", "", re.split(r"[.\[]['\"]?", name)[-1])


def shifted(index: str, by: int) -> str:
    """An index so many places further, written as it is.

    Examples
    --------
    >>> shifted("i", -1), shifted("i+1", 1), shifted("i + 1", -1), shifted("2", 1), shifted("-k", 1)
    ('i - 1', 'i+2', 'i', '3', '-k + 1')
    """
    if re.fullmatch(r"-?\d+", index):
        return str(int(index) + by)
    match = re.fullmatch(r"(.*?)(\s*)([+-])\s*(\d+)", index)
    name, blank, own = (match[1], match[2], int(match[3] + match[4])) if match else (index, " ", 0)
    number = own + by
    return name if number == 0 else f"{name}{blank}{'+' if number > 0 else '-'}{blank}{abs(number)}"


def fingerprint(value: Array) -> bytes:
    """The same for arrays that are equal up to round-off."""
    return (np.round(value, 9) + 0.0).tobytes() + str(value.shape).encode()


def targets_of(node: cst.CSTNode) -> Iterable[cst.BaseExpression]:
    """What a statement assigns to."""
    match node:
        case cst.Assign(targets=targets):
            return [target.target for target in targets]
        case cst.AugAssign(target=target) | cst.AnnAssign(target=target):
            return [target]
    return []


def readable(target: cst.BaseExpression, tree: Tree) -> Iterator[str]:
    """The names of a target, those of a tuple one by one."""
    if isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from readable(element.value, tree)
    elif isinstance(target, (cst.Name, cst.Attribute, cst.Subscript)):
        yield tree.code(target)


def is_variable(node: cst.BaseExpression, tree: Tree) -> bool:
    """Whether a node is a variable that could stand elsewhere: no function, no module, no size."""
    parent = tree.parent(node)
    if isinstance(parent, cst.Call) and parent.func is node:
        return False
    if isinstance(parent, cst.Attribute):  # the owner of an attribute, or its name
        return parent.value is node and parent.attr.value in (
            "T",
            "shape",
            "size",
            "dot",
            "copy",
            "sum",
            "mean",
            "reshape",
        )
    if isinstance(parent, (cst.Arg,)) and parent.keyword is node:
        return False
    if isinstance(node, cst.Name) and node.value in ("np", "self", "True", "False", "None", "numpy", "math"):
        return False
    if isinstance(node, cst.Attribute):
        return node.attr.value not in ("T", "shape", "size") and not tree.code(node).startswith(
            ("np.", "numpy.", "math.")
        )
    return not isinstance(node, cst.Subscript) or ".shape[" not in tree.code(node)

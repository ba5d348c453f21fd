"""Biases that the forward pass adds and no line updates: to whoever runs the program they are no parameters."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import libcst as cst

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.repair.change import Change, Setting, target_text
from gradcheck.diagnosis.repair.edits import statements
from gradcheck.diagnosis.repair.names import last_part

__all__ = ["bare", "missing_updates"]

BIAS = re.compile(r"b\d*|b_\w+|bias\w*|\w+_b(ias)?|biais\w*|intercept\w*", re.IGNORECASE)
# What a variable is made with that starts as a parameter does, rather than being computed.
STARTS = re.compile(r"zeros|ones|rand|normal|uniform|gauss|\[\s*-?\d[\d.]*|^-?\d[\d.]*$")


def missing_updates(setting: Setting) -> Iterator[Change]:
    """Statements that would update such biases, modelled on the updates that there are."""
    for name in _never_updated(setting):
        statement = next(s for s in setting.tree.statements if target_text(s, setting.tree) == name)
        shape = setting.scope.shape(name, statement)
        extended = dataclasses.replace(
            setting,
            blocks=(*setting.blocks, name),
            shapes=(*setting.shapes, () if shape is None else shape),
        )
        for other in setting.tree.statements:
            for change in statements.propose(extended, other):
                if change.kind is EditKind.INSERT and last_part(change.detail) == last_part(name):
                    yield change


def bare(block: str) -> str:
    """``b`` of ``self.b[0]``: a block's name without its owner and place in a list."""
    return last_part(re.sub(r"(\[\d+\])+$", "", block))


def _never_updated(setting: Setting) -> list[str]:
    tree = setting.tree
    blocks = {bare(block) for block in setting.blocks}
    bound: dict[str, int] = {}
    for statement in tree.statements:
        name = target_text(statement, tree).partition("[")[0]
        bound[name] = bound.get(name, 0) + 1
    found = []
    for statement in tree.statements:
        name = target_text(statement, tree)
        if not isinstance(statement.node, cst.Assign) or bound.get(name) != 1 or statement.loops:
            continue
        short = last_part(name)
        read = len(re.findall(rf"(?<![\w.]){re.escape(name)}(?!\w)", tree.text)) > 1
        if read and BIAS.fullmatch(short) and short not in blocks and STARTS.search(tree.code(statement.node.value)):
            found.append(name)
    return found

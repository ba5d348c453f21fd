"""Writes an adapter for a file, filled in with what was found in it: it runs as written where that says enough."""

from __future__ import annotations

import ast
import pprint
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck.errors import SubmissionError
from gradcheck.language import tr
from gradcheck.submissions.exchange.session import Session, SessionError
from gradcheck.submissions.recognition.adapter import template
from gradcheck.submissions.request import TIME_LIMIT
from gradcheck.submissions.text.source import read_source

__all__ = ["Draft", "draft_adapter"]

HEAD = '''"""Adapter: tells gradcheck how to drive {file}.

Use it: gradcheck check {file} --adapter THIS_FILE
"""

import numpy as np

from gradcheck import {imports}


def build(module, *, batch={batch}, features={features}, hidden={hidden}, outputs={outputs}, seed=0):
    """`module` is {file}, already executed."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((batch, features)){inputs}
    Y = {targets}
'''
TARGETS = {
    "one-hot": "np.eye(outputs)[rng.integers(0, outputs, batch)]",
    "classes": "rng.integers(0, outputs, batch)",
    "one": "rng.integers(0, 2, (batch, 1)).astype(float)",
}
UNKNOWN = "...  # to fill in: the number that training makes small, of X, Y and params"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An adapter's text, and what is still to be said in it; nothing where it runs as it is."""

    text: str
    missing: tuple[str, ...] = ()
    recognised: str = ""


def draft_adapter(path: str | Path, *, time_limit: float = TIME_LIMIT) -> Draft:
    """An adapter for a file, as far as it can be written by itself.

    Parameters
    ----------
    path : str or Path
    time_limit : float
        Seconds that loading, and each further step, may take.

    Returns
    -------
    Draft
        ``recognised`` says what is recognised without any adapter, if anything is.

    Raises
    ------
    SubmissionError
        If the file cannot be read, is not Python, or cannot be run.
    """
    file = Path(path)
    read_source(file)
    recognised = ""
    opening = {"path": str(file.resolve()), "adapter": None, "keywords": {"sketch": True}}
    try:
        with Session(time_limit=time_limit) as session:
            reply = session.request("open", opening)
            while reply.op == "network":
                recognised = recognised or str(reply.data.get("interface"))
                reply = session.request("next")
    except SessionError as error:
        raise SubmissionError(
            tr("{file}: the program could not be run: {error}.", file=file.name, error=error)
        ) from None
    if reply.op == "unloadable":
        raise SubmissionError(str(reply.data.get("message")))
    sketch, names = reply.data.get("sketch"), reply.data.get("names")
    written = _written(file.name, sketch) if isinstance(sketch, Mapping) else None
    if written is not None:
        lacking = ("what loss() returns",) if UNKNOWN in written else ()
        return Draft(text=written, missing=lacking, recognised=recognised)
    text = template(file.name, names if isinstance(names, dict) else {})
    missing = ("the parameters", *(f"what {name} returns" for name in ("loss()", "gradient()")))
    return Draft(text=text, missing=missing, recognised=recognised)


def _written(file: str, sketch: Mapping[str, Any]) -> str | None:
    """An adapter out of the lines that a training loop was made of; None where they are no Python."""
    try:
        tree = ast.parse(str(sketch["text"]))
        making, loop = tree.body[0], tree.body[-1]
        assert isinstance(loop, ast.For)
        body = _objects(making, loop, sketch) if sketch.get("kind") == "object" else _functions(making, loop, sketch)
        imports = "Problem, ref" if sketch.get("kind") == "object" else "Problem"
        targets = TARGETS["one" if sketch["form"] != "classes" and sketch["outputs"] == 1 else str(sketch["form"])]
        columns = sketch.get("columns") is True
        head = HEAD.format(
            file=file, imports=imports, inputs=".T" if columns else "",
            targets=f"{targets}.T" if columns else targets,
            **{name: int(sketch[name]) for name in ("batch", "features", "hidden", "outputs")},
        )  # fmt: skip
        text = head + body
        ast.parse(text)
    except (SyntaxError, KeyError, ValueError, AssertionError, IndexError):
        return None
    return text


def _functions(making: ast.stmt, loop: ast.For, sketch: Mapping[str, Any]) -> str:
    """Of functions: ``loss`` and ``gradient`` go through the forward pass each."""
    lines = [_renamed(statement, sketch) for statement in loop.body]
    ahead = [line for line in lines if not line.startswith(("loss =", "losses.", "result =", "params ="))]
    both = next((line for line in lines if line.startswith(("loss, result =", "result, loss ="))), None)
    ahead = [line for line in ahead if line != both]
    value = next((line.removeprefix("loss = ") for line in lines if line.startswith("loss =")), UNKNOWN)
    slope = next((line for line in lines if line.startswith("result =")), "")
    before = "".join(f"        {line}\n" for line in ahead)
    first = f"        {both}\n        return loss\n" if both else f"{before}        return {value}\n"
    second = f"        {both}\n" if both else f"{before}        {slope}\n"
    keys = sketch.get("keys")
    result = pprint.pformat(keys) if keys else ""
    returned = f"{{name: result[key] for name, key in {result}}}" if keys else "type(params)(result)"
    return (
        f"    {_renamed(making, sketch, sizes=True)}\n\n"
        f"    def loss(params):\n{first}\n    def gradient(params):\n{second}        return {returned}\n\n"
        "    return Problem(loss, gradient, params)\n"
    )


def _objects(making: ast.stmt, loop: ast.For, sketch: Mapping[str, Any]) -> str:
    """Of an object that returns a loss and gradients: its own arrays are the parameters."""
    call = loop.body[0]
    assert isinstance(call, ast.Assign)
    told = _renamed(ast.Expr(call.value), sketch)
    owner = f"net{sketch['holder']}"
    names = [str(name) for name in sketch["names"]]
    return (
        f"    {_renamed(making, sketch, sizes=True)}\n"
        f"    params = {{name: ref({owner}, name) for name in {names!r}}}\n\n"
        f"    def loss():\n        return {told}[0]\n\n"
        f"    def gradient():\n        return {{name: {told}[1][name] for name in params}}\n\n"
        "    return Problem.live(loss, gradient, params)\n"
    )


def _renamed(statement: ast.stmt, sketch: Mapping[str, Any], *, sizes: bool = False) -> str:
    """A line in an adapter's names: what the file defines is the module's, and sizes have theirs."""
    known = {str(name) for name in sketch["defined"]}
    numbers = {int(sketch[name]): name for name in ("features", "hidden", "outputs")}
    named = {f"_made_{key}": value for key, value in dict(sketch.get("made") or {}).items()}

    class Renaming(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id in named:
                return self.visit(ast.parse(repr(named[node.id]), mode="eval").body)  # type: ignore[no-any-return]
            if node.id in known:
                return ast.Attribute(ast.Name("module", ast.Load()), node.id, ast.Load())
            return ast.Name(node.id.removeprefix("_").replace("part", "part_"), node.ctx)

        def visit_Constant(self, node: ast.Constant) -> ast.expr:
            if sizes and type(node.value) is int and node.value in numbers:
                return ast.Name(numbers[node.value], ast.Load())
            return ast.Name("seed", ast.Load()) if sizes and type(node.value) is int and node.value == 0 else node

    return ast.unparse(ast.fix_missing_locations(Renaming().visit(statement)))

"""A network as a program: plain NumPy to copy and run, and what ``NetworkExample`` itself runs."""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.integrations.strategies.architecture import ACTIVATIONS, LOSSES, Architecture, Array, Batch, written

__all__ = ["LAST_LINE", "program_text"]

LAST_LINE = "print(gradcheck.check(problem))\n"


def program_text(
    architecture: Architecture, batch: Batch, params: Mapping[str, Array], bug: str | None, place: str
) -> str:
    """A program that ends with its ``problem``.

    Parameters
    ----------
    architecture : Architecture
    batch : Batch
    params : mapping of name to ndarray
    bug : str or None
        Catalogue id of what is planted in the gradient.
    place : int
        Which of its places.
    """
    parts = [_data(batch, params, planted=bug is not None), *_functions(architecture)]
    if bug is None:
        parts.append(_gradient(architecture))
    else:
        parts.append(_planted(architecture, bug, place))
    return "\n\n".join(parts) + "\n\nproblem = gradcheck.Problem(loss, gradient, params)\n"


def _data(batch: Batch, params: Mapping[str, Array], *, planted: bool) -> str:
    imports = "import numpy as np\n\nimport gradcheck\n"
    if planted:
        imports += "from gradcheck.integrations.strategies import planted_gradient\n"
    values = "".join(f"    {name!r}: {written(value)},\n" for name, value in params.items())
    return f"{imports}\nX = {written(batch.inputs)}\nY = {written(batch.targets)}\nparams = {{\n{values}}}\n"


def _functions(architecture: Architecture) -> tuple[str, str, str]:
    """Forward pass, loss, and the deltas of right back-propagation."""
    loss, last = LOSSES[architecture.loss], architecture.layers
    share = " / len(X)" if architecture.mean else ""
    forward, back = [], []
    for number, name in enumerate(architecture.activations, start=1):
        z, a, before = f"Z{number}", f"A{number}", f"A{number - 1}" if number > 1 else "X"
        forward.append(f"{z} = {before} @ params['W{number}'] + params['b{number}']")
        forward.append(f"{a} = {ACTIVATIONS[name].value.format(z=z, a=a)}")
    for number in range(last, 0, -1):
        z, a = f"Z{number}", f"A{number}"
        slope = ACTIVATIONS[architecture.activations[number - 1]].slope
        above = f"dZ{number + 1} @ params['W{number + 1}'].T"
        back.append(f"dA{number} = {loss.slope.format(z=z, a=a) + share if number == last else above}")
        back.append(f"S{number} = {'None' if slope is None else slope.format(z=z, a=a)}")
        fused = number == last and loss.delta is not None
        delta = f"{(loss.delta or '').format(z=z, a=a)}{share}" if fused else f"dA{number} * S{number}"
        back.append(f"dZ{number} = {delta}")
    value = loss.value.format(z="Z[-1]", a="A[-1]") + share
    if architecture.l2:
        squares = " + ".join(f"np.sum(params['W{number}'] ** 2)" for number in range(1, last + 1))
        value += f" + {architecture.l2!r} * ({squares})"
    backward = (
        f"def backward(params):\n    {_row('Z', last)}, {_row('A', last)} = forward(params)\n"
        f"{_body(back)}    return {_row('dA', last)}, {_row('dZ', last)}, {_row('S', last)}\n"
    )
    return (
        f"def forward(params):\n{_body(forward)}    return {_row('Z', last)}, {_row('A', last)}\n",
        f"def loss(params):\n    Z, A = forward(params)\n    return {value}\n",
        backward,
    )


def _gradient(architecture: Architecture) -> str:
    last = architecture.layers
    entries = []
    for number in range(1, last + 1):
        before = f"A{number - 1}" if number > 1 else "X"
        decay = f" + {2 * architecture.l2!r} * params['W{number}']" if architecture.l2 else ""
        entries.append(f"'W{number}': {before}.T @ dZ{number}{decay},")
        entries.append(f"'b{number}': dZ{number}.sum(axis=0),")
    inner = "".join(f"        {entry}\n" for entry in entries)
    return (
        f"def gradient(params):\n    _, {_row('A', last)} = forward(params)\n"
        f"    _, {_row('dZ', last)}, _ = backward(params)\n"
        f"    return {{\n{inner}    }}\n"
    )


def _planted(architecture: Architecture, bug: str, place: str) -> str:
    loss = LOSSES[architecture.loss]
    scale = repr(loss.scale) + (" / len(X)" if architecture.mean else "")
    return (
        f"# Right back-propagation, but for what the catalogue calls {bug}.\n"
        f"gradient = planted_gradient(\n    {bug!r}, {place!r}, forward, backward, X, Y,\n"
        f"    activations={architecture.activations!r}, loss={loss.kind!r}, scale={scale}, l2={architecture.l2!r},\n)\n"
    )


def _body(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


def _row(prefix: str, last: int) -> str:
    return "[" + ", ".join(f"{prefix}{number}" for number in range(1, last + 1)) + "]"

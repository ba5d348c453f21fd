"""An interface as the text of an adapter: its ``build`` drives the network, its ``run_...`` functions one call each.

It is executed beside the submission, as an adapter that somebody wrote. Nothing in it depends on a submission.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gradcheck.submissions.declared.drawing import Shape
from gradcheck.submissions.declared.interface import Calls, Interface, Style
from gradcheck.submissions.declared.plans import Plan, PlanError, plan

__all__ = ["Written", "write_adapter"]

HEAD = '''"""Drives a submission by the calls that its assignment declares."""

import types

import numpy as np

from gradcheck import Problem, ref
from gradcheck.submissions.declared.drawing import Shape, draw, encoded
from gradcheck.submissions.declared.forms import Biases, Form, Targets

SHAPE = {shape!r}
FORMS = {forms}
FIXED = {fixed!r}


def start(shape, values):
    """Values by role, of which calls are made."""
    features, *hidden, outputs = shape.sizes
    return {{**FIXED, "features": features, "hidden": hidden[0] if hidden else outputs, "outputs": outputs,
            "sizes": list(shape.sizes), "depth": len(shape.sizes) - 1, **values}}

'''
BUILD = '''
def build(module, *, batch=7, features={features}, hidden={hidden}, weight_scale=1.0, input_scale=1.0,
          seed=0, form=0, point=None):
    """The network as a problem, at a point that is drawn or given.

    The number of outputs is the assignment's: a mean over one output is right without its divisor.
    """
    shape = SHAPE if point else SHAPE.resized(features, hidden)
    if point is None:
        point = draw(shape, batch=batch, seed=seed, weight_scale=weight_scale, input_scale=input_scale)
        point = encoded(point, FORMS[form])
    data = {{"X": point["X"], "Y": point["Y"]}}
    held = {{name: point[name] for name in shape.names}}

    def loss({params}):
        s = start(shape, {{**data, **{values}}})
{loss}
        return s["loss"]

{rest}
'''
GRADIENT = """    def gradient(params):
        s = start(shape, {{**data, **params}})
{lines}
        return {{{returned}}}

    return Problem(loss, gradient, held)
"""
STEP = """    def step(rate):
        s = start(shape, {{**data, **held, "learning_rate": rate, "epochs": 1}})
{lines}
        held.update({{name: s[name] for name in held}})

    return Problem.from_update(loss, step, {{name: ref(held, name) for name in held}})
"""
# Always at hand, whatever is asked.
BASE = ("X", "Y", "learning_rate", "epochs", "seed", "l2", "sizes", "features", "hidden", "outputs", "depth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An adapter's text.

    Attributes
    ----------
    text : str
    runs : tuple of str
        What can be asked: ``forward``, ``loss``, ``gradient``, ``update``, ...; ``loss_given`` from the outputs given,
        ``gradient_given`` from all forward values given, ``update_given`` from the gradients given.
    lacking : tuple of str
        Why others cannot, a sentence each.
    """

    text: str
    runs: tuple[str, ...]
    lacking: tuple[str, ...] = ()


def write_adapter(
    interface: Interface, shape: Shape, *, expected_loss: str | None = None, l2: float = 0.0, learning_rate: float = 0.1
) -> Written:
    """The text.

    Parameters
    ----------
    interface : Interface
        Of the styles ``functions`` and ``class``.
    shape : Shape
    expected_loss : str, optional
        An expression of ``s['output']`` and ``s['Y']``, for code that computes no loss itself.
    l2 : float
        The factor of the penalty, for calls that take it.
    learning_rate : float
        For calls that take it.

    Raises
    ------
    PlanError
        If the declared calls do not lead to a loss and a gradient.
    """
    writer = _Writer(interface, shape, expected_loss)
    head = HEAD.format(
        shape=shape, forms=_forms_text(interface),
        fixed={"learning_rate": learning_rate, "epochs": 1, "seed": 0, "l2": l2},
    )  # fmt: skip
    runs = writer.runs()
    bodies = [_function(name, found.lines) for name, found in runs.items()]
    build = writer.build()
    return Written(text="\n".join([head, *bodies, build]), runs=tuple(runs), lacking=tuple(writer.lacking))


class _Writer:
    def __init__(self, interface: Interface, shape: Shape, expected_loss: str | None) -> None:
        self._interface, self._shape, self._expected = interface, shape, expected_loss
        self._names, self.lacking = shape.names, list[str]()
        layers = range(1, len(shape.sizes))
        self._values = [f"{kind}{layer}" for layer in layers for kind in "ZA"]
        self._adjoints = [f"d{kind}{layer}" for layer in range(len(shape.sizes)) for kind in "ZA"]
        self._slopes = [f"d{name}" for name in self._names]

    def runs(self) -> dict[str, Plan]:
        """What can be asked, by its name."""
        calls, base = self._interface.calls, (*BASE, *self._names)
        found: dict[str, Plan] = {}
        self._add(found, "forward", ["output"], base, made="forward")
        self._add(found, "loss", ["loss"], base)
        self._add(found, "loss_given", ["loss"], (*base, "output"))
        self._add(found, "gradient", self._slopes, base)
        self._add(found, "gradient_given", self._slopes, (*base, "output", *self._values))
        self._add(found, "update", [], base, made="update")
        if "gradient" in calls:
            self._add(found, "update_given", [], (*base, *self._slopes), made="update")
        self._add(found, "train", [], base, made="train")
        self._repeated(found, base)
        self._add(found, "initialise", [], BASE, made="initialise")
        for name, chosen in self._interface.activations.items():
            self._alone(found, f"activation_{name}", chosen, ("a",), (*base, "z"))
        for name, chosen in self._interface.derivatives.items():
            self._alone(found, f"derivative_{name}", chosen, ("d",), (*base, "z", "a"))
        for number, chosen in enumerate(self._interface.layers):
            gives = tuple(role for call in chosen for role in call.gives if role in {*self._slopes, *self._adjoints})
            self._alone(found, f"layer_{number}", chosen, gives, (*base, "output", *self._values, *self._adjoints))
        for name in ("loss_given", "gradient_given"):
            own = self._interface.style is Style.CLASS and name == "gradient_given"
            if name in found and (found[name].opaque or own):
                del found[name]  # what it goes on from is what the code's own forward pass has kept
        return found

    def _repeated(self, found: dict[str, Plan], base: Iterable[str]) -> None:
        """A training of single steps, for code that has none of its own."""
        if "train" in found or "update" not in found:
            return
        repeated = Plan(self._interface, base, self._names)
        losses = [f"        {line}" for line in found["loss"].lines] if "loss" in found else []
        if losses:  # for a curve, which needs no more than fifty points
            looked = "    if epoch % max(1, s['epochs'] // 50) == 0:"
            losses = [looked, *losses, "        s['losses'].append(float(s['loss']))"]
        steps = [f"    {line}" for line in found["update"].lines]
        repeated.lines = ["s['losses'] = []", "for epoch in range(s['epochs']):", *losses, *steps]
        found["train"] = repeated

    def build(self) -> str:
        """The function of a family."""
        steps = "gradient" not in self._interface.calls and not self._interface.gradients
        name = "update" if "update" in self._interface.calls else "train"
        loss = self._loss(BASE + self._names)
        first, *inner, _outputs = self._shape.sizes
        if steps:
            lines = plan(self._interface, [], (*BASE, *self._names), self._names, made=name).lines
            rest = STEP.format(lines=_indented(lines))
        else:
            lines = plan(self._interface, self._slopes, (*BASE, *self._names), self._names).lines
            returned = ", ".join(f"{name!r}: s['d{name}']" for name in self._names)
            rest = GRADIENT.format(lines=_indented(lines), returned=returned)
        return BUILD.format(
            features=first, hidden=inner[0] if inner else None, rest=rest,
            params="" if steps else "params", values="held" if steps else "params", loss=_indented(loss),
        )  # fmt: skip

    def _loss(self, given: Iterable[str]) -> list[str]:
        try:
            return plan(self._interface, ["loss"], given, self._names).lines
        except PlanError:
            if self._expected is None:
                raise
        found = plan(self._interface, ["output"], given, self._names)
        return [*found.lines, f"s['loss'] = {self._expected}"]

    def _add(
        self, found: dict[str, Plan], name: str, wanted: list[str], given: Iterable[str], made: str | None = None
    ) -> None:
        if made is not None and made not in self._interface.calls:
            return
        try:
            found[name] = plan(self._interface, wanted, given, self._names, made)
        except PlanError as error:
            self.lacking.append(f"{name}: {error}")

    def _alone(
        self, found: dict[str, Plan], name: str, calls: Calls, wanted: tuple[str, ...], given: Iterable[str]
    ) -> None:
        """Calls that are no part of a pass through the network."""
        gives = {role for call in calls for role in call.gives}
        made = Plan(self._interface, set(given) - gives, self._names)
        try:
            made.make(name, calls)
            for role in wanted:
                made.need(role)
        except PlanError as error:
            self.lacking.append(f"{name}: {error}")
        else:
            found[name] = made


def _function(name: str, lines: list[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"\ndef run_{name}(module, s):\n{body or '    pass'}\n"


def _indented(lines: list[str]) -> str:
    return "\n".join(f"        {line}" for line in lines) or "        pass"


def _forms_text(interface: Interface) -> str:
    from gradcheck.submissions.declared.forms import forms_of

    parts = [
        f"Form(columns={form.columns}, turned={form.turned}, biases=Biases.{form.biases.name}, "
        f"targets=Targets.{form.targets.name})"
        for form in forms_of(interface)
    ]
    return f"({', '.join(parts)},)"

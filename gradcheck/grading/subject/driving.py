"""The adapter that drives an assignment's submissions: written once by each process that grades."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from gradcheck.errors import GradingError
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.reference.formulas import LOSS_FORMS
from gradcheck.grading.reference.points import shape_of
from gradcheck.submissions.declared.forms import Form, forms_of
from gradcheck.submissions.declared.interface import Interface, Style
from gradcheck.submissions.declared.plans import PlanError
from gradcheck.submissions.declared.writing import write_adapter
from gradcheck.submissions.recognition.adapter import RUN

__all__ = ["Driving", "driving_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Driving:
    """How submissions are driven.

    Attributes
    ----------
    text : str or None
        Of the adapter; None for those that are recognised by themselves.
    runs : frozenset of str
        Single calls that can be asked for.
    forms : tuple of Form
    posed : bool
        Whether the network can be built at any point: there its loss and its gradient can be asked for.
    """

    text: str | None
    runs: frozenset[str]
    forms: tuple[Form, ...]
    posed: bool = True


_KNOWN: dict[str, Driving] = {}


def driving_of(assignment: Assignment) -> Driving:
    """The adapter's file, and what can be asked by it.

    Raises
    ------
    GradingError
        If the declared calls do not lead to a loss and a gradient.
    """
    interface = assignment.interface
    forms = forms_of(interface)
    if interface.style is Style.RECOGNISED:
        return Driving(text=None, runs=frozenset(), forms=forms)
    if interface.style is Style.ADAPTER:
        return _given(interface, forms)
    key = repr((interface, assignment.network))
    if key not in _KNOWN:
        _KNOWN[key] = _written(assignment, interface, forms)
    return _KNOWN[key]


def _written(assignment: Assignment, interface: Interface, forms: tuple[Form, ...]) -> Driving:
    network = assignment.network
    try:
        written = write_adapter(interface, shape_of(network), expected_loss=_expected_loss(assignment), l2=network.l2)
    except PlanError as error:
        raise GradingError(
            f"the interface of {assignment.title!r} does not lead to a loss and a gradient: {error}. "
            "Declare the call that gives it under [interface.calls]."
        ) from None
    return Driving(text=written.text, runs=frozenset(written.runs), forms=forms)


def _given(interface: Interface, forms: tuple[Form, ...]) -> Driving:
    """An adapter of the instructor's own; its ``run_`` functions are what can be asked for."""
    assert interface.adapter is not None
    try:
        text = interface.adapter.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (OSError, ValueError, SyntaxError) as error:
        raise GradingError(f"the adapter {interface.adapter} cannot be read: {error}") from None
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith(RUN)]
    build = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build"), None)
    takes = set() if build is None else {item.arg for item in (*build.args.args, *build.args.kwonlyargs)}
    runs = frozenset(name.removeprefix(RUN) for name in names)
    return Driving(text=text, runs=runs, forms=forms, posed={"form", "point"} <= takes)


def _expected_loss(assignment: Assignment) -> str | None:
    """The loss as an expression, for code that computes none."""
    form, outputs = LOSS_FORMS[assignment.network.loss], assignment.network.sizes[-1]
    if form.text is None or assignment.network.l2:
        return None
    text = form.text.format(o="s['output']", y="s['Y']")
    divisor = {"entries": "np.size(s['Y'])", "samples": f"(np.size(s['Y']) / {outputs})", "nothing": "1.0"}[form.over]
    return f"{form.factor!r} * {text} / {divisor}"

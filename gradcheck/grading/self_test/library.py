"""The functions of a file that its other functions call: declared ones by their names, and helpers of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gradcheck.errors import GradingError
from gradcheck.grading.self_test.draft import Draft
from gradcheck.grading.self_test.wordings import ACTIVATION_TEXTS, FROM_OUTPUT, FROM_PREACTIVATION, HELPERS
from gradcheck.submissions.declared.forms import Form
from gradcheck.submissions.declared.interface import Call, Calls, Interface

__all__ = ["IMPORT", "Library"]

# At the top of every program.
IMPORT = "import numpy as np\n"


class Library:
    """What is called, and the texts of what is not declared.

    Parameters
    ----------
    draft : Draft
    form : Form
    interface : Interface or None
        None for a program that declares nothing.
    """

    def __init__(self, draft: Draft, form: Form, interface: Interface | None) -> None:
        self._draft, self._form = draft, form
        self._activations: Mapping[str, Calls] = interface.activations if interface else {}
        self._derivatives: Mapping[str, Calls] = interface.derivatives if interface else {}
        self._used: dict[str, None] = {}
        self.instance = True  # whether `self` is at hand where the calls are written

    def use(self, name: str) -> bool:
        """Note that a helper is called; whether there is one of that name."""
        known = name in HELPERS or name in self._draft.texts
        if known:
            self._used.setdefault(name)
        return known

    def texts(self) -> list[str]:
        """Of all helpers that were used."""
        axis, turned = int(not self._form.columns), ".T" if self._form.columns else ""
        return [self._text_of(name).format(axis=axis, turned=turned) for name in self._used]

    def activated(self, name: str, text: str) -> str:
        """The call of an activation."""
        if name == "linear":
            return text
        return f"{self.function(name)}({text})"

    def function(self, name: str) -> str:
        """What an activation is called."""
        declared = self._alone(self._activations.get(name, ()), ("z",))
        if declared is not None:
            return declared
        own = name if name == "softmax" else f"_{_identifier(name)}"
        self._used.setdefault(own)
        return own

    def slope(self, name: str, sides: Mapping[str, Callable[[], str]]) -> str:
        """The call of a derivative, from the pre-activation (``z``) or from the activation (``a``)."""
        for made in (self._derivatives.get(name, ()),):
            declared = self._declared(made)
            if declared is not None and set(declared.takes) <= set(sides) and set(declared.takes) <= {"z", "a"}:
                given = ", ".join(sides[role]() for role in declared.takes)
                return f"{declared.name}({given})"
        side = next((each for each in ("z", "a") if each in sides), None)
        if side is None:
            raise GradingError(f"the derivative of {name} would need what nothing gives")
        own = f"_{_identifier(name)}_slope{'' if side == 'z' else '_from_output'}"
        self._used.setdefault(own)
        return f"{own}({sides[side]()})"

    def _declared(self, made: Calls) -> Call | None:
        usable = len(made) == 1 and not any(item.keyword for item in made[0].arguments)
        return made[0] if usable and (self.instance or not made[0].method) else None

    def _alone(self, made: Calls, takes: tuple[str, ...]) -> str | None:
        declared = self._declared(made)
        return None if declared is None or declared.takes != takes else declared.name

    def activation_text(self, name: str) -> str:
        """An expression of ``z``."""
        own = self._draft.texts.get(f"activation {name}")
        return own if own is not None else _chosen(ACTIVATION_TEXTS[name], self._draft)

    def slope_text(self, name: str, side: str) -> str:
        """An expression of ``z``, or of ``a``."""
        own = self._draft.texts.get(f"slope {name} {side}")
        if own is None:
            own = _chosen((FROM_PREACTIVATION if side == "z" else FROM_OUTPUT)[name], self._draft)
        return own.replace("{f}", f"({self.activation_text(name)})") if "{f}" in own else own

    def _text_of(self, name: str) -> str:
        if name in self._draft.texts:
            return self._draft.texts[name]
        if name in HELPERS:
            return HELPERS[name]
        word, slope, output = name.removeprefix("_").partition("_slope")
        activation = next(each for each in ACTIVATION_TEXTS if _identifier(each) == word)
        side = "a" if output else "z"
        text = self.slope_text(activation, side) if slope else self.activation_text(activation)
        return f"def {name}({side}):\n    return {text}\n"


def _identifier(name: str) -> str:
    return name.replace("-", "_")


def _chosen(texts: tuple[str, ...], draft: Draft) -> str:
    return texts[draft.wording.activations % len(texts)]

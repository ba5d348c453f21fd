"""A draft as a script that trains on data of its own, for programs that are recognised by themselves."""

from __future__ import annotations

from gradcheck.grading.reference.points import shape_of
from gradcheck.grading.self_test.body import Body
from gradcheck.grading.self_test.draft import Draft
from gradcheck.grading.self_test.initial import drawn
from gradcheck.grading.self_test.library import IMPORT, Library
from gradcheck.submissions.declared.forms import Form

__all__ = ["Script"]

CLASSES = "np.eye({k})[rng.integers(0, {k}, size={m})]"


class Script:
    """A training of its own data from top to bottom.

    Parameters
    ----------
    draft : Draft
    form : Form
        Of its arrays.
    """

    def __init__(self, draft: Draft, form: Form) -> None:
        self._draft, self._form = draft, form
        self._library = Library(draft, form, None)

    def text(self) -> str:
        """The program's text."""
        network, kind = self._draft.network, shape_of(self._draft.network).targets
        features, outputs, samples = network.sizes[0], network.sizes[-1], 12
        turned = ".T" if self._form.columns else ""
        targets = {
            "real": f"rng.normal(size=({samples}, {outputs}))",
            "binary": f"rng.integers(0, 2, size=({samples}, {outputs})).astype(float)",
            "classes": CLASSES.format(k=outputs, m=samples),
        }[kind]
        begin = ["rng = np.random.default_rng(1)", f"X = rng.normal(size=({samples}, {features})){turned}",
                 f"Y = ({targets}){turned}" if turned else f"Y = {targets}"]  # fmt: skip
        body = Body(self._draft, self._form, self._library, {"X": "X", "Y": "Y"}, {}, {})
        begun, names = drawn(body, generator="rng")
        loop = Body(self._draft, self._form, self._library, {"X": "X", "Y": "Y", **names,
                    "learning_rate": "learning_rate"}, {}, {})  # fmt: skip
        loop.need("output")
        loop.lines.append(f"losses.append({loop.need('loss')})")
        for name in network.parameters:
            loop.need(f"d{name}")
        whole = not self._draft.wording.in_place
        for name in network.parameters:
            loop.lines.append(loop.step(name, names[name], whole=whole))
        lines = [*begin, *begun, "learning_rate, losses = 0.1, []", "for step in range(50):",
                 *(f"    {line}" for line in loop.lines), "print(losses[-1])"]  # fmt: skip
        return "\n\n".join([IMPORT, *self._library.texts(), "\n".join(lines) + "\n"])

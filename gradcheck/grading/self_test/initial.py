"""How a program draws its parameters."""

from __future__ import annotations

from gradcheck.grading.self_test.body import Body, variable
from gradcheck.submissions.declared.interface import Biases

__all__ = ["drawn"]


def drawn(body: Body, generator: str | None = None) -> tuple[list[str], dict[str, str]]:
    """Lines that draw parameters, and their variables."""
    draft, form = body.draft, body.form
    legacy = draft.wording.legacy and generator is None
    sizes = _sizes(body)
    lines = [] if legacy or generator is not None else [f"rng = np.random.default_rng({body.have.get('seed', '0')})"]
    names: dict[str, str] = {}
    for layer in range(1, draft.last + 1):
        before, after = sizes[layer - 1 : layer + 1]
        shape = (after, before) if form.turned else (before, after)
        draw = f"np.random.randn({shape[0]}, {shape[1]})" if legacy else f"rng.normal(size=({shape[0]}, {shape[1]}))"
        draw = f"np.zeros(({shape[0]}, {shape[1]}))" if draft.initial == "0" else f"{draw} / np.sqrt({before})"
        times = f"{draft.initial} * " if draft.initial not in ("", "0") else ""
        bias = {Biases.ROW: f"(1, {after})", Biases.COLUMN: f"({after}, 1)", Biases.FLAT: after}[form.biases]
        names |= {name: variable(name, draft) for name in (f"W{layer}", f"b{layer}")}
        lines += [f"{names[f'W{layer}']} = {times}{draw}", f"{names[f'b{layer}']} = np.zeros({bias})"]
    return lines, names


def _sizes(body: Body) -> list[str]:
    """Of all layers, by what the caller gives, else by their numbers."""
    sizes, have = body.draft.network.sizes, body.have
    if "sizes" in have:
        return [f"{have['sizes']}[{place}]" for place in range(len(sizes))]
    found = [str(size) for size in sizes]
    found[0], found[-1] = have.get("features", found[0]), have.get("outputs", found[-1])
    if len(found) > 2:
        found[1] = have.get("hidden", found[1])
    return found

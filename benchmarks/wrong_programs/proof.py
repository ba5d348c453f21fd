"""Proves the truth of every program, and keeps what was proved in ``proofs.json``.

A program is in the corpus when every one of its bugs shows: alone and beside the other. What does not show is kept as
``hidden`` with its reason, and is left out of every figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.wrong_programs.oracle import Measured, Probe, Script, disagreement, measure, open_probe
from benchmarks.wrong_programs.truth import Program, Proof, proof_of

__all__ = ["PROOFS", "Proved", "load_proofs", "prove", "same_gradient", "save_proofs"]

PROOFS = Path(__file__).parent / "proofs.json"

WRONG = 1e-4  # relative: above it a block is wrong
RIGHT = 1e-5  # below it a block is right; nothing of the corpus lies between
SEEDS = (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What was found: ``hidden`` says why a program is left out, '' that its truth is proved."""

    digest: str
    blocks: tuple[str, ...] = ()
    hidden: str = ""


def prove(program: Program) -> Proved:
    """Run a program and the right one, and see whether each bug shows."""
    digest = digest_of(program)
    try:
        blocks = tuple(_shown(program))
    except _NotShownError as reason:
        return Proved(digest=digest, hidden=str(reason))
    return Proved(digest=digest, blocks=blocks)


def digest_of(program: Program) -> str:
    """Changes when anything changes that the proof depends on."""
    bugs = [(bug.id, bug.lines) for bug in program.bugs]
    parts = repr((program.text, program.right, program.probe, program.steps, bugs))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def load_proofs(path: Path = PROOFS) -> dict[str, Proved]:
    """What was proved, by program."""
    stored: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {
        name: Proved(digest=entry["digest"], blocks=tuple(entry["blocks"]), hidden=entry.get("hidden", ""))
        for name, entry in stored.items()
    }


def save_proofs(proofs: Mapping[str, Proved], path: Path = PROOFS) -> None:
    """Keep what was proved, a program a line."""
    rows = []
    for name, proved in sorted(proofs.items()):
        entry = {"digest": proved.digest, "blocks": list(proved.blocks)}
        if proved.hidden:
            entry["hidden"] = proved.hidden
        rows.append(f"  {json.dumps(name)}: {json.dumps(entry)}")
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def same_gradient(program: Program, text: str) -> bool:
    """Whether a cured text claims the gradient of its own loss, and that loss is the wrong or the right text's."""
    try:
        for seed in SEEDS:
            cured = _measured(program, text, seed)
            losses = [_loss(program, other, seed) for other in (program.text, program.right)]
            known = any(_close(cured.loss, loss) for loss in losses if loss is not None)
            if not known or max(disagreement(cured).values()) > RIGHT:
                return False
    except Exception:  # noqa: BLE001  # a patched program may do anything
        return False
    return True


class _NotShownError(Exception):
    """A bug that does not show, or a right program that is not right."""


def _shown(program: Program) -> Iterator[str]:
    """The wrong blocks of a program whose truth is proved."""
    _require_right(program)
    if not program.bugs:
        return
    for bug in program.bugs:
        reason = _SHOWS[proof_of(bug.id)](program)
        if reason:
            raise _NotShownError(f"{bug.id}: {reason}")
    if program.singles:
        _require_independent(program)
    yield from _wrong_blocks(program)


def _require_right(program: Program) -> None:
    for seed in SEEDS:
        errors = disagreement(_measured(program, program.right, seed))
        worst = max(errors, key=lambda name: errors[name])
        if errors[worst] > RIGHT:
            raise _NotShownError(f"the right text is wrong in {worst} by {errors[worst]:.1e}")


def _require_independent(program: Program) -> None:
    """Each bug is wrong alone, and the pair is neither of them alone: no bug hides or cures the other."""
    texts = (program.text, *program.singles)
    found = [_claimed(program, text, SEEDS[0]) for text in (*texts, program.right)]  # with the loss, as a block
    for index, first in enumerate(found):
        for second in found[index + 1 :]:
            if first is not None and second is not None and _equal(first, second):
                raise _NotShownError("one bug hides the other")


def _wrong_blocks(program: Program) -> list[str]:
    try:
        errors = [disagreement(_measured(program, program.text, seed)) for seed in SEEDS]
    except Exception:  # noqa: BLE001  # a program whose gradient raises has no blocks to compare
        return []
    reshaped = _reshaped(program)
    return [name for name in errors[0] if name in reshaped or any(error[name] > WRONG for error in errors)]


def _reshaped(program: Program) -> list[str]:
    """Parameters that training has given another shape than in the right program."""
    wrong, right = (_open(program, text).read() for text in (program.text, program.right))
    return [name for name in wrong if name not in right or wrong[name].shape != right[name].shape]


def _differs(program: Program) -> str:
    if _reshaped(program):
        return ""
    worst = [max(disagreement(_measured(program, program.text, seed)).values()) for seed in SEEDS]
    return "" if min(worst) > WRONG else f"the gradient agrees with the loss to {min(worst):.1e}"


def _raises(program: Program) -> str:
    try:
        measured = _measured(program, program.text, SEEDS[0])
    except Exception:  # noqa: BLE001  # any exception is the proof
        return ""
    bad = [n for n, shape in measured.shapes.items() if n not in measured.claimed or measured.claimed[n].shape != shape]
    return "" if bad or _reshaped(program) else "the gradient has a number for every entry"


def _mutates(program: Program) -> str:
    probe = _open(program, program.text)
    probe.write({name: np.random.default_rng(1).normal(size=value.shape) for name, value in probe.read().items()})
    if not probe.inputs:
        return "the probe names no inputs"
    for index, reference in enumerate(probe.inputs):  # fresh ones: a run may have made theirs a fixed point
        held = _value(reference)
        held[...] = np.abs(held) * (1 + index) + np.arange(held.size).reshape(held.shape) - held.size / 2
    before = [np.array(_value(reference), dtype=float) for reference in probe.inputs]
    if probe.gradient is not None:
        probe.gradient()
    elif probe.update is not None:
        probe.update()
    after = [np.array(_value(reference), dtype=float) for reference in probe.inputs]
    same = all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))
    return "the inputs stay as they are" if same else ""


def _random(program: Program) -> str:
    probe = _open(program, program.text)
    probe.reset()
    values = [float(np.asarray(probe.loss()).sum()) for _ in range(3)]
    return "" if len(set(values)) > 1 else "the loss is the same each time"


def _accumulates(program: Program) -> str:
    probe = _open(program, program.text)
    assert probe.gradient is not None
    probe.reset()
    first = {name: np.array(value) for name, value in probe.gradient().items()}
    probe.reset()
    second = {name: np.array(value) for name, value in probe.gradient().items()}
    return "the second call is the first" if _equal(first, second) else ""


def _integer(program: Program) -> str:
    kinds = [value.dtype.kind for value in _open(program, program.text).read().values()]
    return "" if "i" in kinds else "no parameter is an integer array"


def _precision(program: Program) -> str:
    probe = _open(program, program.text)
    found = [*probe.read().values(), *(np.asarray(v) for v in probe.gradient().values())] if probe.gradient else []
    return "" if any(v.dtype in {np.dtype("f2"), np.dtype("f4")} for v in found) else "everything is float64"


def _overflows(program: Program) -> str:
    probes = [_open(program, text) for text in (program.text, program.right)]
    bad, good = (measure(probe, seed=1, scale=300.0, numeric=False).loss for probe in probes)
    return "" if np.isnan(bad) and not np.isnan(good) else f"the losses are {bad:.3g} and {good:.3g}"


def _epsilon(program: Program) -> str:
    wrong, right = (_measured(program, text, SEEDS[0], scale=0.3) for text in (program.text, program.right))
    if wrong.loss == right.loss:
        return "the loss is the right program's"
    return "" if max(disagreement(wrong).values()) < WRONG else "the gradient disagrees far from saturation"


def _trains_badly(program: Program) -> str:
    errors = disagreement(_measured(program, program.text, SEEDS[0]))
    if max(errors.values()) > RIGHT and not _out_of_range(program):
        return "the gradient is wrong"
    wrong, right = (_trained(program, text) for text in (program.text, program.right))
    if np.isfinite(wrong) and wrong < 1.5 * right:
        return f"training ends at {wrong:.3g}, the right program's at {right:.3g}"
    return ""


def _out_of_range(program: Program) -> bool:
    return any(bug.id == "target-out-of-range" for bug in program.bugs)


def _trained(program: Program, text: str) -> float:
    """The loss at the parameters where a whole run ends, on the program's own data."""
    namespace = Script(text).run()
    probe = open_probe(text, program.probe)
    for name in (probe.final, "loss", "losses", "costs"):
        value = np.atleast_1d(np.asarray(namespace.get(name, [])))
        if value.size and value.dtype.kind == "f":
            return float(value.reshape(-1)[-1])
    return probe.value()


def _measured(program: Program, text: str, seed: int, scale: float = 0.8) -> Measured:
    return measure(_open(program, text), seed=seed, scale=scale)


def _claimed(program: Program, text: str, seed: int) -> Mapping[str, Any] | None:
    try:
        measured = measure(_open(program, text), seed=seed, numeric=False)
    except Exception:  # noqa: BLE001  # a bug may be an exception
        return None
    return {**measured.claimed, "loss": np.asarray(measured.loss)}


def _loss(program: Program, text: str, seed: int) -> float | None:
    try:
        return measure(_open(program, text), seed=seed, numeric=False).loss
    except Exception:  # noqa: BLE001  # a bug may be an exception
        return None


def _open(program: Program, text: str) -> Probe:
    return open_probe(text, program.probe, program.steps)


def _close(first: float, second: float) -> bool:
    return abs(first - second) <= 1e-9 * max(abs(first), abs(second), 1e-12)


def _equal(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    return first.keys() == second.keys() and all(
        np.shape(first[n]) == np.shape(second[n]) and np.allclose(first[n], second[n], rtol=1e-6, atol=1e-12)
        for n in first
    )


def _value(reference: tuple[Any, Any]) -> Any:
    owner, key = reference
    return owner[key] if isinstance(owner, dict | list) else getattr(owner, key)


_SHOWS = {
    Proof.GRADIENT: _differs,
    Proof.RAISES: _raises,
    Proof.MUTATES: _mutates,
    Proof.RANDOM: _random,
    Proof.ACCUMULATES: _accumulates,
    Proof.INTEGER: _integer,
    Proof.PRECISION: _precision,
    Proof.OVERFLOW: _overflows,
    Proof.EPSILON: _epsilon,
    Proof.TRAINING: _trains_badly,
    Proof.CLIPS: _differs,
    Proof.FLAT: _differs,
}

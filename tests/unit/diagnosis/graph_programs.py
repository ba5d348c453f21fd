"""Small programs that are no chain of layers, each with its right way back and with what is done otherwise on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gradcheck import Problem
from gradcheck.diagnosis.graphs.slips import Slips
from gradcheck.diagnosis.matching import Observation
from gradcheck.diagnosis.network import Array
from gradcheck.oracles.autodiff.recording import record_forward

Blocks = dict[str, Array]
Program = tuple[Callable[[Blocks], float], Callable[[Blocks], Blocks], Mapping[str, tuple[int, ...]]]

_RNG = np.random.default_rng(4)
SEQUENCES, SEQUENCE_TARGETS = _RNG.normal(size=(5, 4, 2)), _RNG.normal(size=(5, 1))
ROWS, ROW_TARGETS = _RNG.normal(size=(7, 3)), _RNG.normal(size=(7, 2))
MASK = (_RNG.random((7, 4)) < 0.6) / 0.6


def observed(program: Program, count: int = 2) -> list[Observation]:
    """What a program claims at some points, beside what is true there."""
    loss, gradient, shapes = program
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        params = {name: 0.6 * rng.normal(size=shape) for name, shape in shapes.items()}
        problem = Problem(loss, gradient, params)
        blocks = [block.name for block in problem.blocks]
        forward = record_forward(problem.driver, [params[name] for name in blocks])
        true = {value.block: value.adjoint for value in forward.values if value.block is not None}
        found.append(
            Observation(
                claimed=gradient(params),
                true={name: np.zeros(shapes[name]) if true[name] is None else true[name] for name in blocks},
                sizes={"batch": 5.0},
                what=f"point {seed}",
                slips=Slips(forward),
            )
        )
    return found


def recurrent(slip: str = "") -> Program:
    """A recurrent network with a gate on its state."""

    def states(p: Blocks) -> list[tuple[Array, Array, Array]]:
        h, kept = np.zeros((5, 3)), []
        for t in range(4):
            g = 1 / (1 + np.exp(-(SEQUENCES[:, t] @ p["G"] + h @ p["H"])))
            c = np.tanh(SEQUENCES[:, t] @ p["U"] + h @ p["R"])
            kept.append((h, g, c))
            h = h + g * (c - h)
        return [*kept, (h, h, h)]

    def loss(p: Blocks) -> float:
        return np.sum((states(p)[-1][0] @ p["V"] - SEQUENCE_TARGETS) ** 2)  # type: ignore[no-any-return]

    def gradient(p: Blocks) -> Blocks:
        *kept, (last, _, _) = states(p)
        error = (1 if slip == "gate and half" else 2) * (last @ p["V"] - SEQUENCE_TARGETS)
        found = {name: np.zeros(value.shape) for name, value in p.items()}
        found["V"] = last.T @ error
        dh = error @ p["V"].T
        after = last
        for t, (h, g, c) in reversed(list(enumerate(kept))):
            dg = dh * (h - c if slip == "turned" else c - h) * (1 if slip.startswith("gate") else g * (1 - g))
            slope = {"squashed": 1 - np.tanh(c) ** 2, "value": c, "gate and value": c}.get(slip, 1 - c**2)
            dc = dh * g * slope
            found["G"] += SEQUENCES[:, t].T @ dg
            found["H"] += (after if slip == "after" else h).T @ dg
            part = SEQUENCES[:, t].T @ dc
            found["U"] = part if "assigned" in slip else found["U"] + part
            found["R"] += h.T @ dc
            after = h
            carried = dh * (1 - g)
            dh = dg @ p["H"].T + dc @ (p["R"] if slip == "turned round" else p["R"].T)
            dh = dh if slip == "carried" else dh + carried
        return found

    shapes = {"G": (2, 3), "H": (3, 3), "U": (2, 3), "R": (3, 3), "V": (3, 1)}
    return loss, gradient, shapes


def attention(slip: str = "") -> Program:
    """A query over a few keys, and a path past it."""

    def parts(p: Blocks) -> tuple[Array, Array, Array, Array]:
        keys, values = SEQUENCES @ p["K"], SEQUENCES @ p["V"]
        scores = (keys * p["q"]).sum(axis=-1) / 2.0
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return keys, values, powers / powers.sum(axis=1, keepdims=True), SEQUENCES[:, -1] @ p["V"]

    def loss(p: Blocks) -> float:
        _, values, weights, last = parts(p)
        out = (weights[:, :, None] * values).sum(axis=1) + last
        return np.mean(out**4)  # type: ignore[no-any-return]

    def gradient(p: Blocks) -> Blocks:
        keys, values, weights, last = parts(p)
        out = (weights[:, :, None] * values).sum(axis=1) + last
        error = 4 * out**3 / out.size
        dw = (error[:, None, :] * values).sum(axis=-1)
        ds = weights * (dw - (weights * dw).sum(axis=1, keepdims=True))
        ds = {"elementwise": dw * weights * (1 - weights), "plain": dw}.get(slip, ds)
        ds = ds * (1.0 if slip == "unscaled" else 0.5)
        found = {"q": (ds[:, :, None] * keys).sum(axis=(0, 1))}
        found["K"] = np.einsum("btd,bt,e->de", SEQUENCES, ds, p["q"])
        found["V"] = np.einsum("btd,bt,be->de", SEQUENCES, weights, error)
        if slip != "past":
            found["V"] = found["V"] + SEQUENCES[:, -1].T @ error
        return found

    return loss, gradient, {"K": (2, 3), "V": (2, 3), "q": (3,)}


def normalised(slip: str = "") -> Program:
    """Normalised rows, a rectifier with dropout, a penalty, and two heads of one trunk."""

    def parts(p: Blocks) -> tuple[Array, Array, Array, Array]:
        z = ROWS @ p["A"]
        centred = z - z.mean(axis=1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-3)
        return centred / spread, spread, np.maximum(centred / spread * p["s"], 0), z

    def loss(p: Blocks) -> float:
        _, _, a, _ = parts(p)
        first, second = (a * MASK) @ p["B"] - ROW_TARGETS[:, :1], (a * MASK) @ p["C"] - ROW_TARGETS[:, 1:]
        return np.mean(first**2) + np.mean(np.abs(second) ** 3) + 0.05 * np.sum(p["A"] ** 2)  # type: ignore[no-any-return]

    def gradient(p: Blocks) -> Blocks:
        n, spread, a, _ = parts(p)
        kept = a * MASK
        first, second = kept @ p["B"] - ROW_TARGETS[:, :1], kept @ p["C"] - ROW_TARGETS[:, 1:]
        one, two = 2 * first / 7, 3 * np.abs(second) * second / 7
        found = {"B": kept.T @ one, "C": kept.T @ two}
        da = two @ p["C"].T + (0 if slip == "head" else one @ p["B"].T)
        da = da * {"mask": 1.0, "scale": MASK > 0}.get(slip, MASK)
        du = da * (a >= 0 if slip == "on" else a > 0)
        found["s"] = (du * n).sum(axis=0)
        dn = du * p["s"]
        means = {"mean": 0.0, "both": 0.0}.get(slip, dn.mean(axis=1, keepdims=True))
        slopes = 0.0 if slip == "both" else n * (dn * n).mean(axis=1, keepdims=True)
        found["A"] = ROWS.T @ ((dn - means - slopes) / spread)
        if slip != "penalty":
            found["A"] = found["A"] + 0.1 * p["A"]
        return found

    return loss, gradient, {"A": (3, 4), "s": (4,), "B": (4, 1), "C": (4, 1)}

"""16-bit kernels: operations of PyTorch that take nothing wider, with their own backward passes and spoilt ones."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.table import Table, progress
from gradcheck import CheckReport

__all__ = ["FAULTS", "KERNELS", "measure", "verdict_of"]

DTYPES = ("bfloat16", "float16")
# Draws of the inputs for each kernel and dtype, and for each fault besides: full, and quick.
RIGHT, WRONG = (42, 2), (11, 1)


@dataclass(frozen=True, slots=True)
class Kernel:
    """An operation of ``torch.nn.functional`` on tensors of some shapes."""

    run: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]


def _functional() -> Any:
    import torch

    return torch.nn.functional


def _mlp(x: Any, w: Any, b: Any, v: Any, c: Any) -> Any:
    return _functional().relu(x @ w + b) @ v + c


def _attention(q: Any, k: Any, v: Any) -> Any:
    return _functional().scaled_dot_product_attention(q, k, v)


KERNELS: dict[str, Kernel] = {
    "linear": Kernel(lambda x, w, b: _functional().linear(x, w, b), ((6, 5), (4, 5), (4,))),
    "linear, tanh": Kernel(lambda x, w, b: (x @ w + b).tanh(), ((6, 5), (5, 4), (4,))),
    "linear, GELU": Kernel(lambda x, w, b: _functional().gelu(x @ w + b), ((6, 5), (5, 4), (4,))),
    "linear, ReLU": Kernel(lambda x, w, b: _functional().relu(x @ w + b), ((6, 5), (5, 4), (4,))),
    "two layers, ReLU": Kernel(_mlp, ((6, 5), (5, 7), (7,), (7, 3), (3,))),
    "SwiGLU": Kernel(lambda x, w, v: _functional().silu(x @ w) * (x @ v), ((6, 5), (5, 4), (5, 4))),
    "layer norm": Kernel(lambda x, g, b: _functional().layer_norm(x, (8,), g, b), ((6, 8), (8,), (8,))),
    "RMS norm": Kernel(lambda x, g: _functional().rms_norm(x, (8,), g), ((6, 8), (8,))),
    "attention": Kernel(_attention, ((1, 2, 5, 4), (1, 2, 6, 4), (1, 2, 6, 4))),
    "softmax": Kernel(lambda x: x.softmax(-1), ((6, 5),)),
    "conv1d": Kernel(lambda x, w, b: _functional().conv1d(x, w, b), ((2, 3, 9), (4, 3, 3), (4,))),
    "conv2d": Kernel(lambda x, w, b: _functional().conv2d(x, w, b), ((1, 2, 6, 6), (3, 2, 3, 3), (3,))),
}


def _half(gradient: Any) -> Any:
    spoilt = gradient.clone()
    spoilt.view(-1)[::2] = 0.0
    return spoilt


# What is done to the gradient of one input.
FAULTS: dict[str, Callable[[Any], Any]] = {
    "wrong sign": lambda gradient: -gradient,
    "twice as much": lambda gradient: 2.0 * gradient,
    "zero": lambda gradient: 0.0 * gradient,
    "entries moved on by one": lambda gradient: gradient.flatten().roll(1).reshape(gradient.shape),
    "every second entry zero": _half,
}


def verdict_of(kernel: Kernel, dtype: str, seed: int, fault: str | None = None) -> tuple[CheckReport, str]:
    """A check of the kernel at drawn inputs, and the name of the input whose gradient is spoilt (if any)."""
    import torch

    from gradcheck.integrations.torch import check_function

    rng = np.random.default_rng(seed)
    wanted = getattr(torch, dtype)
    inputs = [torch.from_numpy(0.7 * rng.standard_normal(shape)).to(wanted) for shape in kernel.shapes]
    spoilt = int(rng.integers(len(inputs)))

    class Narrow(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            if any(tensor.dtype != wanted for tensor in tensors):
                raise TypeError(f"expected {wanted}")
            ctx.save_for_backward(*tensors)
            return kernel.run(*tensors)

        @staticmethod
        def backward(ctx: Any, *gradients: Any) -> Any:
            with torch.enable_grad():
                tensors = [tensor.detach().requires_grad_() for tensor in ctx.saved_tensors]
                back = list(torch.autograd.grad(kernel.run(*tensors), tensors, gradients))
            if fault is not None:
                back[spoilt] = FAULTS[fault](back[spoilt].contiguous())
            return tuple(back)

    return check_function(Narrow.apply, inputs, rng=seed), f"input{spoilt}"


@dataclass(slots=True)
class _Counts:
    verdicts: Counter[str] = field(default_factory=Counter)
    named: int = 0
    losses: list[float] = field(default_factory=list)

    def add(self, report: CheckReport, spoilt: str) -> None:
        self.verdicts[report.verdict.name] += 1
        self.named += [block.name for block in report.blocks if block.verdict.name == "FAIL"] == [spoilt]
        self.losses.append(report.evaluations.loss / len(report.blocks))


def measure(*, quick: bool) -> list[Table]:
    """About 1,000 right kernels and 1,300 wrong ones (a twentieth when quick); no table without PyTorch."""
    if importlib.util.find_spec("torch") is None:
        return []
    counts: dict[tuple[str, str], _Counts] = {}
    for dtype, name, fault, seed in progress(list(_cases(quick=quick)), "kernels"):
        rows = [(dtype, fault or "right")] + ([] if fault else [(dtype, f"right: {name}")])
        report, spoilt = verdict_of(KERNELS[name], dtype, seed, fault)
        for row in rows:
            counts.setdefault(row, _Counts()).add(report, spoilt)
    return [
        _table(counts, "by what is done to the gradient of one input", detailed=False),
        _table(counts, "right ones, by operation", detailed=True),
    ]


def _cases(*, quick: bool) -> Iterator[tuple[str, str, str | None, int]]:
    for dtype in DTYPES:
        for name in KERNELS:
            for fault in (None, *FAULTS):
                for seed in range((WRONG if fault else RIGHT)[quick]):
                    yield dtype, name, fault, seed


def _table(counts: dict[tuple[str, str], _Counts], what: str, *, detailed: bool) -> Table:
    table = Table(
        caption=f"Kernels of PyTorch that take 16-bit numbers alone, {what}",
        heading=("dtype", "gradient", "PASS", "INCONCLUSIVE", "INVALID", "FAIL", "named alone", "losses a block"),
        notes=("`named alone`: FAIL, and of all inputs that one. Losses: median, worst.",),
    )
    for (dtype, row), seen in counts.items():
        if row.startswith("right:") is detailed:
            verdicts = (f"{seen.verdicts[name]:,}" for name in table.heading[2:6])
            named = "" if row.startswith("right") else f"{seen.named:,}"
            losses = f"{np.median(seen.losses):.0f}, {max(seen.losses):.0f}"
            table.rows.append((dtype, row.removeprefix("right: "), *verdicts, named, losses))
    return table

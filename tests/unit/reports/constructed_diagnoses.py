"""Constructed diagnoses: each kind of answer that a reader can get."""

from __future__ import annotations

from typing import Any

from gradcheck.records import (
    BlockReport,
    DiagnosedBug,
    Diagnosis,
    Evaluations,
    Finding,
    Pattern,
    Severity,
    Verdict,
)

PATCH = """\
--- a/network.py
+++ b/network.py
@@ -37,7 +37,7 @@
             print(np.mean((out - y) ** 2))
         delta = 2 * (out - y)
         delta = backprop(delta, second, a)
-        backprop(delta * tanh_derivative(a), first, x)
+        backprop(delta * tanh_derivative(z), first, x)


 fit_sine()
"""
FACTOR_PATCH = """\
--- a/network.py
+++ b/network.py
@@ -35,5 +35,5 @@
         if i % 200 == 0:
             print(np.mean((out - y) ** 2))
-        delta = out - y
+        delta = 2 * (out - y)
         delta = backprop(delta, second, a)
         backprop(delta * tanh_derivative(a), first, x)
"""
BOTH = """\
--- a/network.py
+++ b/network.py
@@ -36,6 +36,6 @@
             print(np.mean((out - y) ** 2))
-        delta = out - y
+        delta = 2 * (out - y)
         delta = backprop(delta, second, a)
-        backprop(delta * tanh_derivative(a), first, x)
+        backprop(delta * tanh_derivative(z), first, x)


"""
ACTIVATION = DiagnosedBug(
    bug="derivative-at-activation",
    blocks=("first['w']", "first['b']"),
    confidence=0.97,
    line=40,
    lines=(40, 13),
    code="backprop(delta * tanh_derivative(a), first, x)",
    message=(
        "tanh_derivative takes the value before tanh, z, but here it is given a = tanh(z): tanh is applied twice. "
        "The slope has to be taken where the forward pass went into the function."
    ),
    evidence=(
        "with tanh'(a) in place of tanh'(z) the claimed gradient is reproduced to 3e-15, at three points",
        "of 41 candidates no other fits better than 8e-2",
    ),
    patch=PATCH,
    formula_wrong="delta * tanh'(a)",
    formula_right="delta * tanh'(z)",
)
FACTOR = DiagnosedBug(
    bug="missing-factor-2",
    same_as=("double-mean",),
    blocks=("second['w']", "second['b']"),
    confidence=0.62,
    line=38,
    lines=(38,),
    code="delta = out - y",
    message="The derivative of (out - y)**2 is 2 * (out - y); here the 2 is missing.",
    evidence=("every entry is 0.5 times the true one",),
    patch=FACTOR_PATCH,
    formula_wrong="out - y",
    formula_right="2 * (out - y)",
)
RATE = DiagnosedBug(
    bug="learning-rate-too-large",
    confidence=0.9,
    line=44,
    lines=(44,),
    code="rate = 5.0",
    message="Each step overshoots: the loss rises from 0.31 to 4e7 in 20 steps. With a tenth of the rate it falls.",
    evidence=("loss by step: 0.31, 2.4, 1.1e3, 4e7",),
)


def _blocks(*wrong: str, **more: Any) -> tuple[BlockReport, ...]:
    shapes = {"first['w']": (1, 7), "first['b']": (1, 7), "second['w']": (7, 1), "second['b']": (1, 1)}
    return tuple(
        BlockReport(name=name, shape=shape, verdict=Verdict.FAIL, relative_error=0.2314, error_bound=1e-10, **more)
        if name in wrong
        else BlockReport(name=name, shape=shape, verdict=Verdict.PASS, relative_error=3e-9, error_bound=2e-10)
        for name, shape in shapes.items()
    )


def diagnosis(verdict: Verdict = Verdict.FAIL, **fields: Any) -> Diagnosis:
    """A diagnosis with what every one has."""
    known: dict[str, Any] = {
        "reason": "wrong: first['w'], first['b'] (along a random direction the claimed derivative is 1, the loss's 2)",
        "summary": "wrong: first['w'], first['b']",
        "blocks": _blocks("first['w']", "first['b']"),
        "evaluations": Evaluations(loss=160, gradient=24),
        "power": {"first['w']": 4e-4, "first['b']": 5e-5},
        "blind_spots": ("output-count-factor",),
        "seed": 0,
        "file": "network.py",
        "interface": "layer-dicts",
        "loss": "np.mean((out - y) ** 2) (line 36)",
    }
    return Diagnosis(verdict=verdict, **{**known, **fields})


ONE = diagnosis(
    diagnoses=(ACTIVATION,),
    patch=PATCH,
    patch_verified=True,
    tried=(
        "41 candidates of the catalogue were built from the code's own forward pass; one fits",
        "The backward pass was followed line by line: lines 38 and 39 are right",
        "The repair was checked at 3 other points and with another number of samples",
    ),
)
TWO = diagnosis(
    diagnoses=(ACTIVATION, FACTOR),
    patch=BOTH,
    patch_verified=True,
    blocks=_blocks("first['w']", "first['b']", "second['w']", "second['b']", ratio=0.5),
    findings=(Finding(id="input-mutated", severity=Severity.WARNING, message="backward writes into x"),),
    tried=("No single bug fits; of 820 pairs one does.",),
)
UNREPAIRED = diagnosis(diagnoses=(ACTIVATION,), patch=PATCH, patch_verified=False)
NOTHING_FITS = diagnosis(
    blocks=_blocks("first['w']", pattern=Pattern(kind="rows", indices=((0,),), message="row 0 of first['w']")),
    tried=(
        "No candidate of the catalogue fits, alone or in pairs.",
        "The first line whose value is no right derivative is line 40: backprop(delta * tanh_derivative(a), first, x).",
        "Excluded: a constant factor, a sign, the learning rate.",
    ),
)
ELSEWHERE = diagnosis(
    Verdict.PASS, reason=Verdict.PASS.value, blocks=_blocks(), diagnoses=(RATE,),
    tried=("A training run of 20 steps from the file's own start.",),
)  # fmt: skip
ALL_WELL = diagnosis(Verdict.PASS, reason=Verdict.PASS.value, blocks=_blocks())
UNREADABLE = Diagnosis(
    verdict=Verdict.INVALID,
    reason="network.py: no network was recognised in it.\n\ndef build(module):\n    return 1 < 2",
    blocks=(),
    evaluations=Evaluations(loss=0, gradient=0),
    power={},
    file="network.py",
)
ALL: dict[str, Diagnosis] = {
    "one": ONE,
    "two": TWO,
    "unrepaired": UNREPAIRED,
    "nothing-fits": NOTHING_FITS,
    "elsewhere": ELSEWHERE,
    "all-well": ALL_WELL,
    "unreadable": UNREADABLE,
}

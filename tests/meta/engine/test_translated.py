"""A check speaks the language asked for, whatever it meets: nothing is left in English, and no number is another."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from networks.bugs import BUGS
from networks.cases import fast_cases
from networks.invalid import NOTHING, WRONG_BEFORE_NUMBERS, W, double, square
from networks.network import Parts
from networks.running import many_blocks
from networks.stateful import STATEFUL
from translation import english_left, facts

from gradcheck import CheckConfig, CheckReport, InvalidArgumentError, Problem, check, language, ref
from gradcheck.reports.html import render_html
from gradcheck.reports.terminal import render_text

# What the code under test, Python and NumPy say of themselves.
THEIRS = re.compile(r"(?:[A-Z]\w*Error|Exception): [^。；）\n]*")
NUMPY = (
    "setting an array element with a sequence",
    "The requested array has an inhomogeneous shape after",
    "The detected shape was",
    "expects int or sequence of ints for entropy not seed",
)
WIDE = 1000  # columns: no line is broken


def _faint() -> Problem:
    """One block is lost in the rounding of the loss, and one more makes the weakest block known by name."""

    def loss(p: Any) -> Any:
        return np.sum(p["seen"] ** 2) + 1e-13 * np.sum(np.sin(p["faint"]))

    return Problem(
        loss,
        lambda p: {"seen": 2.0 * p["seen"], "faint": 0.5e-13 * np.cos(p["faint"])},
        {"seen": np.array([1.0, -2.0]), "faint": np.array([0.3, 0.4])},
    )


def _wrong(share: float) -> Problem:
    """Part of a matrix wrong, entry by entry."""
    mask = np.random.default_rng(0).random((12, 9)) < share
    start = np.random.default_rng(1).standard_normal((12, 9))
    return Problem(lambda w: np.sum(w**3), lambda w: 3.0 * w**2 * (1.0 + mask), start)


def _too_many_blocks() -> Problem:
    parts = many_blocks(60)
    return Problem(
        parts.loss, lambda p: [1.1 * g for g in parts.gradient(p)[:20]] + parts.gradient(p)[20:], parts.params
    )


def _missing_key() -> Problem:
    return Problem(lambda p: square(p["W"]), lambda p: {"V": p["W"]}, {"W": W})


def _live(gradient: Callable[[], Any]) -> Callable[[], Problem]:
    held = {"W": np.array(W), "b": np.ones(2)}
    return lambda: Problem.live(lambda: square(held["W"]) + square(held["b"]), gradient, held)


def _vjp(cotangents: Any) -> Callable[[], Problem]:
    return lambda: Problem.from_vjp(lambda x, y: x * y, lambda _: cotangents, [np.ones(3), np.full(3, 2.0)])


MORE: dict[str, Callable[[], Problem]] = {
    "a block that nothing resolves": _faint,
    "few wrong entries": lambda: _wrong(0.03),
    "many wrong entries": lambda: _wrong(0.4),
    "60 blocks": _too_many_blocks,
    "keys missing": _missing_key,
    "one element too many": lambda: Problem(lambda p: square(p[0]), lambda p: [p[0], p[0]], [W]),
    "live, another type": _live(lambda: 3.0),
    "live, too short": _live(lambda: [W]),
    "live, other keys": _live(lambda: {"W": W, "c": W}),
    "vjp, wrong": _vjp([np.full(3, 2.0), np.ones(3)]),
    "vjp, other names": _vjp({"a": np.ones(3)}),
    "vjp, one only": _vjp([np.ones(3)]),
    "float16": lambda: Problem(lambda w: np.sum(w**2), lambda w: 3 * w, np.arange(1, 6, dtype=np.float16)),
    "rows of one": lambda: Problem(lambda w: np.sum(np.sin(w)), lambda w: np.cos(w) * [[1], [2], [1]], np.ones((3, 4))),
}
# Of every family some, and none that takes long.
FAMILIES = itertools.groupby((case for case in fast_cases() if case.family != "wide"), key=lambda case: case.family)
RIGHT = [case for _, cases in FAMILIES for case in [*cases][::3]]
PROBLEMS: dict[str, Callable[[], Problem]] = {
    **{
        f"right, {case.id}": (lambda case=case: Problem(*case.make())) for case in fast_cases() if case.family != "wide"
    },
    **{f"wrong, {bug.name}": (lambda bug=bug: Problem(*bug.wrong())) for bug in BUGS},
    **{f"stateful, {case.name}": case.build for case in STATEFUL},
    **{f"nothing, {name}": build for name, build in NOTHING.items()},
    **{
        f"before numbers, {name}": (lambda gradient=gradient: Problem(square, gradient, W))
        for name, gradient in WRONG_BEFORE_NUMBERS.items()
    },
    **MORE,
}
CONFIGS = {
    "order test": CheckConfig(order_test=True),
    "not localised": CheckConfig(localise=False, better_point=False),
    "complex step": CheckConfig(oracle="complex-step", order_test=True),
    "autodiff": CheckConfig(oracle="autodiff"),
}


def _checked(build: Callable[[], Problem], tag: str, config: CheckConfig | None = None) -> tuple[CheckReport, str, str]:
    with language.using(tag):
        report = check(build(), config=config)
        page = html.unescape(re.sub(r"<[^>]*>", "\n", render_html(report)))
        return report, render_text(report, WIDE), page


def _assert_translated(build: Callable[[], Problem], config: CheckConfig | None = None) -> tuple[CheckReport, str, str]:
    report, text, page = _checked(build, "zh_CN", config)
    for said in (text, page, report.reason, *(finding.message for finding in report.findings)):
        assert english_left(THEIRS.sub("¦", said)) == []
    return report, text, page


# Random numbers of the system, which are others every time.
ANEW = ("noisy", "nondeterministic", "calls")


@pytest.mark.parametrize("name", PROBLEMS)
def test_nothing_is_left_in_english_and_no_fact_is_another(name: str) -> None:
    """In the terminal's report, the notebook's and the record: numbers, names and verdicts are as in English."""
    chinese = _assert_translated(PROBLEMS[name])
    if not any(word in name for word in ANEW):
        english = _checked(PROBLEMS[name], "en")
        assert facts(english[1]) == facts(chinese[1])
        assert facts(english[2]) == facts(chinese[2])
        assert _without_words(english[0].to_dict()) == _without_words(chinese[0].to_dict())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("bug", BUGS[::7], ids=lambda bug: bug.name)
def test_nothing_is_left_in_english_with_options(bug: Any, config: CheckConfig) -> None:
    """Other oracles, the order test, no details."""
    _assert_translated(lambda: Problem(*bug.wrong()), config)


def _without_words(form: Any) -> Any:
    """JSON without the sentences that a language has of its own."""
    if isinstance(form, dict):
        return {key: _without_words(item) for key, item in form.items() if key not in ("reason", "message")}
    return [_without_words(item) for item in form] if isinstance(form, list) else form


READ_ONLY = np.ones(3)
READ_ONLY.flags.writeable = False
LOOPED: list[Any] = [1.0]
LOOPED.append(LOOPED)
BASE = np.ones(6)


class _Frozen:
    __slots__ = ()
    value = 3.0


def _nothing(*_: Any) -> Any:
    return 0.0


REFUSED: dict[str, Callable[[], Any]] = {
    "no problem": lambda: check(3),  # type: ignore[arg-type]
    "tolerance": lambda: check(Problem(square, double, W), rtol=-1.0),
    "oracle": lambda: CheckConfig(oracle="magic"),  # type: ignore[arg-type]
    "worst": lambda: CheckConfig(worst=0),
    "losses": lambda: CheckConfig(max_losses=-1),
    "no callable": lambda: Problem(3, double, W),  # type: ignore[arg-type]
    "sign": lambda: Problem(square, double, W, sign=2),
    "generator": lambda: Problem.from_vjp(lambda x: x, lambda g: g, [W], rng="seed"),  # type: ignore[arg-type]
    "None": lambda: Problem(square, double, None),
    "an object": lambda: Problem(square, double, object()),
    "complex": lambda: Problem(square, double, W + 1j),
    "strings": lambda: Problem(square, double, np.array(["a"])),
    "objects": lambda: Problem(square, double, np.array([object()])),
    "ragged": lambda: Problem.live(_nothing, _nothing, {"W": ref({"w": [[1.0], [1.0, 2.0]]}, "w")}),
    "masked": lambda: Problem(square, double, np.ma.masked_array([1.0])),
    "looped": lambda: Problem(square, double, LOOPED),
    "read-only": lambda: Problem.live(_nothing, _nothing, {"W": READ_ONLY}),
    "no array": lambda: Problem.live(_nothing, _nothing, {"W": 3.0}),
    "no mapping": lambda: Problem.live(_nothing, _nothing, [W]),  # type: ignore[arg-type]
    "no such attribute": lambda: ref(object(), "weights"),
    "not assignable": lambda: Problem.live(_nothing, _nothing, {"v": ref(_Frozen(), "value")}),
    "overlap": lambda: Problem.live(_nothing, _nothing, {"a": BASE[:4], "b": BASE[2:]}),
    "rate": lambda: Problem.from_update(_nothing, _nothing, {"W": W}, learning_rate=-1.0),
    "no rate": lambda: Problem.from_update(_nothing, lambda: None, {"W": np.array(W)}),
    "step of two": lambda: Problem.from_update(_nothing, lambda a, b: None, {"W": np.array(W)}),  # noqa: ARG005
    "integer inputs": lambda: Problem.from_vjp(lambda x: x, lambda g: g, [np.arange(3)]),
    "forward raises": lambda: Problem.from_vjp(lambda x: x.no_such, lambda g: g, [W]),
    "forward returns text": lambda: Problem.from_vjp(lambda x: "text", lambda g: g, [W]),  # noqa: ARG005
    "backward of three": lambda: Problem.from_vjp(lambda x: x, lambda g, other, more: g, [W]),  # noqa: ARG005
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_is_refused_in_the_language(refused: Callable[[], Any]) -> None:
    """With the same values as in English."""
    said = []
    for tag in ("en", "zh_CN"):
        with language.using(tag), pytest.raises(InvalidArgumentError) as caught:
            refused()
        said.append(re.sub(r" at 0x[0-9a-f]+", "", str(caught.value)))
    assert english_left(THEIRS.sub("¦", said[1]), *NUMPY, "g, other, more") == []
    assert facts(said[0]) == facts(said[1])
    assert said[0] != said[1]


def test_a_message_that_is_not_wrapped_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above can fail."""
    monkeypatch.setattr("gradcheck.checks.reasons.tr", lambda message, **values: message.format_map(values))
    parts = Parts(*BUGS[0].wrong())
    with pytest.raises(AssertionError):
        _assert_translated(lambda: Problem(lambda p: parts.loss(p) + 0.0, parts.gradient, parts.params))

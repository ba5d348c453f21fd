"""Processor time of starting, importing, and of checking a 2-4-1 network, beside the peers that are installed."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable

from networks.specification import Specification

from benchmarks.peers import PRODUCT, Peer, installed_peers, run
from benchmarks.speed.network import plain_subject
from benchmarks.speed.processes import processor_seconds
from benchmarks.subject import Subject, of_network
from benchmarks.table import Table, progress

__all__ = ["measure"]

SMALL = Specification(sizes=(2, 4, 1), activation="sigmoid", batch=4, data="xor")
# Name, program, module that it needs; the first is what the others are compared with.
IMPORTS = (
    ("Python alone", "pass", "sys"),
    ("NumPy", "import numpy", "numpy"),
    ("gradcheck", "import gradcheck", "gradcheck"),
    ("gradcheck, and check", "from gradcheck import Problem, check", "gradcheck"),
    ("SciPy check_grad", "from scipy.optimize import check_grad", "scipy"),
    ("HIPS autograd check_grads", "from autograd.test_util import check_grads", "autograd"),
    ("numdifftools", "import numdifftools", "numdifftools"),
    ("derivcheck", "import derivcheck", "derivcheck"),
    ("PyTorch gradcheck", "from torch.autograd import gradcheck", "torch"),
    ("JAX check_grads", "from jax.test_util import check_grads", "jax"),
)
COMMANDS = ("--version", "--help", "check --help")
NUMPY_AND = 150.0  # ms beside NumPy that an import may take
START = 300.0  # ms until the command line answers
CHECK = 5.0  # ms for a small network


def measure(*, quick: bool) -> list[Table]:
    """Imports, the command line's start, and one verdict."""
    return [_imports(5 if quick else 15), _starts(5 if quick else 15), *_checks(20 if quick else 100)]


def _imports(repetitions: int) -> Table:
    table = Table(
        caption=f"Processor time of importing, in a process of its own (least of {repetitions}, median in brackets)",
        heading=("import", "ms", "beside NumPy, ms", "over NumPy's", "gradcheck"),
        notes=(
            f"Goal: gradcheck within {NUMPY_AND:g} ms of NumPy. `over NumPy's`: ratio, Python's own start in both.",
            "`gradcheck`: what its import for a check wins or loses against.",
        ),
    )
    there = [row for row in IMPORTS if importlib.util.find_spec(row[2]) is not None]
    taken = {name: processor_seconds(["-c", program], repetitions) for name, program, _ in progress(there, "imports")}
    numpy, own = min(taken["NumPy"]), min(taken["gradcheck, and check"])
    for name, seconds in taken.items():
        least = min(seconds)
        peer = not name.startswith(("gradcheck", "Python", "NumPy"))
        table.rows.append(
            (
                name,
                f"{1e3 * least:.0f} ({1e3 * statistics.median(seconds):.0f})",
                f"{1e3 * (least - numpy):+.0f}",
                f"{least / numpy:.2f}",
                _outcome(own, least) if peer else "",
            )
        )
    return table


def _starts(repetitions: int) -> Table:
    table = Table(
        caption=f"Processor time of the command line's answers (least of {repetitions}, median in brackets)",
        heading=("command", "ms", "over NumPy's import"),
        notes=(f"Goal: {START:g} ms.",),
    )
    numpy = min(processor_seconds(["-c", "import numpy"], repetitions))
    for command in COMMANDS:
        seconds = processor_seconds(["-m", "gradcheck", *command.split()], repetitions)
        told = f"{1e3 * min(seconds):.0f} ({1e3 * statistics.median(seconds):.0f})"
        table.rows.append((f"gradcheck {command}", told, f"{min(seconds) / numpy:.2f}"))
    return table


def _checks(repetitions: int) -> list[Table]:
    held = of_network(SMALL)  # its classes hold some 280 objects that a call could change, all of which are watched
    return [
        _verdicts(plain_subject(right=True), repetitions, "a 2-4-1 network that is right", "pass"),
        _verdicts(plain_subject(right=False), repetitions, "a 2-4-1 network that is wrong by a factor of 2", "fail"),
        _verdicts(held, repetitions, "a right one in the classes of the test suite", "pass"),
    ]


def _verdicts(subject: Subject, repetitions: int, what: str, expected: str) -> Table:
    table = Table(
        caption=f"Processor time of a verdict on {what}, batch 4 (median of {repetitions} after a first one)",
        heading=(
            "checker",
            "verdict",
            "first, ms",
            "ms",
            "over one gradient and two losses",
            "gradcheck",
            "says where",
        ),
        notes=(
            f"Goal: {CHECK:g} ms. `first`: with what it loads. `gradcheck`: faster than that checker, or slower.",
            "A checker that compiles pays for it at every new function, as here.",
        ),
    )
    unit = statistics.median(_seconds(lambda: _unit(subject)) for _ in range(repetitions))
    own = 0.0
    for peer in progress([PRODUCT, *installed_peers()], what):
        first, median, verdicts = _judged(peer, subject, repetitions)
        own = own or median
        verdict = "/".join(sorted(verdicts))
        table.rows.append(
            (
                peer.name,
                verdict if verdicts == {expected} else f"{verdict} (missed)",
                f"{1e3 * first:.1f}",
                f"{1e3 * median:.2f}",
                f"{median / unit:.0f}",
                "" if peer is PRODUCT else _outcome(own, median),
                "yes" if peer.says_where else "no",
            )
        )
    return table


def _judged(peer: Peer, subject: Subject, repetitions: int) -> tuple[float, float, set[str]]:
    """Seconds of the first verdict and of the median one, and what was said; slow checkers are asked less often."""
    verdicts: set[str] = set()

    def judge(seed: int) -> float:
        return _seconds(lambda: verdicts.add(run(peer, subject, seed).verdict))

    first = judge(0)
    again = repetitions if first < 0.5 else 5
    return first, statistics.median(judge(seed) for seed in range(1, again + 1)), verdicts


def _unit(subject: Subject) -> None:
    subject.gradient(subject.theta)
    subject.loss(subject.theta)
    subject.loss(subject.theta)


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def _outcome(own: float, other: float) -> str:
    return f"wins, {other / own:.1f} times" if own <= other else f"loses, {own / other:.1f} times"

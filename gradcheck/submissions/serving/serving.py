"""Answers of the child: one handler a request, over one problem's driver; arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.language import tr
from gradcheck.problem import OracleUnavailableError, StructureMismatchError
from gradcheck.problem.live import LiveDriver
from gradcheck.submissions.exchange.protocol import DTYPES, Array, Frame
from gradcheck.submissions.network import Network
from gradcheck.submissions.running.loading import explain, is_theirs
from gradcheck.submissions.serving.difference_quotients import Quotients
from gradcheck.submissions.serving.questions import QUESTIONS, Programs
from gradcheck.submissions.text.source import Source

__all__ = ["answer", "describe", "put_back", "refusal", "watched_gradient"]

Leaves = tuple[dict[str, Any], list[Array]]


def describe(network: Network) -> tuple[dict[str, Any], list[Array]]:
    """A network for the controller: names and shapes as data, the parameters' values as arrays."""
    driver = network.problem.driver
    hints = driver.hints()
    data = {
        "blocks": [{"name": b.name, "shape": list(b.shape), "dtype": str(b.dtype)} for b in driver.blocks],
        "interface": network.interface,
        "name": network.name,
        "loss": network.loss,
        "loss_names": list(network.loss_names),
        "held_against": network.held_against,
        "no_gradient": network.no_gradient,
        "own_loss": network.own_loss,
        "own_use": network.own_use,
        "function": network.function,
        "sign": network.problem.sign,
        "clips_gradient": hints.clips_gradient,
        "logarithm": hints.logarithm,
        "smoothing": list(hints.smoothing),
        "unsmoothed": hints.unsmoothed,
        "resets": network.problem.reset is not None,
        "findings": _findings(network.findings),
    }
    return data, driver.values()


def answer(programs: Programs, request: Frame, source: Source) -> Frame:
    """The reply to one request; whatever the submission raises is part of the reply."""
    arrays: list[Array] = []
    number = request.data.get("program", 0)
    try:
        with np.errstate(all="ignore"):
            put_back(programs, request)
            if request.op in QUESTIONS:
                data, arrays = QUESTIONS[request.op](programs, number, request)
            else:
                data, arrays = _handle(programs, programs.network(number), request, source)
        status = "ok"
    except BaseException as error:
        status, data = refusal(error, source)
    return Frame(id=request.id, op=status, data=data, arrays=tuple(arrays))


def refusal(error: BaseException, source: Source) -> tuple[str, dict[str, Any]]:
    """The status of a reply, and its data, where something was raised instead of an answer."""
    if isinstance(error, (UnavailableError, OracleUnavailableError)):
        return "unavailable", {"message": str(error)[:2000]}
    if isinstance(error, StructureMismatchError):
        return "structure", {"message": str(error)[:2000]}
    if is_theirs(error):
        return "raised", {"type": type(error).__name__, "message": _message(error, source)}
    return "internal", {"message": f"{type(error).__name__}: {error}"[:2000]}


def put_back(programs: Programs, request: Frame) -> None:
    """The state of programs that the controller wants put back before anything else."""
    for number in request.data.get("restore", ()):
        _restore(programs.network(number), [])


def _message(error: BaseException, source: Source) -> str:
    full = explain(error, source)
    name = type(error).__name__
    return full.removeprefix(f"{name}: ").removeprefix(name).strip()[:2000]


def _handle(programs: Programs, network: Network, request: Frame, source: Source) -> Leaves:
    """One request of a check."""
    given = list(request.arrays)
    if request.op == "gradient":
        return watched_gradient(programs, network, given, source)
    data, arrays = HANDLERS[request.op](network, given)
    if request.op == "findings":
        data = {"findings": [*data["findings"], *_findings(programs.noted)]}
    return data, arrays


def watched_gradient(programs: Programs, network: Network, given: list[Array], source: Source) -> Leaves:
    """The gradient; the first one is watched for how it is come by."""
    if programs.watched:
        return HANDLERS["gradient"](network, given)
    programs.watched = True
    quotients, driver = Quotients(str(source.path), given), network.problem.driver
    # Studying steps takes far longer than making them, and all that runs takes far longer while it is watched.
    with driver.within(quotients.watching) if isinstance(driver, LiveDriver) else quotients.watching():
        leaves = driver.gradient(given)
    with quotients.watching():  # what comes may be computed when it is looked at
        answered = _claimed(network, leaves)
    programs.noted += quotients.findings()
    return answered


def _loss(network: Network, arrays: list[Array]) -> Leaves:
    return _pack([network.problem.driver.loss(arrays)])


def _gradient(network: Network, arrays: list[Array]) -> Leaves:
    return _claimed(network, network.problem.driver.gradient(arrays))


def _claimed(network: Network, leaves: Sequence[Any]) -> Leaves:
    data, packed = _pack(leaves)
    data["errors"] = [float(error) for error in network.problem.driver.gradient_error()]
    return data, packed


def _begin(network: Network, _arrays: list[Array]) -> Leaves:
    network.problem.driver.begin()
    return {}, []


def _restore(network: Network, _arrays: list[Array]) -> Leaves:
    network.problem.driver.restore()
    if network.problem.reset is not None:
        network.problem.reset()
    return {}, []


def _mutated(network: Network, _arrays: list[Array]) -> Leaves:
    driver = network.problem.driver
    meant = {block.name for block in driver.blocks} if network.updates else set()
    return {"names": [str(name)[:200] for name in driver.mutated() if name not in meant]}, []


def _end(network: Network, _arrays: list[Array]) -> Leaves:
    network.problem.driver.end()
    return {}, []


def _noted(network: Network, _arrays: list[Array]) -> Leaves:
    return {"findings": _findings(network.problem.driver.findings())}, []


def _autodiff(network: Network, arrays: list[Array]) -> Leaves:
    from gradcheck.oracles.autodiff import true_gradient

    return _pack(list(true_gradient(network.problem.driver, arrays)))


HANDLERS: dict[str, Callable[[Network, list[Array]], Leaves]] = {
    "loss": _loss,
    "gradient": _gradient,
    "begin": _begin,
    "restore": _restore,
    "mutated": _mutated,
    "end": _end,
    "findings": _noted,
    "autodiff": _autodiff,
}


def _pack(values: Sequence[Any]) -> Leaves:
    """Numbers as arrays; anything else only by its kind."""
    leaves: list[dict[str, Any]] = []
    arrays: list[Array] = []
    for value in values:
        array = _numeric(value)
        if array is not None:
            leaves.append({"kind": "array"})
            arrays.append(array)
        else:
            leaves.append({"kind": "none" if value is None else "other", "type": type(value).__name__[:100]})
    return {"leaves": leaves}, arrays


def _numeric(value: Any) -> Array | None:
    if value is None:
        return None
    try:
        array = np.asarray(value)
    except Exception:
        return None
    return np.ascontiguousarray(array).reshape(array.shape) if array.dtype.name in DTYPES else None


def _findings(findings: Sequence[Any]) -> list[dict[str, str]]:
    return [{"id": f.id, "severity": f.severity.name, "message": tr(f.message)[:2000]} for f in findings]

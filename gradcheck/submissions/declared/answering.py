"""The child's side of declared calls: made one by one at values that the controller sends, whatever they raise."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import random
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.diagnosis.programs.deadlines import Limited, TimeIsUpError, time_limits
from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.problem import Driver
from gradcheck.problem.update import UpdateDriver
from gradcheck.submissions.declared.data import over_data
from gradcheck.submissions.exchange.protocol import Array, Frame, crosses
from gradcheck.submissions.isolation.forbidden import right_of
from gradcheck.submissions.network import Network
from gradcheck.submissions.running.loading import explain, own_frames
from gradcheck.submissions.text.source import Source

if TYPE_CHECKING:
    from gradcheck.submissions.serving.questions import Programs

__all__ = ["at", "build", "call"]

Answer = tuple[dict[str, Any], list[Array]]
Run = Callable[[dict[str, Any]], None]

# Entries of one array that is sent back.
MAX_ENTRIES = 4_000_000


def build(programs: Programs, number: int, request: Frame) -> Answer:
    """The network at a point that is sent: another program, described as a network is.

    ``form`` says in which form of its arrays; ``point`` is role by role the index of an array; ``instead_of`` is the
    number of a program that is not needed any more, or 0.
    """
    from gradcheck.submissions.serving.serving import describe

    posed = _posed(programs.network(number), request)
    rate, driver = programs.studied.get(_place_of(request)), posed.problem.driver
    if rate is not None and isinstance(driver, UpdateDriver):
        driver.presume(rate)
    data, arrays = describe(posed)
    kept = programs.add(programs.standing(number, posed), instead_of=int(request.data["instead_of"]))
    return {**data, "program": kept}, arrays


def at(programs: Programs, number: int, request: Frame) -> Answer:
    """The loss, and the ``gradient`` if that is asked for, of the network that is built at a point, and then forgotten.

    Why it cannot be built is told as ``unbuilt``.
    """
    from gradcheck.submissions.serving.serving import HANDLERS, refusal, watched_gradient

    try:
        posed = _posed(programs.network(number), request)
        arrays = posed.problem.driver.values()
    except BaseException as error:
        return {"unbuilt": refusal(error, programs.source)[1]["message"]}, []
    HANDLERS["begin"](posed, [])
    try:
        answered = HANDLERS["loss"](posed, [array.copy() for array in arrays])
        if request.data["gradient"]:
            form, driver = int(request.data["form"]), posed.problem.driver
            known = _at_known_rate(programs, form, driver, arrays)
            answered = known or watched_gradient(programs, posed, arrays, programs.source)
            if known is None and isinstance(driver, UpdateDriver) and driver.plain_rate is not None:
                programs.plain_rates[form] = programs.studied[_place_of(request)] = driver.plain_rate
                answered = {**answered[0], "plain_rate": driver.plain_rate}, answered[1]
    finally:
        HANDLERS["end"](posed, [])
    return answered


def _place_of(request: Frame) -> tuple[int, bytes]:
    """The form and the point that a request sends, as a key."""
    described = request.data["point"]
    sent = (request.arrays[item["array"]] for item in described.values() if isinstance(item, dict))
    return int(request.data["form"]), repr(list(described)).encode() + b"".join(array.tobytes() for array in sent)


def _at_known_rate(programs: Programs, form: int, driver: Driver, arrays: list[Array]) -> Answer | None:
    """The gradient read from a step as at the point before, in a fifth of the time; None where that does not suit."""
    rate = programs.plain_rates.get(form)
    if rate is None or not programs.watched or not isinstance(driver, UpdateDriver):
        return None
    leaves = driver.gradient_at(arrays, rate)
    return None if leaves is None else ({"leaves": [{"kind": "array"}] * len(leaves)}, leaves)


def _posed(network: Network, request: Frame) -> Network:
    """The network at the point that a request sends.

    Raises
    ------
    UnavailableError
        If its adapter takes none.
    """
    point = _values(request.data["point"], request.arrays)
    if network.build is None:
        return over_data(network, point)
    if not {"form", "point"} <= set(inspect.signature(network.build).parameters):
        raise UnavailableError("its adapter takes no point")
    return dataclasses.replace(network, problem=network.build(form=int(request.data["form"]), point=point))


def call(programs: Programs, number: int, request: Frame) -> Answer:
    """Every run that is asked for: its results by role, what it has written into its inputs, what it raised.

    A run is ``{"name", "given", "ask", "limit", "seed"}``: ``given`` is the index of what it gets, of which each holds
    the index of an array, or a number, by role; no seed leaves the random generators as the run before has left them.
    """
    network, source = programs.network(number), programs.source
    runs, given = request.data["runs"], request.data["given"]
    arrays: list[Array] = []
    late: dict[str, dict[str, Any]] = {}
    told = []
    with time_limits() as limited:
        for item in runs:
            made = late.get(str(item["name"])) or _made(
                network, source, item, given[item["given"]], request.arrays, arrays, limited
            )
            told.append(made)
            if made.get("error", {}).get("type") == TimeIsUpError.__name__:
                late[str(item["name"])] = made  # nobody waits for the same again
    return {"runs": told}, arrays


def _made(
    network: Network,
    source: Source,
    item: Mapping[str, Any],
    given: Mapping[str, Any],
    sent: Sequence[Array],
    arrays: list[Array],
    limited: Limited,
) -> dict[str, Any]:
    run = network.runs.get(str(item["name"]))
    if run is None:
        return {"error": {"type": "Missing", "message": f"no call is declared for {item['name']}", "frames": []}}
    handed = _values(given, sent)
    values = dict(handed)
    if item.get("seed") is not None:
        random.setstate(_generator_at(int(item["seed"])))
        np.random.seed(int(item["seed"]))
    error: BaseException | None = None
    try:
        with limited(float(item["limit"])):
            run(values)
    except (Exception, SystemExit, TimeIsUpError) as raised:
        error = raised
    before = {role: sent[value["array"]] for role, value in given.items() if isinstance(value, dict)}
    written = [role for role, array in before.items() if not _same(array, handed[role])]
    told: dict[str, Any] = {"mutated": written}
    if error is not None:
        told["error"] = {
            "type": type(error).__name__[:60],
            "message": explain(error, source)[:2000],
            "frames": own_frames(error, source),
            "forbidden": right_of(error),
            "call": _line_of_ours(error, run),
            "values": {role: _described(value) for role, value in values.items() if role not in before},
        }
        return told
    found, kinds = {}, {}
    for role in item["ask"]:
        array = _numeric(values.get(role))
        if array is None:
            kinds[role] = "nothing" if values.get(role) is None else type(values[role]).__name__[:60]
            continue
        found[role] = len(arrays)
        arrays.append(array)
    return {**told, "found": found, "kinds": kinds}


@functools.cache
def _generator_at(seed: int) -> tuple[Any, ...]:
    """The state of Python's global generator after it is given a seed: put in, it takes half the time."""
    return random.Random(seed).getstate()  # noqa: S311 (not to keep secrets)


def _line_of_ours(error: BaseException, run: Run) -> str | None:
    """The line of the adapter over which it was raised, where no line of the submission was running."""
    code = getattr(getattr(run, "func", run), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    if code is None or not frames or frames[-1].filename != code.co_filename:
        return None
    return (frames[-1].line or "")[:300] or None


def _described(value: Any) -> str:
    """What stands there, by its kind and its names."""
    kind = type(value).__name__[:60]
    if isinstance(value, Mapping):
        return f"a {kind} with the keys {', '.join(str(key)[:30] for key in list(value)[:12]) or 'none'}"
    if isinstance(value, (list, tuple)):
        return f"a {kind} of {len(value)}"
    return "None" if value is None else f"a {kind}"


def _values(described: Mapping[str, Any], arrays: Sequence[Array]) -> dict[str, Any]:
    """Fresh copies: what one run does to them is nothing to the next."""
    return {role: arrays[item["array"]].copy() if isinstance(item, dict) else item for role, item in described.items()}


def _same(before: Array, after: Any) -> bool:
    alike = isinstance(after, np.ndarray) and (after.shape, after.dtype) == (before.shape, before.dtype)
    if alike and after.tobytes() == before.tobytes():
        return True
    if alike and not np.isnan(after).any():  # most that differ were updated in place: that is seen at once
        return bool((after == before).all())
    return before.shape == np.shape(after) and np.array_equal(before, after, equal_nan=before.dtype.kind == "f")


def _numeric(value: Any) -> Array | None:
    if value is None:
        return None
    try:
        array = np.array(value)
    except Exception:
        return None
    return array if crosses(array.dtype) and array.size <= MAX_ENTRIES else None

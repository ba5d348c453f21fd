"""A diagnosis's questions about one network, answered in the submission's process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.diagnosis.program import UnavailableError, Variation
from gradcheck.records import Finding
from gradcheck.submissions import coding
from gradcheck.submissions.declared import answering
from gradcheck.submissions.network import Network
from gradcheck.submissions.protocol import Array, Frame
from gradcheck.submissions.standing import Standing, StandingProgram

__all__ = ["QUESTIONS", "Programs"]

# Variations that one network's child keeps.
MAX_PROGRAMS = 64
Answer = tuple[dict[str, Any], list[Array]]


class Programs:
    """A network, and what it was varied to; several may share one state, of which one is in place at a time.

    Parameters
    ----------
    standing : Standing
    """

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._programs: list[StandingProgram | None] = [None]
        self._present = 0
        self.watched = False  # whether a gradient has been, for how it is come by
        self.noted: list[Finding] = []

    def network(self, number: int) -> Network:
        """The network of a number; its state is in place afterwards."""
        if number == 0:
            self._enter(0)
            return self._standing.network
        return self.program(number).network

    def program(self, number: int) -> StandingProgram:
        """The program of a number; its state is in place afterwards.

        Raises
        ------
        UnavailableError
            If there is none.
        """
        if not 0 <= number < len(self._programs):
            raise UnavailableError(f"there is no program {number}")
        found = self._programs[number]
        if found is None:
            found = self._programs[number] = StandingProgram(self._standing)
        self._enter(number)
        return found

    def add(self, program: StandingProgram) -> int:
        """Keep another one; its number."""
        if len(self._programs) >= MAX_PROGRAMS:
            raise UnavailableError("too many variations")
        self._programs.append(program)
        return len(self._programs) - 1

    def leave(self) -> None:
        """Put the submission's own state back."""
        self._enter(0)

    def _enter(self, number: int) -> None:
        if number == self._present:
            return
        experiment = self._standing.network.experiment
        if experiment is not None:
            experiment.restore()
        self._present = number
        program = self._programs[number]
        if number and program is not None:
            program.enter()


def _forward(programs: Programs, number: int, request: Frame) -> Answer:
    program = programs.program(number)
    forward = program.forward(list(request.arrays))
    return coding.pack_forward(forward, [block.name for block in program.problem.blocks])


def _trace(programs: Programs, number: int, request: Frame) -> Answer:
    return coding.pack_trace(programs.program(number).trace(list(request.arrays)))


def _trials(programs: Programs, number: int, request: Frame) -> Answer:
    data = request.data
    found = programs.program(number).trials(
        [str(text) for text in data["texts"]],
        list(request.arrays),
        traced=data.get("traced") is True,
        limit=float(data["limit"]),
        total=float(data["total"]),
    )
    return coding.pack_trials(found)


def _sizes(programs: Programs, number: int, _request: Frame) -> Answer:
    sizes = programs.program(number).sizes
    return {"sizes": {name: float(value) for name, value in sizes.items() if np.isfinite(value)}}, []


def _vary(programs: Programs, number: int, request: Frame) -> Answer:
    from gradcheck.submissions.serving import describe

    given = request.data.get("variation")
    assert isinstance(given, Mapping)
    program = programs.program(number).vary(Variation(**given))
    data, arrays = describe(program.network)
    return {**data, "program": programs.add(program)}, arrays


def _train(programs: Programs, number: int, request: Frame) -> Answer:
    run = programs.program(number).train(int(request.data["steps"]))
    data = {"error": run.error, "learning_rate": run.learning_rate, "count": len(run.parameters[0])}
    parameters = [array for point in run.parameters for array in point]
    return data, [np.array(run.losses, dtype=np.float64), *coding.pack_arrays(parameters)]


QUESTIONS: dict[str, Callable[[Programs, int, Frame], Answer]] = {
    "forward": _forward,
    "trace": _trace,
    "trials": _trials,
    "sizes": _sizes,
    "vary": _vary,
    "train": _train,
    "build": answering.build,
    "call": answering.call,
}

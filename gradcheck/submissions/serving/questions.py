"""A diagnosis's questions about one network, answered in the submission's process."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.program import UnavailableError, Variation
from gradcheck.records import Finding
from gradcheck.submissions.declared import answering
from gradcheck.submissions.exchange import coding
from gradcheck.submissions.exchange.protocol import Array, Frame
from gradcheck.submissions.network import Network
from gradcheck.submissions.serving.standing import Standing, StandingProgram
from gradcheck.submissions.text.source import Source

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
        self._standings = [standing]
        self._programs: list[StandingProgram | None] = [None]  # made when they are looked into
        self._present = 0
        self.watched = False  # whether a gradient has been, for how it is come by
        self.noted: list[Finding] = []
        self.plain_rates: dict[int, float] = {}  # by the form of its arrays: what steps at points are read at
        self.studied: dict[tuple[int, bytes], float] = {}  # the same at one point, for when it is asked about again

    def network(self, number: int) -> Network:
        """The network of a number; its state is in place afterwards."""
        self._require(number)
        self._enter(number)
        return self._standings[number].network

    def program(self, number: int) -> StandingProgram:
        """The program of a number; its state is in place afterwards.

        Raises
        ------
        UnavailableError
            If there is none.
        """
        self._require(number)
        found = self._programs[number]
        if found is None:
            found = self._programs[number] = StandingProgram(self._standings[number])
        self._enter(number)
        return found

    def add(self, standing: Standing, program: StandingProgram | None = None, instead_of: int = 0) -> int:
        """Keep another one; its number.

        Parameters
        ----------
        standing : Standing
        program : StandingProgram, optional
            The same, where it is looked into already.
        instead_of : int
            The number of one that is not needed any more; 0 where all are.
        """
        if 0 < instead_of < len(self._standings):
            self._standings[instead_of], self._programs[instead_of] = standing, program
            return instead_of
        if len(self._standings) >= MAX_PROGRAMS:
            raise UnavailableError("too many variations")
        self._standings.append(standing)
        self._programs.append(program)
        return len(self._standings) - 1

    @property
    def source(self) -> Source:
        """The submission's text."""
        return self._standings[0].source

    def standing(self, number: int, network: Network) -> Standing:
        """The program of a number with another network in its place."""
        self._require(number)
        return dataclasses.replace(self._standings[number], network=network)

    def leave(self) -> None:
        """Put the submission's own state back."""
        self._enter(0)

    def _require(self, number: int) -> None:
        if not 0 <= number < len(self._standings):
            raise UnavailableError(f"there is no program {number}")

    def _enter(self, number: int) -> None:
        if number == self._present:
            return
        for wanted in (0, number) if number else (0,):
            experiment = self._standings[wanted].network.experiment
            if experiment is not None:
                experiment.restore()
        self._present = number


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
    from gradcheck.submissions.serving.serving import describe

    given = request.data.get("variation")
    assert isinstance(given, Mapping)
    program = programs.program(number).vary(Variation(**given))
    data, arrays = describe(program.network)
    return {**data, "program": programs.add(program.standing, program)}, arrays


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
    "at": answering.at,
    "call": answering.call,
}

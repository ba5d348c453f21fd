"""A submission that stands still inside its own training loop, as a program that a diagnosis may look into."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.programs.frames import variables
from gradcheck.diagnosis.programs.local import LocalProgram
from gradcheck.diagnosis.programs.program import Array, SourceText, TrainingRun, UnavailableError, Variation
from gradcheck.diagnosis.programs.trials import Edited, Editions
from gradcheck.diagnosis.programs.variations import family_keywords
from gradcheck.language import tr
from gradcheck.patience import Patience
from gradcheck.records import CheckReport
from gradcheck.submissions.instrumenting.editing import Fresh, InstrumentedBuild
from gradcheck.submissions.instrumenting.instrument import Instrumented
from gradcheck.submissions.network import Network
from gradcheck.submissions.recognition.adapter import DEFAULTS
from gradcheck.submissions.recognition.posing import pose, sizes_of
from gradcheck.submissions.running.loading import explain
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.text.sites import RATE_NAME
from gradcheck.submissions.text.source import Source

__all__ = ["Standing", "StandingProgram"]

# The rate of a step where the code's own is not known.
DEFAULT_RATE = 0.1
# Seconds for a short training run, and what is remembered of a loop's items to go through them again.
TRAINING_LIMIT = 4.0
MAX_ITEMS = 5000
UPDATES = frozenset({"accumulate", "subtract", "add"})


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """What a submission's process knows of the program that stands still in it."""

    network: Network
    source: Source
    instrumented: Instrumented


class StandingProgram(LocalProgram):
    """Implements most of ``program.Program`` beside the submission; verification is the controller's.

    Parameters
    ----------
    standing : Standing
    keywords : mapping, optional
        With which somebody's ``build`` has built it.
    """

    _stands_still = True

    def __init__(self, standing: Standing, keywords: Mapping[str, Any] | None = None) -> None:
        super().__init__(standing.network.problem)
        self._standing, self._keywords = standing, dict(keywords or {})
        self._source = SourceText(name=standing.source.path.name, text=standing.source.text)
        self._filename = str(standing.source.path)
        self._sizes: dict[str, float] | None = None

    @property
    def network(self) -> Network:
        """What is asked about."""
        return self._standing.network

    @property
    def standing(self) -> Standing:
        """What this process knows of the program."""
        return self._standing

    @property
    def sizes(self) -> Mapping[str, float]:
        """Sizes and rates, as the data and variables of the step say."""
        if self._sizes is None:
            experiment = self.network.experiment
            self._sizes = {} if experiment is None else sizes_of(experiment)
        return self._sizes

    def enter(self) -> None:
        """Put the state of this program in place: several may share one."""
        if self.network.experiment is not None:
            self.network.experiment.restore()

    def vary(self, variation: Variation) -> StandingProgram:
        """The same code with other data, another rate, or at other sizes.

        Raises
        ------
        UnavailableError
            Where this code cannot be varied so; the message says why.
        """
        network = self.network
        if network.build is not None:
            keywords = family_keywords(network.build, {**self._defaults(), **self._keywords}, variation)
            try:
                problem = network.build(**keywords)
            except Exception as error:
                raise UnavailableError(
                    tr("it cannot be built: {standing}", standing=explain(error, self._standing.source))
                ) from None
            varied = dataclasses.replace(network, problem=problem)
        else:
            varied = pose(network, variation)
            keywords = {}
        return StandingProgram(dataclasses.replace(self._standing, network=varied), keywords)

    def verify(self, text: str) -> CheckReport:  # noqa: ARG002 (the signature of its neighbours)
        """The controller's."""
        raise UnavailableError(tr("a submission is not verified in its own process"))

    def train(self, steps: int) -> TrainingRun:
        """The loop's own steps, one after the other, from where it stands.

        Raises
        ------
        UnavailableError
            Where no loop of the file was captured.
        """
        experiment, read = self.network.experiment, self.network.loss_of
        if experiment is None or read is None:
            raise UnavailableError(tr("the file has no training loop that could be run on"))
        experiment.restore()
        losses: list[float] = []
        error = None
        patience = Patience(TRAINING_LIMIT)
        start = _parameters(experiment)
        try:
            for item in itertools.islice(self._items(experiment), max(steps, 0)):
                told = read(experiment.advance(item))
                if told is not None:
                    losses.append(told)
                if patience.left() < 0.0:
                    break
        except Exception as raised:
            error = explain(raised, self._standing.source)[:2000]
        end = _parameters(experiment)
        experiment.restore()
        return TrainingRun(
            losses=tuple(losses), parameters=(start, end), learning_rate=experiment.rates.own, error=error
        )

    def _items(self, experiment: Experiment) -> Iterator[Any]:
        """What the loop runs over, and from the beginning where it ends: never a batch or sample that is not there."""
        seen: list[Any] = []
        for item in itertools.chain(experiment.all_items, experiment.rest):
            if len(seen) < MAX_ITEMS:
                seen.append(item)
            yield item
        yield from itertools.cycle(seen)

    def _defaults(self) -> dict[str, Any]:
        """What an adapter's required keywords were given."""
        return {name: value for name, value in DEFAULTS.items() if name in self.network.required}

    # --- how it is run ------------------------------------------------------------------------------------------

    def _run_once(self, arrays: Sequence[Array]) -> None:
        experiment = self.network.experiment
        if experiment is None:
            super()._run_once(arrays)
            return
        names = list(experiment.places)
        for item in experiment.items:
            experiment.restore()
            experiment.put(dict(zip(names, (np.array(array) for array in arrays), strict=True)))
            experiment.run(item, rate=experiment.rates.own or DEFAULT_RATE)
        experiment.restore()

    def _make_editions(self) -> Editions:
        standing, experiment = self._standing, self.network.experiment
        names: dict[str, Any] = {}
        frame: Any = sys._getframe()  # noqa: SLF001 (which functions of the file are running)
        while frame is not None:
            if frame.f_code.co_filename == self._filename:
                names.setdefault(frame.f_code.co_qualname, variables(frame))
            frame = frame.f_back
        step: Any = None if experiment is None else experiment.step
        own = step is not None and step.__code__.co_filename == self._filename
        return Editions(
            self._filename,
            standing.source.text,
            build=InstrumentedBuild(standing.instrumented, standing.source.tree, standing.source.text, self._filename),
            standing=names,
            loop_line=experiment.loop.line if experiment is not None and own else None,
            step=step if own else None,
            variables=names.get(step.__qualname__.rpartition(".<locals>.")[0]) if own else None,
        )

    @contextlib.contextmanager
    def _adjusted(self, edited: Edited) -> Iterator[None]:
        """Learning rates and updates that an edit puts in are what those around them are."""
        experiment = self.network.experiment
        fresh: list[Fresh] = [item for extra in edited.extras for item in extra or ()]
        if experiment is None or not (fresh or edited.step):
            yield
            return
        before = experiment.rates
        sites = experiment.runtime.sites
        names = {sites[number].name for number in before.sites}
        rates = {n for n, site in fresh if site.kind == "rate" and site.name in names and RATE_NAME.search(site.name)}
        owners = {site.owner for _, site in fresh if site.kind == "rate"}
        scaled = {n for n, site in fresh if before.scaled and site.kind in UPDATES and n not in owners}
        adjusted = dataclasses.replace(before, sites=before.sites | rates, scaled=before.scaled | scaled)
        with experiment.exchanged(edited.step or experiment.step, adjusted):
            yield


def _parameters(experiment: Experiment) -> tuple[Array, ...]:
    return tuple(np.array(place.value, dtype=np.float64) for place in experiment.places.values())

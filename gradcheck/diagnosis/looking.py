"""Where texts are compared: points of the program as it is, and the same code at other sizes, rates and data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.batch_size import with_batch
from gradcheck.diagnosis.cut_off import cut_off, may_be_cut_off
from gradcheck.diagnosis.graphs.slips import Slips
from gradcheck.diagnosis.matching import Observation
from gradcheck.diagnosis.network import Network
from gradcheck.diagnosis.observing import Look, Observer
from gradcheck.diagnosis.programs.program import Array, Program, UnavailableError, Variation
from gradcheck.diagnosis.wording import listed
from gradcheck.diagnosis.written_sizes import divisions_by
from gradcheck.language import mark, tr, trn

__all__ = ["POINTS", "Lookout", "Place", "Seen"]

# Points of the code's own problem; what all of them agree on is no coincidence of one.
POINTS = 2
# Further ones, where neither of those shows that anything is wrong.
MORE_POINTS = 4
# Of fewer samples the same number stands for much else: the 2 of a square.
FEWEST_WRITTEN_OUT = 3
# What is varied to tell explanations apart, where the code can be built or driven so.
EXPERIMENTS = (
    (mark("three samples"), Variation(rows=3)),
    (mark("half the learning rate"), Variation(learning_rate=0.5)),
    (mark("other sizes"), Variation(batch=5, outputs=4, features=6, hidden=7)),
    (mark("stronger regularisation"), Variation(regularisation=3.0)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place where texts are compared.

    Attributes
    ----------
    look : Look
        A program, a point, the truth there.
    sizes : mapping
        Of that program.
    slips : Slips or None
        On the way back through its forward pass, where that was recorded.
    """

    look: Look
    sizes: Mapping[str, float]
    slips: Slips | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a text claims.

    Attributes
    ----------
    observations : tuple of Observation
        One for each place where it gave a gradient.
    wrong : tuple of str
        Blocks that are wrong at any of them.
    error : str or None
        What it raised, at the first place where it did.
    """

    observations: tuple[Observation, ...]
    wrong: tuple[str, ...]
    error: str | None


class Lookout:
    """All places of one diagnosis.

    Parameters
    ----------
    program : Program
    rng : numpy.random.Generator
        Draws points.
    deadline : callable
        Seconds that are left.
    rates : bool
        Whether the gradient follows from a step at some rate: that of an adaptive step is read where it is computed.

    Attributes
    ----------
    places : list of Place
        Empty until ``look``.
    notes : list of str
        What was compared, and what could not be, one sentence each.
    """

    def __init__(
        self, program: Program, rng: np.random.Generator, deadline: Callable[[], float], *, rates: bool = True
    ) -> None:
        self._program, self._rng, self._deadline, self._rates = program, rng, deadline, rates
        self.places: list[Place] = []
        self.notes: list[str] = []

    @property
    def own(self) -> list[Look]:
        """Looks at the program as it is."""
        return [place.look for place in self.places if place.look.program is self._program]

    @property
    def varied(self) -> list[Look]:
        """Looks at it otherwise."""
        return [place.look for place in self.places if place.look.program is not self._program]

    @property
    def network(self) -> Network | None:
        """The layers, at the first place where they were read."""
        return next((place.look.network for place in self.places if place.look.network is not None), None)

    def look(self) -> None:
        """Go to all of them."""
        observer = Observer(self._program, self._rng)
        for number, arrays in enumerate(observer.points(POINTS)):
            self._add(observer, arrays, tr("point {number}", number=number + 1), traced=True)
        if any(may_be_cut_off(place.look) for place in self.places):
            self._replace_cut_off(observer)
        if self.places and not any(place.look.wrong() for place in self.places):
            self._look_on(observer)
        if self.places:
            self.notes += self.places[0].look.missing
        for what, variation in EXPERIMENTS:
            if self._deadline() < 1.0:
                self.notes.append(tr("There was no time left to build the problem otherwise."))
                break
            self._experiment(tr(what), variation)
        self.notes += self._compared()

    def observe(self, text: str | None = None) -> Seen:
        """What a text claims at every place; without one, what the program as it is was seen to claim."""
        observations: list[Observation] = []
        wrong: list[str] = []
        error: str | None = None
        names = [block.name for block in self._program.problem.blocks]
        for place in self.places:
            claimed, raised = _claim(place.look, text)
            error = error or raised
            if not claimed:
                continue
            wrong += place.look.wrong(claimed)
            observations.append(
                Observation(
                    claimed=claimed,
                    true=place.look.true,
                    network=place.look.network,
                    sizes=place.sizes,
                    what=place.look.what,
                    precision=place.look.precision,
                    slips=place.slips,
                    values=dict(zip(names, place.look.arrays, strict=False)),
                )
            )
        return Seen(observations=tuple(observations), wrong=tuple(name for name in names if name in wrong), error=error)

    def _look_on(self, observer: Observer) -> None:
        """Until a point shows what is wrong, where the first ones do not: rectifiers that are on, or off, there."""
        for number, arrays in enumerate((observer.start(), *observer.points(MORE_POINTS))):
            before = len(self.places)
            self._add(observer, arrays, tr("point {number}", number=POINTS + number + 1), traced=True)
            if len(self.places) > before and self.places[-1].look.wrong():
                self.places.insert(0, self.places.pop())
                return

    def _replace_cut_off(self, observer: Observer) -> None:
        """Other points for those at which a bound on the gradient's length hides what was computed."""
        for arrays in (observer.start(), *observer.points(MORE_POINTS)):
            if len(self._whole()) >= POINTS:
                break
            self._add(observer, arrays, tr("point {number}", number=len(self.places) + 1), traced=True)
        self.places = self._whole() or self.places

    def _whole(self) -> list[Place]:
        """Places at which no bound is at work."""
        cut = cut_off([place.look for place in self.places])
        return [place for place in self.places if not any(place.look is look for look in cut)]

    def _experiment(self, what: str, variation: Variation) -> None:
        if self._program.sizes.get("outputs") == 1:  # code for one output may be right for that alone
            variation = dataclasses.replace(variation, outputs=None)
        if not self._rates:
            variation = dataclasses.replace(variation, learning_rate=None)
        if self._fixed_batch:  # and code that writes its number of samples out is right for that number
            variation = dataclasses.replace(variation, rows=None, batch=None)
        for single in (variation, *_singly(variation)) if variation.given() else ():
            try:
                other = self._program.vary(single)
            except UnavailableError:
                continue
            observer = Observer(other, self._rng)
            for arrays in (*observer.points(1), observer.start()):
                self._add(observer, arrays, what, traced=False)
                whole = self._whole()
                if len(whole) == len(self.places):
                    break
                self.places = whole
            return

    @property
    def _fixed_batch(self) -> bool:
        """Whether a line that ran divides by the number of samples as a literal number."""
        source, batch = self._program.source, self._program.sizes.get("batch", 0.0)
        if source is None or batch < FEWEST_WRITTEN_OUT:
            return False
        traces = [look.trace for look in self.own if look.trace is not None]
        ran = {line for trace in traces for _function, line in trace.lines}
        return any(line in ran for line in divisions_by(source.text, batch))

    def _add(self, observer: Observer, arrays: Sequence[Array], what: str, *, traced: bool) -> None:
        try:
            look = observer.look(arrays, what, traced=traced)
        except UnavailableError as error:
            self.notes.append(tr("{place}: {reason}.", place=what.capitalize(), reason=error))
            return
        slips = None if look.forward is None else Slips(look.forward)
        self.places.append(Place(look=look, sizes=with_batch(observer.program.sizes, look.forward), slips=slips))

    def _compared(self) -> list[str]:
        if not self.own:
            return []
        names = [look.what for look in self.varied]
        if not names:
            compared = trn(
                "The claimed gradient was compared with the true one at one point; the code could not be run at other "
                "sizes.",
                "The claimed gradient was compared with the true one at {n} points; the code could not be run at other "
                "sizes.",
                len(self.own),
            )
            return [compared]
        compared = trn(
            "The claimed gradient was compared with the true one at one point, and with {others}.",
            "The claimed gradient was compared with the true one at {n} points, and with {others}.",
            len(self.own),
            others=listed(names),
        )
        return [compared]


def _claim(look: Look, text: str | None) -> tuple[Mapping[str, Array], str | None]:
    """The gradient that a text gives, empty where it gives none, and what it raised."""
    if text is None:
        return look.claimed, look.error
    try:
        trial = look.program.trial(text, look.arrays)
    except UnavailableError as error:
        return {}, str(error)
    return (dict(zip(look.true, trial.gradient, strict=True)) if trial.gradient else {}), trial.error


def _singly(variation: Variation) -> tuple[Variation, ...]:
    """The same, one thing at a time, for code that cannot vary all of it together."""
    given: dict[str, Any] = variation.given()
    return tuple(Variation(**{name: value}) for name, value in given.items()) if len(given) > 1 else ()

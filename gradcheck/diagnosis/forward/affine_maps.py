"""Affine maps: single pre-activations put together to layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.forward.affine import Interpretation
from gradcheck.diagnosis.forward.entries import NOTHING, Entries, Kind, Numbers
from gradcheck.diagnosis.programs.program import UnavailableError
from gradcheck.language import tr

__all__ = ["AffineMap", "AffineMaps"]


@dataclass(slots=True)
class AffineMap:
    """One affine map before its activation is known.

    ``serial`` (m, h) are the pre-activations; ``inputs`` (m, n) the entries that they are computed from, ``weights``
    (n, h) and ``bias`` (h,) the parameters' serials.
    """

    serial: Numbers
    inputs: Numbers
    weights: Numbers
    bias: Numbers | None
    bias_sign: int
    ones: int | None


class AffineMaps:
    """The affine maps of a forward computation, found by the parameters that their units are made of.

    Parameters
    ----------
    seen : Interpretation
    starts : ndarray of int
        Where each parameter's entries begin, in the order of all entries of parameters.
    """

    def __init__(self, seen: Interpretation, starts: Numbers) -> None:
        self._seen, self._starts = seen, starts

    def found(self) -> list[AffineMap]:
        """All of them, in the order in which the code meets them.

        What merely scales each unit is none: ``seen`` then takes it for a part of the activation before it.

        Raises
        ------
        UnavailableError
            If units that belong together are not computed alike.
        """
        units = self._units()
        groups: dict[tuple[Any, ...], list[_Unit]] = {}
        for unit in units:
            sources = self._seen.value[unit.sources]
            groups.setdefault((unit.block, sources.shape, sources.tobytes()), []).append(unit)
        found = [group for group in groups.values() if not self._is_diagonal(group, list(groups.values()))]
        maps = [self._map(group) for group in found]
        return sorted(maps, key=lambda each: int(each.serial.min()))

    def _is_diagonal(self, group: list[_Unit], groups: list[list[_Unit]]) -> bool:
        """A scale of each unit by itself (batch norm's): no layer, but a part of the activation before it."""
        if len(group) > 1 or group[0].sources.shape[1] > 1:
            return False
        given = self._seen.kind[group[0].sources] == Kind.DATA
        alike = [other for other in groups if other[0].block == group[0].block]
        if not given.all() or len(alike) < 2 or any(len(o) > 1 or o[0].sources.shape[1] > 1 for o in alike):
            return False
        for other in alike:
            self._pass_home_on(other[0])
        return True

    def _pass_home_on(self, unit: _Unit) -> None:
        seen, source = self._seen, unit.sources[:, 0]
        order = np.argsort(unit.serial)  # one pass over all numbers for all samples: none is another's home
        serial, origins = unit.serial[order], source[order]
        place = np.minimum(np.searchsorted(serial, seen.home), serial.size - 1)
        carried = np.flatnonzero(serial[place] == seen.home)
        origin = origins[place[carried]]
        seen.home[carried] = seen.home[origin]
        seen.mixed[carried] |= seen.mixed[origin]
        seen.slope[carried] *= seen.slope[origin] * seen.value[unit.weights[0]]

    def _units(self) -> list[_Unit]:
        """Pre-activations by the parameters that they are made of."""
        rows: dict[tuple[bytes, bytes], list[tuple[int, Numbers]]] = {}
        for chunk in self._seen.pre_activations():
            self._collect(chunk, rows)
        return [self._unit(key, found) for key, found in rows.items()]

    def _collect(self, chunk: Entries, rows: dict[tuple[bytes, bytes], list[tuple[int, Numbers]]]) -> None:
        for row in range(chunk.serial.size):
            there = chunk.parameters[row] >= 0
            parameters, signs = chunk.parameters[row][there], chunk.signs[row][there]
            key = (parameters.tobytes(), signs.tobytes())
            rows.setdefault(key, []).append((int(chunk.serial[row]), chunk.sources[row][there]))

    def _unit(self, key: tuple[bytes, bytes], found: list[tuple[int, Numbers]]) -> _Unit:
        parameters, signs = np.frombuffer(key[0], dtype=np.int64), np.frombuffer(key[1], dtype=np.int64)
        found = sorted(found, key=lambda pair: pair[0])
        serial = np.array([pair[0] for pair in found])
        sources = np.array([pair[1] for pair in found])
        blocks = np.searchsorted(self._starts, parameters, side="right") - 1
        product = sources[0] >= 0
        if ((sources >= 0) != product).any():
            raise UnavailableError(tr("one unit is computed in different ways for different samples"))
        main = np.bincount(blocks[product]).argmax()
        ones = product & (blocks != main)  # a bias times a column of ones
        ones &= ((self._seen.kind[sources] == Kind.CONSTANT) & (self._seen.value[sources] == 1.0)).all(axis=0)
        weights = product & ~ones
        if (blocks[weights] != main).any():
            raise UnavailableError(tr("one unit's weights lie in several blocks"))
        if (signs[weights] != 1).any():
            raise UnavailableError(tr("weights enter with a negative sign"))
        if (~weights).sum() > 1:
            raise UnavailableError(tr("one unit has several biases"))
        bias = parameters[~weights]
        return _Unit(
            block=int(main),
            serial=serial,
            sources=sources[:, weights],
            weights=parameters[weights],
            bias=int(bias[0]) if bias.size else NOTHING,
            sign=int(signs[~weights][0]) if bias.size else 1,
        )

    def _map(self, group: list[_Unit]) -> AffineMap:
        order = np.argsort(group[0].weights, kind="stable")
        group = sorted(group, key=lambda unit: int(unit.weights.min()))
        weights = np.array([unit.weights[order] for unit in group]).T
        inputs = group[0].sources[:, order]
        bias = np.array([unit.bias for unit in group])
        signs = {unit.sign for unit in group}
        if len(signs) > 1 or ((bias == NOTHING).any() and not (bias == NOTHING).all()):
            raise UnavailableError(tr("only some units of one layer have a bias"))
        found = AffineMap(
            serial=np.array([unit.serial for unit in group]).T,
            inputs=inputs,
            weights=weights,
            bias=None if bias[0] == NOTHING else bias,
            bias_sign=signs.pop(),
            ones=None,
        )
        if found.bias is None:
            found.ones = self._ones(inputs)
        return found

    def _ones(self, inputs: Numbers) -> int | None:
        """The column of ones among a layer's inputs."""
        ones = ((self._seen.kind[inputs] == Kind.CONSTANT) & (self._seen.value[inputs] == 1.0)).all(axis=0)
        columns = np.flatnonzero(ones)
        if not columns.size or inputs.shape[1] == 1:
            return None
        return int(columns[-1]) if columns[-1] == inputs.shape[1] - 1 else int(columns[0])


@dataclass(slots=True)
class _Unit:
    """Everything computed with the same parameters: ``serial`` (m,), ``sources`` (m, n), ``weights`` (n,)."""

    block: int
    serial: Numbers
    sources: Numbers
    weights: Numbers
    bias: int
    sign: int

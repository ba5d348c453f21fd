"""The documents' networks as the command line sees them: loaded by entry point, typed by what it uses of them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeVar

from gradcheck.errors import InvalidArgumentError

__all__ = ["Catalogue", "Claim", "Drawing", "Identified", "Training", "Variant", "begun", "load_catalogue", "pick"]

ENTRY_POINT_GROUP = "gradcheck.references"


class Identified(Protocol):
    """Anything with an id of a document."""

    @property
    def id(self) -> str:
        """Such as ``000-published``."""

    @property
    def document(self) -> str:
        """Such as ``000``."""


class Built(Protocol):
    """A problem that a variant has built."""

    loss: Callable[[Any], float]
    gradient: Callable[[Any], Any]
    params: Mapping[str, Any]
    sizes: Mapping[str, int]


class Variant(Identified, Protocol):
    """One network in one form, with what a gradient check must say of it."""

    form: str
    title: str
    network: str
    source: str
    note: str
    build: Callable[..., Built]
    expected_verdict: str
    expected_ratio: Callable[[Mapping[str, int]], Mapping[str, float]] | None
    expected_bugs: tuple[str, ...]
    expected_findings: tuple[str, ...]


class Claim(Identified, Protocol):
    """A statement of a document that many seeds can bear out or not."""

    statement: str
    place: str
    metric: str
    threshold: float
    direction: str
    rate_required: float
    seeds: int
    epochs: int
    expectation: str
    run: Callable[..., Any]

    def judge(self, values: Any, *, confidence: float = 0.95) -> Any:
        """Rate, interval and outcome."""


class Training(Identified, Protocol):
    """A training run of a document."""

    title: str
    epochs: int
    run: Callable[..., Any]


class Drawing(Identified, Protocol):
    """A figure of a document."""

    title: str
    make: Callable[[int], dict[str, Any]]


class Catalogue(Protocol):
    """All of them."""

    variants: Sequence[Variant]
    claims: Sequence[Claim]
    figures: Sequence[Drawing]
    trainings: Sequence[Training]


Item = TypeVar("Item", bound=Identified)


def load_catalogue() -> Catalogue:
    """The catalogue that is installed beside gradcheck.

    Raises
    ------
    InvalidArgumentError
        If none is installed.
    """
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        catalogue: Catalogue = entry.load()()
        return catalogue
    raise InvalidArgumentError(
        f"no package offers the entry point '{ENTRY_POINT_GROUP}': install gradcheck with its reference networks "
        "(pip install gradcheck, or pip install -e . in a checkout)"
    )


def pick(items: Iterable[Item], identifier: str, kind: str) -> Item:
    """The item of that id.

    Raises
    ------
    InvalidArgumentError
        If there is none; the message says which was probably meant.
    """
    by_id = {item.id: item for item in items}
    if identifier in by_id:
        return by_id[identifier]
    close = difflib.get_close_matches(identifier, by_id, n=1, cutoff=0.4)
    meant = f"Did you mean '{close[0]}'?" if close else f"There are: {', '.join(by_id)}."
    raise InvalidArgumentError(f"no {kind} '{identifier}'. {meant}")


def begun(kind: str) -> Callable[[Any, Any, str], list[str]]:
    """What completes an id for a shell.

    Parameters
    ----------
    kind : str
        Which of the catalogue's sequences: ``variants``, ``claims``, ``figures`` or ``trainings``.
    """

    def complete(_ctx: Any, _parameter: Any, typed: str) -> list[str]:
        items: Sequence[Identified] = getattr(load_catalogue(), kind)
        return [item.id for item in items if item.id.startswith(typed)]

    return complete

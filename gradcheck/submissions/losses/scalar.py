"""One number that a training step computes, wherever its text mentions it, and what its names say of it."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from gradcheck.language import tr
from gradcheck.submissions.steps.experiment import TOTAL
from gradcheck.submissions.text.sites import ACCURACY_NAME, GRADIENT_NAME, LOSS_NAME, Site

__all__ = ["Scalar"]

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number that the step computes and that depends smoothly on the parameters, wherever it is mentioned.

    ``factor`` is what a sum of several is multiplied by: one over their number for their mean; ``others`` are added to
    it, where a step keeps the terms of its loss apart.
    """

    key: Key
    sites: tuple[Site, ...]
    factor: float = 1.0
    others: tuple[Scalar, ...] = ()

    @property
    def recorded(self) -> bool:
        """Whether the code keeps it, or has a function of its own for it."""
        return any(site.recorded for site in self.sites) or any(
            site.kind == "return" and any(LOSS_NAME.search(name) for name in (site.function, *site.names))
            for site in self.sites
        )

    @property
    def printed(self) -> bool:
        """Whether it is shown."""
        return any(site.kind == "print" for site in self.sites)

    @property
    def computed(self) -> bool:
        """Whether it is given a name, if for nothing."""
        return any(site.kind == "assign" for site in self.sites)

    @property
    def only_shown(self) -> bool:
        """Whether it is a sum that is printed and used for nothing else; a term of it may have a name of its own."""
        return any(site.shown for site in self.sites) and all(
            site.kind in ("accumulate", "print") or (site.kind == "assign" and not site.recorded) for site in self.sites
        )

    @property
    def named(self) -> bool:
        """Whether anything that holds it is named like a loss."""
        return any(LOSS_NAME.search(name) for name in self.names)

    @property
    def is_metric(self) -> bool:
        """Whether it is named like an accuracy, or like the loss of other data; ``loss.val`` is the loss's value."""
        return any(ACCURACY_NAME.search(name.removesuffix(".val")) for name in self.names)

    @property
    def is_gradient(self) -> bool:
        """Whether it is added to, or put into, what is named like a gradient: an object of one number has one."""
        held = [site.name for site in self.sites if site.kind in ("accumulate", "store")]
        return any(GRADIENT_NAME.search(word) for name in held for word in re.findall(r"\w+", name)[-2:])

    @property
    def text(self) -> str:
        """How the file computes it: the longest expression that stands for it."""
        if self.others:
            return " + ".join(part.text for part in (dataclasses.replace(self, others=()), *self.others))
        theirs = [site for site in self.sites if not site.name.startswith("_loss")] or self.sites
        computed = [site for site in theirs if site.kind in ("assign", "store", "accumulate", "append")] or theirs
        site = max(computed, key=lambda site: len(site.text))
        if self.key[1] != TOTAL:
            return tr("{text} (line {line})", text=site.text, line=site.line)
        if self.factor == 1.0:
            return tr("the sum of all {text} of a step (line {line})", text=site.text, line=site.line)
        return tr("the mean of all {text} of a step (line {line})", text=site.text, line=site.line)

    @property
    def names(self) -> list[str]:
        """What the file calls it."""
        return [name for site in self.sites for name in site.names]

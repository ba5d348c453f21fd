"""A number of samples, as people write it."""

from __future__ import annotations

import re

__all__ = ["COUNT"]

COUNT = re.compile(
    r"len\(.*\)|.*\.shape\[\d\]|(.*\.)?(n|m|b|bs|batch_?size|size|n_?samples|num_?samples|n_?batch)", re.IGNORECASE
)

"""The benchmarks are no part of the wheel: they are taken from the tree, behind everything that is installed."""

from __future__ import annotations

import sys
from pathlib import Path

TREE = str(Path(__file__).resolve().parents[3])
if TREE not in sys.path:
    sys.path.append(TREE)

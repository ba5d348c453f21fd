"""Measurements of gradcheck beside its peers, in one run: ``python -m benchmarks``.

The networks and bugs are those of the test suite (``tests/networks``), which is put on the import path here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# One BLAS thread, set before NumPy is imported: time ratios then do not depend on what else the machine does.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

_TESTS = str(Path(__file__).resolve().parent.parent / "tests")
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

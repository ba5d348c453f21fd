"""Lets the tests of this folder import the modules beside them, and the scripts that write pages."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
for _folder in (str(_HERE), str(_HERE.parents[2] / "docs")):
    if _folder not in sys.path:
        sys.path.insert(0, _folder)

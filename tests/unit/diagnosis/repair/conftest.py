"""Lets the tests of this folder import the programs beside them; the checkout itself stays off the path."""

import sys
from pathlib import Path

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.insert(0, _HERE)

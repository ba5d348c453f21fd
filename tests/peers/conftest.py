"""Puts the tables of this folder on the import path; the checkout itself stays off it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "tables"))

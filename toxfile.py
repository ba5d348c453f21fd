"""Let tox find the Pythons that pyenv installed: a shim answers only for the versions that a shell has activated."""

from __future__ import annotations

import os
from pathlib import Path

_versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
_found = [str(path) for minor in (11, 12, 13) for path in sorted(_versions.glob(f"3.{minor}.*/bin/python3.{minor}"))]
if _found:
    os.environ.setdefault("TOX_DISCOVER", os.pathsep.join(_found))

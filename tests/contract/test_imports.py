"""What an import, a command and a check load: nothing that they do not need. No clock is asked."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

# Packages outside the standard library, and rooms of gradcheck; NumPy counts as one.
LOADED = """
import json, sys
outside = {name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"__main__", "gradcheck"}
outside -= {"cython_runtime"} if "numpy.random" in sys.modules else set()  # how it is compiled
outside -= {"sitecustomize", "usercustomize"}  # of the machine, before any program
rooms = {name.split(".")[1] for name in sys.modules if name.startswith("gradcheck.")}
# What a build of Python or an editable install loads by itself is under names that no program asks for.
print(json.dumps([sorted(name for name in outside if not name.startswith("_")), sorted(rooms)]), file=sys.stderr)
"""
RECORDS = ["_version", "errors", "language", "records"]
CHECK = """
import numpy as np
import gradcheck
gradient = lambda p: {"W": np.cos(p["W"])}
report = gradcheck.check(gradcheck.Problem(lambda p: float(np.sum(np.sin(p["W"]))), gradient, {"W": np.ones((2, 3))}))
assert report.verdict.name == "PASS"
"""
COMMAND = """
import gradcheck.cli
try:
    gradcheck.cli.main([{option!r}])
except SystemExit as end:
    assert not end.code
"""


def _loaded(program: str) -> tuple[list[str], list[str]]:
    ran = subprocess.run([sys.executable, "-c", program + LOADED], capture_output=True, text=True, check=True)
    outside, rooms = json.loads(ran.stderr)
    return outside, rooms


def test_importing_loads_the_records_alone() -> None:
    """No NumPy, no terminal, no oracle: those come with the name that needs them."""
    assert _loaded("import gradcheck") == ([], RECORDS)


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_command_line_starts_with_click_alone(option: str) -> None:
    """A command's libraries come when it runs."""
    assert _loaded(COMMAND.format(option=option)) == (["click"], sorted([*RECORDS, "cli"]))


def test_a_check_that_passes_needs_numpy_alone() -> None:
    """Automatic differentiation, and masked arrays in NumPy, come where they are wanted."""
    outside, rooms = _loaded(CHECK)
    assert outside == ["numpy"]
    assert rooms == sorted([*RECORDS, "checks", "oracles", "problem"])
    deep = "import sys\nassert not {'numpy.ma', 'gradcheck.oracles.autodiff'} & set(sys.modules)\n"
    if int(np.__version__.split(".")[0]) >= 2:  # before, NumPy loaded all of itself
        _loaded(CHECK + deep)


def test_an_extension_for_notebooks_is_found_without_ipython() -> None:
    """``%load_ext gradcheck`` asks for the attribute; having it loads no library."""
    program = "import gradcheck\nassert callable(gradcheck.load_ipython_extension)\n"
    assert _loaded(program) == ([], sorted([*RECORDS, "integrations", "reports"]))

"""The tree itself: what is public, what is shipped, and that README, tox, CI and metadata say the same."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import gradcheck
import reference_impls

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (gradcheck, reference_impls)

# Homes, work folders and package mirrors of somebody's machine; written in pieces, so that this line does not match.
MACHINE_PATH = re.compile(
    "|".join([r"(?<![\w.}])/(?:ro" + r"ot|home|Us" + r"ers|wo" + r"rk|opt)/\w", r"[A-Z]:\\" + "Users"])
)


def _modules() -> Iterator[ModuleType]:
    """Every module of both packages."""
    for package in PACKAGES:
        yield package
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith("__main__"):
                yield importlib.import_module(info.name)


MODULES = list(_modules())
PUBLIC_PACKAGES = [module for module in MODULES if hasattr(module, "__path__")]


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _tracked() -> list[Path]:
    """The files under version control, or a skip where the tree is an unpacked archive."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / name for name in listing.stdout.split("\0") if name]


def _readme_command(name: str) -> list[str]:
    """The lines of the fence after ``<!-- command: NAME -->`` in the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"<!-- command: {name} -->\n```\w*\n(.*?)\n```", text, re.DOTALL)
    assert len(found) == 1, f"README.md has {len(found)} commands named {name!r}, but should have one"
    return str(found[0]).splitlines()


def _bound_names(module: ModuleType) -> set[str]:
    """Public names that a module defines at its top or imports from its own package."""
    root = module.__name__.partition(".")[0]
    names: set[str] = set()
    body = ast.parse(inspect.getsource(module)).body
    lazy = [node for branch in body if isinstance(branch, ast.If) for node in branch.body]  # if TYPE_CHECKING
    for node in body + lazy:
        if isinstance(node, ast.ImportFrom) and (node.level or str(node.module).partition(".")[0] == root):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def _own_public_members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that a class itself defines."""
    for name, member in vars(cls).items():
        function = getattr(member, "__func__", member)
        if not name.startswith("_") and (inspect.isfunction(function) or isinstance(member, property)):
            yield name, function


@pytest.mark.parametrize("module", PUBLIC_PACKAGES, ids=lambda module: module.__name__)
def test_all_is_the_public_names(module: ModuleType) -> None:
    """A package's ``__all__`` names exactly what its ``__init__`` defines or re-exports."""
    declared = getattr(module, "__all__", [])
    assert len(declared) == len(set(declared))
    bound = {name for name in _bound_names(module) if not isinstance(getattr(module, name), ModuleType)}
    assert set(declared) - {"__version__"} == bound


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_all_names_exist(module: ModuleType) -> None:
    """What a module declares public is there."""
    assert [name for name in getattr(module, "__all__", []) if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", PUBLIC_PACKAGES, ids=lambda module: module.__name__)
def test_public_objects_are_documented(module: ModuleType) -> None:
    """Packages, and what they declare public, members included, have docstrings of their own."""
    missing = [] if inspect.getdoc(module) else [module.__name__]
    for name in getattr(module, "__all__", []):
        thing = getattr(module, name)
        if not (inspect.isfunction(thing) or inspect.isclass(thing)):
            continue
        doc = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
        if not doc or doc.startswith(f"{name}("):  # a dataclass without one gets its signature
            missing.append(name)
        if inspect.isclass(thing):
            missing.extend(f"{name}.{member}" for member, f in _own_public_members(thing) if not inspect.getdoc(f))
    assert missing == []


@pytest.mark.skipif(
    "GRADCHECK_TESTS_INSTALLED" not in os.environ, reason="set by tox and CI; elsewhere editable is fine"
)
def test_what_is_tested_is_installed() -> None:
    """Under tox and in CI the packages come from the wheel, never from the checkout."""
    for package in PACKAGES:
        assert Path(str(package.__file__)).parent != ROOT / package.__name__


def test_one_version() -> None:
    """Module, metadata and the line that the build reads agree."""
    assert gradcheck.__version__ == metadata.version("gradcheck")
    assert f'__version__ = "{gradcheck.__version__}"' in (ROOT / "gradcheck" / "_version.py").read_text(
        encoding="utf-8"
    )


def test_entry_points_resolve() -> None:
    """Every entry point in the metadata can be loaded; a plugin of pytest is a module."""
    entry_points = metadata.distribution("gradcheck").entry_points
    assert {point.group for point in entry_points} >= {"console_scripts", "gradcheck.references"}
    for point in entry_points:
        loaded = point.load()
        assert isinstance(loaded, ModuleType) if point.group == "pytest11" else callable(loaded), point


def _assert_shipped(names: set[str]) -> None:
    """A wheel's names: both packages whole with types and schemas, and nothing of the tests."""
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package.__name__).rglob("*")
        if path.suffix in {".py", ".typed", ".json", ".toml", ".tmpl"}
    }
    assert expected - names == set()
    assert {"gradcheck/py.typed", "reference_impls/py.typed"} <= names
    assert any(name.startswith("gradcheck/schemas/") and name.endswith(".json") for name in names)
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gradcheck", "reference_impls"}


def test_installed_files() -> None:
    """The wheel that is installed holds both packages whole, their types and schemas, and no tests."""
    names = {str(path) for path in metadata.files("gradcheck") or []}
    if "gradcheck/errors.py" not in names:
        pytest.skip("an editable install lists no files")
    _assert_shipped({name for name in names if not name.startswith("..") and "__pycache__" not in name})


# Import names of what is installed under another name.
INSTALLED_AS = {"sklearn": "scikit-learn", "IPython": "ipython"}
# Who may import what only an extra installs, and imports it where it is asked for. A wrapper of a framework is only
# ever imported by code that uses that framework.
OPTIONAL = {
    "gradcheck/cli/references/plot.py": {"matplotlib"},
    "gradcheck/cli/watch.py": {"watchfiles"},
    "gradcheck/grading/batch/executors.py": {"distributed"},
    "gradcheck/integrations": {"pytest", "torch", "jax", "sklearn", "IPython", "matplotlib", "xdist"},
    "gradcheck/reports/figures": {"matplotlib"},
    "gradcheck/reports/traces.py": {"matplotlib"},
}


def _third_party(path: Path) -> Iterator[str]:
    """Top-level names of what a file imports, at run time, from neither the standard library nor this project."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {id(node) for branch in ast.walk(tree) if isinstance(branch, ast.If) for node in branch.body
            if ast.unparse(branch.test) == "TYPE_CHECKING"}  # fmt: skip
    for node in ast.walk(tree):
        if id(node) in lazy:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        else:
            continue
        tops = {name.partition(".")[0] for name in names}
        yield from tops - sys.stdlib_module_names - {package.__name__ for package in PACKAGES}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_what_is_imported_is_a_dependency(package: ModuleType) -> None:
    """A plain install has all that the packages import; what extras bring is imported where it is asked for alone."""
    base = {re.split(r"[<>=!~;\[ ]", entry)[0] for entry in _pyproject()["project"]["dependencies"]}
    missing = []
    for path in sorted((ROOT / package.__name__).rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        allowed = {name for room, names in OPTIONAL.items() if place.startswith(room) for name in names}
        missing += [
            f"{place}: {name}"
            for name in _third_party(path)
            if INSTALLED_AS.get(name, name) not in base and name not in allowed
        ]
    assert missing == []


@pytest.mark.slow
def test_wheel_contents(tmp_path: Path) -> None:
    """A wheel built from this tree holds both packages whole, their types and schemas, and no tests."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        _assert_shipped(set(archive.namelist()))


def test_no_machine_paths() -> None:
    """No tracked file names a folder of the machine that it was written on."""
    hits = []
    for path in _tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # not text, or staged for removal
        hits += [f"{path.relative_to(ROOT)}: {match.group()}" for match in MACHINE_PATH.finditer(text)]
    assert hits == []


@pytest.mark.parametrize("name", ["use", "test"])
def test_readme_commands_are_one_line(name: str) -> None:
    """Each of the README's two commands is one line that starts from a machine with nothing but Python."""
    (line,) = _readme_command(name)
    assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_readme_example_is_shipped() -> None:
    """What the README's first command is given is in the tree."""
    (line,) = _readme_command("use")
    examples = re.findall(r"examples/[\w./]+", line)
    assert examples
    assert all((ROOT / example).exists() for example in examples)


def test_ci_runs_the_readme_test_command() -> None:
    """What CI runs first is the README's test command, word for word."""
    script = [str(ROOT / ".ci" / "run"), "--print-test-command"]
    shown = subprocess.run(["bash", *script], check=True, capture_output=True, text=True)
    assert shown.stdout.splitlines() == _readme_command("test")


def test_ci_checks_are_tox_environments() -> None:
    """Every environment that CI asks tox for is defined."""
    asked = re.findall(r"tox run -e (\S+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    defined = re.findall(r"^\[testenv:(\w+)\]", (ROOT / "tox.ini").read_text(encoding="utf-8"), re.MULTILINE)
    assert asked
    assert set(",".join(asked).split(",")) <= set(defined)


@pytest.mark.parametrize("name", ["test", "docs"])
def test_extra_equals_dependency_group(name: str) -> None:
    """What pip installs as an extra is what tox installs as a dependency group of the same name."""
    pyproject = _pyproject()
    assert pyproject["project"]["optional-dependencies"][name] == pyproject["dependency-groups"][name]


@pytest.mark.parametrize("name", ["lint", "type", "layers"])
def test_dev_extra_has_the_tools(name: str) -> None:
    """A developer's environment holds the tools of every tox environment, in the same versions."""
    pyproject = _pyproject()
    dev = pyproject["project"]["optional-dependencies"]["dev"]
    assert set(pyproject["dependency-groups"][name]) <= set(dev)


def test_lowest_pins_are_the_floors() -> None:
    """The oldest versions that are tested are the oldest that are allowed."""
    pyproject = _pyproject()
    floors = {line.replace(">=", "==") for line in pyproject["project"]["dependencies"]}
    normal = {re.sub(r"(==\d+\.\d+)\.0$", r"\1", line) for line in pyproject["dependency-groups"]["lowest"]}
    assert normal == floors

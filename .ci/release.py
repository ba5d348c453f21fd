"""Builds what a release consists of, and checks it: ``tox -e release``, or ``python .ci/release.py --out dist``.

1. Wheel and sdist are built from two copies of the tracked files that differ in folder, times, umask and time zone, the
   wheel once from the sdist and once from the tree. They are the same, byte for byte.
2. The wheel holds the tracked files of both packages and nothing else; the sdist what is needed to build and to test.
3. ``twine check --strict``.
4. On each Python at hand: a new environment with the wheel and its dependencies alone, in which ``gradcheck`` runs; the
   bill of materials is taken from the first (CycloneDX, validated). Then the tests' dependencies are added, and the
   tests of the unpacked sdist run against the wheel.
5. ``SHA256SUMS`` of all of it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gradcheck", "reference_impls")
# What somebody needs beside the packages who has the sdist alone: to read, to cite, to build, to test.
NEEDED = (
    "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "PKG-INFO", "README.md", "SECURITY.md",
    "pyproject.toml", "tox.ini", "toxfile.py", ".ci/run",
)  # fmt: skip
NEEDED_FOLDERS = ("benchmarks", "docs", "examples", "tests", ".github")
WRONG = "examples/xor_missing_factor.py"
JUNK = re.compile(r"__pycache__|\.py[co]$|\.(?:mypy|ruff|pytest|import_linter)_cache|\.hypothesis|\.tox|\.venv|~$")


class ReleaseError(Exception):
    """What is built is not what it should be."""


def main() -> int:
    """Build and check; a fault is one line on stderr."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder that is emptied and filled (dist)")
    parser.add_argument("--build-only", action="store_true", help="steps 1 to 3: nothing is installed")
    parser.add_argument("tests", nargs="*", help="of pytest, after --, relative to the sdist (all fast tests)")
    options = parser.parse_args()
    try:
        _release(options.out.resolve(), build_only=options.build_only, tests=options.tests)
    except ReleaseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: {' '.join(map(str, error.cmd))} ended with {error.returncode}", file=sys.stderr)
        return error.returncode or 1
    return 0


def _release(out: Path, *, build_only: bool, tests: Sequence[str]) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        work = Path(folder)
        _say("build twice, from two folders")
        wheel, sdist = built_twice(ROOT, tracked(ROOT), work, out)
        _say("contents")
        check_wheel(wheel, tracked(ROOT))
        check_sdist(sdist)
        _run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
        if not build_only:
            unpacked = _unpacked(sdist, work / "sdist")
            for number, python in enumerate(pythons()):
                bill = out / f"{sdist.name.removesuffix('.tar.gz')}.cdx.json" if number == 0 else None
                _installed(python, wheel, unpacked, work / f"environment-{number}", bill=bill, tests=tests)
    files = sorted(path for path in out.iterdir() if path.is_file())
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (out / "SHA256SUMS").write_text(sums, encoding="ascii")
    _say("done")
    for path in files:
        print(f"{path.stat().st_size:>9,} bytes  {path.name}")


def tracked(root: Path) -> list[str]:
    """The files under version control that are there, from the top of the tree."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True)
    return [name for name in listing.stdout.split("\0") if name and (root / name).is_file()]


def built_twice(root: Path, names: Sequence[str], work: Path, out: Path) -> tuple[Path, Path]:
    """Wheel and sdist in ``out``.

    Raises
    ------
    ReleaseError
        If another folder, time zone, umask and other times of the files make another file.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or _last_commit(root)
    first, second = work / "here", work / "and a much longer folder" / "there"
    _copy(root, names, first, when=1_000_000_000.0)
    _copy(root, names, second, when=1_700_000_000.0)
    # `build` without a target makes the wheel from the sdist, with `--wheel` from the tree.
    _build(first, out, umask=0o022, SOURCE_DATE_EPOCH=epoch, TZ="UTC")
    again = work / "again"
    for target in ("--wheel", "--sdist"):
        _build(second, again, target, umask=0o077, SOURCE_DATE_EPOCH=epoch, TZ="Asia/Kathmandu")
    built = sorted(out.iterdir())
    if [path.name for path in built] != sorted(path.name for path in again.iterdir()) or len(built) != 2:
        raise ReleaseError(f"expected one wheel and one sdist in {out}, got {[path.name for path in built]}")
    for path in built:
        if path.read_bytes() != (again / path.name).read_bytes():
            raise ReleaseError(f"{path.name} differs when it is built from another folder")
    sdist, wheel = sorted(built, key=lambda path: path.suffix == ".whl")
    return wheel, sdist


def check_wheel(wheel: Path, names: Sequence[str]) -> None:
    """Whether the wheel holds the tracked files of both packages, the licence, and nothing else.

    Raises
    ------
    ReleaseError
        If a file is missing or is too much.
    """
    expected = {name for name in names if name.partition("/")[0] in PACKAGES}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if not name.endswith("/")}
    about = {name for name in found if name.partition("/")[0].endswith(".dist-info")}
    missing, extra = sorted(expected - found), sorted(found - about - expected)
    if missing:
        raise ReleaseError(f"the wheel lacks {', '.join(missing)}")
    if extra:
        raise ReleaseError(f"the wheel holds what is not tracked: {', '.join(extra)}")
    if not any(name.endswith("/licenses/LICENSE") for name in about):
        raise ReleaseError("the wheel lacks its licence")


def check_sdist(sdist: Path) -> None:
    """Whether the sdist can be read, built and tested by itself, and holds no leavings.

    Raises
    ------
    ReleaseError
        If a file is missing or is too much.
    """
    with tarfile.open(sdist) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}
    missing = [name for name in NEEDED if name not in found]
    missing += [top for top in NEEDED_FOLDERS if not any(name.startswith(f"{top}/") for name in found)]
    if missing:
        raise ReleaseError(f"the sdist lacks {', '.join(missing)}")
    junk = sorted(name for name in found if JUNK.search(name))
    if junk:
        raise ReleaseError(f"the sdist holds {', '.join(junk)}")


def pythons() -> list[str]:
    """An interpreter of each minor version that the metadata name, as far as this machine has it; the latest first."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
    minors = [text.rpartition(" ")[2] for text in classifiers if re.fullmatch(r".*:: 3\.\d+", text)]
    known = [path for path in os.environ.get("TOX_DISCOVER", "").split(os.pathsep) if path]  # by toxfile.py
    found = []
    for minor in reversed(minors):
        there = [path for path in known if Path(path).name == f"python{minor}"]
        interpreter = there[-1] if there else shutil.which(f"python{minor}")
        if interpreter and _runs(interpreter):
            found.append(interpreter)
        else:
            print(f"no Python {minor} here: not tried", file=sys.stderr)
    if not found:
        raise ReleaseError(f"no Python of {', '.join(minors)} was found")
    return found


def _runs(interpreter: str) -> bool:
    """Whether there is a Python behind a name: a version manager's stand-in may have none."""
    try:
        return subprocess.run([interpreter, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _installed(
    python: str, wheel: Path, sdist: Path, environment: Path, *, bill: Path | None, tests: Sequence[str]
) -> None:
    """Install the wheel where there is nothing else, and run it; then the tests."""
    _say(f"{Path(python).name}: the wheel alone")
    _run(python, "-m", "venv", "--without-pip", environment)
    inside = environment / ("Scripts" if os.name == "nt" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", str(inside / "python"))
    _run(*pip, "install", "--quiet", wheel)
    _run(*pip, "check")
    clean = {
        "PATH": str(inside) + os.pathsep + os.defpath, "VIRTUAL_ENV": str(environment),
        "GRADCHECK_TESTS_INSTALLED": "1", "CI": "1",
    }  # fmt: skip
    _run(inside / "gradcheck", "--version", cwd=environment, **clean)
    wrong = subprocess.run(
        [inside / "gradcheck", "check", sdist / WRONG], cwd=environment, env={**os.environ, **clean}, check=False
    )
    if wrong.returncode != 1:
        raise ReleaseError(f"gradcheck check {WRONG} ended with {wrong.returncode}, but should with 1: it is wrong")
    if bill is not None:
        _bill_of_materials(inside / "python", bill, wheel.name.split("-")[1])
    _say(f"{Path(python).name}: the tests of the sdist")
    _run(*pip, "install", "--quiet", f"{wheel}[test]")
    _run(inside / "pytest", "-q", *(tests or ["-n", os.environ.get("PYTEST_WORKERS", "auto")]), cwd=sdist, **clean)


def _bill_of_materials(python: Path, bill: Path, version: str) -> None:
    """What is installed with the wheel, in CycloneDX's format; cyclonedx-py validates it before it writes."""
    metadata = with_version((ROOT / "pyproject.toml").read_text(encoding="utf-8"), version)
    command = (sys.executable, "-m", "cyclonedx_py", "environment", "--mc-type", "library", "--output-reproducible")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(metadata, encoding="utf-8")
        _run(*command, "--validate", "--pyproject", Path(folder) / "pyproject.toml", "-o", bill, python)


def with_version(metadata: str, version: str) -> str:
    """The metadata with the version that the build backend finds elsewhere: a bill of materials is of one version.

    Raises
    ------
    ReleaseError
        If the metadata do not say that it is found elsewhere.
    """
    changed = metadata.replace('dynamic = ["version"]', f'version = "{version}"')
    if changed == metadata:
        raise ReleaseError('pyproject.toml has no line dynamic = ["version"]')
    return changed


def _copy(root: Path, names: Sequence[str], target: Path, *, when: float) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target / name)
        os.utime(target / name, (when, when))


def _build(tree: Path, out: Path, *target: str, umask: int, **variables: str) -> None:
    command = [sys.executable, "-m", "build", *target, "--outdir", str(out), str(tree)]
    subprocess.run(command, check=True, umask=umask, env={**os.environ, **variables}, stdout=subprocess.DEVNULL)


def _unpacked(sdist: Path, target: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(target, filter="data")
    (top,) = target.iterdir()
    return top


def _last_commit(root: Path) -> str:
    command = ["git", "log", "-1", "--format=%ct"]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def _run(*command: object, cwd: Path | None = None, **variables: str) -> None:
    environment: Mapping[str, str] = {**os.environ, **variables}
    subprocess.run([str(part) for part in command], check=True, cwd=cwd, env=environment)


def _say(text: str) -> None:
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

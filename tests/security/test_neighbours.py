"""Where a class is graded nobody gets at what others have handed in: not by imports, not by paths, not by links."""

# ruff: noqa: E501 - one attack is one row
from __future__ import annotations

import functools
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from networks.assigned import ASSIGNMENT, PROGRAM

from gradcheck.errors import SubmissionError
from gradcheck.grading.assignment.reading import parse_assignment
from gradcheck.grading.batch.finding import find_submissions
from gradcheck.grading.records import GradeRecord, State
from gradcheck.grading.subject import processes
from gradcheck.grading.worker import grade_work
from gradcheck.submissions import check_file
from gradcheck.submissions.exchange.session import Session

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's locks are Linux's")
LEVELS = {
    "full": frozenset[str](),
    "landlock": frozenset({"seccomp"}),
    "seccomp": frozenset({"landlock"}),
    "limits": frozenset({"landlock", "seccomp"}),
    "process": frozenset({"landlock", "seccomp", "limits"}),
}
# Of Bob's file: in no record of somebody else's.
SECRET = "kumquat-marmalade"
BOB = f'"""{SECRET}"""\n{PROGRAM}'
EVE = """import importlib, importlib.util, os, sys
import numpy as np
HERE = os.path.dirname(os.path.abspath(__file__))

def taken():
{attack}

try:
    theirs = taken()
except BaseException as error:
    theirs = None
    raise ValueError(f"not taken: {{type(error).__name__}}")
raise_if_nothing = theirs.forward

def forward(X, W1, b1, W2, b2):
    return theirs.forward(X, W1, b1, W2, b2)

def backward(X, Y, W2, A1, A2):
    return theirs.backward(X, Y, W2, A1, A2)
"""
# A module of what was read.
MADE = "module = type(sys)('bob')\nexec(text, vars(module))\nreturn module"
# By names and by ways from where it lies; refused at every level, since it lies alone.
BY_WAY = {
    "import": "import bob\nreturn bob",
    "import-package": "import bob_package.net\nreturn bob_package.net",
    "relative": "from ..bob_package import net\nreturn net",
    "beyond": "from ...bob_package import net\nreturn net",
    "path-up": "sys.path.append('..')\nimport bob\nreturn bob",
    "path-of-file": "sys.path.insert(0, os.path.join(HERE, '..'))\nimport bob\nreturn bob",
    "path-further-up": "sys.path[:0] = [os.path.join(HERE, *['..'] * n) for n in range(1, 6)]\nimport bob\nreturn bob",
    "package-path": "import eve\neve.__path__.append(os.path.join(HERE, '..', 'bob_package'))\nfrom eve import net\nreturn net",
    "by-name": "return importlib.import_module('bob')",
    "by-place": "spec = importlib.util.spec_from_file_location('bob', os.path.join(HERE, '..', 'bob.py'))\nmodule = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(module)\nreturn module",
    "run": "import runpy, types\nreturn types.SimpleNamespace(**runpy.run_path(os.path.join(HERE, '..', 'bob.py')))",
    "open": f"text = open('../bob.py').read()\n{MADE}",
    "link": f"text = open(os.path.join(HERE, 'linked.py')).read()\n{MADE}",
    "linked-folder": f"text = open(os.path.join(HERE, 'linked', 'bob.py')).read()\n{MADE}",
    "linked-import": "import linked\nreturn linked",
    "compiled": "import marshal\ntext = marshal.loads(open(os.path.join(HERE, '..', '__pycache__', 'bob.pyc'), 'rb').read()[16:])\nmodule = type(sys)('bob')\nexec(text, vars(module))\nreturn module",
    "modules": "return next(module for name, module in list(sys.modules.items()) if 'bob' in name)",
    "memory": "import gc, types\nreturn next(types.SimpleNamespace(**found) for found in gc.get_objects() if isinstance(found, dict) and 'backward' in found and 'kumquat-marm' + 'alade' in str(found.get('__doc__')))",
}  # fmt: skip
# By the whole path of it, which a program need not guess: refused where Landlock is.
BY_PATH = {
    "absolute": f"text = open(BOBS).read()\n{MADE}",
    "absolute-import": "sys.path.insert(0, os.path.dirname(BOBS))\nimport bob\nreturn bob",
    "own-link": f"os.symlink(BOBS, 'mine.py')\ntext = open('mine.py').read()\n{MADE}",
    "own-hard-link": f"os.link(BOBS, 'mine.py')\ntext = open('mine.py').read()\n{MADE}",
    "walk": f"place = next(os.path.join(top, name) for up in ('..', '../..', '../../..') for top, _, names in os.walk(os.path.join(HERE, up)) for name in names if name == 'bob.py' and 'pip' not in top)\ntext = open(place).read()\n{MADE}",
    "numpy": f"text = bytes(np.fromfile(BOBS, dtype='u1'))\n{MADE}",
}
LAYOUTS = ("file", "folder", "package", "archive")


@pytest.fixture
def hand_ins(tmp_path: Path) -> Path:
    """What Bob has handed in, as a file and as a package."""
    folder = tmp_path / "class"
    (folder / "bob_package").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    (folder / "bob.py").write_text(BOB, encoding="utf-8")
    (folder / "bob_package" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "bob_package" / "net.py").write_text(BOB, encoding="utf-8")
    return folder


def _eve(folder: Path, attack: str, layout: str) -> Path:
    """What Eve hands in: one file, a folder of files with links, a package, or an archive."""
    attack = attack.replace("BOBS", repr(str(folder / "bob.py")))
    text = EVE.format(attack="\n".join(f"    {line}" for line in attack.split("\n")))
    if layout == "file":
        (folder / "eve.py").write_text(text, encoding="utf-8")
        return folder / "eve.py"
    own = folder / "eve"
    own.mkdir()
    (own / "net_of_eve.py").write_text(text, encoding="utf-8")
    (own / ".git").mkdir()
    (own / "setup.cfg").touch()
    (own / "linked.py").symlink_to(folder / "bob.py")
    (own / "linked").symlink_to(folder)
    if layout == "package":
        (own / "__init__.py").touch()
    if layout == "archive":
        return _archived(own)
    return own


def _archived(own: Path) -> Path:
    """With its links as links, and a name that leads out of it."""
    place = own.with_name("eve.zip")
    with zipfile.ZipFile(place, "w") as archive:
        archive.write(own / "net_of_eve.py", "net_of_eve.py")
        for name in ("linked.py", "linked"):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o120777 << 16
            archive.writestr(entry, str((own / name).readlink()))
    return place


def _graded(path: Path, tmp_path: Path) -> GradeRecord:
    (work,) = find_submissions([path], tmp_path / "scratch", single=True)
    if work.fault is not None:
        pytest.skip(f"refused before anything is run: {work.fault}")
    return grade_work(work, parse_assignment(ASSIGNMENT.encode(), tmp_path / "hw.toml"), seed=3, diagnose=False)


def _rows() -> Iterator[Any]:
    """Each way in each layout where nothing is left out, and in one layout at every level."""
    for number, (name, attack) in enumerate({**BY_WAY, **BY_PATH}.items()):
        for level, left_out in LEVELS.items():
            if name in BY_PATH and "landlock" in left_out:
                continue  # there files can be read: reports say so
            usual = LAYOUTS[number % 3]
            for layout in LAYOUTS if level == "full" else (usual,):
                marks = [] if layout == usual and level in ("full", "process", "landlock") else [pytest.mark.slow]
                yield pytest.param(attack, layout, level, id=f"{name}-{layout}-{level}", marks=marks)


@pytest.mark.parametrize(("attack", "layout", "level"), list(_rows()))
def test_what_others_have_handed_in_is_out_of_reach(
    attack: str, layout: str, level: str, hand_ins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No point for it, and no word of it in the record; what is there stays as it was."""
    monkeypatch.setattr(processes, "Session", functools.partial(Session, without=LEVELS[level]))
    record = _graded(_eve(hand_ins, attack, layout), tmp_path)
    assert record.state is State.UNGRADABLE or record.points == 0.0
    assert SECRET not in json.dumps(record.to_dict())
    assert (hand_ins / "bob.py").read_text(encoding="utf-8") == BOB


def test_what_is_one_s_own_can_be_taken(hand_ins: Path, tmp_path: Path) -> None:
    """The same program has all points where what it takes is handed in with it: the attacks can succeed."""
    own = _eve(hand_ins, "import bob\nreturn bob", "folder")
    (own / "bob.py").write_text(BOB, encoding="utf-8")
    assert _graded(own, tmp_path).points == 4.0


def test_where_no_file_is_locked_a_path_leads_there(
    hand_ins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Landlock is for: without it the file can be read, and every report says that it is missing."""
    monkeypatch.setattr(processes, "Session", functools.partial(Session, without=LEVELS["limits"]))
    assert _graded(_eve(hand_ins, BY_PATH["absolute"], "file"), tmp_path).points == 4.0


@pytest.mark.parametrize("name", ["path-up", "path-of-file", "import-package", "relative", "absolute", "linked-import"])
def test_nor_where_a_folder_of_homeworks_is_checked(name: str, hand_ins: Path) -> None:
    """A check of a person's file gives no other folder's files away either."""
    own = _eve(hand_ins, {**BY_WAY, **BY_PATH}[name], "folder")
    with pytest.raises(SubmissionError) as told:
        check_file(own / "net_of_eve.py")
    assert SECRET not in str(told.value)
    assert "not taken" in str(told.value) or "link" in str(told.value)

"""``--gradcheck GLOB``: which files become tests, what is said of them, and that nothing of them runs here."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]
Files = Callable[..., None]


def test_each_file_is_a_test(run: Run, files: Files) -> None:
    """Right ones pass, wrong ones fail with the mistake by name, and a file without one is an error that says why."""
    files("right", "wrong", "none")
    result = run("--gradcheck", "homework/*.py", "-v")
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "gradcheck: seed 0, files homework/*.py",
            "homework/none.py::gradients ERROR*",
            "homework/right.py::gradients PASSED*",
            "homework/wrong.py::gradients FAILED*",
            "none.py: *network*",
            "*missing-factor-2*",
            "  gradcheck diagnose homework/wrong.py --seed 0",
            "FAILED homework/wrong.py::gradients - FAIL: wrong: *",
            "ERROR homework/none.py::gradients*",
        ]
    )


def test_notebooks_are_files_too(run: Run, pytester: pytest.Pytester, files: Files) -> None:
    """Their code cells are one program."""
    import nbformat

    files("right")
    source = (pytester.path / "homework" / "right.py").read_text(encoding="utf-8")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbformat.write(book, pytester.path / "book.ipynb")
    result = run("--gradcheck", "*.ipynb", "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["book.ipynb::gradients PASSED*"])


def test_nothing_is_imported_here(run: Run, pytester: pytest.Pytester, files: Files) -> None:
    """Neither the files, although they are called like tests, nor what pytest would load from their folder."""
    files("right")
    folder = pytester.path / "homework"
    touch = "import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\n"
    (folder / "conftest.py").write_text(touch, encoding="utf-8")
    (folder / "__init__.py").write_text(touch, encoding="utf-8")
    (folder / "test_net.py").write_text(touch + (folder / "right.py").read_text(encoding="utf-8"), encoding="utf-8")
    result = run("--gradcheck", "homework/test_net.py", "--gradcheck", "homework/right.py")
    result.assert_outcomes(passed=2)
    assert list(folder.glob("*.ran")) == []
    result = run("--gradcheck", "homework/test_net.py", "homework/test_net.py::training-loop")
    result.assert_outcomes(passed=1)
    assert list(folder.glob("*.ran")) == []


def test_with_paths_it_is_added_to_them(run: Run, files: Files) -> None:
    """Without paths it is all that is collected."""
    files("right")
    own = "def test_own():\n    pass\n"
    run("--gradcheck", "homework/*.py", source=own).assert_outcomes(passed=1)
    run("--gradcheck", "homework/*.py", "test_it.py").assert_outcomes(passed=2)
    run("--gradcheck", "homework/*.py", ".").assert_outcomes(passed=2)


def test_one_network_by_its_id(run: Run, files: Files) -> None:
    """A name that there is not is an error that names those that there are; ``gradients`` is all of them."""
    files("right", "wrong")
    run("--gradcheck", "homework/*.py", "homework/right.py::training-loop").assert_outcomes(passed=1)
    run("--gradcheck", "homework/*.py", "homework/right.py").assert_outcomes(passed=1)
    run("--gradcheck", "homework/*.py", "homework/right.py::gradients").assert_outcomes(passed=1)
    result = run("--gradcheck", "homework/*.py", "homework/right.py::other")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*homework/right.py: no network is called other; there are training-loop.*"])


def test_a_pattern_without_files(run: Run) -> None:
    """Is refused: nothing would have been checked."""
    result = run("--gradcheck", "nowhere/*.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--gradcheck nowhere/*.py: no file matches; it is looked for in *"])


def test_settings_beside_the_files_count(run: Run, files: Files, pytester: pytest.Pytester) -> None:
    """As for the command line; settings that cannot be used are an error of the file."""
    files("wrong")
    (pytester.path / "homework" / "gradcheck.toml").write_text("rtol = 10.0\n", encoding="utf-8")
    run("--gradcheck", "homework/*.py").assert_outcomes(failed=1)
    (pytester.path / "homework" / "gradcheck.toml").write_text("rtoll = 1.0\n", encoding="utf-8")
    result = run("--gradcheck", "homework/*.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the key rtoll is not known. Did you mean rtol?*"])


def test_several_networks_of_a_file(run: Run, files: Files, pytester: pytest.Pytester) -> None:
    """Are one test, which tells of each that is wrong by its name; each can be asked for alone."""
    files("right", "wrong")
    right, wrong = (
        (pytester.path / "homework" / f"{name}.py").read_text(encoding="utf-8") for name in ("right", "wrong")
    )
    second = wrong.replace("rng = np.random.default_rng(0)", "rng = np.random.default_rng(1)").replace("W", "V")
    (pytester.path / "both.py").write_text(right + second, encoding="utf-8")
    result = run("--gradcheck", "both.py", "--gradcheck-report", "r.json")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "1 of 2 networks: training-loop-2",
            "training-loop-2: FAIL: wrong: *V*",
            "FAILED both.py::gradients - 1 of 2 networks: training-loop-2",
        ]
    )
    found = json.loads((pytester.path / "r.json").read_text(encoding="utf-8"))["results"]
    assert [item["verdict"] for item in found] == ["pass", "fail"]
    run("--gradcheck", "both.py", "both.py::training-loop-1").assert_outcomes(passed=1)
    run("--gradcheck", "both.py", "both.py::training-loop-1", "both.py::training-loop-2").assert_outcomes(
        passed=1, failed=1
    )


def test_a_file_runs_when_its_test_does(run: Run, files: Files, pytester: pytest.Pytester) -> None:
    """Not when it is collected; and with pytest-xdist in one worker, once."""
    files("right", "wrong")
    pytester.makeconftest(
        "import os\n"
        "from gradcheck.integrations.pytest_plugin import files\n"
        "own = files.check_file\n"
        "def counted(path, **options):\n"
        "    with open('asked.txt', 'a') as log:\n"
        "        print(path.name, file=log)\n"
        "    return own(path, **options)\n"
        "files.check_file = counted\n"
    )
    asked = pytester.path / "asked.txt"
    result = run("--gradcheck", "homework/*.py", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["homework/right.py::gradients", "homework/wrong.py::gradients"])
    assert not asked.exists()
    run("--gradcheck", "homework/*.py", "-n", "2").assert_outcomes(passed=1, failed=1)
    assert sorted(asked.read_text(encoding="utf-8").split()) == ["right.py", "wrong.py"]

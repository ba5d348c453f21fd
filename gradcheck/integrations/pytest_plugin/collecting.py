"""Files and notebooks as tests: ``--gradcheck GLOB``, each file one, which runs when its turn comes.

They are taken by this plugin alone: nothing of them, and no ``conftest.py`` or ``__init__.py`` beside them, is imported
into the process of pytest.
"""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gradcheck.integrations.pytest_plugin.files import GradientFile
from gradcheck.integrations.pytest_plugin.keeping import is_worker

__all__ = ["FileCollection", "unseen"]

ALONE = "gradcheck_alone"
# Names of networks that an argument asks for; None for all.
Names = set[str] | None


class Selection:
    """The files that patterns match.

    Parameters
    ----------
    patterns : sequence of str
        As ``--gradcheck`` takes them.
    folder : Path
        Where pytest was started.
    """

    def __init__(self, patterns: Sequence[str], folder: Path) -> None:
        self._folder = folder
        self.by_pattern = {pattern: self._matches(pattern) for pattern in patterns}
        self.files = list(dict.fromkeys(file for files in self.by_pattern.values() for file in files))

    def asked(self, argument: str) -> tuple[Path, str | None] | None:
        """File and network, if an argument names one of the files."""
        path, _, name = argument.partition("::")
        file = self._absolute(path)
        return (file, name or None) if file in self.files else None

    def others(self, arguments: Sequence[str]) -> list[str]:
        """The arguments that name none of the files."""
        return [argument for argument in arguments if self.asked(argument) is None]

    def wanted(self, arguments: Sequence[str]) -> dict[Path, Names]:
        """The files that arguments name, or all of them if none does."""
        found: dict[Path, Names] = {}
        for file, name in filter(None, map(self.asked, arguments)):
            known = found.get(file, set())
            found[file] = None if name is None or known is None else {*known, name}
        return found or dict.fromkeys(self.files)

    def _matches(self, pattern: str) -> list[Path]:
        # Path.glob takes no absolute pattern.
        names = glob.glob(str(Path(pattern).expanduser()), root_dir=self._folder, recursive=True)  # noqa: PTH207
        return sorted(path for path in map(self._absolute, names) if path.is_file() and path.name != "conftest.py")

    def _absolute(self, name: str) -> Path:
        return Path(os.path.abspath(self._folder / name))  # noqa: PTH100 - Path.resolve() would follow links


@contextlib.contextmanager
def unseen(config: pytest.Config) -> Iterator[None]:
    """Hide the arguments that name files to check while pytest loads what lies beside its arguments."""
    said = config.known_args_namespace
    given = said.file_or_dir
    selection = Selection(said.gradcheck_globs, config.invocation_params.dir)
    said.file_or_dir = selection.others(given)
    try:
        yield
    finally:
        said.file_or_dir = given


class FileCollection:
    """The files that ``--gradcheck`` names, added to what pytest collects.

    Parameters
    ----------
    config : pytest.Config

    Raises
    ------
    pytest.UsageError
        If a pattern matches no file.
    """

    def __init__(self, config: pytest.Config) -> None:
        folder = config.invocation_params.dir
        self._selection = Selection(config.option.gradcheck_globs, folder)
        for pattern, files in self._selection.by_pattern.items():
            if not files:
                raise pytest.UsageError(f"--gradcheck {pattern}: no file matches; it is looked for in {folder}")
        self._wanted: dict[Path, Names] = {}
        if is_worker(config):  # whose arguments are never empty
            self._alone = vars(config)["workerinput"][ALONE]
        else:
            self._alone = config.args_source is pytest.Config.ArgsSource.INVOCATION_DIR

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist whether paths were given."""
        node.workerinput[ALONE] = self._alone

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Keep pytest from collecting what is collected here."""
        config, given = session.config, session.config.args
        self._wanted = self._selection.wanted(given)
        config.args = [] if self._alone else self._selection.others(given)
        try:
            return (yield)
        finally:
            config.args = given

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the files to the session, without the folders between."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            for file, names in self._wanted.items():
                report.result.append(GradientFile.from_parent(collector, path=file, only=names))
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path
    ) -> Generator[None, Sequence[pytest.Collector], Sequence[pytest.Collector]]:
        """Let nobody else import a file that is checked in a process of its own."""
        found = yield
        return [] if file_path in self._selection.files else found

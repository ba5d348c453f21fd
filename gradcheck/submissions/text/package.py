"""Programs of several files: which modules beside a file are part of it, and which files of a folder are programs.

A module that a program imports, and that lies beside it, is read with it: one text, the program itself first, in which
every file has lines of its own (`Source.parts`). Folders that it adds to ``sys.path`` count as beside it, as far as
they lie in its project. A name of the standard library, and one that is installed, is left to Python.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gradcheck.errors import SubmissionError
from gradcheck.submissions.text.nodes import statements_of
from gradcheck.submissions.text.project import MARKS, marked_root, project_of
from gradcheck.submissions.text.search_paths import folders_added
from gradcheck.submissions.text.source import MAX_SOURCE, Part, Source, line_count, parse, read_text

__all__ = ["Program", "programs_in", "with_modules"]

# A homework has a handful of modules; more than this is a library.
MAX_MODULES = 64
LEFT_TO_PYTHON = frozenset(sys.stdlib_module_names) | {"numpy", "gradcheck", "autograd", "scipy", "matplotlib"}
# Files of a folder that are often the program, the likeliest first, where several import each other.
MAIN_NAMES = ("__main__", "main", "train", "run", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where modules of a program may lie.

    Attributes
    ----------
    folder : Path
        Of the program itself: what lies beside it is its own.
    top : Path
        The folder that its package lies in.
    package : str
        Of the program itself; empty for none.
    before, after : tuple of Path
        Folders that it adds to ``sys.path``, to its front and to its end.

    Notes
    -----
    What lies beside a whole package may be somebody else's: in a folder of homeworks each of which is a package, the
    others. It is the program's own where a repository or a project begins.
    """

    folder: Path
    top: Path
    package: str = ""
    before: tuple[Path, ...] = ()
    after: tuple[Path, ...] = ()

    @classmethod
    def around(cls, file: Path, tree: ast.Module) -> Places:
        """Of a program, from its file, resolved, and its own text."""
        package, top = _package_of(file.parent, tree)
        return cls(folder=file.parent, top=top, package=package).added(tree, file)

    @property
    def roots(self) -> tuple[Path, ...]:
        """Folders that imports start from; what they have in common holds all of the program."""
        return tuple(dict.fromkeys((*self.before, self.folder, *self.after, self.top)))

    def added(self, tree: ast.Module, file: Path) -> Places:
        """With the folders that a text adds to ``sys.path``, as far as they lie in the program's project.

        Parameters
        ----------
        tree : ast.Module
            Of the program, or of a module of its.
        file : Path
            Where that text stands.
        """
        found = folders_added(tree, file)
        if not found:
            return self
        project = project_of(self.folder)
        first: dict[Path, None] = {}
        last: dict[Path, None] = {}
        for one in found:
            for start in (self.folder, project):  # it is started in its own folder, or in its project's
                place = (start / one.folder).resolve()
                if place.is_dir() and place.is_relative_to(project):
                    (first if one.first else last)[place] = None
        before = tuple(dict.fromkeys((*reversed(first), *self.before)))
        return dataclasses.replace(self, before=before, after=tuple(dict.fromkeys((*self.after, *last))))

    def of(self, name: str) -> Path | None:
        """The file of a module; None where it has none."""
        first = self.package.partition(".")[0]
        own = name.partition(".")[0] == first or any((self.top / mark).exists() for mark in MARKS)
        beside = (self.folder, self.top) if own else (self.folder,)
        roots: tuple[Path, ...] = (*self.before, *beside, *self.after)
        for root in dict.fromkeys(roots):
            base = root.joinpath(*name.split("."))
            for place in (base / "__init__.py", base.with_name(f"{base.name}.py")):
                if place.is_file():
                    return place
        above = f"{self.package}.".startswith(f"{name}.")  # Python knows of it, and may not list the folder it lies in
        return self.top.joinpath(*name.split("."), "__init__.py") if above else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A file to be run, and the group of files that it belongs to: those that import each other."""

    file: Path
    group: tuple[Path, ...]


def with_modules(source: Source) -> Source:
    """A source with the modules beside it that it imports.

    Parameters
    ----------
    source : Source
        Of one file.

    Returns
    -------
    Source
        The same where there are none.
    """
    main = source.path.resolve()
    found, places = _modules(source.tree, main, Places.around(main, source.tree))
    package, roots = places.package, places.roots
    if not found:
        return dataclasses.replace(source, package=package, roots=roots)
    texts, parts = [_ended(source.text)], list(source.parts)
    first = 1 + line_count(source.text)
    if not parts:
        parts.append(Part(first=1, count=first - 1, path=source.path, original=source.text))
    for name, path, text in found:
        count = line_count(text)
        parts.append(
            Part(
                first=first,
                count=count,
                path=path,
                original=text,
                module=name,
                is_package=path.name == "__init__.py",
            )
        )
        texts.append(_ended(text))
        first += count
    program = "".join(texts)
    tree = parse(program, source.path)
    return dataclasses.replace(source, text=program, tree=tree, parts=tuple(parts), package=package, roots=roots)


def programs_in(files: Sequence[Path]) -> list[Program]:
    """Which of a folder's files are programs: all but those that others import.

    Parameters
    ----------
    files : sequence of Path
        Python files and notebooks.

    Returns
    -------
    list of Program
        In the order of the files; of files that all import each other the one whose name is the likeliest.
    """
    places = {file.resolve(): file for file in files}
    imports = {place: [found for found in _imported(file) if found in places] for place, file in places.items()}
    imported = {found for place, targets in imports.items() for found in targets if found != place}
    programs: list[Program] = []
    for group in _groups(imports):
        starts = [place for place in group if place not in imported] or [min(group, key=_unlikeliness)]
        reached = {found for start in starts for found in _reached(start, imports)}
        starts += [place for place in group if place not in reached]
        members = tuple(places[place] for place in group)
        programs += [Program(file=places[place], group=members) for place in starts]
    order = {file: number for number, file in enumerate(files)}
    return sorted(programs, key=lambda program: order[program.file])


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _package_of(folder: Path, tree: ast.Module) -> tuple[str, Path]:
    """The package that a folder is, and the folder that its name starts from.

    A program that imports relatively says itself that its folder is one, with or without an ``__init__.py``. Of folders
    above it whoever wrote the program may know nothing: they are packages where they say so, or where the program goes
    up to them within its project.
    """
    levels = max((node.level for node in statements_of(tree) if isinstance(node, ast.ImportFrom)), default=0)
    project = marked_root(folder) if levels > 1 else None
    names: list[str] = []
    while folder.name.isidentifier():
        said = (folder / "__init__.py").is_file()
        meant = len(names) < levels and (not names or (project is not None and project in folder.parents))
        if not said and not meant:
            break
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names), folder


def _modules(tree: ast.Module, main: Path, places: Places) -> tuple[list[tuple[str, Path, str]], Places]:
    """Every module that a program imports, also through others: name, file and text; and where they may lie."""
    found: dict[str, tuple[Path, str]] = {}
    package = places.package
    waiting = [*_names(tree, package)]
    if package:
        waiting[:0] = list(itertools.accumulate(package.split("."), "{}.{}".format))
    unknown: list[str] = []
    size = 0
    while waiting and len(found) < MAX_MODULES:
        name = waiting.pop(0)
        place = places.of(name)
        if place is None:
            unknown.append(name)
        if name in found or place is None or place.resolve() == main:
            continue
        try:
            text = _module_text(place)
            inner = parse(text, place)
        except SubmissionError:  # empty, or what Python will say when it is imported
            continue
        size += len(text)
        if size > MAX_SOURCE:
            break
        found[name] = (place, text)
        own = name if place.name == "__init__.py" else name.rpartition(".")[0]
        waiting += _names(inner, own)
        wider = places.added(inner, place)
        if wider != places:  # what was not found before a module has told where to look
            places, waiting, unknown = wider, [*unknown, *waiting], []
    return [(name, *rest) for name, rest in found.items()], places


def _names(tree: ast.Module, package: str) -> list[str]:
    """Absolute names of everything that may be a module in a file's imports, outermost packages first."""
    names: dict[str, None] = {}
    for node in statements_of(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            if base is None:
                continue
            targets = [base, *(f"{base}.{alias.name}" if base else alias.name for alias in node.names)]
        else:
            continue
        for target in filter(None, targets):
            names.update(dict.fromkeys(itertools.accumulate(target.split("."), "{}.{}".format)))
    return [name for name in names if name.partition(".")[0] not in LEFT_TO_PYTHON]


def _absolute(node: ast.ImportFrom, package: str) -> str | None:
    """What a ``from`` import starts from; None for one that leaves its package."""
    if not node.level:
        return node.module or ""
    above = package.split(".") if package else []
    if node.level > max(len(above), 1):
        return None
    return ".".join([*above[: len(above) - node.level + 1], *([node.module] if node.module else [])])


def _module_text(place: Path) -> str:
    """The text of a module: an empty one is one all the same, as most ``__init__.py`` are, and so is none at all."""
    if place.name == "__init__.py":
        with contextlib.suppress(OSError):  # what cannot be read is told by `read_text`, and so is what is too large
            if not place.exists() or (place.stat().st_size <= MAX_SOURCE and not place.read_bytes().strip()):
                return ""
    return read_text(place)


def _imported(file: Path) -> list[Path]:
    """The files beside it that a file imports itself."""
    from gradcheck.submissions.text.source import read_source

    try:
        source = read_source(file)
    except SubmissionError:
        return []
    own = [part for part in source.parts if not part.module]
    last = max((part.first + part.count - 1 for part in own), default=None)
    tree = source.tree
    if last is not None:
        tree = ast.Module(body=[node for node in tree.body if node.lineno <= last], type_ignores=[])
    known = Places.around(source.path.resolve(), tree)
    package = known.package
    # Python runs what a file's own package begins with before the file itself.
    around = itertools.accumulate(package.split("."), "{}.{}".format) if package else ()
    places = [known.of(name) for name in (*_names(tree, package), *around)]
    return [place.resolve() for place in places if place is not None]


def _groups(imports: Mapping[Path, Sequence[Path]]) -> Iterator[list[Path]]:
    """Files that hang together, in their order."""
    neighbours: dict[Path, set[Path]] = {place: set(targets) for place, targets in imports.items()}
    for place, targets in imports.items():
        for target in targets:
            neighbours[target].add(place)
    done: set[Path] = set()
    for place in imports:
        if place not in done:
            group = _reached(place, neighbours)
            done |= group
            yield [member for member in imports if member in group]


def _reached(start: Path, edges: Mapping[Path, Iterable[Path]]) -> set[Path]:
    reached, waiting = {start}, [start]
    while waiting:
        for found in edges[waiting.pop()]:
            if found not in reached:
                reached.add(found)
                waiting.append(found)
    return reached


def _unlikeliness(place: Path) -> tuple[int, str]:
    names = [name for name in MAIN_NAMES if place.stem == name]
    return (MAIN_NAMES.index(names[0]) if names else len(MAIN_NAMES), str(place))

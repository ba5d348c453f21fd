"""What is said of a file of which nothing could be checked, or that was not run as it should be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradcheck.language import clauses, listed, tr
from gradcheck.submissions.exchange.protocol import text_of
from gradcheck.submissions.isolation.confinement import Level, Reached
from gradcheck.submissions.recognition.adapter import template
from gradcheck.submissions.running.standins import package_of
from gradcheck.submissions.text.project import MARKS

__all__ = ["partly_isolated", "refusal", "too_little_isolation", "trouble"]


def refusal(file: Path, data: Mapping[str, Any], problems: list[str], missing: list[str]) -> str:
    """Why nothing in a file was recognised, and what helps.

    Parameters
    ----------
    file : Path
    data : mapping
        The last reply of its process.
    problems, missing : list of str
        What went wrong while it ran, and the libraries that are not installed.
    """
    lines = [tr("no network was recognised in it."), *trouble(file, problems, missing)]
    lacks = [item for item in data.get("lacks") or [] if isinstance(item, Mapping)]
    lines.extend(f"- {text_of(item.get('where'))}: {text_of(item.get('lacks'))}" for item in lacks)
    if _absent(problems, missing) or data.get("crashed") is True:
        return "\n".join(lines)  # nobody can say yet whether an adapter is what it lacks
    names = data.get("names")
    lines.append(
        tr(
            "What helps: a loop in the file that trains on data of its own; or a function gradcheck_problem() in it "
            "that returns a gradcheck.Problem. Or write an adapter and pass it with --adapter; one to start from:"
        )
    )
    lines.append("\n" + template(file.name, names if isinstance(names, dict) else {}))
    return "\n".join(lines)


def trouble(file: Path, problems: list[str], missing: list[str]) -> list[str]:
    """What went wrong while a file ran, and what is not installed, a sentence each; as of ``refusal``."""
    lines = []
    if problems:
        lines.append(tr("While it ran: {problem}.", problem=problems[0].rstrip(".")))
    absent = list(dict.fromkeys(_absent(problems, missing)))
    own = [name for name in absent if _is_own(file, name)]
    strange = [name for name in absent if name not in own]
    if own:
        said = tr(
            "{modules} belongs to the file's own project, but does not lie beside the file: install the project (pip "
            "install .), and run gradcheck where it is installed.",
            modules=listed(own),
        )
        lines.append(said)
    if strange:
        told = {"libraries": listed(strange), "packages": " ".join(dict.fromkeys(map(package_of, strange)))}
        lines.append(tr("Not installed: {libraries}; install it: pip install {packages}.", **told))
    return lines


def _is_own(file: Path, module: str) -> bool:
    """Whether a folder above the file, up to its repository's root, or ``src`` in it, has the module.

    What has such a name in the package index is somebody else's.
    """
    above = list(file.resolve().parents)
    root = next((number for number, folder in enumerate(above) if _is_root(folder)), 0)
    places = [place for folder in above[: root + 1] for place in (folder, folder / "src")]
    return any((place / module).is_dir() or (place / f"{module}.py").is_file() for place in places)


def _is_root(folder: Path) -> bool:
    """Whether a project begins there."""
    return any((folder / name).exists() for name in MARKS)


def _absent(problems: list[str], missing: list[str]) -> list[str]:
    return [*missing, *filter(None, map(_absent_module, problems))]


def partly_isolated(reached: Reached) -> str:
    """Said loudly: what stands between the file and this machine."""
    if reached.lacking:
        return tr(
            "The file did not run in full isolation, but in {level}. Missing here: {lacking}. Run only files that you "
            "trust, or see `gradcheck sandbox`.",
            level=reached.level.words,
            lacking=clauses(reached.lacking),
        )
    return tr(
        "The file did not run in full isolation, but in {level}. Run only files that you trust, or see `gradcheck "
        "sandbox`.",
        level=reached.level.words,
    )


def too_little_isolation(file: Path, reached: Reached, required: Level) -> str:
    """Why a file was not run: this machine gives less isolation than is asked for."""
    about = {
        "file": file.name,
        "required": required.name.lower(),
        "reached": reached.level.name.lower(),
        "words": reached.level.words,
    }
    if reached.lacking:
        return tr(
            "{file} was not run: isolation '{required}' is required, and this machine gives '{reached}' ({words}). "
            "Missing here: {lacking}. See `gradcheck sandbox`, or require less.",
            lacking=clauses(reached.lacking),
            **about,
        )
    return tr(
        "{file} was not run: isolation '{required}' is required, and this machine gives '{reached}' ({words}). See "
        "`gradcheck sandbox`, or require less.",
        **about,
    )


def _absent_module(problem: str) -> str | None:
    """The library that an import did not find."""
    found = re.match(r"ModuleNotFoundError: No module named '([\w.]+)'", problem)
    return found[1].partition(".")[0] if found else None

"""The baseline: failures that were there before, kept in a file, and what has come and gone since.

A failure is known when its fingerprint is in the baseline. Where it was named on one side only (a run without
diagnosis, or one whose time was up), it is known when the blocks that are wrong were wrong before: names come and go
with the time that a diagnosis is given, and no build should fail for that.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcheck.errors import InvalidArgumentError
from gradcheck.gate.failures import NOT_RECOGNISED, RULES, UNNAMED, fingerprint, unchecked
from gradcheck.gate.outcome import Failure, Outcome, Standing
from gradcheck.language import listed, tr

__all__ = ["Baseline", "BaselineEntry", "compared", "read_baseline", "renewed", "write_baseline"]

BASELINE_SCHEMA = "gradcheck/baseline@1"
MAX_SIZE = 64 << 20  # bytes; a baseline has a few hundred for each failure
TEXTS = ("rule", "fingerprint", "file", "program")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineEntry:
    """A failure that was there before; no line number, so that the file changes only when the failures do.

    ``file`` is where it is, ``program`` what was checked, and may have imported that file.
    """

    rule: str
    fingerprint: str
    file: str
    program: str
    network: str | None = None
    blocks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**dataclasses.asdict(self), "blocks": list(self.blocks)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a gate had seen: failures, and the files in which networks were recognised."""

    failures: tuple[BaselineEntry, ...] = ()
    recognised: frozenset[str] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """JSON form, schema ``gradcheck/baseline@1``, in an order of its own."""
        entries = sorted(self.failures, key=lambda entry: (entry.file, entry.rule, entry.fingerprint))
        return {
            "schema": BASELINE_SCHEMA,
            "failures": [entry.to_dict() for entry in entries],
            "recognised": sorted(self.recognised),
        }


def compared(outcome: Outcome, baseline: Baseline, root: Path) -> Outcome:
    """An outcome in which each failure is new or known, and in which is told what is fixed.

    A file in which the baseline knows a network, and in which none is recognised any more, is a failure too: a gate
    that no longer sees what it guards must not open.

    Parameters
    ----------
    outcome : Outcome
        Of which nothing was compared.
    baseline : Baseline
    root : Path
        Where files are that are still there.
    """
    lost = _lost(outcome, baseline)
    failures = (*outcome.failures, *lost)
    stood = tuple(
        dataclasses.replace(failure, standing=Standing.KNOWN if _is_known(failure, baseline) else Standing.NEW)
        for failure in failures
    )
    gone = tuple(
        entry
        for entry in baseline.failures
        if (entry.program in outcome.looked_at or not (root / entry.program).exists())
        and not any(_answers(entry, failure) or _may_be(entry, failure) for failure in failures)
    )
    lost_files = {failure.file for failure in lost}
    return dataclasses.replace(
        outcome,
        results=(*outcome.results, *(failure.report for failure in lost)),
        names=(*outcome.names, *(failure.file for failure in lost)),
        failures=stood,
        skipped=tuple(item for item in outcome.skipped if item.file not in lost_files),
        fixed=gone,
        compared=True,
    )


def renewed(old: Baseline, outcome: Outcome, root: Path) -> Baseline:
    """A baseline with what is known of the files that were looked at, and the old one's words on all others.

    Parameters
    ----------
    old : Baseline
    outcome : Outcome
    root : Path
        Where files are that are still there.
    """

    def stays(file: str) -> bool:
        return file not in outcome.looked_at and (root / file).exists()

    kept = {entry.fingerprint: entry for entry in old.failures if stays(entry.program)}
    fresh = {item.fingerprint: _entry(item) for item in outcome.failures if item.rule != NOT_RECOGNISED}
    files = {file for file in old.recognised if stays(file)}
    return Baseline(failures=tuple({**kept, **fresh}.values()), recognised=frozenset(files | set(outcome.recognised)))


def read_baseline(file: Path) -> Baseline:
    """The baseline that a file holds.

    Parameters
    ----------
    file : Path

    Raises
    ------
    InvalidArgumentError
        If it is not there, cannot be read, or is no baseline.
    """
    cure = tr("write it anew with --update-baseline")
    try:
        if file.stat().st_size > MAX_SIZE:
            raise InvalidArgumentError(
                tr(
                    "{file} is larger than {most} MB: this is no baseline; {cure}.",
                    file=file,
                    most=MAX_SIZE >> 20,
                    cure=cure,
                )
            )
        document = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise InvalidArgumentError(
            tr("{file} does not exist: add --update-baseline to write it with what fails now.", file=file)
        ) from None
    except OSError as error:
        message = tr("{file} cannot be read: {error}.", file=file, error=error.strerror or error)
        raise InvalidArgumentError(message) from None
    except (ValueError, RecursionError) as error:
        message = tr("{file} is not JSON ({error}): {cure}.", file=file, error=error, cure=cure)
        raise InvalidArgumentError(message) from None
    if not isinstance(document, dict) or document.get("schema") != BASELINE_SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else None
        raise InvalidArgumentError(
            tr(
                "{file} is no baseline: schema={found!r}, expected {expected!r}; give another file, or {cure}.",
                file=file,
                found=found,
                expected=BASELINE_SCHEMA,
                cure=cure,
            )
        )
    failures, recognised = document.get("failures"), document.get("recognised", [])
    if not isinstance(failures, list) or not _are_texts(recognised):
        raise InvalidArgumentError(tr("{file}: failures or recognised is no list; {cure}.", file=file, cure=cure))
    return Baseline(
        failures=tuple(_read_entry(item, f"{file}, failures[{number}]", cure) for number, item in enumerate(failures)),
        recognised=frozenset(recognised),
    )


def write_baseline(file: Path, baseline: Baseline) -> None:
    """Write a baseline whole or not at all: a run that is killed leaves the old one.

    Parameters
    ----------
    file : Path
    baseline : Baseline

    Raises
    ------
    InvalidArgumentError
        If it cannot be written.
    """
    text = json.dumps(baseline.to_dict(), indent=2) + "\n"
    try:
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
        handle, name = tempfile.mkstemp(dir=file.resolve().parent, prefix=f".{file.name}.")
        beside = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            beside.chmod(mode)
            beside.replace(file.resolve())
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        message = tr("{file} cannot be written: {error}.", file=file, error=error.strerror or error)
        raise InvalidArgumentError(message) from None


def _lost(outcome: Outcome, baseline: Baseline) -> list[Failure]:
    """Files in which the baseline knows a network, and in which none is recognised now."""
    return [
        Failure(
            rule=NOT_RECOGNISED,
            fingerprint=fingerprint(NOT_RECOGNISED, item.file),
            file=item.file,
            program=item.file,
            line=None,
            blocks=(),
            report=unchecked(item.file, tr("no network is recognised in it any more: {reason}", reason=item.reason)),
        )
        for item in outcome.skipped
        if item.file in baseline.recognised
    ]


def _is_known(failure: Failure, baseline: Baseline) -> bool:
    return any(_answers(entry, failure) for entry in baseline.failures) or _covered(failure, baseline)


def _answers(entry: BaselineEntry, failure: Failure) -> bool:
    return entry.fingerprint == failure.fingerprint


def _covered(failure: Failure, baseline: Baseline) -> bool:
    """Whether entries of the same network, named on one side only, account for the blocks that are wrong."""
    alike = [entry for entry in baseline.failures if _is_one_sided(entry, failure)]
    return bool(alike) and {block for entry in alike for block in entry.blocks} >= set(failure.blocks)


def _may_be(entry: BaselineEntry, failure: Failure) -> bool:
    """Whether an entry can mean a failure that was named on one side only, or a file that tells nothing now."""
    if not failure.report.blocks and failure.report.loss is None:
        return entry.program == failure.program
    common = set(entry.blocks) & set(failure.blocks)
    return _is_one_sided(entry, failure) and (bool(common) or not entry.blocks or not failure.blocks)


def _is_one_sided(entry: BaselineEntry, failure: Failure) -> bool:
    rules = (entry.rule, failure.rule)
    return UNNAMED in rules and all(map(_is_wrong, rules)) and _is_same_network(entry, failure)


def _is_wrong(rule: str) -> bool:
    """Whether a rule speaks of a wrong gradient, not of one that was not decided or not checked."""
    return rule == UNNAMED or rule not in RULES


def _is_same_network(entry: BaselineEntry, failure: Failure) -> bool:
    return (entry.program, entry.network) == (failure.program, failure.report.network)


def _entry(failure: Failure) -> BaselineEntry:
    return BaselineEntry(
        rule=failure.rule, fingerprint=failure.fingerprint, file=failure.file, program=failure.program,
        network=failure.report.network, blocks=failure.blocks,
    )  # fmt: skip


def _read_entry(item: Any, where: str, cure: str) -> BaselineEntry:
    if not isinstance(item, dict):
        raise InvalidArgumentError(tr("{where} is no object; {cure}.", where=where, cure=cure))
    lacking = [name for name in TEXTS if not isinstance(item.get(name), str)]
    network, blocks = item.get("network"), item.get("blocks", [])
    if lacking or not (network is None or isinstance(network, str)) or not _are_texts(blocks):
        names = listed(lacking) if lacking else tr("network or blocks")
        raise InvalidArgumentError(tr("{where}: {names} is no text; {cure}.", where=where, names=names, cure=cure))
    return BaselineEntry(**{name: item[name] for name in TEXTS}, network=network, blocks=tuple(blocks))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)

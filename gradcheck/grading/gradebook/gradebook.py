"""The gradebook: one SQLite file that survives a killed process, a full disk and a power cut at any moment."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gradcheck.errors import GradingError

__all__ = ["Gradebook", "Key", "Move", "Override"]

FORMAT = "1"
TABLES = {"settings", "records", "submissions", "moves", "overrides"}
# Seconds to wait for another process that writes into the same gradebook.
BUSY = 30.0
# A fault of ours: the submission is run again the next time.
NOT_FINAL = "internal"
# The item that stands for the sum of all.
TOTAL = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a record depends on: equal keys give equal records.

    Attributes
    ----------
    digest, assignment : str
        SHA-256 of the submission, and of the assignment with all that it refers to.
    version : str
        Of gradcheck.
    mode : str
        What was asked for, such as ``diagnosed`` or ``marked``.
    """

    digest: str
    assignment: str
    version: str
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A mark that a new run has changed; points are None where there was, or is, no mark."""

    key: str
    item: str
    before: float | None
    after: float | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Points that a person has given instead; they survive every new run."""

    key: str
    item: str
    points: float
    reason: str


class Gradebook:
    """A gradebook, opened.

    Parameters
    ----------
    path : Path
        Made where it is not there yet; the folder must be.

    Raises
    ------
    GradingError
        If the file is something else, of a newer format, or cannot be opened; from any method if the disk is full.

    Notes
    -----
    Write-ahead log with ``synchronous=FULL`` (SQLite's documentation on WAL and on that pragma): a transaction that
    ``put`` has returned from is on the disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            # One connection for the process that collects answers; workers never see it.
            self._database = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # --- settings -------------------------------------------------------------------------------------------------

    def setting(self, name: str) -> str | None:
        """A value kept with the class, such as the seed of the hidden points."""
        with self._told():
            row = self._database.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep(self, name: str, value: str) -> None:
        """Keep a value."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    # --- records --------------------------------------------------------------------------------------------------

    def record(self, key: Key) -> dict[str, Any] | None:
        """The record of that content, if it is final; a fault of ours is none."""
        with self._told():
            row = self._database.execute(
                "SELECT record FROM records WHERE digest = ? AND assignment = ? AND version = ? AND mode = ? "
                "AND state <> ?",
                (key.digest, key.assignment, key.version, key.mode, NOT_FINAL),
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def holds(self, submission: str, key: Key) -> bool:
        """Whether that is what the final record of a submission of the class depends on already."""
        with self._told():
            row = self._database.execute(
                "SELECT 1 FROM submissions JOIN records USING (digest, assignment, version, mode) "
                "WHERE key = ? AND digest = ? AND assignment = ? AND version = ? AND mode = ? AND state <> ? "
                "AND present = 1",
                (submission, key.digest, key.assignment, key.version, key.mode, NOT_FINAL),
            ).fetchone()
        return row is not None

    def put(self, submission: str, key: Key, record: Mapping[str, Any], now: datetime) -> list[Move]:
        """Keep what a submission's record is from now on; it is on the disk when this returns.

        Parameters
        ----------
        submission : str
            Its key in the class.
        key : Key
        record : mapping
            JSON form of a ``GradeRecord``.
        now : datetime
            With its zone.

        Returns
        -------
        list of Move
            Marks that it changes, the sum first.
        """
        at = now.astimezone().isoformat(timespec="seconds")
        with self._transaction() as database:
            before = self._current(submission)
            moves = [] if before is None else _moved(submission, before, (key, record))
            self._store(key, record, at)
            database.execute(
                "INSERT OR REPLACE INTO submissions VALUES (?, ?, ?, ?, ?, 1)",
                (submission, key.digest, key.assignment, key.version, key.mode),
            )
            database.executemany(
                "INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?)",
                [(move.key, move.item, move.before, move.after, ",".join(move.why), at) for move in moves],
            )
        return moves

    def current(self, submission: str) -> dict[str, Any] | None:
        """The record of a submission, under its own key; None where there is none."""
        with self._told():
            found = self._current(submission)
        if found is None:
            return None
        found[1]["grade"]["submission"] = submission
        return found[1]

    def stash(self, key: Key, record: Mapping[str, Any], now: datetime) -> None:
        """Keep a record on the way to the one that counts."""
        with self._transaction():
            self._store(key, record, now.astimezone().isoformat(timespec="seconds"))

    def diagnosis(self, fingerprint: str, assignment: str, language: str = "en") -> dict[str, Any] | None:
        """The diagnosis of a submission whose gradient is wrong in the same way, if one was named in that language."""
        with self._told():
            rows = self._database.execute(
                "SELECT record FROM records WHERE assignment = ? AND fingerprint = ? AND state = 'graded' "
                "ORDER BY finished",
                (assignment, fingerprint),
            ).fetchall()
        records = (json.loads(row[0]) for row in rows)
        spoken = (record for record in records if record["grade"].get("language", "en") == language)
        return next((record for record in spoken if record.get("diagnoses")), None)

    def present(self, keys: Iterable[str]) -> list[str]:
        """Tell which submissions the class has now; those that were there before and are gone."""
        with self._transaction() as database:
            held = {row[0] for row in database.execute("SELECT key FROM submissions WHERE present = 1")}
            gone = sorted(held - set(keys))
            database.executemany("UPDATE submissions SET present = 0 WHERE key = ?", [(key,) for key in gone])
        return gone

    def records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every submission that the class has now, with its record under its own key, in the order of keys."""
        rows = self._database.execute(
            "SELECT key, record FROM submissions JOIN records USING (digest, assignment, version, mode) "
            "WHERE present = 1 ORDER BY key"
        )
        while True:
            with self._told():
                row = rows.fetchone()
            if row is None:
                return
            record = json.loads(row[1])
            record["grade"]["submission"] = row[0]
            yield row[0], record

    def moves(self) -> list[Move]:
        """Every mark that a later run has changed, oldest first."""
        with self._told():
            rows = self._database.execute("SELECT key, item, before, after, why FROM moves ORDER BY rowid").fetchall()
        return [
            Move(key=key, item=item, before=before, after=after, why=tuple(why.split(",")))
            for key, item, before, after, why in rows
        ]

    # --- what people decide -----------------------------------------------------------------------------------------

    def override(self, override: Override, now: datetime) -> None:
        """Give other points than were measured.

        Raises
        ------
        GradingError
            If no reason is given.
        """
        if not override.reason.strip():
            raise GradingError(f"the mark of {override.key} is overridden without a reason: give one.")
        with self._transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO overrides VALUES (?, ?, ?, ?, ?)",
                (
                    *(override.key, override.item, override.points, override.reason),
                    now.astimezone().isoformat(timespec="seconds"),
                ),
            )

    def withdraw(self, key: str, item: str = TOTAL) -> bool:
        """Take an override back; whether there was one."""
        with self._transaction() as database:
            return database.execute("DELETE FROM overrides WHERE key = ? AND item = ?", (key, item)).rowcount > 0

    def overrides(self) -> list[Override]:
        """All of them, in the order of keys."""
        with self._told():
            rows = self._database.execute("SELECT key, item, points, reason FROM overrides ORDER BY key, item")
            return [Override(key=key, item=item, points=points, reason=reason) for key, item, points, reason in rows]

    # --- inside -----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        database = self._database
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables - TABLES:
            raise GradingError(f"{self._path} is another program's database: choose another --out folder.")
        written = self.setting("format") if "settings" in tables else None
        if written is None:  # new, or the process that was making it was killed
            script = files("gradcheck.grading.gradebook").joinpath("schema.sql").read_text(encoding="utf-8")
            database.executescript(script)
            self.keep("format", FORMAT)
        elif written != FORMAT:
            raise GradingError(
                f"{self._path} has format {written}, which this version of gradcheck does not know "
                f"({FORMAT}): use the version that wrote it, or another --out folder."
            )

    def _store(self, key: Key, record: Mapping[str, Any], at: str) -> None:
        grade = record["grade"]
        self._database.execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(key.digest, key.assignment, key.version, key.mode),
                *(grade["state"], grade["points"], grade["of"], grade["fingerprint"]),
                # Escaped: what a program says may hold half a surrogate pair, which SQLite cannot store.
                *(at, json.dumps(record, separators=(",", ":"))),
            ),
        )

    def _current(self, submission: str) -> tuple[Key, dict[str, Any]] | None:
        row = self._database.execute(
            "SELECT digest, assignment, version, mode, record FROM submissions "
            "JOIN records USING (digest, assignment, version, mode) WHERE key = ?",
            (submission,),
        ).fetchone()
        if row is None:
            return None
        return Key(digest=row[0], assignment=row[1], version=row[2], mode=row[3]), json.loads(row[4])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
                    self._database.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What SQLite raises, in words."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorname", "") or ""
            if code.startswith("SQLITE_FULL"):
                cure = (
                    "the disk is full. All marks before this one are kept: make room, and run the same command again."
                )
            elif code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                cure = "another run is writing into it: wait for that to end."
            elif code.startswith("SQLITE_NOTADB"):
                cure = "it is no gradebook: choose another --out folder."
            else:
                cure = f"{error}. If it is damaged, restore it from a backup, or choose another --out folder."
            raise GradingError(f"{self._path}: {cure}") from error


def _moved(submission: str, before: tuple[Key, Mapping[str, Any]], after: tuple[Key, Mapping[str, Any]]) -> list[Move]:
    """Which marks are other than before, and what has changed since."""
    (old_key, old), (new_key, new) = before, after
    changed = [name for name in ("assignment", "version", "mode") if getattr(old_key, name) != getattr(new_key, name)]
    why = (*(["submission"] if old_key.digest != new_key.digest else []), *changed) or ("again",)
    held = {TOTAL: old["grade"]["points"], **{mark["item"]: mark["points"] for mark in old["grade"]["marks"]}}
    now = {TOTAL: new["grade"]["points"], **{mark["item"]: mark["points"] for mark in new["grade"]["marks"]}}
    return [
        Move(key=submission, item=item, before=held.get(item), after=now.get(item), why=why)
        for item in dict.fromkeys([*held, *now])
        if held.get(item) != now.get(item)
    ]

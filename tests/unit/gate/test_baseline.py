"""The baseline: what is known, what is new, what is fixed, and the file that keeps it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from gradcheck.errors import InvalidArgumentError
from gradcheck.gate import (
    Baseline,
    Outcome,
    Skipped,
    compared,
    outcome_of,
    read_baseline,
    renewed,
    write_baseline,
)
from gradcheck.records import CheckReport, ReportSet, Verdict


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root, with the files that reports are of."""
    monkeypatch.chdir(tmp_path)
    for name in ("net.py", "other.py"):
        (tmp_path / name).touch()
    return tmp_path.resolve()


def _outcome(folder: Path, *reports: CheckReport, looked_at: str = "net.py other.py", **more: Any) -> Outcome:
    recognised = tuple(sorted({str(report.file) for report in reports if report.blocks}))
    looked = tuple(looked_at.split())
    found = outcome_of(ReportSet(results=reports), folder)
    return dataclasses.replace(found, looked_at=looked, recognised=recognised, **more)


def _baseline(folder: Path, *reports: CheckReport) -> Baseline:
    return renewed(Baseline(), _outcome(folder, *reports), folder)


def _told(found: Outcome) -> list[str]:
    """What is new, known and fixed, in words."""
    stood = [f"{failure.standing.name.lower()} {failure.rule}" for failure in found.failures]
    return [*stood, *(f"fixed {entry.rule}" for entry in found.fixed)]


def test_a_failure_is_known_wherever_its_line_has_moved(folder: Path, report: Any, bug: Any) -> None:
    """A failure is known wherever its line has moved, and however it is indented or argued."""
    before = _baseline(folder, report(wrong="W1", bugs=(bug(line=7),)))
    moved = bug(line=70, code="W  -=   g", message="otherwise said", confidence=0.5)
    after = compared(_outcome(folder, report(wrong="W1", bugs=(moved,))), before, folder)
    assert _told(after) == ["known sign-flip"]
    assert after.exit_code == 0


@pytest.mark.parametrize(
    "change",
    [{"name": "missing-factor-2"}, {"code": "W += h"}],
    ids=["another bug", "another line"],
)
def test_another_bug_or_line_is_new(folder: Path, report: Any, bug: Any, change: dict[str, str]) -> None:
    """Another bug, or the same in another line, is new, and the old one is fixed."""
    before = _baseline(folder, report(wrong="W1", bugs=(bug(),)))
    found = compared(_outcome(folder, report(wrong="W1", bugs=(bug(**change),))), before, folder)
    assert _told(found) == [f"new {change.get('name', 'sign-flip')}", "fixed sign-flip"]
    assert found.exit_code == 1


def test_another_network_or_file_is_new(folder: Path, report: Any, bug: Any) -> None:
    """The same bug in another network, or in another file, is new."""
    before = _baseline(folder, report(wrong="W1", bugs=(bug(),)))
    reports = [report(wrong="W1", bugs=(bug(),), network="other"), report("other.py", wrong="W1", bugs=(bug(),))]
    assert _told(compared(_outcome(folder, *reports), before, folder)) == ["new sign-flip"] * 2 + ["fixed sign-flip"]


def test_one_of_two_alike_is_new(folder: Path, report: Any, bug: Any) -> None:
    """Of two that are alike the second is new when one was known."""
    before = _baseline(folder, report(wrong="W1", bugs=(bug(),)))
    twice = _outcome(folder, report(wrong="W1", bugs=(bug(), bug(line=9))))
    assert len({failure.fingerprint for failure in twice.failures}) == 2
    assert _told(compared(twice, before, folder)) == ["known sign-flip", "new sign-flip"]


def test_a_run_without_names_knows_what_was_named(folder: Path, report: Any, bug: Any) -> None:
    """A run without diagnosis knows what was named, while no other block is wrong; nothing is fixed for that."""
    before = _baseline(folder, report(wrong="W1 b1", bugs=(bug(blocks="W1"), bug("missing-factor-2", blocks="b1"))))
    assert _told(compared(_outcome(folder, report(wrong="W1 b1")), before, folder)) == ["known wrong-gradient"]
    assert _told(compared(_outcome(folder, report(wrong="W1")), before, folder)) == [
        "known wrong-gradient", "fixed missing-factor-2",
    ]  # fmt: skip
    assert _told(compared(_outcome(folder, report(wrong="W1 W2")), before, folder)) == [
        "new wrong-gradient", "fixed missing-factor-2",
    ]  # fmt: skip


def test_a_run_with_names_knows_what_had_none(folder: Path, report: Any, bug: Any) -> None:
    """A run with diagnosis knows what had no name."""
    before = _baseline(folder, report(wrong="W1 b1"))
    named = _outcome(folder, report(wrong="W1 b1", bugs=(bug(blocks="W1 b1"),)))
    assert _told(compared(named, before, folder)) == ["known sign-flip"]
    wider = _outcome(folder, report(wrong="W1 b1 W2", bugs=(bug(blocks="W1 b1 W2"),)))
    assert _told(compared(wider, before, folder)) == ["new sign-flip"]


def test_what_was_undecided_does_not_cover_what_is_wrong(folder: Path, report: Any) -> None:
    """A gradient that was not decided before, and is wrong now, is new."""
    before = _baseline(folder, report(verdict=Verdict.INCONCLUSIVE))
    assert _told(compared(_outcome(folder, report(verdict=Verdict.INCONCLUSIVE)), before, folder)) == [
        "known not-decided"
    ]
    crashed = report(verdict=Verdict.FAIL, reason="the gradient raised ValueError")
    assert _told(compared(_outcome(folder, crashed), before, folder)) == ["new wrong-gradient", "fixed not-decided"]


def test_only_what_was_looked_at_can_be_fixed(folder: Path, report: Any, bug: Any) -> None:
    """Nothing is said of a file that was left out; one that is gone is fixed."""
    before = _baseline(folder, report(wrong="W1", bugs=(bug(),)), report("other.py", wrong="W1", bugs=(bug(),)))
    part = _outcome(folder, report(), looked_at="net.py")
    assert [entry.file for entry in compared(part, before, folder).fixed] == ["net.py"]
    (folder / "other.py").unlink()
    assert [entry.file for entry in compared(part, before, folder).fixed] == ["net.py", "other.py"]


def test_a_network_that_is_no_longer_recognised_is_a_failure(folder: Path, report: Any, bug: Any) -> None:
    """A network that is no longer recognised is a failure, and nothing that it failed for is fixed."""
    before = _baseline(folder, report(wrong="W1", bugs=(bug(),)))
    lost = _outcome(folder, skipped=(Skipped(file="net.py", reason="no network was recognised"),))
    found = compared(lost, before, folder)
    assert _told(found) == ["new not-recognised"]
    assert found.exit_code == 2
    assert found.skipped == ()
    again = renewed(before, found, folder)
    assert again == Baseline()
    assert _told(compared(lost, again, folder)) == []


def test_a_file_that_cannot_be_read_fixes_nothing(folder: Path, report: Any, bug: Any) -> None:
    """A file that cannot be read now fixes nothing."""
    before = _baseline(folder, report(wrong="W1", bugs=(bug(),)))
    broken = report(verdict=Verdict.INVALID, blocks=(), loss=None, network=None, reason="net.py, line 1: syntax error")
    assert _told(compared(_outcome(folder, broken), before, folder)) == ["new not-checked"]


def test_a_part_renews_its_part(folder: Path, report: Any, bug: Any) -> None:
    """A run over a part renews that part; entries of files that are gone go."""
    whole = _baseline(folder, report(wrong="W1", bugs=(bug(),)), report("other.py", wrong="W1", bugs=(bug(),)))
    part = renewed(whole, _outcome(folder, report(), looked_at="net.py"), folder)
    assert [entry.file for entry in part.failures] == ["other.py"]
    assert part.recognised == {"net.py", "other.py"}
    (folder / "other.py").unlink()
    assert renewed(part, _outcome(folder, report(), looked_at="net.py"), folder) == Baseline(
        recognised=frozenset({"net.py"})
    )


def test_a_bug_in_a_module_is_that_of_its_program(folder: Path, report: Any, bug: Any) -> None:
    """A bug in a module that a program imports is fixed, or renewed, when the program was looked at."""
    before = _baseline(folder, report(wrong="W1", bugs=(bug(file="other.py"),)))
    assert [(entry.file, entry.program) for entry in before.failures] == [("other.py", "net.py")]
    assert _told(compared(_outcome(folder, report(wrong="W1"), looked_at="net.py"), before, folder)) == [
        "known wrong-gradient"
    ]
    right = _outcome(folder, report(), looked_at="net.py")
    assert _told(compared(right, before, folder)) == ["fixed sign-flip"]
    assert renewed(before, right, folder).failures == ()


def test_the_file_holds_what_was_written(folder: Path, report: Any, bug: Any) -> None:
    """The file holds what was written, has no line numbers, and is the same whatever the order of the results."""
    reports = [report(wrong="W1", bugs=(bug(),)), report("other.py", wrong="b1")]
    file = folder / "baseline.json"
    write_baseline(file, _baseline(folder, *reports))
    assert read_baseline(file).to_dict() == _baseline(folder, *reports).to_dict()
    text = file.read_text(encoding="utf-8")
    assert '"line"' not in text
    write_baseline(file, _baseline(folder, *reversed(reports)))
    assert file.read_text(encoding="utf-8") == text
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_writing_keeps_links_and_permissions(folder: Path) -> None:
    """Writing keeps a link a link, and permissions."""
    (folder / "real.json").write_text("{}", encoding="utf-8")
    (folder / "real.json").chmod(0o640)
    (folder / "link.json").symlink_to("real.json")
    write_baseline(folder / "link.json", Baseline())
    assert (folder / "link.json").is_symlink()
    assert read_baseline(folder / "real.json") == Baseline()
    assert (folder / "real.json").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_is_told(folder: Path) -> None:
    """What cannot be written is told, and leaves nothing behind."""
    with pytest.raises(InvalidArgumentError, match="cannot be written"):
        write_baseline(folder / "nosuch" / "baseline.json", Baseline())


ENTRY = {"rule": "sign-flip", "fingerprint": "0" * 32, "file": "net.py", "program": "net.py", "network": None,
         "blocks": ["W"]}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is not JSON"),
        ("[]", "is no baseline"),
        ("[" * 100_000, "is not JSON"),
        ('{"schema": "gradcheck/report@1"}', "expected 'gradcheck/baseline@1'"),
        ('{"schema": "gradcheck/baseline@2", "failures": []}', "expected 'gradcheck/baseline@1'"),
        ({"failures": {}}, "failures or recognised is no list"),
        ({"failures": [], "recognised": [1]}, "failures or recognised is no list"),
        ({"failures": [1]}, r"failures\[0\] is no object"),
        ({"failures": [ENTRY, {**ENTRY, "rule": None}]}, r"failures\[1\]: rule is no text"),
        ({"failures": [{**ENTRY, "blocks": "W"}]}, "network or blocks is no text"),
        ({"failures": [{**ENTRY, "network": 1}]}, "network or blocks is no text"),
    ],
    ids=str,
)
def test_what_is_no_baseline_is_told(folder: Path, content: Any, told: str) -> None:
    """What is no baseline is told, with the cure."""
    file = folder / "baseline.json"
    text = content if isinstance(content, str) else json.dumps({"schema": "gradcheck/baseline@1", **content})
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidArgumentError, match=f"{told}.*--update-baseline"):
        read_baseline(file)


def test_a_missing_baseline_is_told(folder: Path) -> None:
    """A missing baseline is told, with the cure; a folder is none."""
    with pytest.raises(InvalidArgumentError, match="does not exist: add --update-baseline"):
        read_baseline(folder / "nosuch.json")
    with pytest.raises(InvalidArgumentError, match="cannot be read"):
        read_baseline(folder)


def test_hostile_names_survive(folder: Path, report: Any) -> None:
    """Names of any characters are kept as they are, lone surrogates too."""
    (folder / "net.py").touch()
    nasty = dataclasses.replace(report(wrong="W1"), network="a\n::error::\udcff\x00")
    write_baseline(folder / "b.json", _baseline(folder, nasty))
    assert _told(compared(_outcome(folder, nasty), read_baseline(folder / "b.json"), folder)) == [
        "known wrong-gradient"
    ]

"""Numbers of system calls, held against the kernel's own headers where they are installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradcheck.submissions.isolation import landlock, seccomp

HEADERS = {
    0: ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    1: ("/usr/include/asm-generic/unistd.h",),  # what arm64 uses
}
TABLE = {**seccomp.REFUSED, **seccomp.DECIDED}


def _numbers(column: int) -> dict[str, int]:
    for place in HEADERS[column]:
        if Path(place).is_file():
            text = Path(place).read_text(encoding="utf-8")
            return {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    pytest.skip("the kernel's headers are not installed")


@pytest.mark.parametrize("column", HEADERS, ids=["x86-64", "arm64"])
def test_numbers_are_the_kernel_s(column: int) -> None:
    """Every number that the headers know is theirs; nearly all are known to them."""
    known = _numbers(column)
    ours = {name: numbers[column] for name, numbers in TABLE.items() if numbers[column] is not None}
    compared = {name: number for name, number in ours.items() if name in known}
    assert {name: known[name] for name in compared} == compared
    assert len(compared) >= 0.95 * len(ours), sorted(set(ours) - set(compared))


@pytest.mark.parametrize("column", HEADERS, ids=["x86-64", "arm64"])
def test_what_is_left_out_does_not_exist(column: int) -> None:
    """None stands for a call that the architecture does not have."""
    known = _numbers(column)
    assert [name for name, numbers in TABLE.items() if numbers[column] is None and name in known] == []


def test_landlock_has_its_numbers() -> None:
    """The same on every architecture."""
    ours = (landlock.CREATE_RULESET, landlock.ADD_RULE, landlock.RESTRICT_SELF)
    for column in HEADERS:
        known = _numbers(column)
        names = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")
        assert tuple(known[name] for name in names) == ours


@pytest.mark.parametrize("column", HEADERS, ids=["x86-64", "arm64"])
def test_a_number_stands_for_one_call(column: int) -> None:
    """Two names of one number would be a slip of the pen."""
    numbers = [row[column] for row in TABLE.values() if row[column] is not None]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
def test_a_filter_is_a_program_that_ends(processor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No jump leads out of it, and each way through it returns: for both processors, whichever this one is."""
    monkeypatch.setattr(seccomp, "machine", lambda: processor)
    monkeypatch.setattr(seccomp, "is_offered", lambda: True)
    filtered = seccomp.Filter()
    program = filtered.program(pid=1234)
    operations = [seccomp.struct.unpack("<HBBI", program[i : i + 8]) for i in range(0, len(program), 8)]
    assert len(operations) < 4096  # what the kernel takes
    assert operations[-1][0] == seccomp.RETURN
    for place, (code, if_true, if_false, _) in enumerate(operations):
        if code & 0x07 == 0x05:
            assert place + 1 + max(if_true, if_false) < len(operations)


@pytest.mark.parametrize(
    ("processor", "number", "arguments", "answer"),
    [
        ("x86_64", 41, (), "refused"),
        ("x86_64", 0, (), "allowed"),
        ("x86_64", 56, (0x10000,), "allowed"),
        ("x86_64", 56, (17,), "refused"),
        ("x86_64", 435, (), "absent"),
        ("x86_64", 62, (1234, 9), "allowed"),
        ("x86_64", 62, (1, 9), "refused"),
        ("x86_64", 62, ((1 << 32) + 1234, 9), "refused"),
        ("x86_64", 257, (0, 0, 0o1000), "refused"),
        ("x86_64", 257, (0, 0, 0o1001), "allowed"),
        ("x86_64", 302, (0, 7, 0), "allowed"),
        ("x86_64", 302, (0, 7, 4096), "refused"),
        ("x86_64", 0x40000000, (), "refused"),
        ("x86_64", 16, (0, 0x5401), "allowed"),
        ("x86_64", 16, (0, 0x5451), "allowed"),
        ("x86_64", 16, (0, 0x5412), "refused"),
        ("x86_64", 16, (0, 0x40086602), "refused"),
        ("x86_64", 72, (0, 1030), "allowed"),
        ("x86_64", 72, (0, 1024), "refused"),
        ("x86_64", 203, (0, 8), "allowed"),
        ("x86_64", 203, (1234, 8), "refused"),
        ("x86_64", 285, (), "refused"),
        ("aarch64", 198, (), "refused"),
        ("aarch64", 41, (), "refused"),
        ("aarch64", 63, (), "allowed"),
        ("aarch64", 220, (0x10000,), "allowed"),
        ("aarch64", 220, (17,), "refused"),
        ("aarch64", 129, (1234, 9), "allowed"),
        ("aarch64", 129, (1, 9), "refused"),
        ("aarch64", 56, (0, 0, 0o1000), "refused"),
        ("aarch64", 29, (0, 0x5413), "allowed"),
        ("aarch64", 29, (0, 0x40086602), "refused"),
        ("aarch64", 122, (1, 8), "refused"),
    ],
)
def test_what_a_filter_decides(
    processor: str, number: int, arguments: tuple[int, ...], answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run by an interpreter of the classic filter language, so that both processors' filters are tried anywhere."""
    monkeypatch.setattr(seccomp, "machine", lambda: processor)
    monkeypatch.setattr(seccomp, "is_offered", lambda: True)
    decided = _run(seccomp.Filter().program(pid=1234), seccomp.AUDIT_ARCHITECTURE[processor], number, arguments)
    words = {seccomp.ALLOW: "allowed", seccomp.ERROR | 1: "refused", seccomp.ERROR | 38: "absent"}
    assert words[decided] == answer


def test_another_architecture_s_calls_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their numbers mean other calls."""
    monkeypatch.setattr(seccomp, "machine", lambda: "x86_64")
    monkeypatch.setattr(seccomp, "is_offered", lambda: True)
    assert _run(seccomp.Filter().program(pid=1), 0x40000003, 20, ()) == seccomp.KILL_PROCESS


def _run(program: bytes, architecture: int, number: int, arguments: tuple[int, ...]) -> int:
    """What the kernel would answer: a slow transcription of the rules of classic BPF."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = seccomp.struct.pack("<iIQ6Q", number & 0x7FFFFFFF, architecture, 0, *padded)
    accumulator, place = 0, 0
    while True:
        code, if_true, if_false, value = seccomp.struct.unpack("<HBBI", program[8 * place : 8 * place + 8])
        place += 1
        if code == seccomp.LOAD:
            accumulator = int.from_bytes(data[value : value + 4], "little")
        elif code == seccomp.AND:
            accumulator &= value
        elif code == seccomp.RETURN:
            return int(value)
        else:
            holds = {
                seccomp.JUMP_EQUAL: accumulator == value,
                seccomp.JUMP_AT_LEAST: accumulator >= value,
                seccomp.JUMP_BITS: bool(accumulator & value),
            }[code]
            place += if_true if holds else if_false

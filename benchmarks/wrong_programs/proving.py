"""Proves many programs at a time, and only those whose proof is not at hand."""

from __future__ import annotations

import concurrent.futures
import traceback
from collections.abc import Callable, Iterable, Sequence

from benchmarks.wrong_programs.corpus import candidates
from benchmarks.wrong_programs.proof import Proved, digest_of, load_proofs, prove, save_proofs
from benchmarks.wrong_programs.truth import Program

__all__ = ["proved_programs", "refresh"]


def proved_programs() -> tuple[list[Program], dict[str, Proved]]:
    """The corpus: programs whose truth is proved as they are now, and the proofs."""
    proofs = load_proofs()
    programs = [
        program
        for program in candidates()
        if program.name in proofs
        and proofs[program.name].digest == digest_of(program)
        and not proofs[program.name].hidden
    ]
    return programs, proofs


def refresh(*, jobs: int, again: bool = False, report: Callable[[str], None] = lambda _: None) -> dict[str, Proved]:
    """Prove what is new or changed (all of it with ``again``), drop what is gone, and save."""
    old = {} if again else load_proofs()
    programs = candidates()
    good = {name: proved for name, proved in old.items() if not proved.hidden}  # the others may have been cured
    kept = {p.name: good[p.name] for p in programs if p.name in good and good[p.name].digest == digest_of(p)}
    fresh = [program for program in programs if program.name not in kept]
    report(f"{len(fresh)} programs to prove, {len(kept)} proved before")
    kept.update(prove_all(fresh, jobs=jobs))
    save_proofs(kept)
    return kept


def prove_all(programs: Sequence[Program], *, jobs: int) -> Iterable[tuple[str, Proved]]:
    """Proofs by name, in processes of their own."""
    with concurrent.futures.ProcessPoolExecutor(jobs) as executor:
        yield from zip([p.name for p in programs], executor.map(_proved, programs, chunksize=4), strict=True)


def _proved(program: Program) -> Proved:
    try:
        return prove(program)
    except Exception:  # noqa: BLE001  # a program or probe that fails is a program that is left out, with the reason
        return Proved(digest=digest_of(program), hidden=traceback.format_exc().splitlines()[-1])

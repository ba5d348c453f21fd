"""What is right of a submission once one thing in it is put right: a verified patch applied, a true adjoint put in."""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gradcheck.errors import GradcheckError
from gradcheck.grading.assignment.records import Assignment
from gradcheck.grading.items import MEASURES
from gradcheck.grading.items.bench import Agreement, Bench
from gradcheck.grading.items.faults import line_of
from gradcheck.grading.items.gradient import right_blocks
from gradcheck.grading.items.measured import Measured
from gradcheck.grading.reference.points import Array
from gradcheck.grading.subject.driving import Driving
from gradcheck.grading.subject.opening import opened
from gradcheck.grading.subject.staging import Staged, rewritten
from gradcheck.language import mark, tr
from gradcheck.records import DiagnosedBug
from gradcheck.submissions.text.patching import applied

__all__ = ["Fixed", "Given", "fixed_by_adjoints", "fixed_by_patches", "right_given_forward"]

# Texts with an adjoint put in that are tried; each is a process of some milliseconds.
MAX_TRIALS = 32
# A patch, or an adjoint, that puts one block right shows nothing of others.
SEVERAL = 2
# Items that look at a function alone, in which an error may lie; and items that the gradient comes into.
ALONE = ("activation", "derivative", "layer")
LATER = ("convergence", "property", "robustness")
Seen = TypeVar("Seen")
ONE = mark("It is right with the error '{bug}' corrected.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What is right once one thing is put right.

    Attributes
    ----------
    blocks : frozenset of str
    how : str
        In a sentence: ``It is right with the error 'missing-factor-2' corrected.``
    alone : tuple of str
        Paths of items about a function alone that are right then, and are not without it: the error is theirs.
    later : tuple of str
        Paths of items that the gradient comes into, and that are right then.
    """

    blocks: frozenset[str]
    how: str
    alone: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is right, held against the reference at the first hidden point, once the forward pass gives right values.

    Attributes
    ----------
    blocks : frozenset of str
    loss : bool
    """

    blocks: frozenset[str] = frozenset()
    loss: bool = False


def fixed_by_patches(
    bench: Bench,
    program: Staged,
    driving: Driving,
    bugs: Sequence[DiagnosedBug],
    whole: str | None,
    measured: Mapping[str, Measured],
) -> list[Fixed]:
    """What each bug's own patch puts right, and what all of them do together.

    Parameters
    ----------
    bench : Bench
    program : Staged
    driving : Driving
    bugs : sequence of DiagnosedBug
        With patches of the program's whole text.
    whole : str or None
        The patch of all of them together, if it was verified.
    measured : mapping of str to Measured
        Of the items as they are, by path.
    """
    found = []
    for bug in bugs:
        if bug.patch is not None and bug.patch != whole:
            how = tr(ONE, bug=bug.bug)
            found += _fixed_by(bench, program, driving, bug.patch, how, measured, ALONE)
    if whole is not None:
        how = tr(ONE, bug=bugs[0].bug) if len(bugs) == 1 else tr("It is right with the errors before it corrected.")
        together = _fixed_by(bench, program, driving, whole, how, measured, (*ALONE, *LATER))
        known = frozenset(block for item in found for block in item.blocks)
        found += [
            Fixed(blocks=item.blocks - known, how=how, alone=item.alone if not found else (), later=item.later)
            for item in together
        ]
    return found


def fixed_by_adjoints(bench: Bench, program: Staged, driving: Driving, lines: Iterable[int] = ()) -> list[Fixed]:
    """Blocks that are right once a line of the backward pass gives the true adjoint, tried line by line.

    Parameters
    ----------
    bench : Bench
    program : Staged
    driving : Driving
    lines : iterable of int
        Where to look first.
    """
    before = right_blocks(bench)
    best = Fixed(blocks=frozenset(), how="")
    suspected = set(lines)
    found = _assignments(program.source.tree, bench.assignment, ("gradient", "update"))
    places = sorted(found, key=lambda place: place.line not in suspected)
    trials, fault = 0, next((line_of(reply.fault) for reply in bench.gradients if reply.fault is not None), None)
    for place in places:
        for role, scale, array in _adjoints(bench, place.name):
            trials += 1
            if trials > MAX_TRIALS:
                break
            text = place.with_value(program.source.text, array, fault)
            after = _right_at_first(bench, program, driving, text)
            if len(after - before) > len(best.blocks):
                best = Fixed(blocks=after - before, how=_put_in(role, scale, place.name))
        if len(best.blocks) + len(before) == len(bench.assignment.network.parameters):
            break
    return [best] if len(best.blocks) >= SEVERAL else []


def right_given_forward(bench: Bench, program: Staged, driving: Driving) -> Given:
    """What is right once a line of a wrong forward pass gives the values that are right there, or its outputs.

    Parameters
    ----------
    bench : Bench
    program : Staged
    driving : Driving

    Returns
    -------
    Given
        Nothing where no such line makes the outputs right.
    """
    tree, text = program.source.tree, program.source.text
    places = sorted(_assignments(tree, bench.assignment, ("forward",)), key=lambda place: place.line)
    bound = (place.with_value(text, array, None) for place in places for array in _forward_values(bench, place.name))
    outputs = bench.subject.form.encode("output", bench.expected[0].values["output"])
    handed_out = (place.with_value(text, outputs) for place in _returned(tree, bench.assignment))
    for changed in itertools.islice(itertools.chain(bound, handed_out), MAX_TRIALS):
        found = _looked_at_first(bench, program, driving, changed, _given)
        if found is not None:
            return found
    return Given()


def _given(changed: Bench) -> Given | None:
    """None where outputs are still wrong."""
    if not changed.forward_agreement.right:
        return None
    losses = changed.losses if changed.subject.can("loss") else ()
    complete = bool(losses) and all(reply.complete for reply in losses)
    right = complete and changed.loss_of([reply.values["loss"] for reply in losses], changed.expected).right
    return Given(blocks=right_blocks(changed), loss=right)


def _fixed_by(
    bench: Bench,
    program: Staged,
    driving: Driving,
    patch: str,
    how: str,
    measured: Mapping[str, Measured],
    kinds: Sequence[str],
) -> list[Fixed]:
    before = right_blocks(bench)
    lost = [leaf for leaf in bench.assignment.leaves if leaf.checks in kinds and measured[leaf.path].share < 1.0]
    try:
        text = applied(patch, program.source.text)
        with _changed(bench, program, driving, text) as changed:
            blocks = right_blocks(changed) - before
            right = [leaf for leaf in lost if MEASURES[str(leaf.checks)](changed, leaf).share >= 1.0]
    except (GradcheckError, ValueError):  # it does not apply, or cannot be run
        return []
    alone, later = ([leaf.path for leaf in right if leaf.checks in some] for some in (ALONE, LATER))
    return [Fixed(blocks=blocks, how=how, alone=tuple(alone), later=tuple(later))] if blocks or right else []


@contextlib.contextmanager
def _changed(bench: Bench, program: Staged, driving: Driving, text: str) -> Iterator[Bench]:
    """The same bench with another text on it, in a process of its own."""
    with rewritten(program, text) as other:
        subject = opened(other, bench.assignment, driving)
        try:
            subject.settle(bench.points[0], bench.expected[0].values)
            yield Bench(subject, bench.assignment, bench.reference, bench.points, bench.expected, bench.seed)
        finally:
            subject.close()


def _right_at_first(bench: Bench, program: Staged, driving: Driving, text: str) -> frozenset[str]:
    """Blocks that are right at the first hidden point: what is put in is of that point."""
    return _looked_at_first(bench, program, driving, text, right_blocks) or frozenset()


def _looked_at_first(
    bench: Bench, program: Staged, driving: Driving, text: str, look: Callable[[Bench], Seen]
) -> Seen | None:
    """What is seen there of the program with another text; None where it does not run."""
    first = Bench(bench.subject, bench.assignment, bench.reference, bench.points[:1], bench.expected[:1], bench.seed)
    try:
        with _changed(first, program, driving, text) as changed:
            known = Agreement(right=True, constant=bench.loss_agreement.constant)  # one point tells no constant
            changed.__dict__["loss_agreement"] = known
            return look(changed)
    except GradcheckError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An assignment of the backward pass to a name."""

    name: str
    line: int
    end: int
    column: int

    def with_value(self, text: str, array: Array, fault: int | None) -> str:
        """The text with the name bound to other values right after that statement; instead of it, where it raises."""
        lines = text.split("\n")
        value = _written(array)
        raises = fault is not None and self.line <= fault <= self.end
        lines[self.line - 1 if raises else self.end : self.end] = [f"{' ' * self.column}{self.name} = {value}"]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Returned:
    """An expression that a function gives back; columns are of UTF-8."""

    line: int
    end: int
    column: int
    end_column: int

    def with_value(self, text: str, array: Array) -> str:
        """The text with other values in its place."""
        lines = [line.encode() for line in text.split("\n")]
        before, behind = lines[self.line - 1][: self.column], lines[self.end - 1][self.end_column :]
        lines[self.line - 1 : self.end] = [before + _written(array).encode() + behind]
        return b"\n".join(lines).decode()


def _written(array: Array) -> str:
    return f"__import__('numpy').array({array.tolist()!r})"


def _returned(tree: ast.Module, assignment: Assignment) -> list[_Returned]:
    """Where the forward pass hands out its outputs."""
    found = []
    for call in assignment.interface.calls.get("forward", ()):
        place = call.gives.index("output") if "output" in call.gives else None
        functions = [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == call.path[-1]
        ]
        for node in (node for function in functions for node in function.body if isinstance(node, ast.Return)):
            several = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            if place is not None and len(several) == len(call.gives) and (value := several[place]) is not None:
                found.append(
                    _Returned(
                        line=value.lineno, end=value.end_lineno or value.lineno, column=value.col_offset,
                        end_column=value.end_col_offset or 0,
                    )
                )  # fmt: skip
    return found


def _assignments(tree: ast.Module, assignment: Assignment, kinds: Sequence[str]) -> list[_Place]:
    """Statements of functions that bind one name or attribute once; a loop's are bound again and again."""
    calls = assignment.interface.calls
    names = {call.path[-1] for name in kinds for call in calls.get(name, ())}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name in names:
            for statement in node.body:
                if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                    target = statement.targets[0]
                    if isinstance(target, (ast.Name, ast.Attribute)):
                        found.append(
                            _Place(
                                name=ast.unparse(target), line=statement.lineno,
                                end=statement.end_lineno or statement.lineno, column=statement.col_offset,
                            )
                        )  # fmt: skip
    return found


def _put_in(role: str, scale: float, name: str) -> str:
    if scale == 1.0:
        return tr("It is right with the right {role} put in for {name}.", role=role, name=name)
    return tr("It is right with the right {role} (times the batch) put in for {name}.", role=role, name=name)


def _forward_values(bench: Bench, name: str) -> Iterator[Array]:
    """What a name of the forward pass may stand for, in the form of the code: its layer's values first."""
    digits, values = re.findall(r"\d+", name), bench.expected[0].values
    roles = [role for role in values if re.fullmatch(r"[ZA][1-9]\d*", role)]
    fitting = [role for role in roles if digits and role[1:] == digits[-1]] or roles
    alike = name.lower().rpartition(".")[2][:1]
    for role in sorted(fitting, key=lambda role: role[0].lower() != alike):
        yield np.asarray(bench.subject.form.encode(role, values[role]))


def _adjoints(bench: Bench, name: str) -> Iterator[tuple[str, float, Array]]:
    """Adjoints that a name may stand for, with a factor, in the form of the code: a factor 1/m may come later."""
    expected, form = bench.expected[0], bench.subject.form
    if not expected.adjoints or re.search(r"[Ww]\d*$|[Bb]\d*$|^[Mm]$", name):
        return
    digits = re.findall(r"\d+", name)
    kinds = {f"d{kind}{layer}" for layer in range(1, bench.assignment.network.layers + 1) for kind in "ZA"}
    fitting = {role for role in kinds if digits and role.endswith(digits[-1])} or kinds
    for role in sorted(fitting, key=lambda role: (role[1] != "Z", role)):
        for scale in (1.0, float(bench.points[0].batch)):
            array = bench.loss_agreement.constant * scale * expected.adjoints[role]
            yield role, scale, np.asarray(form.encode(role, array))

"""Which values are true adjoints, and which changes of a line make it compute one."""

import numpy as np

from gradcheck.diagnosis.edit import EditKind
from gradcheck.diagnosis.programs.program import Forward, Intermediate
from gradcheck.diagnosis.programs.tracing import recording
from gradcheck.diagnosis.repair.change import Change, Setting
from gradcheck.diagnosis.repair.grounding import Grounds
from gradcheck.diagnosis.repair.scope import Scope
from gradcheck.diagnosis.repair.splices import Splice, apply
from gradcheck.diagnosis.repair.syntax import Tree

RNG = np.random.default_rng(5)
ADJOINTS = [RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=(3,)), np.array([2.0, 0.0])]
VALUES = [Intermediate(number=n, operation="add", value=adjoint, adjoint=adjoint) for n, adjoint in enumerate(ADJOINTS)]
GROUNDS = Grounds(Forward(values=(*VALUES, Intermediate(number=4, operation="constant", value=ADJOINTS[0])), loss=0))


def test_a_multiple_of_an_adjoint_is_one() -> None:
    """Whatever the constant; the two of one shape are told apart."""
    first, second = (GROUNDS.adjoint(-0.25 * adjoint) for adjoint in ADJOINTS[:2])
    assert (first, second) == (0, 1)


def test_what_is_none_is_none() -> None:
    """A sum of two, one with an entry that is off, another shape, what is not finite."""
    off = ADJOINTS[0].copy()
    off[1, 1] *= 1.0001
    wrong = [ADJOINTS[0] + ADJOINTS[1], off, ADJOINTS[0].T, np.full((4, 3), np.nan), None]
    assert [GROUNDS.adjoint(value) for value in wrong] == [None] * 5


def test_few_numbers_say_nothing() -> None:
    """A single number is a multiple of every other one."""
    assert GROUNDS.adjoint(np.array([4.0, 0.0])) is None


TURNS = """def backward(back):
    for t in reversed(range(3)):
        local = back {slope}
        back = local @ U.T
    return back


backward(error)
"""


def test_a_loop_is_looked_at_where_it_first_goes_wrong() -> None:
    """In the first turn what a line reads is right; in later ones it is what the line itself has spoilt."""
    h, weights, error = RNG.normal(size=(3, 5, 4)), RNG.normal(size=(4, 4)), RNG.normal(size=(5, 4))
    given = {"h": h, "U": weights, "error": error, "reversed": reversed, "range": range}
    adjoints, back = [error], error
    for t in (2, 1, 0):
        adjoints += [back * (1 - h[t] ** 2), back * (1 - h[t] ** 2) @ weights.T]
        back = adjoints[-1]
    values = [Intermediate(number=n, operation="add", value=a, adjoint=a) for n, a in enumerate(adjoints)]
    grounds = Grounds(Forward(values=tuple(values), loss=0))
    wrong, right = (TURNS.format(slope=slope) for slope in ("* h[t]", "* (1 - h[t] ** 2)"))
    with recording({"f.py": wrong}) as recorder:
        exec(compile(wrong, "f.py", "exec"), dict(given))
    tree = Tree(wrong)
    setting = Setting(tree=tree, scope=Scope(tree, {}, recorder.trace(), None, {"U": weights}))
    statement = next(each for each in tree.statements if wrong[each.start :].startswith("local"))
    cure = Splice(wrong.index("h[t]"), wrong.index("h[t]") + 4, "(1 - h[t] ** 2)")
    copy = Splice(wrong.index(" * h[t]"), wrong.index(" * h[t]") + 7, "")  # another true adjoint, that is there already
    changes = [Change(kind=EditKind.FORMULA, splices=(each,), statement=statement) for each in (cure, copy)]
    found = grounds.changes(setting, [statement], lambda _statement: changes)
    assert found == [(changes[0],)]
    assert apply(wrong, found[0][0].splices) == right

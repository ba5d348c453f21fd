"""What is wrong with an assignment file is said with its line, its key and the cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradcheck.grading.assignment import Assignment, AssignmentError
from gradcheck.grading.assignment.reading import LARGEST, parse_assignment

from .conftest import KINDS, VALID

Read = Callable[[str], Assignment]

# What is replaced, by what, the key, and what must be said of it. The line is that of the replacement.
SLIPS = [
    # Keys and values
    ('title = "XOR"', 'titel = "XOR"', "titel", "no such key. Did you mean title?"),
    (
        'schema = "gradcheck/assignment@1"',
        'schema = "gradcheck/assignment@2"',
        "schema",
        "'gradcheck/assignment@2' is not",
    ),
    ("points = 13", "points = 14", "points", "14 is not the sum of the rubric, 13. Write 13"),
    ("points = 13", 'points = "13"', "points", "'13' cannot be used. Expected a number of at least 0"),
    ("points = 13", 'points = 13\nlanguage = "zh-cn"', "language", "'zh-cn' is not known. Did you mean zh_CN?"),
    ("points = 13", "points = nan", "points", "nan is not finite"),
    ("points = 13", f"points = {10**30}", "points", "too large. Write one of at most 64 bits"),
    ("[hidden]", "[hiden]", "hiden", "Did you mean hidden?"),
    ("points = 4", "points = 0", "hidden.points", "0 cannot be used. Expected a whole number from 1 to 100"),
    ("points = 4", "points = true", "hidden.points", "true cannot be used"),
    ("seed = 7", "seed = 7\nbatch = 1", "hidden.batch", "Expected a whole number from 2 to 1000"),
    # Network
    ("sizes = [2, 4, 1]", "sizes = [2]", "network.sizes", "Expected a list of at least 2 whole numbers"),
    ("sizes = [2, 4, 1]", "sizes = [2, 4.5, 1]", "network.sizes[2]", "4.5 cannot be used. Expected a whole number"),
    ('["tanh", "sigmoid"]', '["Tahn", "sigmoid"]', "network.activations[1]", "Did you mean tanh?"),
    ('["tanh", "sigmoid"]', '["tanh"]', "network.activations", "1 activations for 2 layers"),
    ('["tanh", "sigmoid"]', '["softmax", "sigmoid"]', "network.activations[1]", "Use it in the last layer only"),
    ('loss = "mse"', 'loss = "rmse"', "network.loss", "'rmse' is not known. Did you mean mse?"),
    ('loss = "mse"', 'loss = "softmax-cross-entropy"', "network.loss", "Let the last activation be linear"),
    ('form = "half"', 'form = "halve"', "network.regularisation.form", "Did you mean half?"),
    ("l2 = 0.01", "l1 = 0.01", "network.regularisation", "cannot be used. Expected a table such as { l2 = 0.01"),
    # Files
    ('file = "solution.py"', 'file = "sol.py"', "reference.file", "there is no file 'sol.py'. Write its path from"),
    ('file = "solution.py"', 'file = "../sol.py"', "reference.file", "lies outside the assignment's folder"),
    ('file = "solution.py"', 'file = "a\\u0000b"', "reference.file", "there is no file"),
    (
        'file = "solution.py"',
        'implementation = "002-corect"',
        "reference.implementation",
        "Did you mean 002-corrected?",
    ),
    # Interface
    ('style = "functions"', 'style = "function"', "interface.style", "Did you mean functions?"),
    ('layout = "rows"', 'construct = "Net()"', "interface.construct", "means nothing where the style is 'functions'"),
    ('layout = "rows"', 'layout = "row"', "interface.layout", "Did you mean rows?"),
    (
        "(X, params) -> output, cache",
        "(X, params -> output, cache",
        "interface.calls.forward",
        "cannot be read as Python",
    ),
    ("(X, params) -> output, cache", "(x, params) -> output, cache", "interface.calls.forward", "Did you mean X?"),
    (
        "(X, params) -> output, cache",
        "(X, params) -> outputs, cache",
        "interface.calls.forward",
        "Did you mean output?",
    ),
    ("(X, params) -> output, cache", "(X, z) -> output, cache", "interface.calls.forward", "'z' in 'forward(X, z)"),
    ('"forward(X', '"self.forward(X', "interface.calls.forward", 'Write it without "self."'),
    ('loss = "compute', 'lost = "compute', "interface.calls.lost", "Did you mean loss?"),
    ("(output, Y) -> loss", "(output, Y)", "interface.calls.loss", "it gives no loss. Write -> loss after the call"),
    ("cache, X, Y) -> gradients", "cache_2, X, Y) -> gradients", "interface.calls.gradient", "comes from nowhere"),
    ("cache, X, Y) -> gradients", "cache, X, Y) -> dW1, db1", "interface.calls.gradient", "it gives no gradients"),
    (
        "init_params(2, 4, 1)",
        "init_params(2, 3, 1)",
        "interface.calls.initialise",
        "sizes [2, 3, 1], and network.sizes",
    ),
    ('sigmoid = "sigmoid(z)', 'sigmiod = "sigmoid(z)', "interface.activations.sigmiod", "Did you mean sigmoid?"),
    ("sigmoid(z) -> a", "sigmoid(z) -> d", "interface.activations.sigmoid", "it gives no a"),
    ("(a) -> d", "(cache) -> d", "interface.derivatives.sigmoid", "'cache' in"),
    ("(dZ2, A1)", "(dZ3, A1)", "interface.layers[1]", "'dZ3' in"),
    (
        'layout = "rows"',
        'parameters = { W3 = "W3" }',
        "interface.parameters.W3",
        "no parameter 'W3'. Expected one of W1, b1, W2, b2",
    ),
    ('layout = "rows"', 'parameters = { W1 = "params[" }', "interface.parameters.W1", "is no place. Write a name"),
    ('layout = "rows"', 'parameters = { W1 = "self.W1" }', "interface.parameters.W1", "begins at 'self'"),
    ('layout = "rows"', 'values = { outptu = "module.a" }', "interface.values.outptu", "Did you mean output?"),
    ('layout = "rows"', 'values = { loss = "losses[0]" }', "interface.values.loss", "which no call gives"),
    ("-> dW2, db2", "-> _", "interface.layers[1]", "it gives no derivative. Write -> dA1, dW2, db2"),
    ('sigmoid = "sigmoid_d', 'softmax = "sigmoid_d', "interface.derivatives.softmax", "has no such key"),
    # Data
    ("Y = [[0], [1], [1], [0]]", "Y = [[0], [1]]", "data", "X has the shape (4, 2) and Y (2, 1)"),
    (
        "Y = [[0], [1], [1], [0]]",
        "Y = [[0, 1], [1, 0], [1, 0], [0, 1]]",
        "data.Y",
        "2 columns, and network.sizes says 1",
    ),
    ("Y = [[0], [1], [1], [0]]", "Y = [[0], [1, 2], [1], [0]]", "data.Y", "rows differ in length"),
    ("Y = [[0], [1], [1], [0]]", "", "data", "there is X alone. Write both"),
    ("Y = [[0], [1], [1], [0]]", 'file = "solution.py"', "data.file", "there are two sources of data. Keep file"),
    # Rubric
    ('checks = "forward"', 'checks = "foward"', "rubric[forward-pass].checks", "Did you mean forward?"),
    ('checks = "forward"', 'checks = "training"', "rubric[forward-pass]", "epochs is missing. Write epochs = "),
    (
        'checks = "forward"',
        'checks = "training"\nepochs = 5',
        "rubric[forward-pass].checks",
        "needs interface.calls.train",
    ),
    ('checks = "forward"', "", "rubric[forward-pass]", "checks is missing"),
    (
        'checks = "forward"',
        'checks = "forward"\nblock = "W1"',
        "rubric[forward-pass].block",
        "an item that checks 'forward'",
    ),
    ('id = "forward-pass"', 'id = "loads"', "rubric[loads].id", "is the id of another item (line "),
    ('id = "forward-pass"', 'id = "forward pass"', "rubric[forward pass].id", "letters, digits"),
    ('needs = ["loads"]', 'needs = ["load"]', "rubric[forward-pass].needs[1]", "no item 'load'. Did you mean loads?"),
    ('needs = ["loads"]', 'needs = ["W1"]', "rubric[forward-pass].needs", "gates go in a circle"),
    ("points = 3", "points = -3", "rubric[forward-pass].points", "-3 cannot be used. Expected a number of at least 0"),
    ("points = 9", "points = 8", "rubric[gradients].points", "8 is not the sum of its items, 9. Write 9"),
    (
        "points = 9",
        'points = 9\nchecks = "loads"',
        "rubric[gradients].checks",
        "a group of items checks nothing itself",
    ),
    ('block = "W1"', 'block = "W9"', "rubric[gradients/W1].block", "no parameter 'W9'. Expected one of W1, b1, W2, b2"),
    ('block = "W1"', "blok = 1", "rubric[gradients/W1].blok", "Did you mean block?"),
    ('block = "W1"', "share = -1", "rubric[gradients/W1].share", "Expected a number of at least 0"),
    (
        'checks = "forward"',
        'checks = "layer"\nnumber = 2',
        "rubric[forward-pass].number",
        "no layer 2: interface.layers",
    ),
    (
        'checks = "forward"',
        'checks = "derivative"\nof = ["sigmoid", "tanh"]',
        "rubric[forward-pass].of",
        "needs interface.derivatives.tanh, which is not declared",
    ),
    # The rest
    ("time = 2", "time = 0", "limits.time", "Expected a number above 0, at most 3600"),
    ('memory = "512 MB"', 'memory = "512 Mo"', "limits.memory", "is no amount of memory. Write it like '512 MB'"),
    ('memory = "512 MB"', 'memory = "5 MB"', "limits.memory", "no program can import NumPy. Write at least '64 MB'"),
    ('after_due = "fix"', 'after_due = "fixes"', "show.after_due", "Did you mean fix?"),
    (
        'after_due = "fix"',
        'after_due = "fix"\nstaff = "place"',
        "show.staff",
        "staff sees less (place) than after_due (fix)",
    ),
    ("+02:00", "", "late.due", "has no time zone. Write 2026-10-01T23:59:00Z"),
    ("due = 2026-10-01T23:59:00+02:00", "due = 2026-10-01", "late.due", "has no time. Write 2026-10-01T23:59:00Z"),
    ("due = 2026-10-01T23:59:00+02:00", 'due = "tomorrow"', "late.due", "'tomorrow' is no date"),
    ("due = 2026-10-01T23:59:00+02:00", "due = 9999-12-31T23:59:00Z", "late.due", "beyond the calendar"),
    ('grace = "1.5 h"', 'grace = "1.5"', "late.grace", "no length of time. Write it like '1 h'"),
    ('["loss-constant"]', '["loss-constants"]', "conventions.allowed[1]", "Did you mean loss-constant?"),
    ('["torch", "jax.numpy"]', '["torch", "torch"]', "integrity.forbid", "names something twice"),
    ('["torch", "jax.numpy"]', '["py torch"]', "integrity.forbid[1]", "Expected modules such as 'torch'"),
]


@pytest.mark.parametrize(("right", "wrong", "key", "said"), SLIPS, ids=[f"{key}: {said}" for _, _, key, said in SLIPS])
def test_a_slip_is_said_with_line_key_and_cure(read: Read, right: str, wrong: str, key: str, said: str) -> None:
    """One slip is one problem, on the line where it was made, or on that of its table."""
    assert VALID.count(right) >= 1
    text = VALID.replace(right, wrong, 1)
    at = VALID.index(right)
    with pytest.raises(AssignmentError) as caught:
        read(text)
    found = [problem for problem in caught.value.problems if problem.key == key]
    assert len(found) == 1, str(caught.value)
    assert said in str(found[0])
    assert found[0].line == _line(text, at, wrong, key)


def _line(text: str, at: int, wrong: str, key: str) -> int:
    """Of the key that was spoiled: the last of the replaced lines; of a table, of its header."""
    if key in ("data", "rubric[forward-pass]"):
        return text[: text.rindex("[data]" if key == "data" else "[[rubric]]", 0, at)].count("\n") + 1
    named = key.rpartition(".")[2].partition("[")[0]
    if named == "needs" or key == "interface.layers[1]":
        named = ""
    within = wrong.rfind("\n") + 1 if wrong.rpartition("\n")[2].startswith(named) else 0
    return text[: at + within].count("\n") + 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("network", "the table [network] is missing. Write it: the function meant"),
        ("interface", "the table [interface] is missing. Write it: how submissions are driven"),
    ],
)
def test_a_table_that_is_missing(read: Read, table: str, said: str) -> None:
    """It belongs to no line, and is said all the same."""
    start = VALID.index(f"[{table}]")
    end = VALID.index("\n[data]" if table == "interface" else "\n[reference]")
    with pytest.raises(AssignmentError) as caught:
        read(VALID[:start] + VALID[end:])
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [(None, table)]
    assert said in str(caught.value)


def test_a_title_that_is_missing(read: Read) -> None:
    """A key of the top is no line's."""
    with pytest.raises(AssignmentError) as caught:
        read(VALID.replace('title = "XOR"\n', ""))
    assert "  title is missing. Write title = ...: expected a text." in str(caught.value)


@pytest.mark.parametrize("rubric", ["", "rubric = 3\n", "rubric = []\n"])
def test_a_rubric_that_is_missing(read: Read, rubric: str) -> None:
    """Without items there is nothing to grade."""
    start, end = VALID.index("[[rubric]]"), VALID.index("[limits]")
    with pytest.raises(AssignmentError, match=r"there is no rubric\. Write \[\[rubric\]\] with id"):
        read(rubric + VALID[:start] + VALID[end:])


def test_a_rubric_without_points(read: Read) -> None:
    """Something must be worth something."""
    start, end = VALID.index("[[rubric]]"), VALID.index("[limits]")
    item = '[[rubric]]\nid = "loads"\npoints = 0\nchecks = "loads"\n'
    with pytest.raises(AssignmentError, match=r"nothing can be earned\. Give some item points"):
        read(VALID[:start].replace("points = 13\n", "") + item + VALID[end:])


def test_a_gate_that_could_be_two_items(read: Read) -> None:
    """Then the whole path is asked for."""
    group = '[[rubric]]\nid = "more"\n[[rubric.items]]\nid = "W1"\npoints = 1\nchecks = "loads"\n'
    gate = '[[rubric]]\nid = "last"\npoints = 1\nchecks = "loads"\nneeds = ["W1"]\n'
    with pytest.raises(AssignmentError, match=r"several items are called 'W1'. Write one of gradients/W1, more/W1"):
        read(VALID.replace("points = 13", "points = 15") + group + gate)


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ('style = "adapter"', "adapter is missing, which the style 'adapter' needs"),
        ('style = "class"', "construct is missing, which the style 'class' needs"),
        ('style = "functions"', "calls is missing, which the style 'functions' needs"),
    ],
)
def test_a_style_without_what_it_needs(read: Read, style: str, said: str) -> None:
    """Each style has a key that it cannot do without."""
    start, end = VALID.index("[interface]"), VALID.index("[data]")
    with pytest.raises(AssignmentError, match=said):
        read(f"{VALID[:start]}[interface]\n{style}\n{VALID[end:]}")


def test_an_item_that_only_declared_calls_can_measure(read: Read) -> None:
    """Of what is recognised by itself not everything can be asked."""
    start, end = VALID.index("[interface]"), VALID.index("[data]")
    with pytest.raises(AssignmentError, match="'forward' needs declared calls, which an interface of the style 'recog"):
        read(f'{VALID[:start]}[interface]\nstyle = "recognised"\n{VALID[end:]}')


def test_a_hidden_layer_that_is_not_there(read: Read) -> None:
    """The role `hidden` asks for one."""
    text = VALID.replace("[2, 4, 1]", "[2, 1]").replace('["tanh", "sigmoid"]', '["sigmoid"]')
    text = text.replace("(2, 4, 1)", "(features, hidden, outputs)").replace(
        "(dZ2, A1) -> dW2, db2", "(dZ1, X) -> dW1, db1"
    )
    with pytest.raises(AssignmentError, match=r"line 19, interface\.calls\.initialise: there is no hidden layer"):
        read(text)


def test_two_references(read: Read) -> None:
    """One must be chosen."""
    with pytest.raises(AssignmentError, match=r"line 13, reference\.file: there are two references"):
        read(VALID.replace("[reference]", '[reference]\nimplementation = "002-corrected"'))


def test_softmax_of_one_output(read: Read) -> None:
    """It is 1, whatever goes in."""
    text = VALID.replace('["tanh", "sigmoid"]', '["tanh", "softmax"]')
    with pytest.raises(AssignmentError, match=r"line 6, network\.sizes: a softmax over one output is always 1"):
        read(text)


@pytest.mark.parametrize(
    ("calls", "said"),
    [
        ('update = "self.b(X, Y, learning_rate)"', "no declared call gives loss"),
        ('forward = "self.f(X) -> output"', "do not lead to a loss and a gradient"),
        ('forward = "self.f(X) -> output"\ngradient = "self.b(X, Y) -> gradients"', "no declared call gives loss"),
    ],
    ids=["no-forward", "no-gradient", "no-loss-with-a-penalty"],
)
def test_calls_that_lead_nowhere(read: Read, calls: str, said: str) -> None:
    """Without a loss and a gradient nothing can be graded, whatever the rubric asks for."""
    start, end = VALID.index("[interface]"), VALID.index("[data]")
    interface = (
        f'[interface]\nstyle = "class"\nconstruct = "Net(features, hidden, outputs)"\n[interface.calls]\n{calls}\n'
    )
    with pytest.raises(AssignmentError, match=said) as caught:
        read(VALID[:start] + interface + VALID[end:])
    assert "interface.calls: the calls do not lead to a loss and a gradient" in str(caught.value)


def test_softmax_alone_in_columns(read: Read) -> None:
    """Its sum goes over another axis there."""
    text = VALID.replace('layout = "rows"', 'layout = "columns"').replace(
        'sigmoid = "sigmoid(z)', 'softmax = "softmax(z)'
    )
    with pytest.raises(AssignmentError, match=r"interface\.activations\.softmax: alone, softmax can be judged with"):
        read(text)


def test_late_without_a_due_date(read: Read) -> None:
    """What is taken for each day needs a day to count from."""
    with pytest.raises(AssignmentError, match="late: lateness costs something, and due is missing"):
        read(VALID.replace("due = 2026-10-01T23:59:00+02:00\n", ""))


@pytest.mark.parametrize("content", [b"no archive", b"PK\x03\x04broken", b""])
def test_data_that_cannot_be_read(read: Read, folder: Path, content: bytes) -> None:
    """The message says how such a file is written."""
    (folder / "data.npz").write_bytes(content)
    with pytest.raises(AssignmentError, match=r"data\.file: it holds no numbers X and Y\. Write it with np\.savez"):
        read(_with_data_file())


def test_data_of_objects_are_never_unpickled(read: Read, folder: Path) -> None:
    """A pickle inside runs code when it is read: it is refused."""
    np.savez(folder / "data.npz", X=np.array([{}], dtype=object), Y=np.ones(1))
    with pytest.raises(AssignmentError, match="it holds no numbers X and Y"):
        read(_with_data_file())


def test_data_that_are_not_finite(read: Read, folder: Path) -> None:
    """Nothing could be trained on them."""
    np.savez(folder / "data.npz", X=np.full((3, 2), np.inf), Y=np.ones((3, 1)))
    with pytest.raises(AssignmentError, match="there are numbers that are not finite"):
        read(_with_data_file())


def _with_data_file() -> str:
    start, end = VALID.index("X = [["), VALID.index("\n[hidden]")
    return f'{VALID[:start]}file = "data.npz"{VALID[end:]}'


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b'a = 1\nb = "\xff"\n', 2, "it is not UTF-8. Save it as UTF-8"),
        (b"a = 1\nb = \n", 2, "it is not TOML: Invalid value"),
        (b"a = 1\na = 2\n", 2, "it is not TOML: Cannot overwrite a value"),
        (b'a = """\n', 2, "it is not TOML"),
        (b"x" * (LARGEST + 1), None, "too large for an assignment file"),
        (b"a = " + b"[" * 50_000, None, "nested too deeply"),
    ],
    ids=["bytes", "value", "twice", "end", "large", "deep"],
)
def test_what_is_no_toml(folder: Path, content: bytes, line: int | None, said: str) -> None:
    """The parser's own words, with the line where it says one."""
    with pytest.raises(AssignmentError, match=said) as caught:
        parse_assignment(content, folder / "assignment.toml", kinds=KINDS)
    assert caught.value.problems[0].line == line


def test_everything_is_said_at_once_by_line(read: Read) -> None:
    """Problems of all parts come together, in the order of the file; what is unreadable hides nothing else."""
    text = VALID.replace('loss = "mse"', 'loss = "msee"').replace('"solution.py"', '"none.py"')
    text = text.replace("(X, params) -> output", "(x, params) -> output").replace("points = 3", "points = -3")
    text = text.replace('block = "W2"', 'block = "W3"').replace("+02:00", "").replace("time = 2", "time = -2")
    with pytest.raises(AssignmentError) as caught:
        read(text)
    keys = ["network.loss", "reference.file", "interface.calls.forward", "rubric[forward-pass].points"]
    keys += ["rubric[gradients/W2].block", "limits.time", "late.due"]
    assert [problem.key for problem in caught.value.problems] == keys
    assert "7 problems" in str(caught.value)

"""The tables of an assignment file and their keys: what validation, messages and the documentation go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradcheck.grading.assignment.kind import Option
from gradcheck.grading.assignment.vocabulary import ACTIVATIONS, CONVENTIONS, LOSSES, ONLY_LAST, PENALTIES
from gradcheck.grading.records import Hint
from gradcheck.language import LANGUAGES
from gradcheck.submissions.declared.interface import CALL_NAMES, Biases, Layout, Style, Targets, Weights

__all__ = ["AMOUNT", "CALLS", "SCHEMA_NAME", "SHARE", "TABLES", "TEXT", "TOP", "Schema", "Table"]

SCHEMA_NAME = "gradcheck/assignment@1"

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
AMOUNT: Schema = {"type": "number", "minimum": 0}
CALLS: Schema = {
    "anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}],
    "description": "a call such as 'forward(X, params) -> output, cache', or a list of calls made one after the other",
}
PLACES: Schema = {"type": "object", "additionalProperties": TEXT}
NUMBERS: Schema = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "number"}, "minItems": 1},
    "minItems": 1,
}
LENGTH: Schema = {"type": "string", "description": "a length of time such as '90 s', '30 min', '1 h' or '2 days'"}
BYTES: Schema = {
    "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}],
    "description": "an amount of memory such as '512 MB', or a whole number of bytes",
}
DATE: Schema = {"description": "a date with its time and zone, such as 2026-10-01T23:59:00+02:00, without quotes"}
HINTS: Schema = {"enum": [hint.name.lower() for hint in Hint]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the file.

    Attributes
    ----------
    name : str
        As in its header, with dots; empty for the top of the file.
    meaning : str
        For the documentation.
    keys : tuple of Option
    required : bool
    """

    name: str
    meaning: str
    keys: tuple[Option, ...]
    required: bool = False


def _words(kind: type[Style | Layout | Weights | Biases | Targets]) -> Schema:
    return {"enum": [member.value for member in kind]}


TOP = Table(
    name="",
    meaning="At the top of the file, before the first table.",
    keys=(
        Option(name="schema", schema={"enum": [SCHEMA_NAME]}, meaning="Names this form of file.", required=True),
        Option(name="title", schema=TEXT, meaning="As it stands on sheets and pages.", required=True),
        Option(
            name="points",
            schema=AMOUNT,
            meaning="What the rubric must add up to: a guard against slips; left out, nothing is compared.",
        ),
        Option(
            name="language",
            schema={"enum": list(LANGUAGES)},
            meaning="Of sheets and of what is said on them, whoever grades the class; left out, the one that "
            "`gradcheck` speaks (`--lang`, or the system's).",
        ),
    ),
)

TABLES = (
    TOP,
    Table(
        name="network",
        meaning="The function meant. Expected values come from it, unless `[reference]` says otherwise.",
        required=True,
        keys=(
            Option(
                name="sizes",
                schema={
                    "type": "array",
                    "items": {"type": "integer", "minimum": 1, "maximum": 4096},
                    "minItems": 2,
                    "maxItems": 50,
                },
                meaning="Features, hidden layers, outputs.",
                required=True,
            ),
            Option(
                name="activations",
                schema={"type": "array", "items": {"enum": list(ACTIVATIONS)}, "minItems": 1},
                meaning="One for each layer with weights, so one fewer than `sizes`.",
                required=True,
            ),
            Option(name="loss", schema={"enum": list(LOSSES)}, meaning="What is minimised.", required=True),
            Option(
                name="regularisation",
                schema={
                    "type": "object",
                    "properties": {"l2": AMOUNT, "form": {"enum": list(PENALTIES)}},
                    "additionalProperties": False,
                    "description": 'a table such as { l2 = 0.01, form = "half" }',
                },
                meaning="A penalty on the weights: its factor `l2`, and how it is written (`form`).",
            ),
        ),
    ),
    Table(
        name="reference",
        meaning="Where expected values come from. Left out: from `[network]`.",
        keys=(
            Option(
                name="implementation",
                schema=TEXT,
                meaning="A network of an installed catalogue, by its id in `gradcheck references list`.",
            ),
            Option(
                name="file", schema=TEXT, meaning="A solution of your own, driven through `[interface]` like theirs."
            ),
        ),
    ),
    Table(
        name="interface",
        meaning="How submissions are driven.",
        required=True,
        keys=(
            Option(
                name="style",
                schema=_words(Style),
                meaning="Functions, or a class, as `[interface.calls]` declares them; an adapter file; or whatever is "
                "recognised, as by `gradcheck check`.",
                required=True,
            ),
            Option(
                name="layout",
                schema=_words(Layout),
                meaning="Samples in rows, in columns, or either.",
                default="rows",
            ),
            Option(
                name="weights",
                schema=_words(Weights),
                meaning="Shape of a weight: inputs by outputs of its layer (default with rows), or turned.",
            ),
            Option(
                name="biases",
                schema=_words(Biases),
                meaning="Shape of a bias: `(1, n)` (default with rows), `(n, 1)` (with columns), or `(n,)`.",
            ),
            Option(
                name="targets",
                schema=_words(Targets),
                meaning="What `Y` holds: a value for each output, or the index of the right class.",
                default="values",
            ),
            Option(name="construct", schema=TEXT, meaning="With a class: the call that makes an instance."),
            Option(
                name="layers",
                schema={"type": "array", "items": CALLS, "description": "a list of calls"},
                meaning="Steps that can be judged alone, such as `linear_backward(dZ2, A1, W2) -> dA1, dW2, db2`: the "
                "right values go in, so that an error before them costs nothing here.",
            ),
            Option(
                name="parameters",
                schema=PLACES,
                meaning="Where the code keeps `W1`, `b1`, ...: a key of `params`, an attribute of the instance, or a "
                "place such as `params[0]`, `self.weights[0]`, `module.W1`. Default: under the same name.",
            ),
            Option(
                name="gradients",
                schema=PLACES,
                meaning="Where it leaves their gradients, under the same keys. Default: under `dW1`, `db1`, ...",
            ),
            Option(
                name="values",
                schema=PLACES,
                meaning='Roles that no call gives, but that can be read afterwards: `output = "self.a2"`.',
            ),
            Option(name="adapter", schema=TEXT, meaning="With an adapter: its file."),
        ),
    ),
    Table(
        name="interface.calls",
        meaning="The calls, each as it would be typed, with roles for arguments and results.",
        keys=tuple(
            Option(name=name, schema=CALLS, meaning=f"{text[0].upper()}{text[1:]}.")
            for name, text in CALL_NAMES.items()
        ),
    ),
    Table(
        name="interface.activations",
        meaning='Calls from `z` to `a`, by the activation\'s name: `sigmoid = "sigmoid(z) -> a"`.',
        keys=tuple(Option(name=name, schema=CALLS, meaning=f"`{text}`.") for name, text in ACTIVATIONS.items()),
    ),
    Table(
        name="interface.derivatives",
        meaning="Calls to the derivative `d`, from `z` or, where the code's function wants the activation, from `a`.",
        keys=tuple(
            Option(name=name, schema=CALLS, meaning=f"The derivative of `{name}`.")
            for name in ACTIVATIONS
            if name not in ONLY_LAST
        ),
    ),
    Table(
        name="data",
        meaning="What is trained on. Left out: drawn anew for every seed.",
        keys=(
            Option(name="X", schema=NUMBERS, meaning="Inputs, samples in rows."),
            Option(name="Y", schema=NUMBERS, meaning="Targets, samples in rows; classes as one-hot rows."),
            Option(name="file", schema=TEXT, meaning="A `.npz` file with the arrays `X` and `Y`, in place of these."),
            Option(
                name="samples",
                schema={"type": "integer", "minimum": 2},
                meaning="How many are drawn, where there are no data.",
                default=100,
            ),
        ),
    ),
    Table(
        name="hidden",
        meaning="The points at which values are compared, drawn after a submission has loaded.",
        keys=(
            Option(
                name="points", schema={"type": "integer", "minimum": 1, "maximum": 100}, meaning="How many.", default=3
            ),
            Option(
                name="batch",
                schema={"type": "integer", "minimum": 2, "maximum": 1000},
                meaning="Samples at each; of one alone a mean cannot be told from a sum.",
                default=5,
            ),
            Option(
                name="seed",
                schema={"type": "integer", "minimum": 0},
                meaning="Of the draw. Left out: drawn once and kept in the gradebook, so that nobody can foresee it.",
            ),
            Option(
                name="weight_scale",
                schema={"type": "number", "exclusiveMinimum": 0},
                meaning="Standard deviation of the weights, over that of a usual start.",
                default=1.0,
            ),
            Option(
                name="input_scale",
                schema={"type": "number", "exclusiveMinimum": 0},
                meaning="Standard deviation of the inputs.",
                default=1.0,
            ),
            Option(
                name="told",
                schema={"type": "boolean"},
                meaning="Whether students are told numbers at them: what came, and what is right. Staff always are.",
                default=False,
            ),
        ),
    ),
    Table(
        name="marking",
        meaning="How errors are charged.",
        keys=(
            Option(
                name="follow_through",
                schema={"type": "boolean"},
                meaning="Whether one early error is charged once, and later steps that are right given it earn points.",
                default=True,
            ),
            Option(
                name="constant_factor",
                schema=SHARE,
                meaning="Share of an item's points that is kept where a value is a constant times the right one.",
                default=0.5,
            ),
        ),
    ),
    Table(
        name="limits",
        meaning="What one submission may use.",
        keys=(
            Option(
                name="time",
                schema={"type": "number", "exclusiveMinimum": 0, "maximum": 3600},
                meaning="Seconds for loading, and for any one call.",
                default=10.0,
            ),
            Option(name="memory", schema=BYTES, meaning="Memory. Left out: as for `gradcheck check`."),
            Option(name="output", schema=BYTES, meaning="What it may print. Left out: as for `gradcheck check`."),
        ),
    ),
    Table(
        name="show",
        meaning="How far each audience sees: the symptom; the place as well; the bug's name as well; the fix as well.",
        keys=(
            Option(name="now", schema=HINTS, meaning="Students, as soon as it is graded.", default="symptom"),
            Option(name="after_due", schema=HINTS, meaning="Students, once the due date has passed.", default="name"),
            Option(name="staff", schema=HINTS, meaning="Staff, who also see all evidence.", default="fix"),
        ),
    ),
    Table(
        name="late",
        meaning="What lateness costs. Left out: nothing.",
        keys=(
            Option(name="due", schema=DATE, meaning="When it is due."),
            Option(name="grace", schema=LENGTH, meaning="After the due date, before lateness counts.", default="0 s"),
            Option(name="per_day", schema=SHARE, meaning="Share of the points taken for each day begun.", default=0.0),
            Option(name="most", schema=SHARE, meaning="Share of the points that lateness takes at most.", default=1.0),
        ),
    ),
    Table(
        name="conventions",
        meaning="What may differ from the reference without costing points.",
        keys=(
            Option(
                name="allowed",
                schema={"type": "array", "items": {"enum": list(CONVENTIONS)}, "uniqueItems": True},
                meaning="Left out: `loss-epsilon` alone.",
                default=["loss-epsilon"],
            ),
        ),
    ),
    Table(
        name="integrity",
        meaning="What staff are told of, beside what is always looked for.",
        keys=(
            Option(
                name="forbid",
                schema={
                    "type": "array",
                    "items": {
                        "type": "string",
                        "pattern": r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$",
                        "description": "modules such as 'torch'",
                    },
                    "uniqueItems": True,
                },
                meaning="Modules that a submission may not import.",
                default=[],
            ),
        ),
    ),
)

"""The keys of a rubric's items and groups, beside the options of each kind."""

from __future__ import annotations

from gradcheck.grading.assignment.keys import AMOUNT, SHARE, TEXT, Schema
from gradcheck.grading.assignment.kind import Option

__all__ = ["GROUP_KEYS", "ITEM_KEYS"]

NEEDS: Schema = {"type": "array", "items": TEXT, "uniqueItems": True}
_BOTH = (
    Option(
        name="id",
        schema={
            "type": "string",
            "pattern": r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
            "description": "a text of letters, digits, - and _, such as 'forward'",
        },
        meaning="Unlike the others of its group. Gates, sheets and tables name it, after the ids of its groups: "
        "`gradients/W1`.",
        required=True,
    ),
    Option(name="title", schema=TEXT, meaning="As it stands on sheets. Default: made from the id."),
    Option(
        name="needs",
        schema=NEEDS,
        meaning="Gates: ids of items, or of groups, without whose points this one is not looked at.",
        default=[],
    ),
)

ITEM_KEYS = (
    *_BOTH,
    Option(name="points", schema=AMOUNT, meaning="What it is worth.", required=True),
    Option(
        name="checks",
        schema={**TEXT, "description": "a kind of item, such as 'forward' (or items below it, for a group)"},
        meaning="What is looked at: a kind of item.",
        required=True,
    ),
    Option(
        name="constant_factor",
        schema=SHARE,
        meaning="Share of its points that is kept where a value is a constant times the right one. Default: that of "
        "`[marking]`.",
    ),
)
"""Of a leaf of the rubric, beside the options of its kind."""

GROUP_KEYS = (
    *_BOTH,
    Option(name="points", schema=AMOUNT, meaning="What its items must add up to; left out, nothing is compared."),
    Option(
        name="items",
        schema={"type": "array", "items": {"type": "object"}, "minItems": 1, "description": "[[rubric.items]] tables"},
        meaning="The items of a group, written as `[[rubric.items]]` below it.",
        required=True,
    ),
)
"""Of a group."""

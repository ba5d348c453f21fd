"""What learners call things, told from the names in their code."""

from __future__ import annotations

import re

__all__ = [
    "argument",
    "is_activation_name",
    "is_gradient_name",
    "is_pre_activation_name",
    "layer_number",
    "squeezed",
]

# As learners call ``z``, ``a`` and deltas, errors and gradients.
PRE_ACTIVATION = re.compile(r"^(z|net|pre|s|u|logit|linear|lin|hidden_?in|in)(_?[a-z]*put|_?sum|s)?_?\d*$")
ACTIVATION = re.compile(
    r"^(a|h|o|out|output|act|activation|hidden|layer|y_?hat|y_?pred|pred|prediction|sigmoid|l)s?(_?(out|output|layer))?_?\d*$"
)
GRADIENT = re.compile(r"^(d|da|dz|dh|dl|de|delta|error|err|e|grad|g|upstream|loss|cost)s?(_?[a-z]{0,6})?_?\d*$")


def squeezed(text: str) -> str:
    """In lower case and without blanks."""
    return text.lower().replace(" ", "")


def argument(expression: str) -> str:
    """What a call is given or a comparison compares, else the expression itself: ``a1`` of ``dsigmoid(a1)``."""
    call = re.fullmatch(r"[\w.]+\((.*)\)", expression.strip(), flags=re.DOTALL)
    inner = (call.group(1) if call else expression).strip().strip("()")
    return re.split(r"\s*(?:>=|<=|>|<)\s*", inner)[0].strip()


def _bare(expression: str) -> str:
    """The last name of a place, in lower case: ``a1`` of ``self.cache['A1']``, ``z`` of ``self.z[l]``."""
    place = argument(expression)
    quoted = re.search(r"""\[f?['"](\w+)['"]\]$""", place)
    names = [quoted.group(1)] if quoted else re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^\]]*\]", "", place))
    return names[-1].lower() if names else ""


def is_pre_activation_name(expression: str) -> bool:
    """Whether it is called as learners call ``z``."""
    return PRE_ACTIVATION.match(_bare(expression)) is not None


def is_activation_name(expression: str) -> bool:
    """Whether it is called as learners call ``a``."""
    return ACTIVATION.match(_bare(expression)) is not None


def is_gradient_name(expression: str) -> bool:
    """Whether it is called as learners call deltas, errors and gradients."""
    bare = _bare(expression)
    return GRADIENT.match(bare) is not None or bare.endswith(("_error", "_delta", "_grad", "gradient"))


def layer_number(expression: str) -> str:
    """The digits, or the index, at the end of a place's name; empty where there are none."""
    found = re.search(r"(\d+)\D*$", argument(expression))
    if found is not None:
        return found.group(1)
    index = re.search(r"\[([^\]]+)\]\s*$", expression.strip())
    return index.group(1) if index else ""

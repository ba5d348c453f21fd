"""Arguments for functions that a submission defines and never calls: made by what their names say they are.

All sizes are different, so that code of another orientation or another number of outputs cannot run unnoticed; where it
does not run, the next variant is tried.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcheck.submissions.text.sites import RATE_NAME

__all__ = ["ROLES", "SIZES", "Variant", "arguments_for", "role_of", "variants"]

BATCH = 5
# Another number than all the others.
HIDDEN = 6
# What somebody may ask to be otherwise.
SIZES = ("batch", "outputs", "features", "hidden", "seed")

# In order: the first that fits counts.
_PATTERNS = {
    "seed": r"seed|random_state|种子",
    "verbose": r"verbose|print|plot|show|debug|log_",
    "epochs": r"epoch|iter|steps|times|rounds|num_updates|轮|次数",
    "batch": r"^(batch(_?size)?|m|n_?samples|num_examples)$|mini_?batch_?size|批",
    "regularisation": r"^(lam|lambda_?|lambd|lmbda|lamda|lmb|reg|l2|decay|weight_decay|beta)$|regular|正则",
    "rate": RATE_NAME.pattern,
    "layers": r"^(?!.*(hid|in(put)?_?layer|out(put)?_?layer)).*layers?(_?(dims?|sizes?|nodes|units))?$|"
    r"^sizes$|^dims$|^units$|architecture|topology|structure|"
    r"层数|各层",
    "hidden": r"hid|^n_?h$|^h$|cach[eé]e|versteckt|verborgen|隐",
    "outputs": r"^n_?(y|out|outputs?|classes|labels)$|^outputs?$|n_?out|num_(out|class|label)|^k$|"
    r"out(put)?_?(layer_?)?(size|dim|nodes|n|units|features)$|^l_out$|fan_?out|^(n|nb|anzahl)_?(sortie|ausg)|输出(维|层|大|数|节)",
    "features": r"n_?in|num_in|^n_?x$|in(put)?_?(layer_?)?(size|dim|nodes|n|features|layer)$|^l_in$|fan_?in|"
    r"n_?features|num_features|^d$|"
    r"^(n|nb|anzahl)_?(entr|eing)|"
    r"输入(维|层|大|数|节)",
    "activation": r"activ|激活",
    "loss": r"^loss(_?(function|fn|type|name))?$",
    "params": r"^p$|param|weights?$|poids|gewicht|theta|^model$|^net(work)?$|参数",
    "cache": r"cache|memo|store|activations|^acts$|z_?values|^zs$|intermediate|缓存|中间",
    "grads": r"grad|^g$|梯度",
    "targets": r"^(y|t|d|targets?|labels?|expected|desired|truth|y_?(true|train|real|batch|data|val(id)?|test|dev)|"
    r"train_?y|true|cibles?|ziele?|soll(werte)?)$|"
    r"标签|目标|真实",
    "output": r"hat|pred|^out|output|^(a|o|p|z)\d?$|^al$|^probs?$|预测|输出",
    "inputs": r"^(x|inputs?|data|features|samples?|a0|x_?(train|batch|data|input|val(id)?|test|dev)|"
    r"train_?x|entr[eé]es?|eingaben?)$|特征|输入|数据",
}
ROLES = tuple((role, re.compile(pattern, re.IGNORECASE)) for role, pattern in _PATTERNS.items())


@dataclass(frozen=True, slots=True)
class Variant:
    """One set of sizes, an orientation, and a form of the targets."""

    features: int
    outputs: int
    columns: bool
    form: str
    batch: int = BATCH
    hidden: int = HIDDEN
    seed: int = 11

    def data(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Inputs and targets: ``(batch, features)``, or ``(features, batch)`` in columns."""
        rng = np.random.default_rng(self.seed)
        inputs = rng.standard_normal((self.batch, self.features))
        classes = np.resize([0, 1, 2, 1, 0], self.batch) % max(self.outputs, 2)
        if self.form == "classes":
            targets: npt.NDArray[Any] = classes
        elif self.outputs == 1:
            targets = classes.astype(float)[:, None]
        else:
            targets = np.eye(self.outputs)[classes]
        if self.columns:
            return np.ascontiguousarray(inputs.T), np.ascontiguousarray(targets.T)
        return inputs, targets

    def value(self, role: str) -> Any:
        """A value for a role, or None for a role that only a run can fill."""
        inputs, targets = self.data()
        known = {
            "seed": 0,
            "verbose": False,
            "epochs": 3,
            "batch": self.batch,
            "regularisation": 0.0,
            "rate": 0.1,
            "features": self.features,
            "hidden": self.hidden,
            "outputs": self.outputs,
            "layers": [self.features, self.hidden, self.outputs],
            "activation": "sigmoid",
            "loss": "mse",
            "inputs": inputs,
            "targets": targets,
        }
        return known.get(role)


def variants(sizes: Mapping[str, int] | None = None) -> Iterator[Variant]:
    """From the sizes that tell most apart to those that files fix; given sizes hold in all of them.

    Examples
    --------
    >>> [(v.outputs, v.features, v.columns, v.form) for v in variants({"outputs": 2, "features": 4})]
    [(2, 4, False, 'one-hot'), (2, 4, True, 'one-hot'), (2, 4, False, 'classes')]
    """
    if sizes:
        fixed: dict[str, Any] = {name: sizes[name] for name in SIZES if name in sizes}
        yield from dict.fromkeys(replace(variant, **fixed) for variant in variants())
        return
    for outputs, form in ((3, "one-hot"), (1, "one-hot"), (2, "one-hot"), (3, "classes")):
        for features in (4, 2, 3, 1):
            for columns in (False, True):
                if not (columns and form == "classes"):
                    yield Variant(features, outputs, columns, form)


def role_of(name: str) -> str | None:
    """What an argument is, by its name."""
    return next((role for role, pattern in ROLES if pattern.search(name)), None)


def arguments_for(
    function: Callable[..., Any], variant: Variant, known: dict[str, str], *, skip_self: bool = False
) -> tuple[str, dict[str, Any]] | str:
    """The text of a call's arguments, with the values that it needs.

    Parameters
    ----------
    function : callable
    variant : Variant
    known : mapping of role to expression
        Values that stand in variables already.

    Returns
    -------
    (text, values), or the name of the argument that nothing is known for.
    """
    parts: list[str] = []
    values: dict[str, Any] = {}
    for index, (name, parameter) in enumerate(inspect.signature(function).parameters.items()):
        if (skip_self and index == 0) or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        role = role_of(name)
        if name in known or (role is not None and role in known):
            parts.append(f"{name}={known.get(name) or known[str(role)]}")
            continue
        value = variant.value(role) if role is not None else None
        required = parameter.default is inspect.Parameter.empty
        wanted = required or role in ("epochs", "verbose", "features", "hidden", "outputs", "layers")
        if value is None or not wanted:
            if required:
                return name
            continue
        if isinstance(parameter.default, (list, tuple)) != isinstance(value, list) and not required:
            continue
        variable = f"_gradcheck_{name}_{len(values)}"
        values[variable] = value
        parts.append(f"{name}={variable}")
    return ", ".join(parts), values

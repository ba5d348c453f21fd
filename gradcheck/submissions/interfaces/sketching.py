"""What an adapter for a file can be written from: the training loop that its functions or a class would make."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any

from gradcheck.submissions.interfaces.applying import bare_name
from gradcheck.submissions.interfaces.functions import FunctionLoop
from gradcheck.submissions.interfaces.objects import class_loop
from gradcheck.submissions.running.importing import is_own
from gradcheck.submissions.running.loading import Loaded
from gradcheck.submissions.running.synthesis import Variant, variants

__all__ = ["sketch"]


def sketch(loaded: Loaded) -> dict[str, Any] | None:
    """Lines, and what they stand for; None where the forms of functions and methods do not say enough.

    Parameters
    ----------
    loaded : Loaded
    """
    space = vars(loaded.module)
    functions = {name: value for name, value in space.items() if isinstance(value, types.FunctionType)}
    classes = {name: value for name, value in space.items() if isinstance(value, type) and is_own(value)}
    with loaded.runtime.aside():
        for variant in variants():
            found = _of_functions(functions, variant) or _of_classes(classes, variant)
            if found is not None:
                sizes = {name: getattr(variant, name) for name in ("batch", "features", "hidden", "outputs")}
                defined = [*functions, *classes]
                return {**found, **sizes, "columns": variant.columns, "form": variant.form, "defined": defined}
    return None


def _of_functions(functions: Mapping[str, Any], variant: Variant) -> dict[str, Any] | None:
    loop = FunctionLoop(functions, variant)
    try:
        loop.build()
    except LookupError:
        return None
    params, gradients = loop.made
    keys = None
    if isinstance(params, Mapping):
        if isinstance(gradients, Mapping):
            bare = {bare_name(str(key)): key for key in gradients}
            keys = [(name, name if name in gradients else bare.get(bare_name(str(name)))) for name in params]
        else:
            keys = [(name, i) for i, name in enumerate(params)]
        if any(key is None for _, key in keys):
            return None
    return {"kind": "functions", "text": loop.text, "keys": keys}


def _of_classes(classes: Mapping[str, type], variant: Variant) -> dict[str, Any] | None:
    for kind in classes.values():
        try:
            text, given = class_loop(kind, variant)
        except LookupError:
            continue
        if "_apply(_net" not in text:
            continue
        holder = text.partition("_apply(_net")[2].partition(",")[0]
        made = {name.removeprefix("_made_"): value for name, value in given.items() if name.startswith("_made_")}
        return {"kind": "object", "text": text, "holder": holder, "made": made, "names": given["_names"]}
    return None

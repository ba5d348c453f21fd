"""The programs of ``submission_programs``, each with one bug of the catalogue planted: they must fail."""

from __future__ import annotations

from submission_programs import (
    ACCUMULATED,
    CLASS,
    LAYER_DICTS,
    LAYER_OBJECTS,
    LISTS,
    MINI_BATCH,
    NO_RATE,
    PARAMS_DICT,
    PER_SAMPLE,
    PLAIN_PYTHON,
    REGULARISED,
    SCRIPT,
)


def _but(program: str, *changes: tuple[str, str]) -> str:
    """A program with some pieces of text replaced, each of which must be there."""
    for old, new in changes:
        if old not in program:
            raise ValueError(f"{old!r} is not in the program")
        program = program.replace(old, new)
    return program


WRONG: dict[str, tuple[str, str]] = {
    "script-factor": (_but(SCRIPT, ("2 * (o - y)", "(o - y)")), "missing-factor-2"),
    "script-sign": (_but(SCRIPT, ("2 * (o - y)", "2 * (y - o)")), "sign-flip"),
    "script-no-mean": (_but(SCRIPT, (" / len(X)", "")), "sum-instead-of-mean"),
    "script-updated": (
        _but(
            SCRIPT,
            ("    delta_h = (delta_o @ w_out.T) * h * (1 - h)\n", ""),
            ("    w_hidden -=", "    delta_h = (delta_o @ w_out.T) * h * (1 - h)\n    w_hidden -="),
        ),
        "updated-weights-used",
    ),
    "script-no-output-derivative": (_but(SCRIPT, ("len(X) * o * (1 - o)", "len(X)")), "missing-output-derivative"),
    "script-bias-axis": (
        _but(SCRIPT, ("step * delta_h.sum(axis=0, keepdims=True)", "step * delta_h.sum()")),
        "bias-sum-without-axis",
    ),
    "no-rate-hidden": (_but(NO_RATE, ("l1_error * nonlin(l1, deriv=True)", "l1_error")), "missing-hidden-derivative"),
    "no-rate-sign": (_but(NO_RATE, ("y - l2\n", "l2 - y\n")), "sign-flip"),
    "no-rate-raw": (_but(NO_RATE, ("l2_delta.dot(syn1.T)", "l2_error.dot(syn1.T)")), "raw-error-backpropagated"),
    "dict-tanh": (
        _but(PARAMS_DICT, ('(1 - memo[f"A{i-1}"] ** 2)', '(1 - np.tanh(memo[f"A{i-1}"]) ** 2)')),
        "derivative-at-activation",
    ),
    "dict-double-mean": (_but(PARAMS_DICT, ('memo[f"A{i-1}"].T @ d', 'memo[f"A{i-1}"].T @ d / len(T)')), "double-mean"),
    "dict-bias-missing": (_but(PARAMS_DICT, ("d.sum(axis=0)", "0 * d.sum(axis=0)")), "bias-gradient-missing"),
    "dict-plus": (_but(PARAMS_DICT, ("p[k] - eta", "p[k] + eta")), "sign-flip"),
    "dict-upstream": (
        _but(PARAMS_DICT, ('d = (d @ p[f"W{i}"].T) *', 'd = np.ones((len(T), len(p[f"W{i}"]))) *')),
        "upstream-lost",
    ),
    "layers-updated": (
        _but(
            LAYER_DICTS,
            ('    down = grad @ lay["weight"].T\n', ""),
            ("    return down", '    down = grad @ lay["weight"].T\n    return down'),
        ),
        "updated-weights-used",
    ),
    "layers-slope": (
        _but(LAYER_DICTS, ("np.where(z > 0, 1.0, 0.1)", "np.where(z > 0, 1.0, -0.1)")),
        "leaky-slope-sign",
    ),
    "layers-one-flip": (_but(LAYER_DICTS, ("g = y - out", "g = out - y")), "sign-flip"),
    "layers-wrong-input": (
        _but(LAYER_DICTS, ("push_back(g * (1 - a2 ** 2), mid, a1)", "push_back(g * (1 - a2 ** 2), mid, z1)")),
        "squashed-input",
    ),
    "class-mask": (_but(CLASS, (" * (self.z1 > 0)", "")), "missing-hidden-derivative"),
    "class-mask-a": (_but(CLASS, ("(self.z1 > 0)", "(self.a1 >= 0)")), "relu-mask-always-on"),
    "class-extra": (_but(CLASS, ("d2 = out - T", "d2 = (out - T) * out * (1 - out)")), "extra-output-derivative"),
    "class-outputs": (_but(CLASS, ("d2 = out - T", "d2 = (out - T) / 2")), "output-count-factor"),
    "class-features": (
        _but(CLASS, ("m = X.shape[1]\n        out", "m = X.shape[0]\n        out")),
        "features-for-batch-size",
    ),
    "lists-bias-mean": (
        _but(LISTS, ("delta.sum(axis=0, keepdims=True) / n", "delta.mean(axis=0, keepdims=True) / n")),
        "bias-mean-instead-of-sum",
    ),
    "lists-argument": (_but(LISTS, ("np.tanh(zs[l - 1]) ** 2", "zs[l - 1] ** 2")), "output-form-given-preactivation"),
    "lists-wrong-activation": (
        _but(LISTS, ("acts[l].T @ delta / n", "acts[min(l, 1)].T @ delta / n if l != 2 else acts[2].T @ delta")),
        "wrong-layer-activation",
    ),
    "sample-hidden": (_but(PER_SAMPLE, ("(W2 @ do) * h * (1 - h)", "(W2 @ do)")), "missing-hidden-derivative"),
    "sample-updated": (
        _but(
            PER_SAMPLE,
            ("        dh = (W2 @ do) * h * (1 - h)\n", ""),
            ("        b2 -= lr * do\n", "        b2 -= lr * do\n        dh = (W2 @ do) * h * (1 - h)\n"),
        ),
        "updated-weights-used",
    ),
    "accumulated-factor": (_but(ACCUMULATED, ("do = 2 * (o", "do = (o")), "missing-factor-2"),
    "mini-double": (_but(MINI_BATCH, ("隐藏.T @ d2", "隐藏.T @ d2 / 20")), "double-mean"),
    "objects-order": (
        _but(
            LAYER_OBJECTS,
            ("        down = g @ self.weights.T\n", ""),
            ("        return down", "        return g @ self.weights.T"),
        ),
        "updated-weights-used",
    ),
    "objects-size": (_but(LAYER_OBJECTS, ("/ p.size", "/ len(p)")), "output-count-factor"),
    "plain-hidden": (_but(PLAIN_PYTHON, ("d * v[j] * h[j] * (1 - h[j])", "d * h[j] * (1 - h[j])")), "upstream-lost"),
    "regularised-missing": (_but(REGULARISED, ('H.T @ D + lam * theta["W2"]', "H.T @ D")), "regularisation-missing"),
    "regularised-twice": (_but(REGULARISED, ("X.T @ E + lam", "X.T @ E + 2 * lam")), "regularisation-factor"),
}

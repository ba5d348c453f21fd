"""What each bug of the catalogue is, in the words of a sentence: "... cannot be seen"."""

from __future__ import annotations

__all__ = ["BUG_WORDS", "bug_words"]

BUG_WORDS: dict[str, str] = {
    "sign-flip": "a wrong sign in every block",
    "sign-flip-below": "a wrong sign in one layer and in those before it",
    "missing-factor-2": "the 2 of a squared error left out",
    "extra-factor-2": "the 2 of a squared error twice",
    "sum-instead-of-mean": "a missing division by the batch size",
    "mean-instead-of-sum": "a division by the batch size that the loss does not have",
    "double-mean": "a division by the batch size done twice",
    "output-count-factor": "a factor of the number of outputs",
    "stale-batch-size": "a batch size taken from another array than the batch",
    "features-for-batch-size": "the number of features taken for the batch size",
    "learning-rate-baked-in": "the learning rate inside the gradient",
    "local-constant": "a constant factor on one block",
    "gradient-clipping": "clipped gradients",
    "missing-output-derivative": "the derivative of the output activation left out",
    "extra-output-derivative": "the derivative of the output activation once too often",
    "loss-gradient-mismatch": "the gradient of another loss",
    "softmax-elementwise": "softmax differentiated element by element",
    "softmax-axis": "softmax over the wrong axis",
    "softmax-overflow": "a softmax that overflows for large inputs",
    "target-broadcast": "targets of shape (m,) against outputs of shape (m, 1)",
    "loss-epsilon": "a loss smoothed as in log(p + eps)",
    "missing-hidden-derivative": "a hidden activation's derivative left out",
    "relu-mask-always-on": "a ReLU mask that is always on, such as a >= 0",
    "derivative-at-activation": "f'(a) where f'(z) belongs",
    "output-form-given-preactivation": "a(1 - a) or 1 - a^2 computed from z",
    "derivative-of-wrong-argument": "a derivative at the wrong argument, such as the input",
    "derivative-of-gradient": "a derivative at the incoming gradient",
    "activation-instead-of-derivative": "the activation in place of its derivative",
    "wrong-derivative-formula": "a wrong formula for an activation's derivative",
    "leaky-slope-sign": "a leaky ReLU with the wrong sign of its slope",
    "derivative-twice": "an activation's derivative once too often",
    "relu-mask-wrong-layer": "the ReLU mask of another layer",
    "relu-on-gradient": "a ReLU applied to the gradient",
    "raw-error-backpropagated": "the raw error passed back in place of the output delta",
    "upstream-lost": "an incoming gradient that gets lost",
    "updated-weights-used": "weights updated before they are used in the backward pass",
    "stale-weights": "an outdated copy of weights",
    "wrong-layer-weights": "the weights of another layer",
    "transposed-weights": "W where its transpose belongs, or the reverse",
    "summed-weights": "summed rows of W in place of one row",
    "bias-in-backprop": "a bias column left in, or wrongly taken out, on the way back",
    "gradient-stopped": "a block that the gradient never reaches",
    "wrong-layer-activation": "the activation of another layer in a weight gradient",
    "squashed-input": "f(x) or z in place of a layer's input",
    "weight-instead-of-input": "a weight in place of the input",
    "inner-instead-of-outer": "an inner product in place of an outer one",
    "swapped-blocks": "the gradients of two blocks exchanged",
    "transposed-block": "a transposed weight gradient",
    "bias-sum-without-axis": "a bias gradient summed over everything",
    "bias-not-summed": "a bias gradient not summed over the batch",
    "bias-mean-instead-of-sum": "a bias gradient averaged where it should be summed",
    "bias-from-weight-gradient": "a bias gradient made from the weight gradient",
    "bias-gradient-missing": "a bias without a gradient",
    "bias-gradient-is-bias": "the bias itself in place of its gradient",
    "regularisation-missing": "a regularisation term missing in the gradient",
    "regularisation-factor": "a wrong factor of the regularisation term",
    "regularisation-sign": "a wrong sign of the regularisation term",
    "regularisation-on-bias": "biases regularised in only one of loss and gradient",
    "regularisation-wrong-norm": "the gradient of another norm than the loss has",
    "dropout-mask-missing": "a dropout mask missing on the way back",
    "dropout-scale": "dropout without its 1/keep",
    "batchnorm-statistics": "batch normalisation's mean or variance terms left out",
    "gradient-accumulated": "gradients that add up over calls",
    "input-mutated": "arrays of the caller that are overwritten",
    "integer-dtype": "integer parameters",
    "low-precision": "the noise of low precision",
}


def bug_words(identifier: str) -> str:
    """A bug in words; an id that is not in the table reads as its own words.

    Examples
    --------
    >>> bug_words("sum-instead-of-mean")
    'a missing division by the batch size'
    >>> bug_words("some-later-bug")
    'some later bug'
    """
    return BUG_WORDS.get(identifier, identifier.replace("-", " "))

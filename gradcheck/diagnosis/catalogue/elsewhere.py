"""Right gradient, trouble elsewhere: what keeps a network from learning though its gradient is that of its loss."""

from __future__ import annotations

from gradcheck.diagnosis.catalogue.bug import Bug, Family
from gradcheck.diagnosis.catalogue.planting import CLASSIFIER, XOR, planted
from gradcheck.language import mark

__all__ = ["BUGS"]

BUGS: tuple[Bug, ...] = (
    Bug(
        id="learning-rate-too-large",
        family=Family.ELSEWHERE,
        title=mark("a learning rate that is too large"),
        what=mark("The gradient is right, but its steps are too long: they jump over the valley and the loss grows."),
        why=mark(
            "The gradient says how the loss changes close by. A step of {rate} times the gradient leaves the region "
            "where that holds; a shorter one lowers the loss for certain."
        ),
        formula_wrong="{weights} -= 50 * gradient",
        formula_right="{weights} -= 0.5 * gradient",
        cause=mark("A rate that suited an averaged loss, used with a summed one; or data that are not scaled."),
        signature=mark("The loss goes up and down, grows, or becomes nan."),
        told_apart=mark("A tenth of the rate: the loss falls."),
        example=planted(XOR, ("learning_rate, losses = 0.5, []", "learning_rate, losses = 50.0, []")),
        gradient_wrong=False,
    ),
    Bug(
        id="saturated-initialisation",
        family=Family.ELSEWHERE,
        title=mark("initial weights so large that the units saturate"),
        what=mark("The gradient is right but tiny: the units start where their activation is flat, and hardly learn."),
        why=mark(
            "Far from zero a sigmoid or tanh is flat, so f'({z}) is nearly 0, and every gradient before it is "
            "multiplied by that. Weights of about 1 over the square root of the number of inputs keep {z} near 1."
        ),
        formula_wrong="{weights} = 50 * rng.normal(size=(n, h))",
        formula_right="{weights} = rng.normal(size=(n, h)) / np.sqrt(n)",
        cause=mark("Weights, or data that were not scaled, of the size of tens or hundreds."),
        signature=mark("Most of a hidden layer's slopes f'({z}) are below a thousandth of the largest possible."),
        told_apart=mark("A tenth of the weights, or scaled data: the loss falls faster."),
        example=planted(
            XOR,
            (
                "W1, b1 = rng.normal(size=(2, 5)), rng.normal(size=5)",
                "W1, b1 = 20 * rng.normal(size=(2, 5)), 20 * rng.normal(size=5)",
            ),
            ("W2, b2 = rng.normal(size=(5, 1))", "W2, b2 = 5 * rng.normal(size=(5, 1))"),
        ),
        gradient_wrong=False,
    ),
    Bug(
        id="symmetric-initialisation",
        family=Family.ELSEWHERE,
        title=mark("initial weights that are all equal"),
        what=mark(
            "The gradient is right, but all units of a layer start equal, so they get equal gradients and stay equal."
        ),
        why=mark(
            "Two units with the same weights in and out compute the same and are corrected in the same way. The layer "
            "works as if it had a single unit. Random weights make them different."
        ),
        formula_wrong="{weights} = np.zeros((n, h))",
        formula_right="{weights} = rng.normal(size=(n, h))",
        cause=mark("Weights set to zeros or ones. For biases that is fine."),
        signature=mark("The columns of {weights} are equal before training and after it."),
        told_apart=mark("Random weights: the loss falls."),
        example=planted(
            XOR,
            ("W1, b1 = rng.normal(size=(2, 5)), rng.normal(size=5)", "W1, b1 = np.ones((2, 5)), np.ones(5)"),
            ("W2, b2 = rng.normal(size=(5, 1))", "W2, b2 = np.ones((5, 1))"),
        ),
        gradient_wrong=False,
    ),
    Bug(
        id="target-out-of-range",
        family=Family.ELSEWHERE,
        title=mark("targets that the output cannot reach"),
        what=mark("The gradient is right, but some of {targets} lie outside of what the output's activation can give."),
        why=mark(
            "A sigmoid lies between 0 and 1, tanh between -1 and 1. For a target outside the weights grow without end "
            "and the loss stays above zero."
        ),
        formula_wrong=mark("{targets} in {{-1, 1}} or unscaled, {output} = sigmoid({z})"),
        formula_right=mark("{targets} scaled to [0, 1], or a linear output"),
        cause=mark("Labels of -1 and 1 with a sigmoid, or a quantity to be predicted that was not scaled."),
        signature=mark("The loss levels out above zero while the weights of the output layer keep growing."),
        told_apart=mark("A linear output: the loss goes on falling."),
        example=planted(
            XOR, ("Y = np.array([[0.0], [1.0], [1.0], [0.0]])", "Y = np.array([[-1.0], [3.0], [3.0], [-1.0]])")
        ),
        gradient_wrong=False,
    ),
    Bug(
        id="no-bias",
        family=Family.ELSEWHERE,
        title=mark("no biases where the data need them"),
        what=mark("The gradient is right, but without biases the network cannot represent what it is to learn."),
        why=mark(
            "Without a bias every unit is 0 for an input of zeros, whatever its weights, and so the output there is "
            "fixed. XOR has such an input, with a target of its own."
        ),
        formula_wrong="{z} = {inputs} @ {weights}",
        formula_right="{z} = {inputs} @ {weights} + b",
        cause=mark("Biases left out as a detail."),
        signature=mark("The loss stops at a value above zero; the output for an input of zeros never changes."),
        told_apart=mark("Add biases: the loss falls."),
        example=planted(
            XOR,
            ("X @ W1 + b1", "X @ W1"),
            ("A1 @ W2 + b2", "A1 @ W2"),
            ("W1, b1 = rng.normal(size=(2, 5)), rng.normal(size=5)", "W1 = rng.normal(size=(2, 5))"),
            ("W2, b2 = rng.normal(size=(5, 1)), rng.normal(size=1)", "W2 = rng.normal(size=(5, 1))"),
            ("dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)", "dW2 = A1.T @ dZ2"),
            ("dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)", "dW1 = X.T @ dZ1"),
            ("    b1 -= learning_rate * db1\n", ""),
            ("    b2 -= learning_rate * db2\n", ""),
        ),
        gradient_wrong=False,
    ),
    Bug(
        id="not-differentiable-loss",
        family=Family.ELSEWHERE,
        title=mark("a loss without a useful derivative"),
        what=mark(
            "The loss counts or rounds, so a small change of the weights does not change it: its gradient is zero."
        ),
        why=mark(
            "The number of wrong answers, argmax and a step function are flat between their jumps. Gradient descent "
            "needs a loss that changes smoothly: the squared error or cross-entropy of {output} before it is rounded."
        ),
        formula_wrong="loss = mean((({output} > 0.5) - {targets})^2)",
        formula_right="loss = mean(({output} - {targets})^2)",
        cause=mark("The number that one wants to see (the accuracy) taken for the loss."),
        signature=mark("The gradient is zero, and the loss takes only a few values."),
        told_apart=mark("Move one weight a little: the loss stays exactly the same."),
        example=planted(
            CLASSIFIER,
            ("return np.sum((predict(params) - Y) ** 2)", "return np.sum((np.round(predict(params)) - Y) ** 2)"),
            ("dZ = 2 * (output - Y) * output * (1 - output)", "dZ = np.zeros_like(output)"),
        ),
        gradient_wrong=False,
    ),
)

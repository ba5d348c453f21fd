"""Document 002: the updating class, its half gradient, and the improvements."""

import numpy as np
import pytest

from reference_impls.document_002 import corrected, published
from reference_impls.document_002.improved import Adam, ImprovedNetwork, train
from reference_impls.document_002.trainings import train_improved


def test_xor_is_xor() -> None:
    """Four inputs, the exclusive or of each."""
    x, y = published.xor_data()
    np.testing.assert_array_equal(y[:, 0], np.logical_xor(x[:, 0], x[:, 1]))
    assert len(np.unique(x, axis=0)) == 4


def test_corrected_step_is_twice_the_published() -> None:
    """From one start, one update of the corrected class moves every block twice as far."""
    x, y = published.xor_data()
    old = published.NeuralNetwork(2, 4, 1, rng=np.random.RandomState(0))
    new = corrected.NeuralNetwork(2, 4, 1, rng=np.random.RandomState(0))
    start = {name: getattr(old, name).copy() for name in ("W1", "b1", "W2", "b2")}
    for net in (old, new):
        net.forward(x)
        net.backward(x, y, 0.5)
    for name, before in start.items():
        np.testing.assert_allclose(getattr(new, name) - before, 2 * (getattr(old, name) - before), atol=1e-15)


def test_forward_keeps_what_backward_needs() -> None:
    """Pre-activations and activations of both layers, by their names in the text."""
    net = published.NeuralNetwork(2, 4, 1, rng=np.random.RandomState(0))
    output = net.forward(published.xor_data()[0])
    assert output is net.a2
    assert (net.z1.shape, net.a1.shape, net.z2.shape) == ((4, 4), (4, 4), (4, 1))


def test_training_reports_every_hundredth_epoch() -> None:
    """The callback hears what the text prints."""
    heard: list[tuple[int, float]] = []
    x, y = published.xor_data()
    net = published.NeuralNetwork(2, 4, 1, rng=np.random.RandomState(0))
    losses = net.train(x, y, 250, 0.5, report=lambda epoch, loss: heard.append((epoch, loss)))
    assert heard == [(epoch, losses[epoch]) for epoch in (0, 100, 200)]


def test_improved_network_is_the_corrected_class_where_nothing_is_improved() -> None:
    """One sigmoid layer, squared error, no penalty: same start, same losses."""
    x, y = published.xor_data()
    net = corrected.NeuralNetwork(2, 4, 1, rng=np.random.RandomState(3))
    improved = ImprovedNetwork()
    start = improved.initial((2, 4, 1), rng=np.random.RandomState(3))
    _, losses = train(improved, x, y, start, epochs=50)
    np.testing.assert_allclose(losses, net.train(x, y, 50, 0.5), rtol=1e-12)


def test_penalty_adds_squared_weights_but_not_biases() -> None:
    """With lambda the loss grows by lambda times the sum of squared weights."""
    x, y = published.xor_data()
    params = ImprovedNetwork().initial((2, 3, 1), rng=np.random.RandomState(0))
    params["b1"] = params["b1"] + 5.0
    squares = float(np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))
    plain, penalised = ImprovedNetwork().loss(x, y, params), ImprovedNetwork(penalty=0.1).loss(x, y, params)
    assert penalised - plain == pytest.approx(0.1 * squares)
    gradient = ImprovedNetwork(penalty=0.1).gradient(x, y, params)
    np.testing.assert_array_equal(gradient["b1"], ImprovedNetwork().gradient(x, y, params)["b1"])


def test_first_adam_step_has_the_length_of_the_rate() -> None:
    """Bias correction makes the first step the rate times the gradient's sign, up to epsilon."""
    adam = Adam(learning_rate=0.1)
    params = {"W1": np.array([[1.0, 2.0, 3.0]])}
    updated = adam.update(params, {"W1": np.array([[1e3, -1e-3, 0.0]])})
    np.testing.assert_allclose(updated["W1"], [[0.9, 2.1, 3.0]], rtol=1e-5)
    np.testing.assert_array_equal(params["W1"], [[1.0, 2.0, 3.0]])


def test_adam_follows_its_recurrence() -> None:
    """Three updates of a scalar by the formulas of the paper, written out."""
    adam, slopes, value = Adam(learning_rate=0.01), [0.5, -0.25, 1.0], 0.0
    params = {"w": np.array([0.0])}
    first = second = 0.0
    for step, slope in enumerate(slopes, start=1):
        params = adam.update(params, {"w": np.array([slope])})
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        value -= 0.01 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    assert params["w"].item() == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("network", "layers", "adam_rate"),
    [
        (ImprovedNetwork(), (2, 8, 8, 1), None),
        (ImprovedNetwork(hidden="relu"), (2, 8, 1), None),
        (ImprovedNetwork(penalty=1e-4), (2, 4, 1), None),
        (ImprovedNetwork(), (2, 4, 1), 0.05),
        (ImprovedNetwork(loss_name="cross-entropy"), (2, 4, 1), None),
    ],
    ids=["deep", "relu", "l2", "adam", "cross-entropy"],
)
def test_improvements_learn(network: ImprovedNetwork, layers: tuple[int, ...], adam_rate: float | None) -> None:
    """Each direction for improvement lowers its loss and reports on the way."""
    heard: list[int] = []
    result = train_improved(
        0, lambda epoch, _: heard.append(epoch), network=network, layers=layers, adam_rate=adam_rate, epochs=301
    )
    assert heard == [0, 100, 200, 300]
    assert result.losses[-1] < result.losses[0]

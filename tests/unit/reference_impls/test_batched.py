"""Training many seeds at once does what the documents' own loops do, seed by seed."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from reference_impls.batched import Activation, Ensemble, Recipe, descend, forward, in_chunks
from reference_impls.document_000 import claims as claims_000
from reference_impls.document_000 import trainings as trainings_000
from reference_impls.document_001 import experiments, published
from reference_impls.document_001.trainings import experiment_rng
from reference_impls.document_002 import claims as claims_002
from reference_impls.document_002 import corrected as corrected_002
from reference_impls.document_002 import published as published_002
from reference_impls.document_002 import trainings as trainings_002
from reference_impls.document_003 import corrected as corrected_003
from reference_impls.document_003 import published as published_003
from reference_impls.document_003 import trainings as trainings_003
from reference_impls.document_003.ensembles import gaussian_ensemble, gaussian_recipe, xor_ensemble, xor_recipe

Array = NDArray[np.float64]
SEEDS = (0, 7, 42)
EPOCHS = 12
AGREE = {"rtol": 1e-10, "atol": 1e-12}


def compare(ensemble: Ensemble, position: int, weights: Sequence[Array], biases: Sequence[Array]) -> None:
    """Compare one seed's parameters with those of a plain run."""
    for stacked, plain in zip([*ensemble.weights, *ensemble.biases], [*weights, *biases], strict=True):
        np.testing.assert_allclose(stacked[position], plain, **AGREE)


def test_document_000() -> None:
    """Outputs and all four blocks after a dozen epochs."""
    ensemble = claims_000.ensemble(SEEDS)
    outputs = descend(ensemble, claims_000.recipe(EPOCHS))
    for position, seed in enumerate(SEEDS):
        plain = trainings_000.train(seed, epochs=EPOCHS)
        np.testing.assert_allclose(outputs[position], plain.predictions, **AGREE)
        compare(ensemble, position, [plain.params["W1"], plain.params["W2"]], [plain.params["b1"], plain.params["b2"]])


@pytest.mark.parametrize(
    ("setting", "run"),
    [
        (experiments.LINEAR_ON_LINEAR, published.predict02),
        (experiments.LINEAR_ON_SQUARES, published.predict03),
        (experiments.RELU_ON_SQUARES, published.predict04),
    ],
    ids=["predict02", "predict03", "predict04"],
)
def test_document_001(setting: experiments.Setting, run: object) -> None:
    """First and last printed cost of each experiment, at full length, and its layers."""
    networks = experiments.ensemble(SEEDS, setting)
    first, last = experiments.costs_from(networks, setting)
    for position, seed in enumerate(SEEDS):
        plain = run(experiment_rng(seed))  # type: ignore[operator]
        np.testing.assert_allclose([first[position], last[position]], plain.costs[[0, setting.steps - 10]], **AGREE)
        for number in (0, 1):
            np.testing.assert_allclose(networks.weights[number][position], plain.layers[number]["w"], **AGREE)


@pytest.mark.parametrize(
    ("factor", "network"),
    [(1.0, published_002.NeuralNetwork), (2.0, corrected_002.NeuralNetwork)],
    ids=["published", "corrected"],
)
def test_document_002(factor: float, network: type[published_002.NeuralNetwork]) -> None:
    """Outputs and blocks with half and with the whole gradient."""
    ensemble = claims_002.ensemble(SEEDS)
    outputs = descend(ensemble, claims_002.recipe(EPOCHS, factor=factor))
    for position, seed in enumerate(SEEDS):
        plain = trainings_002.train(seed, network=network, epochs=EPOCHS)
        np.testing.assert_allclose(outputs[position], plain.predictions, **AGREE)
        compare(ensemble, position, [plain.params["W1"], plain.params["W2"]], [plain.params["b1"], plain.params["b2"]])


@pytest.mark.parametrize("twice", [True, False], ids=["published", "corrected"])
@pytest.mark.parametrize("task", ["xor", "gaussians"])
def test_document_003(task: str, twice: bool) -> None:
    """Outputs and blocks of both examples in both forms."""
    network = published_003.NeuralNetwork if twice else corrected_003.NeuralNetwork
    if task == "xor":
        ensemble, recipe = xor_ensemble(SEEDS), xor_recipe(EPOCHS, twice=twice)
        train = trainings_003.train_xor
    else:
        ensemble, recipe = gaussian_ensemble(SEEDS), gaussian_recipe(EPOCHS, twice=twice)
        train = trainings_003.train_gaussians
    outputs = descend(ensemble, recipe)
    for position, seed in enumerate(SEEDS):
        plain = train(seed, network=network, epochs=EPOCHS)
        np.testing.assert_allclose(outputs[position], plain.predictions, **AGREE)
        layers = range(1, len(ensemble.weights) + 1)
        compare(ensemble, position, [plain.params[f"W{n}"] for n in layers], [plain.params[f"b{n}"] for n in layers])


def small_ensemble(seeds: int = 3) -> Ensemble:
    """Draw random networks 2-3-1 on data of their own."""
    rng = np.random.default_rng(1)
    return Ensemble(
        weights=[rng.normal(size=(seeds, 2, 3)), rng.normal(size=(seeds, 3, 1))],
        biases=[rng.normal(size=(seeds, 1, 3)), rng.normal(size=(seeds, 1, 1))],
        x=rng.normal(size=(seeds, 5, 2)),
        y=rng.normal(size=(seeds, 5, 1)),
    )


@pytest.mark.parametrize("hidden", ["linear", "relu", "sigmoid", "tanh"])
def test_one_step_is_the_numeric_gradient(hidden: Activation) -> None:
    """With the squared error's delta, one step at rate one moves each weight by the slope of its own network's loss."""
    recipe = Recipe(hidden=hidden, output="linear", output_delta=lambda a, y: 2 * (a - y), learning_rate=1.0, epochs=1)
    start, trained, h = small_ensemble(), small_ensemble(), 1e-5
    descend(trained, recipe)

    def losses(offset: float) -> Array:
        moved = small_ensemble()
        moved.weights[0][:, 1, 2] += offset
        return np.sum((forward(moved, recipe) - moved.y) ** 2, axis=(1, 2))

    slope = (losses(h) - losses(-h)) / (2 * h)
    np.testing.assert_allclose((start.weights[0] - trained.weights[0])[:, 1, 2], slope, rtol=1e-6, atol=1e-8)


def test_observer_hears_outputs_before_updates() -> None:
    """Epochs 0, 4, 8, with the outputs that the parameters of that moment give; progress ends at the total."""
    recipe = Recipe(
        hidden="tanh", output="sigmoid", output_delta=lambda a, y: 0.1 * (a - y), learning_rate=0.1, epochs=10
    )
    seen: dict[int, Array] = {}
    progress: list[tuple[int, int]] = []
    descend(
        small_ensemble(),
        recipe,
        observe=lambda epoch, outputs: seen.setdefault(epoch, outputs.copy()) is None,
        every=4,
        progress=lambda done, total: progress.append((done, total)),
    )
    assert sorted(seen) == [0, 4, 8]
    np.testing.assert_array_equal(seen[0], forward(small_ensemble(), recipe))
    assert not np.array_equal(seen[0], seen[8])
    assert progress[-1] == (10, 10)


def test_large_pre_activations_neither_overflow_nor_warn() -> None:
    """Weights of a thousand saturate the sigmoid silently."""
    ensemble = small_ensemble()
    ensemble.weights[0] *= 1e4
    recipe = Recipe(hidden="sigmoid", output="sigmoid", output_delta=lambda a, y: a - y, learning_rate=0.1, epochs=3)
    assert np.all(np.isfinite(descend(ensemble, recipe)))


def test_chunks_are_joined_in_order() -> None:
    """Every seed is run once, in its place, and progress rises to the end."""
    progress: list[tuple[int, int]] = []

    def run(seeds: Sequence[int], report: object) -> Array:
        report(1, 2)  # type: ignore[operator]
        return np.array(seeds, dtype=float)

    values = in_chunks(run, range(7), size=3, progress=lambda done, total: progress.append((done, total)))
    np.testing.assert_array_equal(values, np.arange(7.0))
    assert progress == [(50, 300), (100, 300), (150, 300), (200, 300), (250, 300), (300, 300)]


def test_no_seeds_give_no_values() -> None:
    """An empty run is empty, not an error."""
    assert claims_000.final_accuracy([], epochs=1).shape == (0,)
    assert in_chunks(lambda seeds, _: np.ones(len(seeds)), [], size=5, progress=None).shape == (0,)


def test_chunk_size_does_not_matter() -> None:
    """A seed's result is the same in any company, to the last bit."""
    alone = [claims_000.loss_ratio([seed], epochs=20).item() for seed in SEEDS]
    np.testing.assert_array_equal(claims_000.loss_ratio(SEEDS, epochs=20), alone)

"""Rules that give a bug its name: what it reaches, which constants it puts in, what its cure changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from test_hypotheses import Case, build, observe

from gradcheck.diagnosis.backward import Deviation, backward
from gradcheck.diagnosis.catalogue import CATALOGUE
from gradcheck.diagnosis.edit import Edit, EditKind, Role
from gradcheck.diagnosis.identifying.naming import name_bug
from gradcheck.diagnosis.identifying.reach import Reach, reach_of
from gradcheck.diagnosis.matching import Observation
from gradcheck.diagnosis.network import Array, Network
from gradcheck.diagnosis.programs.program import Forward, Intermediate
from gradcheck.diagnosis.search.hypotheses import hypotheses
from gradcheck.diagnosis.search.splitting import split

CASE = Case(widths=(3, 5, 4, 2), activations=("tanh", "sigmoid", "linear"), loss="mse")
NETWORKS = CASE.networks()
Gradients = dict[str, Array]


def told(change: Callable[[Network, Gradients], Gradients], decay: float = 0.0) -> tuple[str, tuple[str, ...]]:
    """The first bug of the best account of a changed gradient, and what it is the same as."""
    networks = CASE.networks(decay)
    found = hypotheses(observe(networks, [change(network, backward(network)) for network in networks]))
    assert found
    assert found[0].complete
    return found[0].bugs[0].bug, found[0].bugs[0].same_as


def test_a_whole_number_that_does_not_follow_the_batch() -> None:
    """A ratio m/100 at every batch size is a batch size from elsewhere."""
    bug, _ = told(lambda network, grads: {name: network.batch / 100 * g for name, g in grads.items()})
    assert bug == "stale-batch-size"


def test_the_sign_of_one_block() -> None:
    """A sign is a sign, on whatever it stands; the constant of that block is the other name for it."""
    bug, same_as = told(lambda _, grads: {**grads, "W2": -grads["W2"]})
    assert bug == "sign-flip"
    assert "local-constant" in same_as


@pytest.mark.parametrize(("factor", "name"), [(3.0, "local-constant"), (2.0, "local-constant")])
def test_a_number_on_one_block(factor: float, name: str) -> None:
    """A plain number on one block is that block's own."""
    assert told(lambda _, grads: {**grads, "W2": factor * grads["W2"]})[0] == name


def test_a_mean_of_a_bias() -> None:
    """1/m on biases alone has a name of its own, and no other."""
    bug, same_as = told(lambda network, grads: {**grads, "b2": grads["b2"] / network.batch})
    assert (bug, same_as) == ("bias-mean-instead-of-sum", ())


def test_weights_that_stop_have_no_penalty_missing() -> None:
    """A gradient of nothing at all is one bug, though the penalty's part is missing as well."""
    networks = CASE.networks(0.1)
    found = hypotheses(observe(networks, [{**backward(n), "W1": np.zeros((3, 5))} for n in networks]))
    assert [bug.bug for bug in found[0].bugs] == ["gradient-stopped"]


def test_a_derivative_at_a_linear_output() -> None:
    """A slope that the output does not have is one too many, not a wrong formula."""

    def tanh(network: Network) -> Gradients:
        slope = 1 - np.tanh(network.layers[-1].pre_activation) ** 2
        return backward(network, Deviation(bug="", output_delta=lambda _n, _i, delta: delta * slope))

    found = hypotheses(observe(NETWORKS, [tanh(network) for network in NETWORKS]))
    assert found[0].bugs[0].bug == "extra-output-derivative"


def test_two_bugs_at_the_output() -> None:
    """Another loss's derivative and a slip in the slope, in one line."""
    case = Case(widths=(3, 5, 2), activations=("tanh", "tanh"), loss="mse")

    def wrong(network: Network) -> Gradients:
        layer = network.layers[-1]
        assert network.targets is not None
        delta = np.sign(layer.output - network.targets) / network.batch * (1 - layer.output)
        return backward(network, Deviation(bug="", output_delta=lambda _n, _i, _d: delta))

    networks = case.networks()
    found = hypotheses(observe(networks, [wrong(network) for network in networks]))
    assert {bug.bug for bug in found[0].bugs} == {"loss-gradient-mismatch", "wrong-derivative-formula"}


def test_evidence_is_told_in_sentences() -> None:
    """Each begins with a capital letter, ends with a full stop, and speaks of no id."""
    for scale in (0.5, -1.0, 3.0):
        found = hypotheses(observe(NETWORKS, [{n: scale * g for n, g in backward(net).items()} for net in NETWORKS]))
        for account in found:
            for sentence in account.evidence:
                assert sentence[0].isupper() or sentence.startswith(tuple(NETWORKS[0].shapes))
                assert sentence.endswith(".")
                assert not any(bug in sentence for bug in CATALOGUE if "-" in bug)


# --- reach -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "reach"),
    [
        (("b1",), Reach(biases=True)),
        (("W2",), Reach(weights=True)),
        (("W1", "b1"), Reach()),
        (("W1", "b1", "W2", "b2", "W3", "b3"), Reach(output=True)),
        (("gamma",), Reach(weights=True)),
        (("beta",), Reach(biases=True)),
    ],
    ids=["a bias", "weights", "below", "all", "a scale", "a shift"],
)
def test_reach(blocks: tuple[str, ...], reach: Reach) -> None:
    """The blocks that a bug makes wrong."""
    assert reach_of(blocks, NETWORKS[0]) == reach


ONE = np.ones(())
GRAPH = Forward(
    values=(
        Intermediate(number=0, operation="parameter", value=ONE, block="W"),
        Intermediate(number=1, operation="parameter", value=ONE, block="b"),
        Intermediate(number=2, operation="parameter", value=ONE, block="V"),
        Intermediate(number=3, operation="constant", value=ONE),
        Intermediate(number=4, operation="multiply", inputs=(3, 0), value=ONE),
        Intermediate(number=5, operation="sum", inputs=(4,), value=ONE),
        Intermediate(number=6, operation="add", inputs=(5, 1), value=ONE),
        Intermediate(number=7, operation="multiply", inputs=(6, 2), value=ONE),
        Intermediate(number=8, operation="sum", inputs=(7,), value=ONE),
    ),
    loss=8,
)


@pytest.mark.parametrize(
    ("blocks", "reach"),
    [
        (("b",), Reach(biases=True)),
        (("W",), Reach(weights=True)),
        (("W", "b"), Reach()),
        (("V",), Reach(output=True)),
    ],
    ids=["only added", "beside a right bias", "both", "nearest to the loss"],
)
def test_reach_in_code_that_is_no_chain_of_layers(blocks: tuple[str, ...], reach: Reach) -> None:
    """By where blocks enter the forward pass, as in a convolution that is written out."""
    assert reach_of(blocks, None, GRAPH) == reach


def test_a_mean_of_a_bias_is_named_by_its_cure() -> None:
    """Its constant is the number of what it averages, which is no size of the problem: of places, say."""
    cure = Edit(
        kind=EditKind.REDUCTION, role=Role.OTHER, line=1, before="d[f].mean()", after="d[f].sum()", text="", cost=1,
        detail="sum",
    )  # fmt: skip
    truth = {"b": np.array([0.3, -0.2])}
    observation = Observation(what="here", claimed={"b": truth["b"] / 16}, true=truth, sizes={"batch": 3.0})
    name = name_bug(hypotheses([observation]), cure, reach=Reach(biases=True))
    assert name is not None
    assert name.bug == "bias-mean-instead-of-sum"


def test_no_reach_without_layers() -> None:
    """Nothing is known of code whose layers are not, and of no block."""
    assert reach_of(("W1",), None) is None
    assert reach_of((), NETWORKS[0]) is None


def edit(kind: EditKind, role: Role, before: str, after: str, detail: str = "") -> Edit:
    """A change that cures."""
    return Edit(kind=kind, role=role, line=3, before=before, after=after, text="", cost=1, detail=detail)


CURES = [
    (edit(EditKind.REDUCTION, Role.OUTPUT_DELTA, "c = delta.mean(axis=0)", "c = delta.sum(axis=0)", "sum"),
     Reach(biases=True), "bias-mean-instead-of-sum"),
    (edit(EditKind.REPLACE_FUNCTION, Role.HIDDEN_DELTA, "g = f(x).T @ d", "g = x.T @ d", "f dropped"),
     Reach(weights=True), "squashed-input"),
    (edit(EditKind.PRODUCT, Role.OTHER, "d = 1 - h**2", "d = (e @ W.T) * (1 - h**2)"), Reach(), "upstream-lost"),
    (edit(EditKind.REPLACE_OPERAND, Role.HIDDEN_DELTA, "d = e @ W2_start.T", "d = e @ W2.T", "W2"), Reach(),
     "stale-weights"),
    (edit(EditKind.FORMULA, Role.OUTPUT_DELTA, "d = e * (a * (1 - a)) ** 2", "d = e * (a * (1 - a))", "no power"),
     Reach(output=True), "derivative-twice"),
    (edit(EditKind.RESCALE, Role.OUTPUT_DELTA, "p[i, y] -= 2", "p[i, y] -= 1", "1"), Reach(output=True),
     "loss-gradient-mismatch"),
    (edit(EditKind.REGULARISATION, Role.WEIGHT_GRADIENT, "g[:, 1:] += lam * np.sign(W[:, 1:])",
          "g[:, 1:] += lam * W[:, 1:]", "norm"), Reach(weights=True), "regularisation-wrong-norm"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "reach", "name"), CURES, ids=[each[-1] for each in CURES])
def test_cures(change: Edit, reach: Reach, name: str) -> None:
    """A cure has a name also where no number gives one."""
    found = name_bug([], change, reach=reach)
    assert found is not None
    assert found.bug == name


def test_no_cure_is_a_crash() -> None:
    """Whether a program stops, its check has seen."""
    change = edit(EditKind.PRODUCT, Role.OTHER, "a @ b", "b @ a")
    assert name_bug([], change) is None
    named = name_bug([], change, hints={"crash": 1.0})
    assert named is not None
    assert named.bug == "crash"


# --- flat vectors ----------------------------------------------------------------------------------------------------


def flat(network: Network, grads: Gradients) -> Gradients:
    """All blocks as one vector."""
    return {"theta": np.concatenate([grads[name].ravel() for name in network.shapes])}


def flattened(network: Network) -> Network:
    """The network of a program that holds one vector."""
    places, start = {}, 0
    for name, shape in network.shapes.items():
        size = int(np.prod(shape))
        places[name] = np.arange(start, start + size).reshape(shape)
        start += size
    layers = tuple(
        replace(
            layer, weight="theta", bias="theta", weight_entries=places[layer.weight],
            bias_entries=places[str(layer.bias)],
        )
        for layer in network.layers
    )  # fmt: skip
    return replace(network, layers=layers, shapes={"theta": (start,)})


def test_a_flat_vector_is_looked_at_in_parts() -> None:
    """Two bugs in two layers of a vector are found like those of separate blocks, and told of the vector."""
    networks = [build((3, 5, 4, 2), ("tanh", "tanh", "linear"), "mse", batch=batch, seed=batch) for batch in (7, 4)]
    seen = []
    for network in networks:
        wrong = backward(network)
        wrong = {**wrong, "W3": -wrong["W3"], "b1": wrong["b1"] / network.batch}
        seen.append(
            Observation(
                claimed=flat(network, wrong), true=flat(network, backward(network)), network=flattened(network),
                sizes={"batch": network.batch},
            )
        )  # fmt: skip
    found = hypotheses(seen)
    assert {bug.bug for bug in found[0].bugs} == {"sign-flip", "bias-mean-instead-of-sum"}
    assert found[0].blocks == ("theta",)
    parts, owners = split(seen[0])
    assert set(owners.values()) == {"theta"}
    assert sum(part.size for part in parts.claimed.values()) == seen[0].claimed["theta"].size


def test_other_programs_are_not_split() -> None:
    """Separate blocks stay as they are, and so does a vector of which something belongs to no layer."""
    observation = observe(NETWORKS, [backward(network) for network in NETWORKS])[0]
    assert split(observation) == (observation, {})
    network = flattened(NETWORKS[0])
    longer = {"theta": np.zeros(network.shapes["theta"][0] + 1)}
    assert split(Observation(claimed=longer, true=longer, network=network))[1] == {}


# --- what numbers show of single bugs --------------------------------------------------------------------------------


def test_a_softmax_over_everything() -> None:
    """Shares that add up to 1 over the whole array, with the short gradient of shares that do so in rows."""
    seen = []
    for batch in (7, 4):
        network = build((4, 5, 3), ("sigmoid", "softmax"), "ce", batch=batch, seed=batch)
        layer = network.layers[-1]
        powers = np.exp(layer.pre_activation)
        output = powers / powers.sum()
        assert network.targets is not None
        delta = (output * network.targets.sum() - network.targets) / batch  # of -sum(y log p) / m
        last = replace(
            layer, output=output, output_adjoint=-network.targets / output / batch, delta=delta, slope=None,
            activation="unknown",
        )  # fmt: skip
        whole = replace(network, layers=(*network.layers[:-1], last), scale=1 / batch)
        hidden = replace(whole.layers[0], output_adjoint=delta @ layer.weights.T)
        hidden = replace(hidden, delta=hidden.output_adjoint * np.asarray(hidden.slope))
        whole = replace(whole, layers=(hidden, last))
        wrong = (output - network.targets) / batch
        short = Deviation(bug="", output_delta=lambda _n, _i, _d, wrong=wrong: wrong)  # type: ignore[misc]
        seen.append(
            Observation(
                claimed=backward(whole, short), true=backward(whole), network=whole, sizes={"batch": batch}, what="m"
            )
        )
    assert hypotheses(seen)[0].bugs[0].bug == "softmax-axis"


@pytest.mark.parametrize(("mean", "variance"), [(False, True), (True, False), (False, False)])
def test_a_normalisation_before_an_activation(*, mean: bool, variance: bool) -> None:
    """The terms of the batch's mean and variance left out, where no slope of the layer is known."""
    seen = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        network = build((5, 4, 2), ("linear", "linear"), "mse", batch=9, seed=seed)
        first, last = network.layers
        z = first.pre_activation
        unit = (z - z.mean(axis=0)) / z.std(axis=0)
        passed = rng.normal(size=z.shape)  # what arrives at the normalised values
        parts = (passed.mean(axis=0), unit * (passed * unit).mean(axis=0))
        delta = (passed - parts[0] - parts[1]) / z.std(axis=0)
        wrong = (passed - mean * parts[0] - variance * parts[1]) / z.std(axis=0)
        layer = replace(
            first, delta=delta, slope=None, activation="unknown", output=np.maximum(unit, 0), bias=None,
            bias_values=None,
        )  # fmt: skip
        after = replace(last, inputs=layer.output, bias=None, bias_values=None)
        gamma = rng.normal(size=4)
        own = replace(
            network, layers=(layer, after), other={"gamma": gamma},
            shapes={"W1": (5, 4), "W2": (4, 2), "gamma": (4,)},
        )  # fmt: skip
        true = {"W1": layer.inputs.T @ delta, "W2": after.inputs.T @ after.delta, "gamma": gamma}
        claimed = {**true, "W1": layer.inputs.T @ wrong}
        seen.append(Observation(claimed=claimed, true=true, network=own, sizes={"batch": 9, "learning_rate": 0.1}))
    found = hypotheses(seen)
    assert [bug.bug for bug in found[0].bugs] == ["batchnorm-statistics"]

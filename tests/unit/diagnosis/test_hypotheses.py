"""From numbers to bugs: what was planted is found again, and what nothing explains is not explained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_networks import CASES, Case, Key, build, claim, differ, missed, names, observe, plants

from gradcheck.diagnosis.backward import backward
from gradcheck.diagnosis.network import Array
from gradcheck.diagnosis.search.hypotheses import hypotheses


@pytest.mark.parametrize(("start", "case"), list(enumerate(CASES.values())), ids=CASES)
def test_single_bugs_are_found_again(start: int, case: Case) -> None:
    """Single bugs are found again."""
    lost, count = missed(case, start, 8)
    assert count > 10
    assert not lost


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_single_bug_is_found_again(case: Case) -> None:
    """Every single bug is found again."""
    lost, count = missed(case, 0, 1)
    assert count > 100
    assert not lost


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_two_bugs_are_found_as_a_pair(case: Case) -> None:
    """At least four in five of random pairs, both of which matter; measured: nine in ten.

    What is missed are mostly two bugs in one factor of one layer, of which the numbers show only the product.
    """
    networks = case.networks()
    found = plants(networks)
    keys = [key for key in found[0] if all(key in each for each in found)]
    ids = sorted({key[0] for key in keys})
    rng = np.random.default_rng(1)
    right = tried = 0
    while tried < 20:
        pair = [
            (same := [key for key in keys if key[0] == ids[place]])[rng.integers(len(same))]
            for place in rng.choice(len(ids), 2, replace=False)
        ]
        both = claim(networks, found, *pair)
        singles = [claim(networks, found, key) for key in pair]
        if not both or not all(singles) or not all(differ(both, single) for single in singles):
            continue
        tried += 1
        noisy = [{name: _noisy(value, rng) for name, value in each.items()} for each in both]
        ranked = hypotheses(observe(networks, noisy))
        right += bool(ranked) and ranked[0].complete and all(names(key[0], ranked[0]) for key in pair)
    assert right >= 16


def _noisy(value: Array, rng: np.random.Generator) -> Array:
    """As recovered from a step: 1e-8 of the block's size off."""
    spread = 1e-8 * np.linalg.norm(value) / np.sqrt(max(value.size, 1))
    return value + spread * rng.normal(size=value.shape)


def test_three_bugs_in_three_layers_are_peeled() -> None:
    """Three bugs in three layers are peeled."""
    networks = CASES["tanh-sigmoid-linear-mse"].networks()
    found = plants(networks)
    keys: list[Key] = [("derivative-at-activation", (1,), "f'(a)"), ("transposed-block", (0,), "the transpose")]
    claimed = [
        {name: network.batch * value for name, value in each.items()}
        for network, each in zip(networks, claim(networks, found, *keys), strict=True)
    ]
    ranked = hypotheses(observe(networks, claimed))
    assert {bug.bug for bug in ranked[0].bugs} == {"sum-instead-of-mean", *(key[0] for key in keys)}
    assert ranked[0].complete
    assert ranked[0].matched == ranked[0].of == 3


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_random_gradients_are_no_bug(case: Case, count: int) -> None:
    """Random gradients are no bug."""
    networks = case.networks()[:count]
    rng = np.random.default_rng(2)
    for trial in range(9):
        truth = [backward(network) for network in networks]
        chosen = rng.random(len(truth[0])) < 0.5
        claimed = [
            {
                name: _random(value, rng, trial % 3) if pick or trial % 3 == 0 else value
                for (name, value), pick in zip(each.items(), chosen, strict=True)
            }
            for each in truth
        ]
        assert hypotheses(observe(networks, claimed)) == ()


def _random(value: Array, rng: np.random.Generator, kind: int) -> Array:
    drawn = rng.normal(size=value.shape)
    return (drawn, value + 0.3 * drawn, value * rng.uniform(0.5, 1.5, size=value.shape))[kind]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_right_gradient_has_no_hypothesis(case: Case) -> None:
    """A right gradient has no hypothesis."""
    networks = case.networks(decay=0.1)
    rng = np.random.default_rng(3)
    claimed = [{name: _noisy(value, rng) for name, value in backward(network).items()} for network in networks]
    assert hypotheses(observe(networks, claimed)) == ()


def test_constants_need_no_network_and_are_settled_by_another_batch() -> None:
    """Constants need no network and are settled by another batch."""
    networks = [build((3, 4, 2), ("tanh", "linear"), "mse", batch=batch, seed=0) for batch in (2, 5)]
    claimed = [{n: g * network.batch for n, g in backward(network).items()} for network in networks]
    seen = [replace(each, network=None) for each in observe(networks, claimed)]
    alone = hypotheses(seen[:1])[0]
    assert {alone.bugs[0].bug, *alone.same_as} >= {"sum-instead-of-mean", "extra-factor-2", "output-count-factor"}
    assert any("other sizes would decide" in sentence for sentence in alone.evidence)
    both = hypotheses(seen)[0]
    assert [bug.bug for bug in both.bugs] == ["sum-instead-of-mean"]
    assert "extra-factor-2" not in both.same_as
    assert both.matched == both.of == 2


def test_a_sign_below_a_layer_is_told_from_one_everywhere() -> None:
    """A sign below a layer is told from one everywhere."""
    networks = CASES["square-softplus-tanh-sigmoid"].networks()
    truth = [backward(network) for network in networks]
    everywhere = [{name: -value for name, value in each.items()} for each in truth]
    below = [{name: value if name[1] == "3" else -value for name, value in each.items()} for each in truth]
    assert hypotheses(observe(networks, everywhere))[0].bugs[0].bug == "sign-flip"
    best = hypotheses(observe(networks, below))[0].bugs[0]
    assert (best.bug, best.layers) == ("sign-flip-below", (1,))


def test_a_constant_on_one_block_is_local() -> None:
    """A constant on one block is local."""
    networks = CASES["sigmoid-softmax-ce"].networks()
    claimed = [{n: 0.37 * g if n == "W2" else g for n, g in backward(network).items()} for network in networks]
    best = hypotheses(observe(networks, claimed))[0]
    assert [(bug.bug, bug.layers) for bug in best.bugs] == [("local-constant", (1,))]
    assert best.blocks == ("W2",)


def test_an_unknown_constant_everywhere_is_said_and_not_named() -> None:
    """An unknown constant everywhere is said and not named."""
    networks = CASES["sigmoid-softmax-ce"].networks()
    claimed = [{name: 0.37 * value for name, value in backward(network).items()} for network in networks]
    best = hypotheses(observe(networks, claimed))[0]
    assert best.bugs == ()
    assert best.constants[0][1] == pytest.approx(0.37)


def test_what_is_known_of_the_last_layer_is_said_where_the_first_is_beyond_explanation() -> None:
    """What is known of the last layer is said where the first is beyond explanation."""
    networks = CASES["sigmoid-softmax-ce"].networks()
    rng = np.random.default_rng(4)
    claimed = [
        {n: rng.normal(size=g.shape) if n[1] == "1" else network.batch * g for n, g in backward(network).items()}
        for network in networks
    ]
    best = hypotheses(observe(networks, claimed))[0]
    assert [bug.bug for bug in best.bugs] == ["sum-instead-of-mean"]
    assert set(best.unexplained) == {"W1", "b1"}
    assert not best.complete


@pytest.mark.parametrize("bug", ["regularisation-missing", "regularisation-factor", "regularisation-sign"])
def test_a_wrong_penalty_is_told_beside_another_bug(bug: str) -> None:
    """A wrong penalty is told beside another bug."""
    networks = CASES["tanh-sigmoid-linear-mse"].networks(decay=0.3)
    found = plants(networks)
    key = next(key for key in found[0] if key[0] == bug and all(key in each for each in found))
    other: Key = ("missing-hidden-derivative", (1,), "1")
    alone = hypotheses(observe(networks, claim(networks, found, key)))[0]
    assert names(bug, alone)
    both = hypotheses(observe(networks, claim(networks, found, key, other)))[0]
    assert both.complete
    assert names(bug, both)
    assert names(other[0], both)


def test_a_penalty_divided_by_the_batch_in_the_gradient_alone_is_found_beside_another_bug() -> None:
    """A factor that differs from configuration to configuration, as 1/m does."""
    networks = CASES["tanh-sigmoid-linear-mse"].networks(decay=0.3)
    found = plants(networks)
    other: Key = ("missing-hidden-derivative", (0,), "1")
    claimed = claim(networks, found, other)
    for network, each in zip(networks, claimed, strict=True):
        for name, part in network.penalty.items():
            each[name] = each[name] - part + part / network.batch
    best = hypotheses(observe(networks, claimed))[0]
    assert {bug.bug for bug in best.bugs} == {"regularisation-factor", "missing-hidden-derivative"}
    assert best.complete


@pytest.mark.parametrize(("strength", "bug"), [(0.0123, "regularisation-factor"), (-0.0123, "regularisation-sign")])
def test_weight_decay_that_the_loss_does_not_have_is_seen(strength: float, bug: str) -> None:
    """Of any strength, as long as it is the same everywhere; nobody rewards large weights."""
    networks = CASES["tanh-sigmoid-linear-mse"].networks()
    claimed = [backward(network) for network in networks]
    for network, each in zip(networks, claimed, strict=True):
        for layer in network.layers:
            each[layer.weight] = each[layer.weight] + strength * layer.weights
    best = hypotheses(observe(networks, claimed))[0]
    assert [named.bug for named in best.bugs] == [bug]


def test_a_bias_is_regularised_as_strongly_as_the_weights() -> None:
    """Also where the strength is varied, and where only one of the biases is; not with a strength of its own."""
    case = CASES["tanh-sigmoid-linear-mse"]
    networks = [case.networks(decay=decay)[place] for place, decay in enumerate((0.1, 0.3))]
    for strengths, named in (((0.1, 0.3), True), ((0.2, 0.2), True), ((0.1, 0.7), False)):
        claimed = [backward(network) for network in networks]
        for network, each, strength in zip(networks, claimed, strengths, strict=True):
            layer = network.layers[1]
            assert layer.bias is not None
            assert layer.bias_values is not None
            each[layer.bias] = each[layer.bias] + strength * layer.bias_values
        found = [bug.bug for each in hypotheses(observe(networks, claimed)) for bug in each.bugs]
        assert ("regularisation-on-bias" in found[:1]) is named, strengths


def test_of_one_unit_no_sum_is_another_one() -> None:
    """An unknown constant on everything stays one: no bug is added that gives the right numbers."""
    networks = [build((2, 3, 1), ("tanh", "linear"), "mse", batch=5, seed=seed) for seed in (1, 2)]
    claimed = [{name: -0.6543 * value for name, value in backward(network).items()} for network in networks]
    assert all(not each.bugs for each in hypotheses(observe(networks, claimed)))


def test_the_rate_decides_on_updated_weights() -> None:
    """The rate decides on updated weights."""
    networks = CASES["tanh-sigmoid-linear-mse"].networks()
    found = plants(networks)
    key: Key = ("updated-weights-used", (0, 1), "the weights after their update")
    seen = observe(networks, claim(networks, found, key))
    best = hypotheses(seen)[0]
    assert [(bug.bug, bug.layers) for bug in best.bugs] == [(key[0], (0, 1))]
    other_rates = [replace(each, sizes={**each.sizes, "learning_rate": 0.5}) for each in seen]
    assert not any(names(key[0], each) for each in hypotheses(other_rates))


def test_what_code_alone_could_tell_is_one_class() -> None:
    """What code alone could tell is one class."""
    networks = CASES["relu-leaky-sigmoid-bce"].networks()
    found = plants(networks)
    best = hypotheses(observe(networks, claim(networks, found, ("missing-hidden-derivative", (0,), "1"))))[0]
    assert {best.bugs[0].bug, *best.bugs[0].same_as} >= {"missing-hidden-derivative", "relu-mask-always-on"}


def test_one_number_in_one_configuration_is_no_evidence() -> None:
    """One number in one configuration is no evidence."""
    (network,) = [build((2, 3, 1), ("sigmoid", "sigmoid"), "mse", batch=4, seed=5)]
    claimed = backward(network)
    claimed["b2"] = claimed["b2"] * 0.7321
    assert not any(each.bugs for each in hypotheses(observe([network], [claimed])))


def test_more_independent_numbers_with_more_samples() -> None:
    """More independent numbers with more samples."""
    counts = []
    for batch in (1, 7):
        network = build((3, 5, 2), ("tanh", "linear"), "mse", batch=batch, seed=1)
        found = plants([network])
        claimed = claim([network], found, ("missing-hidden-derivative", (0,), "1"))
        counts.append(hypotheses(observe([network], claimed))[0].numbers)
    assert counts == [5, 20]


def test_the_answer_is_the_same_twice() -> None:
    """The answer is the same twice."""
    networks = CASES["xor"].networks()
    found = plants(networks)
    seen = observe(networks, claim(networks, found, ("derivative-at-activation", (0, 1), "f'(a)")))
    assert hypotheses(seen) == hypotheses(seen)


def test_no_observation_is_an_error() -> None:
    """No observation is an error."""
    with pytest.raises(ValueError, match="at least one observation"):
        hypotheses([])


def test_a_mean_over_one_of_several_batches_is_of_its_own_size() -> None:
    """Two batches of three that were read as one of six: a division by three once more is no other constant."""
    networks = [build((3, 5, 2), ("tanh", "linear"), "mse", batch=6, seed=seed) for seed in (0, 1)]
    one = 3
    claimed = [
        {name: value / (one if name.startswith("W") else 1) for name, value in backward(network).items()}
        for network in networks
    ]
    seen = [replace(each, sizes={**each.sizes, "batch": float(one)}) for each in observe(networks, claimed)]
    assert names("double-mean", hypotheses(seen)[0])
    assert not names("double-mean", hypotheses(observe(networks, claimed))[0])

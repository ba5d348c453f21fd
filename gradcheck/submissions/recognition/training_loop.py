"""From a captured training loop to a problem: own data, own wiring, own loss.

A loop over samples (or batches) that updates after each is captured itself, not the loop over epochs around it: one
step is then one sample's, its loss that sample's, and neither the samples' order nor the rate matters. The first few
samples are taken together, each from the same parameters, since a single one may be (0, 0). A loop over samples
that only adds up gradients changes nothing that it reads; it is left alone, and the loop around it is captured.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.language import clauses, listed, mark, tr
from gradcheck.problem import Problem, ref
from gradcheck.problem.update import UpdateDriver
from gradcheck.records import Finding
from gradcheck.submissions.interfaces import classify
from gradcheck.submissions.interfaces.adaptive_steps import ADAPTIVE, Keys, gradient_of, squared_gradients
from gradcheck.submissions.losses import implied_loss, own_loss, residuals, step_losses
from gradcheck.submissions.losses.broadcasting import broadcast_differences
from gradcheck.submissions.losses.broken_step import delta_of_broken
from gradcheck.submissions.losses.called_loss import CalledLoss
from gradcheck.submissions.losses.functions_in_turn import leave_to_other_functions
from gradcheck.submissions.losses.held_targets import hold_targets
from gradcheck.submissions.losses.in_turn import leave_to_another_loss
from gradcheck.submissions.losses.loss_functions import LossFunction
from gradcheck.submissions.losses.no_gradient import why_no_gradient
from gradcheck.submissions.losses.own_function_fit import (
    OwnFunction,
    descends_any,
    elsewhere_used,
    functions_of,
    instead_of,
    is_used,
    most_blocks,
    whole_gradient,
)
from gradcheck.submissions.losses.parts import whole_shown
from gradcheck.submissions.losses.printed_loss import (
    compare_with_printed,
    contradicting,
    is_shown_multiple,
    relation_of,
)
from gradcheck.submissions.losses.scalar import Scalar
from gradcheck.submissions.losses.scores import is_score
from gradcheck.submissions.losses.several import as_shown, descended_instead
from gradcheck.submissions.losses.shown_fit import shown_beside, shown_elsewhere
from gradcheck.submissions.losses.step_share import take_share
from gradcheck.submissions.network import Network, Unrecognised
from gradcheck.submissions.recognition.loop_findings import RANDOM_STEP, not_compared, scalar_findings
from gradcheck.submissions.recognition.natural_step import updater
from gradcheck.submissions.recognition.short_batch import take_short_batch
from gradcheck.submissions.running.looking import Capture
from gradcheck.submissions.running.runtime import Runtime
from gradcheck.submissions.steps.experiment import Experiment
from gradcheck.submissions.steps.momentum import MOMENTUM
from gradcheck.submissions.steps.parameter_search import ParameterSearch
from gradcheck.submissions.steps.repeated_updates import updates_again
from gradcheck.submissions.steps.running_sums import only_tallies
from gradcheck.submissions.steps.solved_systems import follows_a_solution
from gradcheck.submissions.steps.trials import accepts_float64

__all__ = ["recognise"]

SEED = 20
CURE = mark("compute the loss in that loop, of the data of the step, and print it or append it to a list")
SOLVED = mark(
    "a step goes along the solution of a linear system (Newton's method, least squares) and not along the gradient, so "
    "that what it applies cannot be compared. Hand the gradient out of a function of its own, beside the loss"
)


def recognise(runtime: Runtime, capture: Capture, name: str, *, own_use: bool = True) -> Network | Unrecognised | None:
    """Study a loop that is about to run.

    Parameters
    ----------
    runtime : Runtime
    capture : Capture
    name : str
        Of the network.
    own_use : bool
        Whether the program runs this loop by itself: an exception in its step is then the code's own.

    Returns
    -------
    Network
        When it trains, and the loss is known.
    Unrecognised
        When it trains, but no loss can be told.
    None
        When it does not train.
    """
    where = name or tr("the loop in line {line}", line=capture.loop.line)
    experiment = Experiment(runtime, capture)
    experiment.skip_idle_items()
    search = ParameterSearch(experiment)
    try:
        try:
            trains = search.find()
        except BaseException:
            experiment.restore()
            experiment.tolerant = True
            if not own_use or not search.find_by_name():
                raise
            trains = True
        if not trains:
            return None
        if not experiment.tolerant and only_tallies(experiment, np.random.default_rng(SEED)):
            return None
        if not experiment.tolerant and follows_a_solution(experiment):
            return Unrecognised(where=where, lacks=tr(SOLVED))
        experiment.wide = not experiment.tolerant and accepts_float64(experiment)
        squared = squared_gradients(experiment, np.random.default_rng(SEED))
        experiment.read = None if squared is None else gradient_of(squared)
        rng = np.random.default_rng(SEED)
        found = _no_squares(experiment, own_loss.scalars(experiment, rng), squared or {})
        take_share(experiment, found, rng)
        chosen = own_loss.choose(experiment, found, rng)
        chosen = chosen and as_shown(experiment, found, chosen, rng)
        if chosen is not None and not experiment.tolerant and not _is_descended(experiment, chosen, rng):
            other = descended_instead(experiment, found, chosen, rng)
            held = other is None and hold_targets(experiment, chosen, rng)
            chosen = other or chosen
            settled = held or bool(chosen.others) or leave_to_another_loss(experiment, chosen, rng)
            meant = None if settled else _instead_of(experiment, chosen, name, rng)
            if meant is not None:
                return meant
            chosen = chosen if settled or not is_score(experiment, chosen, rng) else None
        if chosen is not None and not is_shown_multiple(experiment, chosen, rng):
            return _own(experiment, name, chosen)
        return _without_own_loss(experiment, name, where, found, rng)
    finally:
        experiment.restore()


def _own(experiment: Experiment, name: str, chosen: Scalar) -> Network:
    """Held against a loss that the step computes."""
    network = _network(experiment, name, functools.partial(step_losses.of_scalar, scalar=chosen), chosen.text, ())
    read = functools.partial(step_losses.read_scalar, experiment, chosen)
    own = experiment.tolerant or not (
        step_losses.is_watched(experiment, chosen) or step_losses.leaves_decay_out(experiment, chosen)
    )
    return dataclasses.replace(network, own_loss=own, loss_of=read, loss_names=tuple(dict.fromkeys(chosen.names)))


def _without_own_loss(
    experiment: Experiment, name: str, where: str, found: list[Scalar], rng: np.random.Generator
) -> Network | Unrecognised | None:
    """A step that uses no loss: held against one that its output delta implies, or that the file has elsewhere."""
    implied = None if experiment.tolerant else implied_loss.infer(experiment, rng)
    exact = None if implied is None else _descended(experiment, found, rng)
    if implied is not None and exact is not None and relation_of(experiment, implied, exact, rng) is not None:
        implied = None  # of one head of several, say
    meant, unexplained = (None, []) if implied is None else _by_delta(experiment, name, implied, found, rng)
    if meant is not None:
        return meant
    mentioned = exact or _mentioned(experiment, found, rng)
    if mentioned is not None and own_loss.depends_on(experiment, mentioned, unexplained, rng):
        if not experiment.tolerant and not _is_descended(experiment, mentioned, rng):
            leave_to_another_loss(experiment, mentioned, rng)
        text = tr("{loss}, as printed", loss=mentioned.text) if mentioned.printed else mentioned.text
        network = _network(experiment, name, functools.partial(step_losses.of_scalar, scalar=mentioned), text, ())
        read = functools.partial(step_losses.read_scalar, experiment, mentioned)
        return dataclasses.replace(network, loss_of=read, loss_names=tuple(dict.fromkeys(mentioned.names)))
    broken = experiment.tolerant
    meant = _broken(experiment, name, rng) if broken else _by_own_function(experiment, name, rng, whole=False)
    if meant is not None:
        return meant
    sure = bool(found or unexplained) or implied_loss.has_output(experiment, rng)
    lacks = _lacking(implied, unexplained) if sure else _nothing_in_sight(list(experiment.places))
    return Unrecognised(where=where, lacks=lacks, unsure=not sure)


def _by_delta(
    experiment: Experiment, name: str, implied: implied_loss.Implied, found: list[Scalar], rng: np.random.Generator
) -> tuple[Network | None, list[str]]:
    """Held against the loss that its output delta implies, or what speaks for another; blocks that it leaves out."""
    if not implied_loss.explains(experiment, implied, rng):
        meant = _by_own_function(experiment, name, rng, whole=True)
        most = None if meant is not None else most_blocks(experiment, functions_of(experiment, rng), rng)
        unexplained = [] if meant or most else implied_loss.leaves_out(experiment, implied, rng)
        shown = None if meant or most or unexplained else shown_beside(experiment, rng)
        against = most or shown
        if meant is not None or against is not None:
            return meant if against is None else _held_against(experiment, name, against), []
        motion = not any(np.ndim(place.value) for place in experiment.places.values())  # a state, step by step
        if unexplained or motion:
            return None, unexplained
    other = contradicting(experiment, implied, found, rng)
    if other is not None:
        return _own(experiment, name, other), []
    told, finding = compare_with_printed(experiment, implied, found, rng)
    loss = functools.partial(step_losses.of_pair, implied=implied)
    network = _network(experiment, name, loss, implied.text, (finding,), implied=True)
    read_pair = functools.partial(step_losses.read_pair, implied)
    return dataclasses.replace(network, held_against=told, implied=True, loss_of=read_pair), []


def _broken(experiment: Experiment, name: str, rng: np.random.Generator) -> Network | None:
    """Held against the delta that it came to before it raised: no loss is needed to see that it has no gradient."""
    delta = delta_of_broken(experiment, rng)
    if delta is None:
        return None
    text = tr("of the output delta in line {line} (not told: the step raises after it)", line=delta.line)
    network = _network(experiment, name, functools.partial(step_losses.of_pair, implied=delta), text, ())
    return dataclasses.replace(network, loss_of=functools.partial(step_losses.read_pair, delta))


def _lacking(implied: implied_loss.Implied | None, unexplained: list[str]) -> str:
    if implied is None or not unexplained:
        none = tr("no loss is computed, and what the step subtracts from the output is the derivative of no usual loss")
        return clauses([none, tr(CURE)])
    return tr(
        "no loss is computed, and the output delta in line {line} is that of one output of several: {loss} does not "
        "depend on {names}. Compute the whole loss beside the update",
        line=implied.line,
        loss=implied.name,
        names=listed(unexplained),
    )


def _nothing_in_sight(names: list[str]) -> str:
    return clauses([tr("each turn changes {names}, and no loss of it is in sight", names=listed(names)), tr(CURE)])


def _by_own_function(experiment: Experiment, name: str, rng: np.random.Generator, *, whole: bool) -> Network | None:
    """Held against a loss that the file computes elsewhere, as once an epoch: one that the step descends in all blocks.

    If not, one that it descends in most of them, or else the one function of what the step compares.
    """
    pool = functions_of(experiment, rng)
    function = whole_gradient(experiment, pool, rng)
    if function is None and not whole:
        compared = [candidate for candidate in pool if isinstance(candidate.function, LossFunction)]
        called = [one for one in pool if isinstance(one.function, CalledLoss) and is_used(experiment, one)]
        alone = compared if len(compared) == 1 else called if len(called) == 1 else []
        function = most_blocks(experiment, pool, rng) or (alone[0] if alone else None)
    if function is None and experiment.rates.own is not None:  # a sum that is shown moves, too, but by no rate
        function = shown_elsewhere(experiment, rng, whole=whole)
    return None if function is None else _held_against(experiment, name, function)


def _no_squares(experiment: Experiment, found: list[Scalar], squared: Keys) -> list[Scalar]:
    """Without what an adaptive step squares and adds up: of a parameter of one entry that is a number, and no loss."""
    sites = experiment.runtime.sites
    lines = {sites[site].line for site, _ in squared.values()}
    return [scalar for scalar in found if not all(site.line in lines for site in scalar.sites)]


def _is_descended(experiment: Experiment, chosen: Scalar, rng: np.random.Generator) -> bool:
    """Whether a step descends it; of a broken step nothing else is asked."""
    try:
        return own_loss.is_descended(experiment, chosen, rng)
    except Exception:  # as one that changes the shape of a bias
        experiment.restore()
        return True


def _instead_of(experiment: Experiment, chosen: Scalar, name: str, rng: np.random.Generator) -> Network | None:
    """Held against a loss function of the file's own, where what a step records is the loss of other data."""
    function = instead_of(experiment, chosen, rng)
    return None if function is None else _held_against(experiment, name, function, chosen.text)


def _held_against(experiment: Experiment, name: str, function: OwnFunction, recorded: str = "") -> Network:
    leave_to_other_functions(experiment, function, np.random.default_rng(SEED))
    text, against, finding = elsewhere_used(function, recorded)
    network = _network(experiment, name, function.loss, text, (finding,))
    return dataclasses.replace(network, held_against=against, loss_of=function.read, loss_names=(function.name,))


def _descended(experiment: Experiment, found: list[Scalar], rng: np.random.Generator) -> Scalar | None:
    """What is only printed, or only given a loss's name, and is exactly what the step descends."""
    pool = [s for s in found if not s.is_metric and (s.printed or (s.named and s.computed))]
    ratios = own_loss.multiples(experiment, pool, rng) if pool else []
    exact = [s for s, ratio in zip(pool, ratios, strict=True) if abs(ratio - 1.0) <= own_loss.AGREEMENT]
    return exact[-1] if exact else None


def _mentioned(experiment: Experiment, found: list[Scalar], rng: np.random.Generator) -> Scalar | None:
    """What is only printed, or only given a loss's name: the loss where nothing else says what it is."""
    candidates = [scalar for scalar in found if not scalar.is_metric]
    if candidates and not experiment.tolerant:
        none = residuals.no_losses(experiment, [scalar.key for scalar in candidates], rng)
        candidates = [scalar for scalar in candidates if scalar.key not in none]
    shown = [scalar for scalar in candidates if scalar.printed]
    nameless = [scalar for scalar in shown if not scalar.named]  # ``print(fake.mean())`` shows an output
    outputs = [] if experiment.tolerant else _no_losses(experiment, nameless, rng)
    shown = [scalar for scalar in shown if scalar not in outputs]
    named = [scalar for scalar in candidates if scalar.named and scalar.computed]
    return whole_shown(shown) or max(named, key=lambda scalar: scalar.sites[0].line, default=None)


def _no_losses(experiment: Experiment, pool: list[Scalar], rng: np.random.Generator) -> list[Scalar]:
    """What has either sign, and is descended in no block."""
    told = own_loss.of_one_sign(experiment, pool, rng) if pool else []
    return [scalar for scalar in pool if scalar not in told and not descends_any(experiment, scalar, rng)]


LossOf = Callable[[Experiment], Callable[[Any], Any]]


def _network(
    experiment: Experiment, name: str, loss: LossOf, text: str, findings: tuple[Finding, ...], *, implied: bool = False
) -> Network:
    experiment.restore()
    several = len(experiment.all_items) > 1 and not experiment.sums  # of which each step applies more and more
    if several and not experiment.held and _items_matter(experiment, loss(experiment)):
        experiment.items = experiment.all_items
    experiment.restore()
    if not (experiment.tolerant or experiment.held):
        findings = (
            *findings,
            *take_short_batch(experiment, loss(experiment), np.random.default_rng(SEED), implied=implied),
        )
    if experiment.buffers:
        findings = (*findings, MOMENTUM)
    interface = classify(list(experiment.places.values()))
    if not experiment.tolerant and experiment.draws():
        findings = (*findings, RANDOM_STEP)
    if not experiment.tolerant:
        findings = (*findings, *scalar_findings(experiment), *broadcast_differences(experiment))
    findings = (*findings, *experiment.noted)
    if experiment.left_out:
        findings = (*findings, not_compared(experiment.left_out))
    if experiment.read is not None:
        findings = (*(finding for finding in findings if finding is not MOMENTUM), ADAPTIVE)
    if experiment.read is None:
        pose = functools.partial(_pose, loss, several_updates=updates_again(experiment))
    else:
        pose = functools.partial(_pose_read, loss)
    return Network(
        problem=pose(experiment), interface=interface, name=name, loss=text, updates=True, findings=findings,
        experiment=experiment, pose=pose,
        no_gradient=why_no_gradient(experiment, loss(experiment), text, np.random.default_rng(SEED)),
    )  # fmt: skip


def _pose(loss: LossOf, experiment: Experiment, *, several_updates: bool) -> Problem:
    """The step of an experiment, and the loss that belongs to it, as a problem."""
    params = {key: ref(place, "value") for key, place in experiment.places.items()}
    driver = UpdateDriver(
        functools.partial(loss(experiment), experiment.step),
        functools.partial(updater(experiment), experiment.step),
        params,
        experiment.rates.own,
        several_updates=several_updates,
    )
    return Problem.from_driver(driver)


def _pose_read(loss: LossOf, experiment: Experiment) -> Problem:
    """The same of an adaptive step: its gradient is read where it is squared."""
    read = experiment.read
    assert read is not None

    def gradient(_step: Any) -> Any:
        return read(experiment)

    params = {key: ref(place, "value") for key, place in experiment.places.items()}
    return Problem.live(
        functools.partial(loss(experiment), experiment.step),
        functools.partial(gradient, experiment.step),
        params,
    )


def _items_matter(experiment: Experiment, loss: Callable[[Any], Any]) -> bool:
    """Whether the loop runs over samples: its loss depends on the item."""
    values = []
    for item in experiment.all_items:
        experiment.restore()
        experiment.items = (item,)
        try:
            values.append(float(np.real(loss(experiment.step))))
        except Exception:  # an item that the step cannot take alone
            return False
        finally:
            experiment.items = experiment.all_items[:1]
    return len(set(values)) > 1

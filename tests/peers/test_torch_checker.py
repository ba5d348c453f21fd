"""Beside ``torch.autograd.gradcheck``: what it catches is caught, and its recorded misses and false alarms are not."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from peer_tables.mutations import MUTATIONS

from gradcheck.integrations.torch import check_function, check_module, check_second_order

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradcheck[torch]'")
torch_backwards = pytest.importorskip("peer_tables.torch_backwards", reason="this PyTorch ships other functions")
BACKWARDS, as_function = torch_backwards.BACKWARDS, torch_backwards.as_function


def _theirs(function: Any, inputs: Any, **options: Any) -> bool:
    """Whether PyTorch's checker accepts a function."""
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    return bool(torch.autograd.gradcheck(function, leaves, raise_exception=False, **options))


def _broken() -> list[tuple[str, str]]:
    """Pairs of a backward function and a mutation that changes what it returns."""
    pairs = []
    for (name, (forward, backward, inputs)), mutation in itertools.product(BACKWARDS.items(), MUTATIONS):
        output = forward(*inputs)
        grads = backward(torch.ones_like(output), output, *inputs)
        changed = MUTATIONS[mutation](grads)
        if changed is not None and not all(torch.equal(a, b) for a, b in zip(changed, grads, strict=True)):
            pairs.append((name, mutation))
    return pairs


BROKEN = _broken()


def test_most_mutations_apply() -> None:
    """So many pairs are compared."""
    assert len(BROKEN) > 100


@pytest.mark.parametrize("name", BACKWARDS)
def test_shipped_backwards_are_right(name: str) -> None:
    """For both."""
    forward, backward, inputs = BACKWARDS[name]
    function = as_function(forward, backward)
    assert _theirs(function.apply, inputs)
    report = check_function(function, inputs)
    assert report.verdict.name == "PASS", report.reason


@pytest.mark.parametrize(("name", "mutation"), BROKEN, ids=lambda value: value)
def test_broken_backwards_are_caught(name: str, mutation: str) -> None:
    """All that PyTorch's checker rejects, in its thorough mode, is called wrong here."""
    forward, backward, inputs = BACKWARDS[name]
    function = as_function(forward, lambda *saved: MUTATIONS[mutation](backward(*saved)))
    assert not _theirs(function.apply, inputs)
    assert check_function(function, inputs).verdict.name == "FAIL"


class Doubled(torch.autograd.Function):
    """The identity, with one entry of the cotangent doubled."""

    @staticmethod
    def forward(_: Any, x: Any) -> Any:
        """The function."""
        return x.clone()

    @staticmethod
    def backward(_: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        grad = grad.clone()
        grad.view(-1)[0] *= 2
        return grad


def _normal(*shape: int, dtype: Any = torch.float64) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)


def test_a_miss_one_entry_among_many() -> None:
    """Fast mode passes one doubled entry of 3,000; here it is found, with its place."""
    x = _normal(3000)
    assert _theirs(Doubled.apply, [x], fast_mode=True)
    report = check_function(Doubled, x)
    assert report.verdict.name == "FAIL"
    assert report.blocks[0].worst[0].index == (0,)


@pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])
def test_a_miss_tiny_gradients(fast: bool) -> None:
    """A sign flip of gradients of 1e-8 is below their absolute tolerance; here tolerances are relative."""

    class Tiny(torch.autograd.Function):
        @staticmethod
        def forward(_: Any, x: Any) -> Any:
            return 1e-8 * x

        @staticmethod
        def backward(_: Any, grad: Any) -> Any:
            return -1e-8 * grad

    assert _theirs(Tiny.apply, [_normal(5)], fast_mode=fast)
    assert check_function(Tiny, _normal(5)).verdict.name == "FAIL"


@pytest.mark.filterwarnings("ignore:Input #0 requires gradient and is not a double precision")
@pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])
def test_a_false_alarm_single_precision(fast: bool) -> None:
    """Right float32 code fails there and passes here."""
    x = _normal(4, 3, dtype=torch.float32)
    assert not _theirs(lambda x: torch.tanh(x**2).sum(), [x], fast_mode=fast)
    assert check_function(lambda x: torch.tanh(x**2).sum(), x).verdict.name == "PASS"


def test_a_false_alarm_at_kinks() -> None:
    """A padded batch puts every pre-activation of a row at the kink of its ReLU: right code fails there."""
    x = torch.cat([_normal(3, 4), torch.zeros(2, 4, dtype=torch.float64)])
    network = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)).double()
    with torch.no_grad():
        network[0].weight.copy_(_normal(6, 4))
        network[0].bias.zero_()
        network[2].weight.copy_(_normal(2, 6))
    names = [name for name, _ in network.named_parameters()]

    def function(*weights: Any) -> Any:
        return torch.func.functional_call(network, dict(zip(names, weights, strict=True)), (x,)).pow(2).sum()

    assert not _theirs(function, list(network.parameters()))
    assert check_module(network, x).verdict.name == "PASS"


def test_second_order_beside_theirs() -> None:
    """``gradgradcheck`` and ``check_second_order`` agree, right and wrong."""

    class Detached(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return 3 * ctx.saved_tensors[0].detach() ** 2 * grad

    for function, right in ((torch.tanh, True), (torch.nn.functional.silu, True), (Detached.apply, False)):
        x = _normal(5).requires_grad_()
        assert torch.autograd.gradgradcheck(function, [x], raise_exception=False) is right
        assert (check_second_order(function, x).verdict.name == "PASS") is right

"""Functions of tensors: right ones pass, wrong ones fail where they are wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gradcheck import InvalidArgumentError
from gradcheck.integrations.torch import check_function

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradcheck[torch]'")

NO_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device on this machine")
DEVICES = ["cpu", pytest.param("cuda", marks=NO_CUDA)]
LOW = [torch.float32, torch.bfloat16, torch.float16]


def normal(*shape: int, dtype: Any = torch.float64) -> Any:
    """Normal numbers, the same each time."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)


class Layer(torch.autograd.Function):
    """``tanh(x @ w)``."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        """The function."""
        y = torch.tanh(x @ w)
        ctx.save_for_backward(x, w, y)
        return y

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        x, w, y = ctx.saved_tensors
        delta = grad * (1 - y**2)
        return delta @ w.T, x.T @ delta


class WrongLayer(Layer):
    """The sign of one gradient is wrong."""

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        d_x, d_w = Layer.backward(ctx, grad)
        return d_x, -d_w


class Sine(torch.autograd.Function):
    """With both products, in the style of a separate ``setup_context``."""

    @staticmethod
    def forward(x: Any) -> Any:
        """The function."""
        return x.sin()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:  # noqa: ARG004 - its signature
        """What the products need."""
        ctx.save_for_backward(inputs[0])
        ctx.save_for_forward(inputs[0])

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        return grad * ctx.saved_tensors[0].cos()

    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        """The Jacobian-vector product."""
        return tangent * ctx.saved_tensors[0].cos()


class WrongForwardMode(Sine):
    """Its ``jvp`` has the wrong sign."""

    @staticmethod
    def jvp(ctx: Any, tangent: Any) -> Any:
        """The Jacobian-vector product."""
        return -tangent * ctx.saved_tensors[0].cos()


class Scaled(torch.autograd.Function):
    """Multiplies the cotangent on its way."""

    @staticmethod
    def forward(ctx: Any, x: Any, factor: float) -> Any:
        """The function."""
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """The vector-Jacobian product."""
        return ctx.factor * grad, None


def _wrong(report: Any) -> list[str]:
    return [block.name for block in report.blocks if block.verdict.name == "FAIL"]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float64, *LOW], ids=str)
def test_a_function_subclass(dtype: Any, device: str) -> None:
    """Right code passes and the wrong block is named in every precision: it is judged in float64 where that runs."""
    inputs = normal(5, 3, dtype=dtype).to(device), normal(3, 2, dtype=dtype).to(device)
    assert check_function(Layer, inputs).verdict.name == "PASS"
    report = check_function(WrongLayer, inputs)
    assert report.verdict.name == "FAIL"
    assert _wrong(report) == ["w"]
    assert [block.name for block in report.blocks] == ["x", "w"]


def test_forward_mode_is_checked_where_it_is_defined() -> None:
    """And only the product that is wrong is named."""
    assert [block.name for block in check_function(Sine, normal(4)).blocks] == ["x", "x (jvp)"]
    assert check_function(Sine, normal(4)).verdict.name == "PASS"
    assert _wrong(check_function(WrongForwardMode, normal(4))) == ["x (jvp)"]
    assert check_function(WrongForwardMode, normal(4), products=["vjp"]).verdict.name == "PASS"


def _strided() -> Any:
    return normal(4, 6)[:, ::2].t()


SHAPES: dict[str, tuple[Callable[..., Any], tuple[Any, ...], list[tuple[int, ...]]]] = {
    "non-contiguous": (lambda x: (x**2).sum(1), (_strided(),), [(3, 4)]),
    "expanded": (lambda x: (x**2).sum(1), (normal(4, 1).expand(4, 3),), [(4, 1)]),
    "scalar": (lambda x: x**3, (normal(1)[0],), [()]),
    "broadcast": (lambda x, y: x * y, (normal(3, 1), normal(4)), [(3, 1), (4,)]),
    "several outputs": (lambda x: (x.sum(), {"y": x**2, "i": x.argmax()}), (normal(4),), [(4,)]),
    "nested inputs": (lambda xs, s: torch.cat(xs) * s["a"], ([normal(2), normal(3)], {"a": 2.0}), [(2,), (3,)]),
    "integers": (lambda x, i: x[i] ** 2, (normal(4), torch.tensor([0, 2, 2])), [(4,)]),
    "complex": (lambda z: (z * z.conj() * z).exp(), (torch.complex(normal(3), 0.5 * normal(3)),), [(3, 2)]),
    "unused": (lambda x, y: x**2 + 0 * y.detach(), (normal(3), normal(3)), [(3,), (3,)]),
    "not required": (lambda x, y: x * y, (normal(3).requires_grad_(), normal(3)), [(3,)]),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_inputs_of_every_kind(name: str) -> None:
    """Each is differentiated as what it holds."""
    function, inputs, shapes = SHAPES[name]
    report = check_function(function, inputs)
    assert report.verdict.name == "PASS", report.reason
    assert [block.shape for block in report.blocks] == shapes


def test_strides_reach_the_function() -> None:
    """What it is given lies in memory like what was passed."""

    def particular(x: Any) -> Any:
        assert x.stride() == _strided().stride()
        return x**2

    assert not _strided().is_contiguous()
    assert check_function(particular, _strided()).verdict.name == "PASS"


def test_writing_in_place_is_seen() -> None:
    """It is right all the same, and the caller's tensor is left alone."""
    x = normal(3)
    before = x.clone()
    report = check_function(lambda x: x.mul_(2.0).exp(), x)
    assert report.verdict.name == "PASS"
    assert report.finding("input-mutated") is not None
    assert torch.equal(x, before)


def test_a_detached_output_is_told() -> None:
    """It has no gradient to check beside others; alone it is a wrong gradient, namely none."""
    assert check_function(lambda x: (x**2, x.detach()), normal(3)).finding("output-not-differentiable") is not None
    assert check_function(lambda x: 3 * x.detach(), normal(3)).verdict.name == "FAIL"


def test_random_functions_need_a_reset() -> None:
    """Without it nothing can be compared; with it the mask is the same each time."""
    function = lambda x: torch.nn.functional.dropout(x) ** 2  # noqa: E731
    without = check_function(function, normal(20))
    assert without.verdict.name == "INVALID"
    assert without.finding("nondeterministic") is not None
    assert check_function(function, normal(20), reset=lambda: torch.manual_seed(0)).verdict.name == "PASS"


def test_a_gradient_that_does_not_repeat_is_told() -> None:
    """A second call at the same inputs is always made."""

    class Drifting(torch.autograd.Function):
        @staticmethod
        def forward(_: Any, x: Any) -> Any:
            return 2 * x

        @staticmethod
        def backward(_: Any, grad: Any) -> Any:
            return 2 * grad + 1e-3 * torch.rand(3, dtype=torch.float64)

    assert check_function(Drifting, normal(3)).verdict.name == "INVALID"


REFUSED: dict[str, tuple[Callable[..., Any], Any, str]] = {
    "overlap": (lambda x: x**2, normal(6).unfold(0, 3, 1), "overlaps itself in memory"),
    "sparse": (lambda x: x, torch.eye(3).to_sparse(), "expected a dense one"),
    "meta": (lambda x: x, torch.empty(3, device="meta"), "no numbers"),
    "integers alone": (lambda x: x, torch.arange(3), "nothing to differentiate"),
    "no tensor": (lambda x: x.sum().item(), normal(3), "no tensor of floating-point numbers"),
    "failing": (lambda x: x @ x @ x, normal(2, 3), "forward raised RuntimeError"),
    "not callable": (3, normal(2), "expected a callable"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore:Sparse")
def test_what_cannot_be_checked_is_refused(name: str) -> None:
    """With the reason and the cure."""
    function, inputs, message = REFUSED[name]
    with pytest.raises(InvalidArgumentError, match=message):
        check_function(function, inputs)


def test_low_precision_inside() -> None:
    """Code that rounds inside is not failed for it, whatever it returns."""
    w = normal(3, 2)
    for dtype in LOW:
        report = check_function(lambda x, d=dtype: torch.tanh(x.to(d) @ w.to(d)).to(x.dtype), normal(5, 3))
        assert report.verdict.name in ("PASS", "INCONCLUSIVE"), dtype


def test_code_that_takes_no_wider_numbers() -> None:
    """It is checked as it is; a wrong gradient does not pass, though only a gross one is sure to be one in float32."""
    w = normal(3, 2, dtype=torch.float32)
    assert check_function(lambda x: Layer.apply(x, w), normal(5, 3, dtype=torch.float32)).verdict.name == "PASS"
    for factor, verdicts in ((1.1, ("FAIL", "INCONCLUSIVE")), (-10.0, ("FAIL",))):
        report = check_function(
            lambda x, f=factor: Scaled.apply(Layer.apply(x, w), f), normal(5, 3, dtype=torch.float32)
        )
        assert report.verdict.name in verdicts, factor


def narrow(dtype: Any, factor: float) -> Any:
    """``exp`` that takes one dtype alone, as a kernel does; its backward times a factor."""

    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            if x.dtype != dtype:
                raise TypeError(f"expected {dtype}")
            y = torch.exp(x)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (y,) = ctx.saved_tensors
            return factor * grad * y

    return Exp


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("factor", [1.0, -1.0, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_kernel_of_one_low_precision(dtype: Any, factor: float, seed: int) -> None:
    """No float64 copy can be had: what is right never fails, and what is wrong never passes."""
    verdict = check_function(narrow(dtype, factor), normal(8, 3, dtype=dtype), rng=seed).verdict.name
    assert verdict in ({"PASS", "INCONCLUSIVE"} if factor == 1.0 else {"FAIL", "INCONCLUSIVE"})
    if dtype is torch.float32:
        assert verdict == ("PASS" if factor == 1.0 else "FAIL")


def narrow_linear(wrong: int | None) -> Any:
    """``x w + b`` in bfloat16 alone; the cotangent of one input has the wrong sign."""

    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any, b: Any) -> Any:
            if x.dtype != torch.bfloat16:
                raise TypeError("expected bfloat16")
            ctx.save_for_backward(x, w)
            return x @ w + b

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            x, w = ctx.saved_tensors
            grads = [grad @ w.T, x.T @ grad, grad.sum(0)]
            return tuple(-g if place == wrong else g for place, g in enumerate(grads))

    return Linear


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("wrong", [None, 0, 1, 2])
def test_one_wrong_input_of_a_kernel_in_bfloat16(wrong: int | None, seed: int) -> None:
    """Among right ones it is found, and named; a right kernel raises no alarm."""
    inputs = [normal(*shape, dtype=torch.bfloat16) for shape in ((6, 5), (5, 4), (4,))]
    report = check_function(narrow_linear(wrong), inputs, rng=seed)
    if wrong is None:
        assert report.verdict.name == "PASS"
    else:
        assert report.verdict.name == "FAIL"
        assert [block.name for block in report.blocks if block.verdict.name == "FAIL"] == ["xwb"[wrong]]

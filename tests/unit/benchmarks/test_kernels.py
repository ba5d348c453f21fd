"""The kernels of 16 bits that are measured: right ones are, and a spoilt one is wrong in the input that is said."""

from __future__ import annotations

import importlib.util

import pytest

from benchmarks.measurements import kernels


def test_without_pytorch_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it an error: the other measurements go on."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert kernels.measure(quick=True) == []


@pytest.mark.parametrize("dtype", kernels.DTYPES)
@pytest.mark.parametrize("name", kernels.KERNELS)
def test_a_kernel_runs_and_a_spoilt_one_is_no_pass(name: str, dtype: str) -> None:
    """By PyTorch's own backward pass it is never called wrong."""
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradcheck[torch]'")
    right, spoilt = kernels.verdict_of(kernels.KERNELS[name], dtype, 0)
    assert right.verdict.name in ("PASS", "INCONCLUSIVE"), right.reason
    assert spoilt in {block.name for block in right.blocks}
    wrong, spoilt = kernels.verdict_of(kernels.KERNELS[name], dtype, 0, "wrong sign")
    assert wrong.verdict.name == "FAIL"
    assert [block.name for block in wrong.blocks if block.verdict.name == "FAIL"] == [spoilt]


@pytest.mark.parametrize("fault", kernels.FAULTS)
def test_a_fault_changes_a_gradient(fault: str) -> None:
    """In most of its entries, and writes into none."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradcheck[torch]'")
    gradient = torch.arange(1.0, 7.0).reshape(2, 3)
    spoilt = kernels.FAULTS[fault](gradient)
    assert torch.equal(gradient, torch.arange(1.0, 7.0).reshape(2, 3))
    assert spoilt.shape == gradient.shape
    assert int((spoilt != gradient).sum()) >= 3

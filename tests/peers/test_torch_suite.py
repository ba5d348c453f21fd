"""PyTorch's own table of operations: every derivative that its own checker accepts is found right here, or vacuous."""

from __future__ import annotations

from typing import Any

import pytest

from gradcheck import CheckReport, InvalidArgumentError
from gradcheck.integrations.torch import check_function

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradcheck[torch]'")
pytest.importorskip("expecttest", reason="PyTorch's table of operations needs expecttest")
torch_ops = pytest.importorskip("peer_tables.torch_ops", reason="this PyTorch ships no table of operations")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def _verdict(case: Any) -> tuple[str, str]:
    """The verdict and why; ``REFUSED`` where the inputs cannot be perturbed."""
    try:
        report: CheckReport = check_function(case.function, case.inputs, reset=lambda: torch.manual_seed(0))
    except InvalidArgumentError as error:
        return "REFUSED", str(error)
    return report.verdict.name, report.reason


def _expected(name: str) -> str:
    kinds = {
        "FAIL": torch_ops.WRONG,
        "INCONCLUSIVE": torch_ops.DISCONTINUOUS,
        "INVALID": (*torch_ops.CONSTANT, *torch_ops.NOT_FINITE),
        "REFUSED": torch_ops.SPARSE,
    }
    return next((verdict for verdict, names in kinds.items() if name in names), "PASS")


def test_operations() -> None:
    """Several hundred pass; the few others are what they are known to be, and nothing else."""
    wrong, passed = [], 0
    for case in torch_ops.cases():
        verdict, reason = _verdict(case)
        passed += verdict == "PASS"
        if verdict != _expected(case.name):
            wrong.append(f"{case.name}: {verdict}, expected {_expected(case.name)}: {reason}")
    assert not wrong, "\n".join(wrong)
    assert passed > 400


def test_failures_are_failures_of_theirs() -> None:
    """What is called wrong here is rejected by PyTorch's own checker at the same inputs."""
    found = [case for case in torch_ops.cases() if case.name in torch_ops.WRONG]
    assert found
    for case in found:
        assert not torch.autograd.gradcheck(case.flat, case.tensors, raise_exception=False), case.name

"""PyTorch's ``gradcheck`` in fast mode, of a custom function around the NumPy code.

After a failure its fast mode runs the slow one, two losses for every parameter, to word the error message (minutes at
79,510 parameters). The verdict has fallen by then, so that is left out here.
"""

from __future__ import annotations

import sys
from typing import Any
from unittest import mock

from benchmarks.peers.peer import Peer
from benchmarks.subject import Subject

__all__ = ["PYTORCH"]


def _judge(subject: Subject, seed: int) -> str:
    import torch

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, theta: Any) -> Any:
            ctx.save_for_backward(theta)
            return torch.tensor(subject.loss(theta.detach().numpy()), dtype=torch.float64)

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> Any:
            (theta,) = ctx.saved_tensors
            return cotangent * torch.from_numpy(subject.gradient(theta.detach().numpy()))

    torch.manual_seed(seed)
    theta = torch.tensor(subject.theta, dtype=torch.float64, requires_grad=True)
    module = sys.modules["torch.autograd.gradcheck"]  # the attribute of that name is the function
    with mock.patch.object(module, "_run_slow_mode_and_get_error", return_value=""):
        passed = torch.autograd.gradcheck(Loss.apply, (theta,), fast_mode=True, raise_exception=False)
    return "pass" if passed else "fail"


PYTORCH = Peer(name="PyTorch gradcheck (fast)", requires="torch", judge=_judge)

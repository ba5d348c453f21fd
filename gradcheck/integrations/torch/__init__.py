"""Checks of PyTorch code: ``autograd.Function``, modules, and any function of tensors."""

from gradcheck.integrations.torch.checks import check_function, check_module, check_second_order

__all__ = ["check_function", "check_module", "check_second_order"]

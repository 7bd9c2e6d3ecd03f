"""The autograd namespace (torch.autograd)."""

from ..core.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from ..core.tensor import Tensor as Variable
from . import graph
from .backward import backward, grad, install
from .function import Function

__all__ = ["Function", "Variable", "backward", "enable_grad", "grad", "graph", "inference_mode", "install", "no_grad", "set_grad_enabled"]

"""The modes of autograd, under the path PyTorch gives them (torch.autograd.grad_mode)."""

from __future__ import annotations

from ..core.modes import enable_grad, inference_mode, no_grad, set_grad_enabled

_multithreading = True


def is_multithreading_enabled() -> bool:
    """What `set_multithreading_enabled` last said. Backward runs on the calling thread either way."""
    return _multithreading


class set_multithreading_enabled:
    """Accepted for PyTorch's sake, at once or for a block: backward always runs on the calling thread."""

    def __init__(self, mode: bool):
        global _multithreading
        self.previous, self.mode = _multithreading, mode
        _multithreading = mode

    def __enter__(self):
        pass

    def __exit__(self, *error):
        global _multithreading
        _multithreading = self.previous


__all__ = ["enable_grad", "inference_mode", "is_multithreading_enabled", "no_grad", "set_grad_enabled", "set_multithreading_enabled"]

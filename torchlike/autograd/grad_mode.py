"""The modes of autograd, under the path PyTorch gives them (torch.autograd.grad_mode)."""

from __future__ import annotations

from ..core.install import show_in
from ..core.modes import _ContextDecorator, enable_grad, inference_mode, no_grad, set_grad_enabled
from ..core.tensor import Tensor

show_in(__name__, enable_grad, inference_mode, no_grad, set_grad_enabled)
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

    def clone(self) -> set_multithreading_enabled:
        """Another one of the same setting."""
        return type(self)(self.mode)


class enforce_grad_layout_policy(_ContextDecorator):
    """Accepted for PyTorch's sake, at once, for a block or as a decorator: every gradient is row-major here."""

    def __init__(self, enable: bool = True):
        self.mode = enable

    def clone(self) -> enforce_grad_layout_policy:
        return type(self)(self.mode)

    def __enter__(self):
        pass

    def __exit__(self, *error):
        pass


_view_replay = False


def is_view_replay_enabled() -> bool:
    """What `_force_original_view_tracking` last said. A view written to is one AsStrided node of its base either way."""
    return _view_replay


class _force_original_view_tracking(_ContextDecorator):
    """Accepted for PyTorch's sake, at once, for a block or as a decorator."""

    def __init__(self, mode: bool):
        global _view_replay
        self.previous, self.mode = _view_replay, mode
        _view_replay = mode

    def clone(self) -> _force_original_view_tracking:
        return type(self)(self.mode)

    def __call__(self, target):
        self.__exit__()
        return super().__call__(target)

    def __enter__(self):
        global _view_replay
        _view_replay = self.mode

    def __exit__(self, *error):
        global _view_replay
        _view_replay = self.previous


class _unsafe_preserve_version_counter(_ContextDecorator):
    """Within the block, writes to these Tensors go uncounted: for one who puts back what was there before autograd looks."""

    def __init__(self, tensors):
        self.tensors = (tensors,) if isinstance(tensors, Tensor) else tuple(tensors)
        self.versions = [t._version for t in self.tensors]

    def clone(self) -> _unsafe_preserve_version_counter:
        return type(self)(self.tensors)

    def __enter__(self):
        pass

    def __exit__(self, *error):
        for t, version in zip(self.tensors, self.versions, strict=True):
            (t._counter or t._storage).version = version


__all__ = ["enable_grad", "enforce_grad_layout_policy", "inference_mode", "is_multithreading_enabled", "is_view_replay_enabled", "no_grad",
           "set_grad_enabled", "set_multithreading_enabled"]

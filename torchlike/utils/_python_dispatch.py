"""`torch.utils._python_dispatch`: the names, for programs that import them. torchlike has no layer of aten operators to intercept."""

from __future__ import annotations


class TorchDispatchMode:
    """In PyTorch sees every aten operator; NotImplementedError when entered here."""

    def __init__(self, _dispatch_key=None):
        pass

    def __enter__(self):
        raise NotImplementedError(
            "torchlike does not call __torch_dispatch__: its kernels are compiled whole and have no layer of aten operators to intercept. Use "
            "torch.overrides.TorchFunctionMode, which sees the public functions."
        )

    def __exit__(self, exc_type, exc_val, exc_tb):
        pass


__all__ = ["TorchDispatchMode"]

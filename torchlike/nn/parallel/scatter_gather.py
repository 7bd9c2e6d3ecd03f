"""Arguments spread over devices and results collected (torch.nn.parallel.scatter_gather). With one device, they stay where they are."""

from __future__ import annotations

from typing import Any

from ...core.pytree_only import tree_map_only
from ...core.tensor import Tensor


def _only(devices) -> Any:
    devices = list(devices)
    if len(devices) != 1:
        raise NotImplementedError(f"torchlike runs modules on one device, not {len(devices)}; give a list of one, or jax.shard_map the step")
    return devices[0]


def _moved(value, device):
    """The Tensors in nested containers on a device; -1 is the CPU, as in PyTorch."""
    return tree_map_only(Tensor, lambda t: t.to("cpu" if device in (-1, None) else device), value)


def scatter(inputs, target_gpus, dim: int = 0) -> list:
    """The parts of `inputs` for each device: all of them for the only one there is."""
    return [_moved(inputs, _only(target_gpus))]


def scatter_kwargs(inputs, kwargs, target_gpus, dim: int = 0) -> tuple:
    """Positional and keyword arguments scattered alike, as two tuples with an entry per device."""
    device = _only(target_gpus)
    return (_moved(tuple(inputs), device),), (_moved(kwargs or {}, device),)


def gather(outputs, target_device, dim: int = 0):
    """The results of all devices put together on one."""
    return _moved(_only(outputs), target_device)


__all__ = ["gather", "scatter", "scatter_kwargs"]

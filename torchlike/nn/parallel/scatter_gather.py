"""Arguments spread over devices and results collected (torch.nn.parallel.scatter_gather). With one device, they stay where they are."""

from __future__ import annotations

from typing import Any

from ...core.tensor import Tensor


def _only(devices) -> Any:
    devices = list(devices)
    if len(devices) != 1:
        raise NotImplementedError(f"torchlike runs modules on one device, not {len(devices)}; give a list of one, or jax.shard_map the step")
    return devices[0]


def _moved(value, device):
    if isinstance(value, Tensor):
        return value if device in (-1, None) or str(device) == "cpu" else value.to(device)  # type: ignore[attr-defined]
    if isinstance(value, list | tuple):
        moved = [_moved(x, device) for x in value]
        return type(value)(*moved) if hasattr(value, "_fields") else type(value)(moved)
    if isinstance(value, dict):
        return type(value)((k, _moved(v, device)) for k, v in value.items())
    return value


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

"""Which device's random state a checkpoint carries. torchlike has one stream of random numbers for all devices, so its state is each one's."""

from __future__ import annotations

from collections.abc import Iterator

from ..accelerator import current_accelerator
from ..core.random import get_rng_state, set_rng_state
from ..core.tensor import Tensor


class DefaultDeviceType:
    """The device type assumed when no argument of a checkpointed call lives on an accelerator."""

    _default_device_type: str | None = None

    @staticmethod
    def set_device_type(device: str = "cuda") -> None:
        """Choose the default."""
        DefaultDeviceType._default_device_type = device

    @staticmethod
    def get_device_type() -> str:
        """The default: the accelerator JAX sees, else the CPU, unless another has been chosen."""
        if DefaultDeviceType._default_device_type is None:
            found = current_accelerator(True)
            DefaultDeviceType._default_device_type = "cpu" if found is None else found.type
        return DefaultDeviceType._default_device_type


def _tensors(item) -> Iterator[Tensor]:
    if isinstance(item, Tensor):
        yield item
    elif isinstance(item, dict | list | tuple):
        for part in item.values() if isinstance(item, dict) else item:
            yield from _tensors(part)


def _infer_device_type(*args) -> str:
    """The kind of accelerator that the Tensors among the arguments are on, or the default one when they are on none."""
    found = [t.device.type for t in _tensors(args) if t.device.type != "cpu"]
    return found[0] if found else DefaultDeviceType.get_device_type()


def get_device_states(*args) -> tuple[list[int], list[Tensor]]:
    """The numbers of the accelerators the arguments live on, and the random state for each."""
    devices = [t.device.index or 0 for t in _tensors(args) if t.device.type != "cpu"]
    return devices, [get_rng_state() for _ in devices]


def set_device_states(devices, states, *, device_type: str | None = None) -> None:
    """Restore what `get_device_states` gave."""
    for _, state in zip(devices, states, strict=False):
        set_rng_state(state)

"""Lists of Tensors sorted by device and dtype (torch.utils._foreach_utils), as optimisers of other libraries do it."""

from __future__ import annotations


def _group_tensors_by_device_and_dtype(tensorlistlist, with_indices: bool = False) -> dict:
    """{(device, dtype): (lists, indices)}: the lists cut down to the positions where the first has a Tensor of that kind."""
    groups: dict[tuple, tuple[list, list]] = {}
    for i, first in enumerate(tensorlistlist[0]):
        lists, indices = groups.setdefault((first.device, first.dtype), ([[] for _ in tensorlistlist], []))
        for chosen, tensors in zip(lists, tensorlistlist, strict=True):
            chosen.append(tensors[i] if tensors else None)
        indices.append(i)
    return {kind: (lists, indices if with_indices else []) for kind, (lists, indices) in groups.items()}


def _get_foreach_kernels_supported_devices() -> list[str]:
    """The devices on which `torch._foreach_*` is worth while: every one runs what is compiled together."""
    return ["cpu", "cuda"]


def _device_has_foreach_support(device) -> bool:
    return device.type in _get_foreach_kernels_supported_devices()


def _has_foreach_support(tensors: list, device) -> bool:
    return _device_has_foreach_support(device)

"""Which GPUs there are and which one is meant."""

from __future__ import annotations

import functools
from collections.abc import Callable

from ..core.device import NO_CUDA, current_index, device_count, has_platform, set_current_index, to_jax_device
from ..core.device import device as Device
from ..streams import wait_for


def is_available() -> bool:
    """Whether JAX sees a GPU."""
    return has_platform("cuda")


def require() -> None:
    """AssertionError, as from PyTorch built without CUDA, when JAX sees no GPU."""
    if not is_available():
        raise AssertionError(NO_CUDA)


def needing_gpu(call: Callable) -> Callable:
    """`call`, for which there must be a GPU."""

    @functools.wraps(call)
    def checked(*args, **kwargs):
        require()
        return call(*args, **kwargs)

    return checked


def init() -> None:
    """Nothing, as JAX starts its GPUs itself; AssertionError without one."""
    require()


def is_initialized() -> bool:
    """Whether there is a GPU to use."""
    return is_available()


def count() -> int:
    """How many GPUs JAX sees."""
    return device_count("cuda")


def index_of(device=None) -> int:
    """The index that an argument means: a number, a device, its name, or None for the current GPU. ValueError for another kind of device."""
    if isinstance(device, int):
        return device
    if device is None:
        return current_index()
    found = Device(device)
    if found.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {found}")
    return current_index() if found.index is None else found.index


def place(device=None):
    """The `jax.Device` that an argument means; AssertionError without a GPU."""
    require()
    return to_jax_device(Device("cuda", index_of(device)))


def current_device() -> int:
    """The index of the GPU that "cuda" alone means."""
    require()
    return current_index()


def set_device(device) -> None:
    """Let "cuda" alone mean this GPU on this thread; a negative index changes nothing."""
    index = index_of(device)
    if index >= 0:
        place(index)
        set_current_index(index)


class device:
    """The block in which "cuda" alone means this GPU (torch.cuda.device)."""

    def __init__(self, device):
        self.idx = index_of(device)
        self.prev_idx = -1

    def __enter__(self):
        if self.idx >= 0:
            if not is_available():
                raise RuntimeError("PyTorch was compiled without CUDA support")
            self.prev_idx = current_index()
            set_device(self.idx)

    def __exit__(self, *error):
        if self.prev_idx >= 0:
            set_current_index(self.prev_idx)
        return False


class device_of(device):
    """The block in which "cuda" alone means the GPU of a Tensor; nothing for a Tensor on the CPU (torch.cuda.device_of)."""

    def __init__(self, obj):
        super().__init__(obj.get_device() if obj.is_cuda else -1)


def get_device_name(device=None) -> str:
    """The name of a GPU."""
    return place(device).device_kind


def get_device_capability(device=None) -> tuple[int, int]:
    """The compute capability of a GPU: (major, minor)."""
    major, minor = str(getattr(place(device), "compute_capability", "0.0")).split(".")
    return int(major), int(minor)


class DeviceProperties:
    """What is known of a GPU. `total_memory` is what JAX may use of it."""

    def __init__(self, jax_device):
        self.name = jax_device.device_kind
        self.major, self.minor = get_device_capability(jax_device.local_hardware_id)
        self.multi_processor_count = getattr(jax_device, "core_count", 0) or 0
        self.total_memory = (jax_device.memory_stats() or {}).get("bytes_limit", 0)
        self.warp_size = 32
        self.is_integrated = self.is_multi_gpu_board = 0

    def __repr__(self):
        return (f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
                f"total_memory={self.total_memory >> 20}MB, multi_processor_count={self.multi_processor_count})")


def get_device_properties(device=None) -> DeviceProperties:
    """Name, capability, memory and processors of a GPU."""
    return DeviceProperties(place(device))


def can_device_access_peer(device, peer_device) -> bool:
    """Whether two different GPUs are there: XLA copies between them."""
    a, b = place(device), place(peer_device)
    return a != b


def synchronize(device=None) -> None:
    """Wait until everything given to a GPU so far has run."""
    place(device)
    wait_for(Device("cuda", index_of(device)))


def ipc_collect() -> None:
    """Nothing: no memory is shared between processes."""
    require()


def get_arch_list() -> list[str]:
    """The architectures that there are GPUs of: XLA compiles for those it finds."""
    return sorted({"sm_{}{}".format(*get_device_capability(i)) for i in range(count())})


def get_gencode_flags() -> str:
    """The empty text: nothing was compiled beforehand."""
    return ""


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether there is a GPU: bfloat16 works wherever XLA runs."""
    return is_available()


def is_tf32_supported() -> bool:
    """Whether the current GPU multiplies in TF32."""
    return is_available() and get_device_capability()[0] >= 8

"""Several processes (torch.distributed): not available, which programs ask for first. What needs a process group is refused."""

from __future__ import annotations

import enum
import os
import types

from .core.missing import missing as _missing
from .core.unsupported import refusing as _refusing

_NO_GROUP = "Default process group has not been initialized, please make sure to call init_process_group."


class ReduceOp(enum.Enum):
    """How values of several processes would be combined (torch.distributed.ReduceOp)."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7


class group:
    """The group of all processes: none (torch.distributed.group)."""

    WORLD = None


def is_available() -> bool:
    """False."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


is_nccl_available = is_gloo_available = is_mpi_available = is_ucc_available = is_available


def is_torchelastic_launched() -> bool:
    """Whether torchrun has started this process."""
    return os.environ.get("TORCHELASTIC_RUN_ID") is not None


def _without_group(name: str):
    def function(*args, **kwargs):
        raise ValueError(_NO_GROUP)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Raises ValueError: there is no process group."
    return function


get_rank, get_world_size, get_backend, barrier, destroy_process_group = map(
    _without_group, ("get_rank", "get_world_size", "get_backend", "barrier", "destroy_process_group")
)
_NAMES = """init_process_group new_group all_reduce all_gather all_gather_object all_gather_into_tensor all_to_all all_to_all_single broadcast
broadcast_object_list gather gather_object reduce reduce_scatter reduce_scatter_tensor scatter scatter_object_list send recv isend irecv
batch_isend_irecv monitored_barrier init_device_mesh TCPStore FileStore HashStore DeviceMesh ProcessGroup"""
globals().update(_refusing(_NAMES.split(), "torchlike runs in one process; guard the call with torch.distributed.is_available()"))
rpc = types.SimpleNamespace(is_available=is_available, **_refusing(
    ("init_rpc", "remote", "rpc_async", "rpc_sync", "shutdown", "RRef"), "torchlike runs in one process"))  # fmt: skip
__getattr__ = _missing(__name__)

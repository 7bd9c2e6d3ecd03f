"""Programs for several processes (torch.distributed), run as a world of one: `init_process_group` with a size of 1, the collectives and
`DistributedDataParallel` do what they would there. Before that the package calls itself unavailable, so libraries do without it."""

from __future__ import annotations

import os
import types

from ..core.missing import missing as _missing
from ..core.unsupported import refusing as _refusing
from .collectives import (
    ReduceOp,
    Work,
    all_gather,
    all_gather_into_tensor,
    all_gather_single,
    all_reduce,
    all_to_all,
    all_to_all_single,
    barrier,
    broadcast,
    gather,
    irecv,
    isend,
    monitored_barrier,
    recv,
    reduce,
    reduce_scatter,
    reduce_scatter_single,
    reduce_scatter_tensor,
    scatter,
    send,
)
from .groups import (
    Backend,
    GroupMember,
    ProcessGroup,
    default_pg_timeout,
    destroy_process_group,
    get_backend,
    get_global_rank,
    get_group_rank,
    get_node_local_rank,
    get_pg_count,
    get_process_group_ranks,
    get_rank,
    get_world_size,
    group,
    init_process_group,
    is_initialized,
    new_group,
    new_subgroups,
)
from .objects import all_gather_object, broadcast_object_list, gather_object, scatter_object_list

reduce_op = ReduceOp


def is_available() -> bool:
    """Whether there is a process group. (PyTorch: whether it was built with any; libraries that are told so import what is not here.)"""
    return is_initialized()


def is_nccl_available() -> bool:
    """False: no backend is needed, as nothing is sent."""
    return False


is_gloo_available = is_mpi_available = is_ucc_available = is_xccl_available = is_nccl_available


def is_backend_available(backend: str) -> bool:
    """False: no backend is needed, as nothing is sent."""
    return False


def is_torchelastic_launched() -> bool:
    """Whether torchrun has started this process."""
    return os.environ.get("TORCHELASTIC_RUN_ID") is not None


_NAMES = "batch_isend_irecv init_device_mesh TCPStore FileStore HashStore PrefixStore Store DeviceMesh P2POp"
globals().update(_refusing(_NAMES.split(), "torchlike runs in one process; guard the call with torch.distributed.is_available()"))
rpc = types.SimpleNamespace(is_available=is_nccl_available, **_refusing(
    ("init_rpc", "remote", "rpc_async", "rpc_sync", "shutdown", "RRef"), "torchlike runs in one process"))  # fmt: skip
__getattr__ = _missing(__name__)

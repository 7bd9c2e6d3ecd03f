"""GPUs, as far as JAX sees them (torch.cuda). Without one, what needs a GPU fails as in PyTorch built without CUDA."""

from __future__ import annotations

from ..core.missing import missing as _missing
from ..core.unsupported import refusing as _refusing
from ..errors import AcceleratorError as AcceleratorError
from ..execution.segment import OutOfMemoryError as OutOfMemoryError
from ..ops.legacy import cuda_types as _cuda_types
from ..ops.storage_types import cuda_storages as _cuda_storages
from . import nvtx, random, streams
from .devices import (
    can_device_access_peer,
    current_device,
    device,
    device_of,
    get_arch_list,
    get_device_capability,
    get_device_name,
    get_device_properties,
    get_gencode_flags,
    init,
    ipc_collect,
    is_available,
    is_bf16_supported,
    is_initialized,
    is_tf32_supported,
    set_device,
    synchronize,
)
from .devices import count as device_count
from .devices import needing_gpu as _needing_gpu
from .devices import require as _lazy_init
from .graphs import CUDAGraph
from .memory import (
    empty_cache,
    get_allocator_backend,
    host_memory_stats,
    host_memory_stats_as_nested_dict,
    max_memory_allocated,
    max_memory_cached,
    max_memory_reserved,
    mem_get_info,
    memory_allocated,
    memory_cached,
    memory_reserved,
    memory_snapshot,
    memory_stats,
    memory_stats_as_nested_dict,
    memory_summary,
    reset_accumulated_host_memory_stats,
    reset_accumulated_memory_stats,
    reset_max_memory_allocated,
    reset_max_memory_cached,
    reset_peak_host_memory_stats,
    reset_peak_memory_stats,
    set_per_process_memory_fraction,
)
from .random import (
    get_rng_state,
    get_rng_state_all,
    initial_seed,
    manual_seed,
    manual_seed_all,
    seed,
    seed_all,
    set_rng_state,
    set_rng_state_all,
)
from .streams import (
    Event,
    ExternalStream,
    Stream,
    StreamContext,
    current_stream,
    default_stream,
    get_stream_from_external,
    is_current_stream_capturing,
    set_stream,
    stream,
)


class DeferredCudaCallError(Exception):
    """A call that was put off until the GPU was there has failed (torch.cuda.DeferredCudaCallError)."""


class CudaError(RuntimeError):
    """An error of the CUDA runtime (torch.cuda.CudaError)."""


def _is_compiled() -> bool:
    return is_available()


has_half, has_magma = True, False
default_generators: tuple = ()
globals().update(_cuda_types(), **_cuda_storages())
globals().update({name: _needing_gpu(call) for name, call in _refusing(
    ("cudart", "current_blas_handle", "current_solver_handle", "caching_allocator_alloc", "caching_allocator_delete", "MemPool", "use_mem_pool",
     "CUDAPluggableAllocator", "change_current_allocator", "GreenContext", "set_sync_debug_mode", "get_sync_debug_mode",
     "get_per_process_memory_fraction", "caching_allocator_enable", "caching_allocator_disabled", "check_error",
     "graph", "graph_pool_handle", "make_graphed_callables"),
    "torchlike leaves the GPU to XLA, which lends out neither its libraries' handles nor its allocator, and captures no graphs: torch.compile "
    "makes one program of a function").items()})
globals().update(_refusing(
    ("utilization", "temperature", "power_draw", "clock_rate", "memory_usage", "device_memory_used", "list_gpu_processes"),
    "torchlike does not ask the driver; use nvidia-smi or the package nvidia-ml-py"))
__getattr__ = _missing(__name__, on_demand=("amp", "graphs", "memory", "nccl", "profiler"))

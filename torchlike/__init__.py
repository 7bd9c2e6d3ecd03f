"""torchlike: PyTorch's autograd programming model on JAX. `import torchlike as torch`."""

import os as _os
import sys as _sys

# XLA takes its own tuning preferences for CPU features, misses them on the host when it loads a kernel from the persistent cache, and logs an
# error for each. It reads this setting when it is loaded.
if "jaxlib" not in _sys.modules:
    _os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from . import host_memory as _host_memory

# Before NumPy and JAX take memory.
_host_memory.keep_freed()

import jax as _jax

_jax.config.update("jax_enable_x64", True)

from .execution import compile_cache as _compile_cache

_compile_cache.start()

import math as _math
from importlib import import_module as _import_module

from . import ops as _op_families
from .core import return_types
from .core.device import device, get_default_device, set_default_device
from .core.dtype import (
    bfloat16,
    bool,
    cdouble,
    cfloat,
    complex64,
    complex128,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    set_default_dtype,
    short,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .core.install import install as _install
from .core.install import show_in as _show_in
from .core.missing import equip as _equip
from .core.missing import missing as _missing
from .core.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .core.precision import get_float32_matmul_precision, set_float32_matmul_precision
from .core.printing import set_printoptions
from .core.random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .core.size import Size
from .core.tensor import Tensor
from .core.typename import typename
from .core.unsupported import DTYPES as _UNSUPPORTED_DTYPES
from .core.unsupported import refusing as _refusing
from .ops import info as _info
from .ops import overloads as _overloads
from .ops import storage_types as _storage_types
from .ops.info import channels_last, channels_last_3d, contiguous_format, layout, memory_format, preserve_format, qscheme, strided
from .ops.memory import UntypedStorage, is_storage
from .ops.typed_storage import TypedStorage
from .ops.types import finfo, iinfo
from .overridable import present as _present
from .overridable import present_tensor as _present_tensor

globals().update(_install())
_op_families.install(Tensor)
_present(__name__)
_show_in(f"{__name__}._C", Generator)
_show_in(__name__, Tensor, Size, device, dtype, finfo, iinfo)
_show_in(f"{__name__}.storage", UntypedStorage, TypedStorage)

from . import (
    accelerator,
    amp,
    autograd,
    backends,
    compiler,
    cpu,
    cuda,
    debug,
    fft,
    func,
    linalg,
    masked,
    nn,
    onnx,
    optim,
    profiler,
    quasirandom,
    random,
    signal,
    special,
    utils,
    version,
)
from . import conditions as _conditions
from . import foreach as _foreach
from . import private_paths as _private_paths
from . import settings as _settings
from . import symbolic as _symbolic
from .amp import settings as _amp_settings
from .amp.autocast_mode import autocast
from .amp.grad_scaler import GradScaler
from .autograd.anomaly_mode import is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled
from .compiler import compile
from .control_flow import cond, while_loop
from .default_type import set_default_tensor_type
from .errors import AcceleratorError, FatalError
from .execution.segment import OutOfMemoryError
from .execution_mode import get_execution, set_execution, synchronize
from .jax_bridge import jax_op, to_jax
from .jit import CompilationUnit, ScriptFunction, ScriptModule
from .serialization import load, save
from .settings import (
    are_deterministic_algorithms_enabled,
    get_num_interop_threads,
    get_num_threads,
    is_deterministic_algorithms_warn_only_enabled,
    set_flush_denormal,
    set_num_interop_threads,
    set_num_threads,
    use_deterministic_algorithms,
)
from .streams import Event, Stream
from .torch_version import __version__

vmap = func.vmap
for _names in (_UNSUPPORTED_DTYPES, _storage_types.LEGACY, _info.SPARSE_LAYOUTS, _info.QSCHEMES):
    globals().update(_names)
globals().update(_refusing(("PyTorchFileReader", "PyTorchFileWriter"), "archives are read and written by torch.load and torch.save"))
legacy_contiguous_format = contiguous_format
Storage = _storage_types.LEGACY["FloatStorage"]
_storage_classes = {UntypedStorage, TypedStorage, *_storage_types.LEGACY.values()}
for _module in (_amp_settings, _conditions, _foreach, _settings, _symbolic):
    globals().update({_name: getattr(_module, _name) for _name in _module.NAMES})
autograd.install(Tensor)

e, inf, nan, pi = _math.e, _math.inf, _math.nan, _math.pi
newaxis = None
# `torch.torch` is torch.
torch = _sys.modules[__name__]
_LAZY = """_C __config__ __future__ _custom_ops _dynamo _functorch _higher_order_ops _jit_internal _ops _subclasses _tensor _tensor_str
_utils _vmap_internals ao distributed distributions export futures fx hub jit library monitor mps mtia multiprocessing nested
overrides quantization quasirandom sparse storage testing types xpu"""
_private_paths.install()
_overloads.chapters.append(lambda: _import_module(f"{__name__}._aten"))
__getattr__ = _missing(__name__, on_demand=tuple(_LAZY.split()))
_equip(autograd, fft, linalg, masked, nn, nn.functional, nn.init, nn.utils, optim, optim.lr_scheduler, profiler, signal, signal.windows,
       special, utils, utils.data)

for _namespace in ("autograd", "fft", "linalg", "nn.init", "signal.windows", "special"):
    _present(f"{__name__}.{_namespace}")
_present_tensor()

from . import functional

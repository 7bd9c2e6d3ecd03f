"""Neural networks (torch.nn): modules, parameters, functions, initial distributions and helpers."""
# ruff: noqa: F401, F403

from ..core.missing import missing as _missing
from . import functional, init, modules, parameter, utils
from .factory import factory_kwargs
from .modules import *
from .parallel import DataParallel
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

_NO_QUANTISED = "quantised tensors do not exist here; use float16 or bfloat16 for smaller models."

__getattr__ = _missing(
    __name__,
    on_demand=("attention", "common_types", "grad"),
    refused=dict.fromkeys(("intrinsic", "qat", "quantizable", "quantized"), _NO_QUANTISED),
)

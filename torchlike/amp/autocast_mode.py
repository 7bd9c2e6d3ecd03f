"""Autocast regions, and custom Functions that know of them."""

from __future__ import annotations

import functools
import warnings

from ..core.autocast import cache, enter, leave
from ..core.device import device as _Device
from ..core.device import has_platform
from ..core.dtype import bfloat16, float16
from ..core.tensor import Tensor
from .settings import get_autocast_dtype, is_autocast_enabled, set_autocast_enabled, set_dtype

_KINDS = ("cpu", "cuda", "tpu")
_HALVES = (bfloat16, float16)


def is_autocast_available(device_type: str) -> bool:
    """Whether autocast knows this kind of device (torch.amp.is_autocast_available); RuntimeError for no kind of device."""
    return _Device(device_type).type in _KINDS


class autocast:
    """A region, or by decoration a function, in which products run in `dtype` and what needs the range in float32 (torch.autocast).

    `dtype` defaults to bfloat16 on a CPU or TPU and float16 on a GPU; RuntimeError for a device that autocast does not know.
    """

    def __init__(self, device_type: str, dtype=None, enabled: bool = True, cache_enabled: bool | None = None):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if not is_autocast_available(device_type):
            raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")
        self.device = _Device(device_type).type
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        self._cache_enabled = cache.enabled if cache_enabled is None else cache_enabled
        self._enabled = enabled and self._possible()

    def _possible(self) -> bool:
        if self.device == "cuda" and not has_platform("cuda"):
            warnings.warn("CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=3)
            return False
        if self.fast_dtype not in _HALVES:
            name = self.device.upper()
            warnings.warn(f"In {name} autocast, but the target dtype is not supported. Disabling autocast.\n"
                          f"{name} Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.", stacklevel=3)
            return False
        return True

    def __enter__(self):
        self.prev = is_autocast_enabled(self.device)
        self.prev_fastdtype = get_autocast_dtype(self.device)
        self.prev_cache_enabled = cache.enabled
        cache.enabled = self._cache_enabled
        set_dtype(self.device, self.fast_dtype)
        set_autocast_enabled(self.device, self._enabled)
        enter()
        return self

    def __exit__(self, *error):
        leave()
        set_autocast_enabled(self.device, self.prev)
        set_dtype(self.device, self.prev_fastdtype)
        cache.enabled = self.prev_cache_enabled
        return False

    def __call__(self, func):
        @functools.wraps(func)
        def inside(*args, **kwargs):
            with self:
                return func(*args, **kwargs)

        return inside


def _converted(value, kind: str, dtype):
    """A nest of arguments whose floats on devices of this kind have this dtype, doubles excepted."""
    if isinstance(value, Tensor):
        castable = value.is_floating_point() and value.device.type == kind and value.dtype.itemsize < 8
        return value.to(dtype) if castable else value
    if isinstance(value, dict):
        return {_converted(k, kind, dtype): _converted(v, kind, dtype) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_converted(v, kind, dtype) for v in value)
    return value


def custom_fwd(fwd=None, *, device_type: str, cast_inputs=None):
    """Decorate the `forward` of a custom Function (torch.amp.custom_fwd): with `cast_inputs` it runs outside of autocast, on inputs of that
    dtype; without, as its surroundings do. `custom_bwd` then has `backward` do the same."""
    _check_kind(device_type)
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorated(*args, **kwargs):
        ctx = args[0]
        ctx._dtype = get_autocast_dtype(device_type)
        enabled = is_autocast_enabled(device_type)
        if cast_inputs is None:
            ctx._fwd_used_autocast = enabled
            return fwd(*args, **kwargs)
        ctx._fwd_used_autocast = False
        if not enabled:
            return fwd(*args, **kwargs)
        with autocast(device_type=device_type, enabled=False):
            return fwd(*_converted(args, device_type, cast_inputs), **_converted(kwargs, device_type, cast_inputs))

    return decorated


def custom_bwd(bwd=None, *, device_type: str):
    """Decorate the `backward` of a custom Function whose `forward` has `custom_fwd` (torch.amp.custom_bwd): it runs under the same autocast."""
    _check_kind(device_type)
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorated(*args, **kwargs):
        with autocast(device_type=device_type, enabled=args[0]._fwd_used_autocast, dtype=args[0]._dtype):
            return bwd(*args, **kwargs)

    return decorated


def _check_kind(device_type) -> None:
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")


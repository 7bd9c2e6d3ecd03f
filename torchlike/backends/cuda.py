"""CUDA's switches (torch.backends.cuda). `matmul.allow_tf32` is the one that acts: it sets float32 matmul precision."""

from __future__ import annotations

import warnings

from ..core.device import NO_CUDA
from ..core.device import has_platform as _has
from ..core.missing import missing as _missing
from ..core.precision import get_float32_matmul_precision as _get
from ..core.precision import set_float32_matmul_precision as _set


class _Matmul:
    _kept = {"allow_fp16_reduced_precision_reduction": True, "allow_bf16_reduced_precision_reduction": True, "allow_fp16_accumulation": False,
             "fp32_precision": "none"}  # fmt: skip

    def __getattr__(self, name: str):
        if name == "allow_tf32":
            return _get() != "highest"
        if name not in self._kept:
            raise AttributeError(f"Unknown attribute {name}")
        return self._kept[name]

    def __setattr__(self, name: str, value):
        if name == "allow_tf32":
            _set("high" if value else "highest")
        elif name in self._kept:
            self._kept[name] = value
        else:
            raise AttributeError(f"Unknown attribute {name}")


matmul = _Matmul()


class _PlanCache:
    """What would be the cache of FFT plans: XLA keeps its own. AssertionError without a GPU."""

    def __init__(self):
        self._max_size = 4096

    def _require(self) -> None:
        if not _has("cuda"):
            raise AssertionError(NO_CUDA)

    @property
    def size(self) -> int:
        """0."""
        self._require()
        return 0

    @property
    def max_size(self) -> int:
        """What was set."""
        self._require()
        return self._max_size

    @max_size.setter
    def max_size(self, value: int):
        self._require()
        self._max_size = value

    def clear(self) -> None:
        """Nothing."""
        self._require()

    def __getitem__(self, device) -> _PlanCache:
        return self


cufft_plan_cache = _PlanCache()
attention_switches = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}
_libraries = {"linalg": "default", "blas": "default"}


def is_built() -> bool:
    """Whether GPU support is compiled in: that is up to the installed jaxlib."""
    return _has("cuda")


def _attention_switch(name: str):
    def enable(enabled: bool) -> None:
        attention_switches[name] = bool(enabled)

    def is_enabled() -> bool:
        return attention_switches[name]

    enable.__name__, is_enabled.__name__ = f"enable_{name}_sdp", f"{name}_sdp_enabled"
    enable.__doc__ = f"Keep whether {name} attention may be used; XLA has one way to compute attention."
    is_enabled.__doc__ = f"Whether {name} attention may be used, as it was set."
    return enable, is_enabled


enable_flash_sdp, flash_sdp_enabled = _attention_switch("flash")
enable_mem_efficient_sdp, mem_efficient_sdp_enabled = _attention_switch("mem_efficient")
enable_math_sdp, math_sdp_enabled = _attention_switch("math")
enable_cudnn_sdp, cudnn_sdp_enabled = _attention_switch("cudnn")


class sdp_kernel:
    """The block in which attention may be computed in these ways (torch.backends.cuda.sdp_kernel, deprecated)."""

    def __init__(self, enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True):
        warnings.warn(
            "`torch.backends.cuda.sdp_kernel()` is deprecated. In the future, this context manager will be removed. Please see "
            "`torch.nn.attention.sdpa_kernel()` for the new context manager, with updated signature.", FutureWarning, stacklevel=2)
        self.wanted = {"flash": enable_flash, "math": enable_math, "mem_efficient": enable_mem_efficient, "cudnn": enable_cudnn}

    def __enter__(self) -> dict:
        self.before = dict(attention_switches)
        attention_switches.update(self.wanted)
        return {}

    def __exit__(self, *error):
        attention_switches.update(self.before)


def fp16_bf16_reduction_math_sdp_allowed() -> bool:
    """False: attention adds up in float32."""
    return False


def allow_fp16_bf16_reduction_math_sdp(enabled: bool) -> None:
    """Accepted: attention adds up in float32."""


def is_flash_attention_available() -> bool:
    """False: XLA compiles attention."""
    return False


def _library(kind: str):
    def preferred(backend: str | None = None) -> str:
        if backend is not None:
            _libraries[kind] = backend
        return _libraries[kind]

    preferred.__name__ = f"preferred_{kind}_library"
    preferred.__doc__ = "The library that was asked for; XLA chooses."
    return preferred


preferred_linalg_library, preferred_blas_library = _library("linalg"), _library("blas")
__getattr__ = _missing(__name__)

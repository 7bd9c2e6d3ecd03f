"""How this build came about (torch.__config__): the versions of what computes, and its threads."""

from __future__ import annotations

import platform

import jax
import jaxlib

from .settings import get_num_interop_threads, get_num_threads


def show() -> str:
    """The versions of JAX and its compiler, as lines of text (torch.__config__.show)."""
    import numpy

    parts = (f"JAX {jax.__version__}", f"jaxlib {jaxlib.__version__} (XLA)", f"NumPy {numpy.__version__}",
             f"Python {platform.python_version()} on {platform.machine()}", f"Devices: {', '.join(map(str, jax.devices()))}")
    return "PyTorch built with:\n" + "".join(f"  - {part}\n" for part in parts)


def _cxx_flags() -> str:
    """The compiler's flags: none, for there is nothing compiled here (torch.__config__._cxx_flags)."""
    return ""


def parallel_info() -> str:
    """The numbers of threads, as lines of text (torch.__config__.parallel_info)."""
    return (f"ATen/Parallel:\n\tat::get_num_threads() : {get_num_threads()}\n\tat::get_num_interop_threads() : {get_num_interop_threads()}\n"
            "ATen parallel backend: XLA's thread pool\n")

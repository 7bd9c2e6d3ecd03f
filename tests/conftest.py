"""Shared set-up: compiled kernels are kept between runs, and XLA spends no time on optimising kernels of a handful of elements."""

import gc
import getpass
import os
import tempfile
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Reloading cached kernels, XLA warns of CPU features that are mere preferences.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "xla_backend_optimization_level" not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_backend_optimization_level=0".strip()

import jax  # noqa: E402
import pytest  # noqa: E402

_cache = Path(tempfile.gettempdir()) / f"torchlike-tests-{getpass.getuser()}"
_cache.mkdir(mode=0o700, exist_ok=True)
jax.config.update("jax_compilation_cache_dir", str(_cache))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

_MOST_BYTES = 3 << 30
# The resident size at which to forget kernels next: what has been freed need not leave the process at once.
_bound = [_MOST_BYTES]


def _resident() -> int:
    """Bytes of memory this process occupies; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


@pytest.fixture(autouse=True, scope="module")
def bounded_memory():
    """Thousands of kernels, each used once, are forgotten between files: on two cores two processes of tests share the memory."""
    yield
    _forget_kernels()


@pytest.fixture(autouse=True)
def bounded_memory_in_long_files(request):
    """The same in the middle of a file that has thousands of tests."""
    yield
    if request.node.name.startswith("test_op[") and _resident() > _bound[0]:
        _forget_kernels()
        _bound[0] = max(_MOST_BYTES, _resident() + (1 << 30))


def _forget_kernels() -> None:
    import torchlike
    from torchlike.core.op import forget_plans

    torchlike.compiler.reset()
    forget_plans()
    jax.clear_caches()
    gc.collect()

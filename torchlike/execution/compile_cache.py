"""The persistent cache of compiled kernels and programs: what one process compiled, the next one loads.

`TORCHLIKE_CACHE_DIR` names the folder, `off` does without. Whoever configured JAX's own cache keeps that, and who imported JAX before torchlike
has to name the folder. Executables are code: a folder that others can write to is not used.
"""

from __future__ import annotations

import atexit
import os
import stat
import sys
from pathlib import Path

import jax
import jaxlib

from .report import report

_MAX_BYTES = 2 << 30


def cache_folder() -> Path | None:
    """The folder of this user, these versions and this platform; None when the cache is off or set up by JAX's own settings."""
    chosen = os.environ.get("TORCHLIKE_CACHE_DIR", "")
    if chosen.lower() in ("off", "0", "none") or jax.config.values.get("jax_compilation_cache_dir"):
        return None
    if not chosen and os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") < "3":
        # JAX was imported first, and would report an error for every kernel that it loads (see torchlike/__init__.py).
        return None
    home = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "torchlike"
    return home.expanduser() / f"jaxlib-{jaxlib.__version__}-{sys.platform}-{os.uname().machine if hasattr(os, 'uname') else 'any'}"


def _private(folder: Path) -> bool:
    """Make the folder; whether it is the user's own and nobody else may write to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = folder.stat()
    return not hasattr(os, "getuid") or (info.st_uid == os.getuid() and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def start() -> None:
    """Switch the cache on, unless it cannot be trusted or is not wanted."""
    try:
        folder = cache_folder()
        if folder is None or not _private(folder):
            return
    except (OSError, RuntimeError):  # no home, or a read-only one
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    atexit.register(_prune, folder, os.getpid())


def _prune(folder: Path, owner: int) -> None:
    """At the end of a process that compiled something: drop what was used longest ago, down to the bound."""
    if os.getpid() != owner or not report.cache_misses:
        return
    try:
        entries = [(e.stat().st_mtime, e.stat().st_size, e.path) for e in os.scandir(folder) if e.is_file()]
        excess = sum(size for _, size, _ in entries) - _MAX_BYTES
        for _, size, path in sorted(entries):
            if excess <= 0:
                break
            os.unlink(path)
            excess -= size
    except OSError:  # another process was faster
        return

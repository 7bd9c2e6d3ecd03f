"""The accelerator, whichever JAX sees (torch.accelerator)."""

from __future__ import annotations

import jax

from .core.device import device as _Device
from .core.device import device_count as _count
from .core.device import has_platform as _has


def current_accelerator(check_available: bool = False):
    """The accelerator's device, or None."""
    return next((_Device(kind) for kind in ("cuda", "tpu") if _has(kind)), None)


def is_available() -> bool:
    """Whether there is an accelerator."""
    return current_accelerator() is not None


def device_count() -> int:
    """How many accelerators there are."""
    found = current_accelerator()
    return 0 if found is None else _count(found.type)


def synchronize(device=None) -> None:
    """Wait until everything submitted so far has run."""
    jax.effects_barrier()

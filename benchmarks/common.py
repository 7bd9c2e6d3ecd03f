"""What every benchmark prints and how it times: interleaved rounds in one process, medians, ratios."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time


def header(precision: str = "float32, true float32 products") -> str:
    """Versions, machine and flags, so that a table can be read later."""
    import jax
    import jaxlib

    lines = [
        f"python {platform.python_version()}, jax {jax.__version__}, jaxlib {jaxlib.__version__}, {_torch_version()}",
        f"{os.cpu_count()} cores, {platform.machine()}; devices: {', '.join(str(d) for d in jax.devices())}; precision: {precision}",
        f"XLA_FLAGS={os.environ.get('XLA_FLAGS', '')!r} TORCHLIKE_EXECUTION={os.environ.get('TORCHLIKE_EXECUTION', 'immediate')!r}",
    ]
    return "\n".join(lines)


def _torch_version() -> str:
    try:
        import torch
    except ImportError:
        return "torch not installed (its columns are left out)"
    return f"torch {torch.__version__} ({torch.get_num_threads()} threads)"


def interleaved(candidates: dict, rounds: int, calls: int) -> dict:
    """Median seconds per call of each candidate, taking turns so that drift of the machine hits all alike."""
    samples: dict = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, fn in candidates.items():
            start = time.perf_counter()
            for _ in range(calls):
                fn()
            samples[name].append((time.perf_counter() - start) / calls)
    return {name: statistics.median(s) for name, s in samples.items()}


def table(columns: list[str], rows: list[list[str]]) -> str:
    """Plain columns."""
    widths = [max(len(str(r[i])) for r in [columns, *rows]) for i in range(len(columns))]
    return "\n".join("  ".join(str(c).ljust(w) if i == 0 else str(c).rjust(w) for i, (c, w) in enumerate(zip(r, widths, strict=True)))
                     for r in [columns, *rows])


def fail_without_torch():
    """The torch module, or a sentence and exit."""
    try:
        import torch
    except ImportError:
        sys.exit('this benchmark compares with PyTorch: pip install -e ".[parity]"')
    return torch

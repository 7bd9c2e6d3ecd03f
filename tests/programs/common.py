"""Numbers that are the same under every framework."""

import numpy as np


def normal(*shape, seed=0):
    """Standard normal numbers, float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def integers(high, *shape, seed=0):
    """Whole numbers below `high`."""
    return np.random.default_rng(seed).integers(high, size=shape)


def settle(*modules, seed=0):
    """Give the randomly initialised parameters values drawn by NumPy, of the usual scale; parameters that start constant stay as they are."""
    rng = np.random.default_rng(seed)
    for module in modules:
        for p in module.parameters():
            if p.numel() == 1 or p.min() != p.max():
                fan_in = max(1, p.numel() // p.shape[0]) if p.dim() > 1 else 16
                p.data = p.data.new_tensor(rng.uniform(-1, 1, tuple(p.shape)) / fan_in**0.5)
    return modules[0]

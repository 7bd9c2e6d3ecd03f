"""Switches of function transforms (torch._functorch.utils)."""

from contextlib import nullcontext

# Within the block PyTorch's own machinery may use Functions at one level of its stack of transforms; there is no such stack here.
enable_single_level_autograd_function = nullcontext

__all__ = ["enable_single_level_autograd_function"]

"""Switches that PyTorch programs set (torch.backends). XLA chooses its own algorithms, so most are accepted and kept, no more."""

from . import cpu, cuda, cudnn, mkldnn, mps

__all__ = ["cpu", "cuda", "cudnn", "mkldnn", "mps"]

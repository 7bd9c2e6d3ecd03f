"""Switches that PyTorch programs set (torch.backends). XLA chooses its own algorithms, so most are accepted and kept, no more."""

from ..core.missing import missing as _missing
from . import cpu, cuda, cudnn, mkldnn, mps

fp32_precision = "none"


def disable_global_flags() -> None:
    """Accepted: nothing is frozen."""


def flags_frozen() -> bool:
    """False."""
    return False


__all__ = ["cpu", "cuda", "cudnn", "mkldnn", "mps"]
__getattr__ = _missing(__name__, on_demand=("cusparselt", "kleidiai", "mha", "miopen", "mkl", "nnpack", "openmp", "opt_einsum", "quantized"))

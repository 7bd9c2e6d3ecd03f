"""Data loading, checkpoints and other helpers around training (torch.utils)."""

from ..core.missing import missing as _missing
from ..core.swap import swap_tensors
from . import checkpoint, data, hooks, viz

__all__ = ["checkpoint", "data", "hooks", "swap_tensors", "viz"]
__getattr__ = _missing(__name__, on_demand=("benchmark", "collect_env", "deterministic", "dlpack", "module_tracker", "tensorboard", "weak"))

"""DistributedDataParallel needs processes that talk to each other, which do not exist here."""

from __future__ import annotations

from ..module import Module

__all__ = ["DistributedDataParallel"]


class DistributedDataParallel(Module):
    """Refused: torchlike runs in one process (torch.nn.parallel.DistributedDataParallel)."""

    def __init__(self, module, *args, **kwargs):
        raise RuntimeError(
            "torchlike has no process groups, so DistributedDataParallel cannot be used: it runs in one process. Use the module itself, or "
            "torch.nn.DataParallel for a state dict whose keys start with 'module.'."
        )

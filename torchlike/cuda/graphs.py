"""CUDA graphs (torch.cuda.graphs) are refused: `torchlike.compile` makes one program of a function, which is what they are for."""

from __future__ import annotations

from .devices import is_available


class CUDAGraph:
    """Raises: RuntimeError without a GPU, else NotImplementedError that names torch.compile."""

    def __init__(self, keep_graph: bool = False):
        if not is_available():
            raise RuntimeError("Tried to instantiate dummy base class CUDAGraph")
        raise NotImplementedError("torchlike captures no CUDA graphs; torch.compile makes one program of a function, without launches in between")

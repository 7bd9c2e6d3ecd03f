"""Tensors from files of bare numbers."""

from __future__ import annotations

import os

import numpy as np

from ..core.dtype import default_dtype, to_numpy_dtype
from ..core.op import function
from .convert import from_array
from .create import finish


@function(bare=True)
def from_file(filename, shared=None, size=0, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """The first `size` numbers of a file, in the machine's byte order (torch.from_file). RuntimeError when there are fewer.

    A copy, as of NumPy arrays: what is written to the Tensor does not reach the file, so `shared=True` raises NotImplementedError.
    """
    if shared:
        raise NotImplementedError(
            "from_file: JAX arrays share no memory with a file; read with shared=False and write back with tensor.numpy().tofile(filename)")
    kind = np.dtype(to_numpy_dtype(dtype, default_dtype(), "from_file"))
    try:
        there = os.path.getsize(filename)
    except OSError as error:
        raise RuntimeError(f"unable to open file <{filename}> in read-only mode: {error.strerror} ({error.errno})") from None
    if there < size * kind.itemsize:
        raise RuntimeError(f"file <{filename}> size <{there}> is smaller than the required mapping size <{size * kind.itemsize}>")
    return finish(from_array(np.fromfile(filename, kind, size), device or "cpu"), requires_grad)

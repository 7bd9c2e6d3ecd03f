"""Which writes PyTorch refuses because memory overlaps: of the Tensor written to with itself, or with one that is read.

Nothing here is needed for the result to be right: values are immutable, so a write never disturbs a read. It is needed for programs to fail
where they fail in PyTorch. Like PyTorch, this looks at shapes and strides only, and lets pass what they do not tell at once.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable

from .geometry import contiguous_strides
from .tensor import Tensor

_CLONE = "Please clone() the tensor before performing the operation."
_REPEATED = f"unsupported operation: more than one element of the written-to tensor refers to a single memory location. {_CLONE}"
_SHARED = f"unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. {_CLONE}"

# Ops that must not even read, in the order of writing, what they write: any argument but, for the second kind, the Tensor that they change.
_GATHERING = frozenset(["cat", "concat", "concatenate", "cross", "gather", "hstack", "index_select", "kthvalue", "linalg_cross",
                        "masked_select", "stack", "take", "take_along_dim", "vstack"])
_SCATTERING = frozenset(["index_add", "index_copy", "index_put", "index_reduce", "put", "scatter", "scatter_add", "scatter_reduce"])
# Ops whose kernels do not ask; with them those of linear algebra.
_UNASKED = frozenset([
    "alias_copy", "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "as_strided_copy", "avg_pool2d", "avg_pool3d", "bmm", "cholesky",
    "cholesky_inverse", "cholesky_solve", "cummax", "cummin", "det", "diagonal_copy", "dot", "geqrf", "histogram", "inner", "log_softmax",
    "logsigmoid", "logsumexp", "lu_solve", "lu_unpack", "masked_fill", "masked_scatter", "matmul", "mean", "mm", "mv", "mvlgamma",
    "nanmean", "nanquantile", "nansum", "narrow_copy", "norm", "prod", "qr", "quantile", "softmax", "special_ndtr", "squeeze_copy", "std", "sum",
    "svd", "t_copy", "tensordot", "transpose_copy", "tril", "triu", "unbind_copy", "unsqueeze_copy", "var", "vdot",
])


# Ops that write to expanded Tensors: those that warn, each with the assignment that comes to it, and those that say nothing.
_DEPRECATED = {"index_put_": "tensor[indices] = tensor", "masked_fill_": "tensor[mask] = scalar", "index_fill_": "tensor[mask] = scalar"}
_SILENT = frozenset(["fill_diagonal_", "map_", "tril_", "triu_"])
EXPANDED_TOO = frozenset(_DEPRECATED) | _SILENT


def repeated_dims(t: Tensor) -> tuple[int, ...]:
    """The dimensions along which all elements lie in one place: those that were expanded."""
    if t._view is None:
        return ()
    return tuple(d for d, (n, s) in enumerate(zip(t._aval.shape, t._view.strides, strict=True)) if s == 0 and n > 1)


def refuse_repeated(t: Tensor, name: str) -> None:
    """RuntimeError when elements of a view to be written to lie in one place: when it is expanded. Of some ops PyTorch only warns."""
    if name in _SILENT or not repeated_dims(t):
        return
    if name not in _DEPRECATED:
        raise RuntimeError(_REPEATED)
    warnings.warn(
        f"Use of {name} on expanded tensors is deprecated. Please clone() the tensor before performing this operation. This also applies to "
        f"advanced indexing e.g. {_DEPRECATED[name]}",
        UserWarning,
        stacklevel=4,
    )


def refuse_shared(written: Tensor, read: Tensor, name: str) -> None:
    """RuntimeError when the op `name` may not write one of two Tensors on a storage while it reads the other."""
    base = name.rstrip("_")
    _refuse(written, written._aval.shape, read, base, base in _GATHERING or base in _SCATTERING)


def refuse_shared_out(out: Tensor, shape: tuple, arguments: Iterable, name: str) -> None:
    """`refuse_shared` for `out=`, which is to get that shape, and all arguments of a call, lists of Tensors among them."""
    for i, argument in enumerate(arguments):
        if isinstance(argument, tuple | list):
            refuse_shared_out(out, shape, argument, name)
        elif isinstance(argument, Tensor) and argument._storage is out._storage:
            _refuse(out, shape, argument, name, name in _GATHERING or name in _SCATTERING and i > 0)


def _refuse(written: Tensor, shape: tuple, read: Tensor, name: str, whole: bool) -> None:
    """RuntimeError if they share a part of their memory, or, with `whole`, all of it."""
    asked = whole or name not in _UNASKED and not name.startswith("linalg_")
    if not asked or written is read and not whole:
        return
    if written is read or _share(_window(written, shape), _window(read, read._aval.shape), whole):
        raise RuntimeError(_SHARED)


def _share(a: tuple | None, b: tuple | None, whole: bool) -> bool:
    """Whether two windows on a storage have bytes in common; `whole`: even if they are the same window."""
    if a is None or b is None:
        return False
    return whole if a == b else a[0] < b[1] and b[0] < a[1]


def _window(t: Tensor, shape: tuple) -> tuple | None:
    """(first byte, last byte + 1, strides) in the storage; None for an empty Tensor and one that skips or repeats places. A Tensor that is to
    get another shape will lie there without gaps."""
    if t._view is None or shape != t._aval.shape:
        strides = contiguous_strides(shape)
    else:
        strides = t._view.strides
        if not _is_dense(shape, strides):
            return None
    start = 0 if t._view is None else t._view.offset
    size, width = math.prod(shape), t._aval.dtype.itemsize
    return (start * width, (start + size) * width, strides) if size else None


def _is_dense(shape: tuple, strides: tuple) -> bool:
    """Whether the elements fill a stretch of memory, each place once."""
    expected = 1
    for stride, n in sorted((s, n) for n, s in zip(shape, strides, strict=True) if n != 1):
        if stride != expected:
            return False
        expected *= n
    return True

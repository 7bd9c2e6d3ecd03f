"""What the functions that take an index Tensor ask of their arguments, with PyTorch's errors: dtypes, shapes and how they fit together."""

from __future__ import annotations

import numpy as np

from ..core.dtype import scalar_type_name
from ..core.tensor import Tensor
from .checks import require_tensor
from .dims import canonical_dim
from .index_check import check_bounds

# NumPy takes its time to name a dtype.
INDEX_DTYPES = frozenset([np.dtype(np.int32), np.dtype(np.int64)])


def extent(t: Tensor, d: int) -> int:
    """How long a Tensor is in dimension d; a 0-d one counts as one element."""
    return t._aval.shape[canonical_dim(d, t._aval.ndim)] if t._aval.ndim else 1


def _require_long(name: str, index: Tensor) -> None:
    if index._aval.dtype != np.int64:
        raise RuntimeError(f"{name}(): Expected a long tensor for index, but got {scalar_type_name(index._aval.dtype)}")


def check_gathered(input: Tensor, dim: int, index: Tensor) -> int:
    """The canonical dim of a `gather`, whose index has to be as large as the result."""
    d = canonical_dim(dim, input._aval.ndim)
    _check_dtype("gather", index)
    if not index._aval.size:
        return d
    _check_rank(input, index, "input")
    for at, (n, m) in enumerate(zip(input._aval.shape, index._aval.shape, strict=False)):
        if at != d and m > n:
            raise RuntimeError(
                f"Size does not match at dimension {at} expected index {list(index._aval.shape)} to be no larger than self "
                f"{list(input._aval.shape)} apart from dimension {d}"
            )
    check_bounds(index, extent(input, d), d, error=RuntimeError)
    return d


def _check_dtype(name: str, index: Tensor) -> None:
    if index._aval.size and index._aval.dtype not in INDEX_DTYPES:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")


def _check_rank(t: Tensor, index: Tensor, what: str) -> None:
    if max(t._aval.ndim, 1) != max(index._aval.ndim, 1):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {what} tensor")


def check_scattered(input: Tensor, dim: int, index: Tensor, src) -> int:
    """The canonical dim of a `scatter`, whose index has to fit into `input` and into `src`, if that is a Tensor."""
    d = canonical_dim(dim, input._aval.ndim)
    _check_dtype("scatter", index)
    given = isinstance(src, Tensor)
    if given and src._aval.dtype != input._aval.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if not index._aval.size:
        return d
    _check_rank(input, index, "self")
    wanted = index._aval.shape
    fits = all(m <= n for at, (m, n) in enumerate(zip(wanted, input._aval.shape, strict=False)) if at != d)
    limits = f"Expected index {list(wanted)} to be no larger than self {list(input._aval.shape)} apart from dimension {d}"
    if given:
        fits = fits and all(m <= extent(src, at) for at, m in enumerate(wanted))
        _check_rank(src, index, "src")
        limits += f" and to be no larger size than src {list(src._aval.shape)}"
    if not fits:
        raise RuntimeError(limits)
    check_bounds(index, extent(input, d), d, error=RuntimeError)
    return d


def check_selected(input: Tensor, dim: int, index) -> int:
    """The canonical dim of an `index_select`."""
    require_tensor("index_select", index, "index", 2)
    if index._aval.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index._aval.dtype not in INDEX_DTYPES:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    d = canonical_dim(dim, input._aval.ndim)
    if not input._aval.ndim and index._aval.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {index._aval.size} value(s)")
    if index._aval.size and not extent(input, d):
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    check_bounds(index, extent(input, d), d, "index out of range in self")
    return d


def check_combined(name: str, input: Tensor, dim: int, index, source: Tensor) -> int:
    """The canonical dim of an `index_add` or `index_reduce`: `source` has one slice for each index, of the shape of those of `input`."""
    require_tensor(name, index, "index", 2)
    d = canonical_dim(dim, input._aval.ndim)
    a, i, s = input._aval, index._aval, source._aval
    if i.ndim > 1:
        raise IndexError(
            f"{name}_(): Index is supposed to be a vector, but got dim: {i.ndim} with type: {scalar_type_name(i.dtype)} and size: {list(i.shape)}"
        )
    if i.dtype not in INDEX_DTYPES:
        raise RuntimeError(f"{name}_(): Expected dtype int32/int64 for index but got: {scalar_type_name(i.dtype)}")
    if a.dtype != s.dtype:
        raise RuntimeError(
            f"{name}_(): self ({scalar_type_name(a.dtype)}) and source ({scalar_type_name(s.dtype)}) must have the same scalar type"
        )
    if 0 < d >= s.ndim:
        raise RuntimeError(f"{name}_(): Indexing dim {d} is out of bounds of the source tensor with dim {s.ndim}")
    if i.size != extent(source, d):
        raise RuntimeError(f"{name}_(): Number of indices ({i.size}) should be equal to source.size(dim): ({extent(source, d)}), for dim: {d}")
    if a.ndim != s.ndim or (*a.shape[:d], *a.shape[d + 1 :]) != (*s.shape[:d], *s.shape[d + 1 :]):
        raise RuntimeError("source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
                           f"{list(a.shape)} source.shape = {list(s.shape)}")
    return d


def check_copied(input: Tensor, dim: int, index, source: Tensor) -> int:
    """The canonical dim of an `index_copy`."""
    require_tensor("index_copy_", index, "index", 2)
    d = canonical_dim(dim, input._aval.ndim)
    a, i, s = input._aval, index._aval, source._aval
    if i.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {i.ndim})")
    if not s.ndim and i.size != 1:
        raise IndexError(f"index_copy_(): When source is scalar, index should have one element (got {i.size})")
    if s.ndim and a.ndim and s.ndim != a.ndim:
        raise IndexError("index_copy_(): When source and destination are not scalars, their dimensionality must match. Source dimensionality "
                         f"({s.ndim}), destination dimensionality ({a.ndim})")
    _require_long("index_copy_", index)
    if a.dtype != s.dtype:
        raise RuntimeError("index_copy_(): self and source expected to have the same dtype, but got (self) "
                           f"{scalar_type_name(a.dtype)} and (source) {scalar_type_name(s.dtype)}")
    kept, given = ((*x.shape[:d], *x.shape[d + 1 :]) for x in (a, s))
    if kept != given:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{' '.join(map(str, kept))} at dimension {d} and source slice shape: {' '.join(map(str, given))} at dimension 0."
        )
    if s.ndim and i.size != s.shape[d]:
        raise IndexError(f"index_copy_(): Number of indices ({i.size}) should be equal to source.size(dim) ({s.shape[d]})")
    return d


def check_filled(input: Tensor, dim: int, index, value) -> int:
    """The canonical dim of an `index_fill`, of one number or 0-d Tensor."""
    require_tensor("index_fill_", index, "index", 2)
    if isinstance(value, Tensor) and value._aval.ndim:
        raise RuntimeError(f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value._aval.ndim} dimension(s).")
    if index._aval.dtype != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index._aval.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    is_complex = value._aval.is_complex if isinstance(value, Tensor) else type(value) is complex
    if is_complex and not input._aval.is_complex:
        raise RuntimeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
    d = canonical_dim(dim, input._aval.ndim)
    check_bounds(index, extent(input, d), d, wraps=True)
    return d


def check_put(input: Tensor, index, source: Tensor) -> None:
    """What `put` asks of flat positions and what is stored there."""
    require_tensor("put_", index, "index")
    _require_long("put_", index)
    if input._aval.dtype != source._aval.dtype:
        raise RuntimeError("put_(): self and source expected to have the same dtype, but got self.dtype = "
                           f"{scalar_type_name(input._aval.dtype)} and source.dtype = {scalar_type_name(source._aval.dtype)}")
    if index._aval.size != source._aval.size:
        raise IndexError("put_(): Expected source and index to have the same number of elements, but got source.numel() = "
                         f"{source._aval.size}, index.numel() = {index._aval.size}")
    if index._aval.size and not input._aval.size:
        raise IndexError("put_(): Tried to put elements into an empty tensor")


def check_taken(input: Tensor, index) -> None:
    """What `take` asks of flat positions."""
    require_tensor("take", index, "index")
    _require_long("take", index)
    if index._aval.size and not input._aval.size:
        raise IndexError("take(): tried to take from an empty tensor")

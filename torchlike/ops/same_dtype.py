"""Ops that store elements of one Tensor in another: PyTorch wants both of one dtype, and says so in each op's own words."""

from __future__ import annotations

from ..core.dtype import scalar_type_name
from ..core.tensor import Tensor

_EXPECTED = "self and source expected to have the same dtype, but got"
_TEXTS = {
    "index_add": "index_add_(): self ({0}) and source ({1}) must have the same scalar type",
    "index_copy": f"index_copy_(): {_EXPECTED} (self) {{0}} and (source) {{1}}",
    "index_put": "Index put requires the source and destination dtypes match, got {0} for the destination and {1} for the source.",
    "index_reduce": "index_reduce_(): self ({0}) and source ({1}) must have the same scalar type",
    # The missing space is PyTorch's.
    "masked_scatter": "masked_scatter: expected self and source to have same dtypes but got{0} and {1}",
    "put": f"put_(): {_EXPECTED} self.dtype = {{0}} and source.dtype = {{1}}",
    "scatter": "scatter(): Expected self.dtype to be equal to src.dtype",
}


def same_dtype(name: str, target: Tensor, source: Tensor) -> None:
    """RuntimeError unless what the op `name` stores has the dtype of what it is stored in."""
    if target._aval.dtype != source._aval.dtype:
        raise RuntimeError(_TEXTS[name].format(scalar_type_name(target._aval.dtype), scalar_type_name(source._aval.dtype)))

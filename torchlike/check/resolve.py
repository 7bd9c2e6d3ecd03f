"""Whether torchlike has a name, and what to say when it has not."""

from __future__ import annotations

import difflib
import functools
import importlib
import types

# Tensor methods that PyTorch has; those that torchlike lacks are pointed out when anything has a method of that name called.
_NAMES = """
ccol_indices chalf coalesce col_indices crow_indices dequantize eig geqrf hash_tensor indices int_repr istft lstsq lu lu_solve map2_
module_load nonzero_static orgqr ormqr q_scale q_zero_point qscheme reinforce row_indices slice_inverse smm solve sparse_mask sparse_resize_
sspaddmm stft symeig to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr align_as
align_to refine_names rename rename_ names
"""
_TENSOR_METHODS = frozenset(_NAMES.split())


@functools.cache
def problem(name: str) -> str | None:
    """What is wrong with `torch.some.name`: that it is missing (with the nearest name), or the sentence with which it is refused."""
    thing: object = importlib.import_module("torchlike")
    seen = "torch"
    for part in name.split(".")[1:]:
        if not isinstance(thing, types.ModuleType | type):
            return None  # an attribute of a value: any object may have it
        try:
            thing = _member(thing, part)
        except AttributeError as error:
            _, told, reason = str(error).partition(f"torchlike has no '{seen}.{part}': ")
            if told:
                return f"{seen}.{part} is not supported: {reason}"
            known = [n for n in dir(thing) if not n.startswith("_")]
            near = difflib.get_close_matches(part, known, n=1, cutoff=0.6)
            return f"{seen}.{part} is missing" + (f"; the nearest name is '{seen}.{near[0]}'" if near else "")
        seen = f"{seen}.{part}"
    refusal = getattr(thing, "refusal", None)
    return f"{seen} is not supported: {refusal}" if isinstance(refusal, str) else None


def _member(owner, name: str):
    try:
        return getattr(owner, name)
    except AttributeError:
        if isinstance(owner, types.ModuleType) and hasattr(owner, "__path__"):
            try:
                return importlib.import_module(f"{owner.__name__}.{name}")
            except ModuleNotFoundError:
                pass
        raise


@functools.cache
def method_problem(name: str) -> str | None:
    """What is wrong with a method of that name if it is a Tensor's."""
    from ..core.tensor import Tensor

    refusal = getattr(getattr(Tensor, name, None), "refusal", None)
    if isinstance(refusal, str):
        return f"if this is a Tensor, .{name}() is not supported: {refusal}"
    if name in _TENSOR_METHODS and not hasattr(Tensor, name):
        return f"if this is a Tensor, .{name}() is missing"
    return None

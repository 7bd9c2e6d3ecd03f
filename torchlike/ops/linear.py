"""Affine and bilinear maps. Leading dimensions are flattened before every product, which XLA turns into one GEMM (2-3 times faster)."""

from __future__ import annotations

import math

import jax.numpy as jnp

from ..core.dispatch import dispatch
from ..core.dtype import scalar_type_name, type_id_name
from ..core.op import function, op
from ..core.operand import type_name
from ..core.precision import matmul_precision
from ..core.tensor import Tensor


def _rows(x):
    """All dimensions but the last as one."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def _linear_value(input, weight, bias=None, /):
    """input @ weight.T + bias over the last dimension."""
    _check(input, weight, bias)
    if weight.ndim == 1:
        out = jnp.dot(input, weight, precision=matmul_precision())
        return out if bias is None else out + bias
    flat = _rows(input)
    if len(flat) == 1:  # where XLA's CPU compiler would make a transposed copy of the weight; for more rows that copy serves all uses of a weight
        out = jnp.dot(weight, flat[0], precision=matmul_precision())[None]
    else:
        out = jnp.dot(flat, weight.T, precision=matmul_precision())
    if bias is not None:
        out = out + bias
    return out.reshape(*input.shape[:-1], weight.shape[0])


def _linear_rule(grad, input, weight, bias):
    # The derived rule contracts over several dimensions at once, which is no GEMM on CPU.
    if weight.ndim == 1:
        return grad[..., None] * weight.conj(), jnp.tensordot(grad, input.conj(), grad.ndim, precision=matmul_precision()), grad
    flat = _rows(grad)
    rows = _rows(input)
    grad_input = jnp.dot(flat, weight.conj(), precision=matmul_precision()).reshape(input.shape)
    grad_weight = jnp.dot(flat.T, rows.conj(), precision=matmul_precision())
    return grad_input, grad_weight, None if bias is None else flat.sum(0) if bias.ndim == 1 else grad


def _check(input, weight, bias) -> None:
    if input.ndim == 0 or weight.ndim == 0:
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and {weight.ndim}D")
    n = input.shape[-1]
    rows = math.prod(input.shape[:-1])
    if n != weight.shape[-1]:
        turned = f"{weight.shape[-1]}x{weight.shape[0]}" if weight.ndim == 2 else f"{weight.shape[-1]}"
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{n} and {turned})")
    if input.dtype != weight.dtype:
        if bias is not None and weight.ndim == 2:
            raise RuntimeError(
                f"mat1 and mat2 must have the same dtype, but got {scalar_type_name(input.dtype)} and {scalar_type_name(weight.dtype)}")
        first, second = (type_id_name(x.dtype) for x in (input, weight))
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {first} != {second}")
    if bias is not None and weight.ndim == 2 and bias.ndim == 1 and bias.shape[0] not in (1, weight.shape[0]):
        raise RuntimeError(
            f"The expanded size of the tensor ({weight.shape[0]}) must match the existing size ({bias.shape[0]}) at non-singleton "
            f"dimension 1.  Target sizes: [{rows}, {weight.shape[0]}].  Tensor sizes: [{bias.shape[0]}]"
        )


# The same map under the names PyTorch's graph shows: with bias, on matrices and others; without, by the dimensions of input and weight.
_KINDS = {
    node: op(_linear_value, name=f"linear_{node}", public=False, node=f"{node}Backward{4 if node == 'Squeeze' else 0}")
    for node in ("Addmm", "Mm", "View", "UnsafeView", "Squeeze", "Mv", "Dot")
}
for _each in _KINDS.values():
    _each.vjp(_linear_rule)
_addmm, _mm, _view, _unsafe_view = (_KINDS[node].op for node in ("Addmm", "Mm", "View", "UnsafeView"))
_SMALL = {(1, 2): _KINDS["Squeeze"].op, (1, 1): _KINDS["Dot"].op, (2, 1): _KINDS["Mv"].op, (2, 2): _mm}


def linear(input, weight, bias=None):
    """input @ weight.T + bias over the last dimension; weight (out, in) or (in,) (torch.nn.functional.linear)."""
    if not isinstance(input, Tensor):
        raise TypeError(f"linear(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
    if bias is None:
        return dispatch(_SMALL.get((input.ndim, weight.ndim if isinstance(weight, Tensor) else 2), _unsafe_view), (input, weight, None), ())
    return dispatch(_addmm if input.ndim == 2 else _view, (input, weight, bias), ())


@op(name="bilinear_kernel", public=False, node="AddBackward0")
def _bilinear(input1, input2, weight, bias=None, /):
    """sum over i, j of input1[..., i] * weight[o, i, j] * input2[..., j] + bias[o]."""
    if input1.ndim != input2.ndim:
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.ndim} and {input2.ndim}")
    for dim, (m, n) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if m != n:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {m} and {n}")
    for k, x in ((1, input1), (2, input2)):
        if x.shape[-1] != weight.shape[k]:
            raise RuntimeError(f"bilinear(): input{k} size does not match weight size: got {x.shape[-1]} but expected {weight.shape[k]}")
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}")
    rows1, rows2 = _rows(input1), _rows(input2)
    half = jnp.einsum("ni,oij->noj", rows1, weight, precision=matmul_precision())
    out = jnp.einsum("noj,nj->no", half, rows2, precision=matmul_precision())
    out = out if bias is None else out + bias
    return out.reshape(*input1.shape[:-1], weight.shape[0])


@function
def bilinear(input1, input2, weight, bias=None):
    """y[o] = input1 @ weight[o] @ input2 + bias[o] (torch.nn.functional.bilinear)."""
    if not input1.dtype == input2.dtype == weight.dtype:
        one, two, three = (type_id_name(t.dtype.np) for t in (input1, input2, weight))
        raise RuntimeError(f"All tensors must have the same dtype, got input1: {one}, input2: {two}, weight: {three}")
    return dispatch(_bilinear.op, (input1, input2, weight, bias), ())

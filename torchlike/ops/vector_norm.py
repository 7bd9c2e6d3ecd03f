"""Vector norms and distances. One value and one gradient formula serve `norm`, `dist` and `cdist`.

The gradient is hand-written for PyTorch's conventions: 0 at the origin for every order, ties of the infinite orders shared evenly.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core.dtype import scalar_type_name, to_numpy_dtype
from ..core.op import function, op
from ..core.precision import matmul_precision
from .arithmetic import direction
from .axes import numpy_names, restore_dims
from .checks import refuse
from .dims import canonical_dim, canonical_dims
from .lowering import wide
from .product import check_same
from .promotion import category, promote_broadcast, promote_dtypes


def _norm(x, ord, dims: tuple):
    """The norm of order `ord` over dims, kept as extents of 1."""
    size = jnp.abs(x)
    if ord == 0:
        return jnp.sum(size != 0, axis=dims, keepdims=True).astype(size.dtype)
    if ord == math.inf:
        return jnp.max(size, axis=dims, keepdims=True)
    if ord == -math.inf:
        return jnp.min(size, axis=dims, keepdims=True)
    if ord == 1:
        return jnp.sum(size, axis=dims, keepdims=True)
    if ord == 2:
        square = x.real**2 + x.imag**2 if category(x.dtype) == 3 else x * x
        return jnp.sqrt(jnp.sum(square, axis=dims, keepdims=True))
    return jnp.sum(size**ord, axis=dims, keepdims=True) ** (1 / ord)


def _norm_gradient(grad, x, norm, ord, dims: tuple):
    """The gradient of `_norm`; grad and norm have extent 1 along dims."""
    if ord == 0:
        return jnp.zeros_like(x)
    if ord == 1:
        return grad * direction(x)
    if ord == 2:
        return jnp.where(norm == 0, 0, x * (grad / jnp.where(norm == 0, 1, norm)))
    size = jnp.abs(x)
    if math.isinf(ord):
        hit = size == norm
        return direction(x) * jnp.where(hit, grad / hit.sum(dims, keepdims=True), 0)
    zero = (size == 0) | (norm == 0)
    ratio = jnp.where(zero, 1, size) / jnp.where(norm == 0, 1, norm)
    return jnp.where(zero, 0, direction(x) * ratio ** (ord - 1) * grad)


@op(name="_vector_norm", public=False, node="LinalgVectorNormBackward0")
def _vector_norm(input, /, ord, dim, keepdim, dtype):
    """The vector norm over dims, real."""
    chosen = to_numpy_dtype(dtype)
    if category(input.dtype) < 2:
        raise RuntimeError("linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
                           f"{scalar_type_name(input.dtype)}")
    if chosen is not None:
        _check_norm_dtype(input.dtype, chosen)
    x = input if chosen is None else input.astype(chosen)
    dims = canonical_dims(dim, x.ndim)
    if 0 in [x.shape[d] for d in dims] and (math.isinf(ord) or ord < 0):
        raise RuntimeError(f"linalg.vector_norm cannot compute the {ord:g} norm on an empty tensor because the operation does not have an "
                           "identity")
    result = _norm(wide(x), ord, dims).astype(jnp.abs(x).dtype)
    return result if keepdim else jnp.squeeze(result, dims)


@_vector_norm.vjp
def _(grad, input, out, ord, dim, keepdim):
    dims = canonical_dims(dim, input.ndim)
    x = input.astype(jnp.promote_types(input.dtype, out.dtype))
    return _norm_gradient(restore_dims(grad, dims, keepdim), x, restore_dims(out, dims, keepdim), ord, dims)


def _check_norm_dtype(own: np.dtype, chosen: np.dtype) -> None:
    """RuntimeError unless a norm can be computed in `chosen` without losing anything of the input."""
    name, wanted = "linalg.vector_norm:", scalar_type_name(chosen)
    if category(chosen) < 2:
        raise RuntimeError(f"{name} dtype should be floating point or complex, but got {wanted}")
    if category(chosen) != category(own):
        kinds = ("complex", "complex") if category(own) == 3 else ("real", "real")
        raise RuntimeError(f"{name} dtype should be {kinds[0]} for {kinds[1]} inputs, but got {wanted}")
    if promote_dtypes(own, chosen) != chosen:
        raise RuntimeError(f"{name} the dtype of the input ({scalar_type_name(own)}) should be convertible without narrowing to the specified "
                           f"dtype ({wanted})")


@function(public=False, name="linalg_vector_norm", out=True)
@numpy_names
def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """The vector norm of order `ord` over dim, of all elements if None (torch.linalg.vector_norm)."""
    return _vector_norm(x, ord=float(ord), dim=dim, keepdim=keepdim, dtype=dtype)


@function(method=True, out=True)
@numpy_names
def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """A vector norm over any dims, or 'nuc' over two of them (torch.norm, Tensor.norm)."""
    if p == "fro" or p is None:
        return vector_norm(input, 2, dim, keepdim, dtype=dtype)
    if isinstance(p, str):
        from .matrix_norm import matrix_norm

        return matrix_norm(input, p, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(input, p, dim, keepdim, dtype=dtype)


@op(method=True)
def dist(input, other, /, p=2):
    """The norm of input - other over all elements (torch.dist)."""
    a, b = promote_broadcast(input, other)
    if category(a.dtype) < 2:
        raise RuntimeError(f"norm(): input dtype should be either floating point or complex. Got {scalar_type_name(a.dtype)} instead.")
    if not a.size and (math.isinf(p) or p < 0):
        raise RuntimeError(f"linalg.vector_norm cannot compute the {p:g} norm on an empty tensor because the operation does not have an identity")
    return _norm(a - b, float(p), tuple(range(max(a.ndim, b.ndim)))).reshape(())


@dist.vjp
def _(grad, input, other, out, p):
    a, b = promote_broadcast(input, other)
    gradient = _norm_gradient(grad, a - b, out, float(p), tuple(range(max(a.ndim, b.ndim))))
    return gradient, -gradient


def _pairs(x1, x2):
    return x1[..., :, None, :] - x2[..., None, :, :]


def _check_cdist(x1, x2, p) -> None:
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    for name, x in (("X1", x1), ("X2", x2)):
        if category(x.dtype) != 2:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {scalar_type_name(x.dtype)}")
    if x1.dtype.itemsize == 2:
        refuse("cdist", x1.dtype)
    check_same(x1, x2)


def _euclidean_by_product(x1, x2):
    """sqrt(|a|^2 + |b|^2 - 2ab), clamped at 0: a matrix product in place of a third dimension."""
    squares = jnp.sum(x1 * x1, -1)[..., :, None] + jnp.sum(x2 * x2, -1)[..., None, :]
    products = jnp.matmul(x1, jnp.swapaxes(x2, -1, -2), precision=matmul_precision())
    return jnp.sqrt(jnp.maximum(squares - 2 * products, 0))


_CDIST_MODES = (None, "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


@op
def cdist(x1, x2, /, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """The p-distance of each row of x1 (..., P, M) from each row of x2 (..., R, M): (..., P, R) (torch.cdist)."""
    _check_cdist(x1, x2, p)
    if compute_mode not in _CDIST_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    many = x1.shape[-2] > 25 or x2.shape[-2] > 25
    if p == 2 and (compute_mode == "use_mm_for_euclid_dist" or many and compute_mode == "use_mm_for_euclid_dist_if_necessary"):
        return _euclidean_by_product(x1, x2)
    pairs = _pairs(x1, x2)
    return _norm(pairs, float(p), (-1,))[..., 0] if x1.shape[-1] else jnp.zeros(pairs.shape[:-1], x1.dtype)


@cdist.vjp
def _(grad, x1, x2, out, p):
    gradient = _norm_gradient(grad[..., None], _pairs(x1, x2), out[..., None], float(p), (-1,))
    return gradient.sum(-2), -gradient.sum(-3)


@op(method=True, inplace=True)
def renorm(input, /, p, dim, maxnorm):
    """Scale down the slices along dim whose p-norm exceeds maxnorm (torch.renorm)."""
    if isinstance(p, complex):
        raise RuntimeError("renorm: p must be real-valued")
    if category(input.dtype) < 2:
        raise RuntimeError("linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
                           f"{scalar_type_name(input.dtype)}")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if not isinstance(p, int | float) or p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    axis = canonical_dim(dim, input.ndim)
    others = tuple(d for d in range(input.ndim) if d != axis)
    exceeds = _norm(lax.stop_gradient(input), float(p), others) > maxnorm
    # A slice that stays as it is must not bring in the norm's derivative, which zeros make NaN.
    norms = _norm(jnp.where(exceeds, input, 1), float(p), others)
    return jnp.where(exceeds, input * (maxnorm / (norms + 1e-7)).astype(input.dtype), input)

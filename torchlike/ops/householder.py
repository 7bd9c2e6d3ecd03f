"""Householder reflections in LAPACK's packed form: `geqrf` makes them, `householder_product` and `ormqr` apply them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from ..core import return_types
from ..core.dtype import scalar_type_name
from ..core.op import function, op
from .checks import refuse_integral

_PRODUCT = "torch.linalg.householder_product"


@op(name="_geqrf", public=False, node="GeqrfBackward0", differentiable=False)
def _geqrf(input, /):
    """R over the reflections, and their scales."""
    if input.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    refuse_integral("geqrf_cpu", input.dtype)
    packed, scales = jnp.linalg.qr(input, mode="raw")
    return jnp.swapaxes(packed, -1, -2), scales


@function(method=True, out=True)
def geqrf(input):
    """A = QR with Q as packed reflections: (a, tau) (torch.geqrf). No gradient; `linalg.qr` has one."""
    return return_types.geqrf(_geqrf(input))


def _check_product(input, tau) -> None:
    if input.ndim < 2:
        raise RuntimeError(f"{_PRODUCT}: input must have at least 2 dimensions.")
    if input.shape[-2] < input.shape[-1]:
        raise RuntimeError(f"{_PRODUCT}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if input.shape[-1] < tau.shape[-1]:
        raise RuntimeError(f"{_PRODUCT}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if input.ndim - tau.ndim != 1:
        raise RuntimeError(f"{_PRODUCT}: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
                           f"input.ndim is equal to {input.ndim}")
    if input.shape[:-2] != tau.shape[:-1]:
        raise RuntimeError(f"{_PRODUCT}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {list(tau.shape[:-1])}")
    if input.dtype != tau.dtype:
        raise RuntimeError(f"{_PRODUCT}: tau dtype {scalar_type_name(tau.dtype)} does not match input dtype {scalar_type_name(input.dtype)}")


@op(name="linalg_householder_product", public=False)
def linalg_householder_product(input, tau, /):
    """The first columns of a product of Householder reflections (torch.linalg.householder_product)."""
    _check_product(input, tau)
    refuse_integral("orgqr_cpu", input.dtype)
    return lax.linalg.householder_product(input, tau)


@linalg_householder_product.vjp
def _(grad, input, tau):
    # LAPACK's kernel has no derivative in JAX; the reflections applied one by one do.
    return tuple(g.conj() for g in jax.vjp(_reflected, input, tau)[1](grad.conj()))


def _eye_like(input):
    rows, columns = input.shape[-2:]
    return jnp.eye(rows, columns, dtype=input.dtype)


def _reflected(input, tau):
    """The same product, reflection by reflection."""
    start = jnp.broadcast_to(_eye_like(input), input.shape)
    return _apply(input, tau, start, False)


def _apply(input, tau, target, adjoint: bool):
    """Q @ target, or Q^H @ target, for Q = H_1 H_2 ... of the reflections below the diagonal of `input`."""
    count = tau.shape[-1]
    if not count:
        return target
    below = jnp.tril(input, -1) + _eye_like(input)
    tau = tau.conj() if adjoint else tau

    def reflect(product, i):
        v, scale = below[..., i], tau[..., i, None, None]
        return product - scale * v[..., :, None] * (v.conj()[..., None, :] @ product), None

    order = jnp.arange(count)
    return lax.scan(reflect, target, order if adjoint else order[::-1])[0]


@function(method=True, out=True)
def orgqr(input, input2):
    """`linalg.householder_product` under its older name (torch.orgqr)."""
    return linalg_householder_product(input, input2)


def _check_ormqr(input, tau, other, left: bool) -> None:
    dim, name = (-2, "-2") if left else (-1, "-1")
    if input.ndim < 2:
        raise RuntimeError("torch.ormqr: input must have at least 2 dimensions.")
    if other.ndim < 2:
        raise RuntimeError("torch.ormqr: other must have at least 2 dimensions.")
    if other.shape[dim] != input.shape[-2]:
        raise RuntimeError(f"torch.ormqr: other.shape[{name}] must be equal to input.shape[-2]")
    if tau.shape[-1] != min(other.shape[dim], input.shape[-1]):
        raise RuntimeError(f"torch.ormqr: tau.shape[-1] must be equal to min(other.shape[{name}], input.shape[-1])")
    if input.ndim - tau.ndim != 1:
        raise RuntimeError(f"torch.ormqr: Expected tau to have one dimension less than input, but got tau.ndim equal to {tau.ndim} and "
                           f"input.ndim is equal to {input.ndim}")
    if input.ndim != other.ndim:
        raise RuntimeError(f"torch.ormqr: Expected other to have the same number of dimensions as input, but got other.ndim equal to "
                           f"{other.ndim} and input.ndim is equal to {input.ndim}")
    for which, batch in (("tau", tau.shape[:-1]), ("other", other.shape[:-2])):
        if batch != input.shape[:-2]:
            raise RuntimeError(f"torch.ormqr: Expected batch dimensions of {which} to be equal to input.shape[:-2], but got {list(batch)}")
    for which, x in (("tau", tau), ("other", other)):
        if x.dtype != input.dtype:
            # Without a space, as PyTorch prints it.
            raise RuntimeError(f"torch.ormqr: Expected input and {which} to have the same dtype, but input has dtype"
                               f"{scalar_type_name(input.dtype)} and {which} has dtype {scalar_type_name(x.dtype)}")
    refuse_integral("ormqr_cpu", input.dtype)


@op(method=True)
def ormqr(input, tau, other, /, left=True, transpose=False):
    """The product of `other` with the square orthogonal matrix of packed reflections, or its adjoint, on either side (torch.ormqr)."""
    _check_ormqr(input, tau, other, left)
    if left:
        return _apply(input, tau, other, transpose)
    flipped = _apply(input, tau, jnp.swapaxes(other, -1, -2).conj(), not transpose)
    return jnp.swapaxes(flipped, -1, -2).conj()

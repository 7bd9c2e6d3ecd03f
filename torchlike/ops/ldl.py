"""Bunch and Kaufman's factorisation of symmetric matrices, A = L D L^T with swaps, in LAPACK's packed form: `ldl_factor`, `ldl_solve`.

D has blocks of one or two rows. Pivots count from 1; those of a block of two are negative. As in LAPACK the swap of a step moves the rows
that are still to be factored, not the columns of L before it. PyTorch has no derivative for these functions.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..core import return_types
from ..core.dtype import scalar_type_name
from ..core.levels import examined
from ..core.op import function, op
from .linalg_checks import check_square
from .promotion import broadcast_shapes, category

# The bound on the growth of elements that decides between a block of one and of two.
_GROWTH = (1 + math.sqrt(17)) / 8


def _size(x):
    """LAPACK's cheap absolute value of complex numbers."""
    return jnp.abs(x.real) + jnp.abs(x.imag) if category(x.dtype) == 3 else jnp.abs(x)


def _choose(a, k, index):
    """The row to swap in at step k, and whether the block has two rows."""
    column = jnp.where(index > k, _size(a[:, k]), -1)
    row = jnp.argmax(column)
    largest, diagonal = jnp.maximum(column[row], 0), _size(a[k, k])
    across = jnp.max(jnp.where((index >= k) & (index != row), _size(a[row]), 0))
    keep = (diagonal >= _GROWTH * largest) | (diagonal * across >= _GROWTH * largest * largest)
    single = keep | (_size(a[row, row]) >= _GROWTH * across)
    return jnp.where(keep, k, row), ~single


def _inverse_block(d11, d21, d12, d22):
    determinant = d11 * d22 - d21 * d12
    return jnp.array([[d22, -d12], [-d21, d11]]) / determinant


def _step(state, index, turn):
    """One block: choose it, swap, divide its columns, take its share off the rest."""
    k, a, packed, pivots, info = state
    target, double = _choose(a, k, index)
    second = jnp.minimum(k + 1, len(index) - 1)
    place = jnp.where(double, second, k)
    order = jnp.where(index == place, target, jnp.where(index == target, place, index))
    a = a[order][:, order]
    below = index > place
    columns = jnp.where(below[:, None], jnp.stack([a[:, k], a[:, second]], 1), 0)
    zero = a[k, k] == 0
    single = jnp.zeros((2, 2), a.dtype).at[0, 0].set(jnp.where(zero, 0, 1 / jnp.where(zero, 1, a[k, k])))
    pair = _inverse_block(*(jnp.where(double, x, y) for x, y in ((a[k, k], 1), (a[second, k], 0), (a[k, second], 0), (a[second, second], 1))))
    factors = columns @ jnp.where(double, pair, single)
    rest = a - factors @ turn(columns)
    first = factors[:, 0].at[k].set(a[k, k])
    first = first.at[second].set(jnp.where(double, a[second, k], first[second]))
    other = factors[:, 1].at[second].set(a[second, second])
    packed = packed.at[:, second].set(jnp.where(double, other, packed[:, second])).at[:, k].set(first)
    mark = jnp.where(double, -(target + 1), target + 1).astype(np.int32)
    pivots = pivots.at[second].set(jnp.where(double, mark, pivots[second])).at[k].set(mark)
    info = jnp.where((info == 0) & zero & ~double, k + 1, info).astype(np.int32)
    return k + jnp.where(double, 2, 1), rest, packed, pivots, info


def _factor_one(matrix, hermitian: bool):
    n = matrix.shape[-1]
    index = jnp.arange(n)
    turn = (lambda x: x.T.conj()) if hermitian else (lambda x: x.T)
    lower = jnp.tril(matrix)
    diagonal = jnp.diag(jnp.diagonal(lower).real.astype(matrix.dtype) if hermitian else jnp.diagonal(lower))
    full = jnp.tril(lower, -1) + turn(jnp.tril(lower, -1)) + diagonal
    start = (jnp.zeros((), np.int64), full, jnp.zeros_like(full), jnp.zeros(n, np.int32), jnp.zeros((), np.int32))
    _, _, packed, pivots, info = lax.while_loop(lambda state: state[0] < n, lambda state: _step(state, index, turn), start)
    return packed, pivots, info


@op(name="_ldl_factor", public=False, differentiable=False)
def _ldl_factor(input, /, hermitian):
    """Packed factors, pivots and the position of the first zero block, or 0."""
    check_square("torch.linalg.ldl_factor_ex", input)
    batch, n = input.shape[:-2], input.shape[-1]
    if not input.size:
        return input, jnp.zeros((*batch, n), np.int32), jnp.zeros(batch, np.int32)
    flat = input.reshape(-1, n, n)
    packed, pivots, info = jax.vmap(lambda a: _factor_one(a, hermitian and category(a.dtype) == 3))(flat)
    return packed.reshape(input.shape), pivots.reshape(*batch, n), info.reshape(batch)


def _check_info(name: str, info) -> None:
    codes = examined(info)
    if codes is not None and np.any(np.asarray(codes)):
        raise RuntimeError(f"{name}: D has a zero on its diagonal (block {int(np.asarray(codes).max())}): the matrix is singular, and "
                           "ldl_solve would divide by zero.")


@function(name="linalg_ldl_factor_ex", public=False, out=True)
def linalg_ldl_factor_ex(input, *, hermitian=False, check_errors=False):
    """`linalg.ldl_factor` with the position of the first zero on D, or 0: (LD, pivots, info) (torch.linalg.ldl_factor_ex)."""
    factors = _ldl_factor(input, hermitian)
    if check_errors:
        _check_info("torch.linalg.ldl_factor_ex", factors[2])
    return return_types.linalg_ldl_factor_ex(factors)


@function(name="linalg_ldl_factor", public=False, out=True)
def linalg_ldl_factor(input, *, hermitian=False):
    """input = L D L^T (L^H for hermitian=True) of a symmetric matrix, packed, and its row swaps: (LD, pivots) (torch.linalg.ldl_factor)."""
    packed, pivots, info = _ldl_factor(input, hermitian)
    _check_info("torch.linalg.ldl_factor", info)
    return return_types.linalg_ldl_factor((packed, pivots))


def _swapped(b, i, j):
    return b.at[i].set(b[j]).at[j].set(b[i])


def _solve_one(packed, pivots, b, hermitian: bool):
    """Undo the factors one block at a time: forwards, then the transposed ones backwards."""
    n = packed.shape[-1]
    index = jnp.arange(n)
    conj = jnp.conj if hermitian else (lambda x: x)

    def forward(k, b):
        def block(b):
            second = jnp.minimum(k + 1, n - 1)
            double = pivots[k] < 0
            b = _swapped(b, jnp.where(double, second, k), jnp.abs(pivots[k]) - 1)
            first = jnp.where(index > jnp.where(double, second, k), packed[:, k], 0)
            other = jnp.where((index > second) & double, packed[:, second], 0)
            b = b - first[:, None] * b[k] - other[:, None] * b[second]
            d21 = jnp.where(double, packed[second, k], 0)
            inverse = _inverse_block(packed[k, k], d21, conj(d21), jnp.where(double, packed[second, second], 1))
            solved = inverse @ jnp.stack([b[k], b[second]])
            return jnp.where(double, b.at[second].set(solved[1]), b).at[k].set(jnp.where(double, solved[0], b[k] / packed[k, k]))

        return lax.cond(is_second[k], lambda b: b, block, b)

    def backward(i, b):
        k = n - 1 - i

        def block(b):
            first = jnp.maximum(k - 1, 0)
            double = pivots[k] < 0
            own = jnp.where(index > k, conj(packed[:, k]), 0) @ b
            before = jnp.where(index > k, conj(packed[:, first]), 0) @ b
            b = b.at[k].add(-own)
            b = jnp.where(double, b.at[first].add(-before), b)
            return _swapped(b, k, jnp.abs(pivots[k]) - 1)

        return lax.cond((pivots[k] < 0) & ~is_second[k], lambda b: b, block, b)

    # A negative pivot is the second of its block if an odd number of negative ones stands before it.
    negative = pivots < 0
    is_second = negative & ((jnp.cumsum(negative) % 2) == 0)
    return lax.fori_loop(0, n, backward, lax.fori_loop(0, n, forward, b))


@op(name="linalg_ldl_solve", public=False, differentiable=False)
def linalg_ldl_solve(LD, pivots, B, /, *, hermitian=False):
    """X with A X = B, given the packed factors of A (torch.linalg.ldl_solve)."""
    check_square("torch.linalg.ldl_solve", LD)
    if LD.shape[-1] != B.shape[-2]:
        raise RuntimeError(f"Incompatible matrix sizes for torch.linalg.ldl_solve: each A matrix is {LD.shape[-1]} by {LD.shape[-1]} but each "
                           f"b matrix is {B.shape[-2]} by {B.shape[-1]}")
    if pivots.shape != LD.shape[:-1]:
        raise RuntimeError("torch.linalg.ldl_solve: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape "
                           f"{list(pivots.shape)} instead")
    if category(pivots.dtype) != 1:
        raise RuntimeError(f"torch.linalg.ldl_solve: Expected pivots to be integers. Got {scalar_type_name(pivots.dtype)}")
    if LD.dtype != B.dtype:
        raise RuntimeError(f"Expected b and A to have the same dtype, but found b of type {scalar_type_name(B.dtype)} and A of type "
                           f"{scalar_type_name(LD.dtype)} instead.")
    batch = broadcast_shapes(LD.shape[:-2], B.shape[:-2])
    n, count = B.shape[-2:]
    if 0 in batch or not n or not count:
        return jnp.zeros((*batch, n, count), B.dtype)
    packed, right = (jnp.broadcast_to(x, batch + x.shape[-2:]).reshape(-1, *x.shape[-2:]) for x in (LD, B))
    swaps = jnp.broadcast_to(pivots, (*batch, n)).reshape(-1, n)
    solve = jax.vmap(lambda a, p, b: _solve_one(a, p, b, hermitian and category(b.dtype) == 3))
    return solve(packed, swaps, right).reshape(*batch, n, count)

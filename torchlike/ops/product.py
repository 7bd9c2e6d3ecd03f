"""Products of vectors and matrices: `mm`, `bmm`, `mv`, `dot`, `matmul`, `addmm` and their relatives, all in true float32 by default.

`matmul` picks one of them by rank as PyTorch does; a batch of rows times one matrix is flattened into a single matrix product first,
which XLA runs twice as fast as a batched one.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import lax

from ..core.autocast import cast_arguments
from ..core.dtype import scalar_type_name, type_id_name
from ..core.modes import state
from ..core.op import alias, function, op
from ..core.precision import matmul_precision
from .checks import refuse_bool, refuse_complex_number, require_tensors
from .promotion import broadcast_shapes, category, promote


def product(a, b, kernel="addmm_impl_cpu_"):
    """a @ b with the precision in force, integers included; `kernel` is what PyTorch's error calls it, which knows no bools."""
    refuse_bool(kernel, a.dtype)
    return jnp.matmul(a, b, precision=matmul_precision()).astype(a.dtype)


def _check_mm(mat1, mat2) -> None:
    for name, x in (("self", mat1), ("mat2", mat2)):
        if x.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix")
    _check_inner(mat1.shape, mat2.shape)
    refuse_bool("addmm_impl_cpu_", mat1.dtype)
    if mat1.dtype != mat2.dtype:
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {type_id_name(mat1.dtype)} != {type_id_name(mat2.dtype)}")


def _check_inner(shape1, shape2) -> None:
    if shape1[-1] != shape2[-2]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({shape1[-2]}x{shape1[-1]} and {shape2[-2]}x{shape2[-1]})")


def _check_bmm(batch1, batch2) -> None:
    for name, x in (("batch1", batch1), ("batch2", batch2)):
        if x.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    expected = [batch1.shape[0], batch1.shape[2]]
    if list(batch2.shape[:2]) != expected:
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: {expected} but got: {list(batch2.shape[:2])}.")
    check_same(batch1, batch2)
    refuse_bool("bmm", batch1.dtype)


def check_same(a, b) -> None:
    """RuntimeError unless both arrays have one dtype."""
    if a.dtype != b.dtype:
        raise RuntimeError(f"expected scalar type {scalar_type_name(a.dtype)} but found {scalar_type_name(b.dtype)}")


@op(method=True)
def mm(input, mat2, /):
    """The product of two matrices (n, k) and (k, m): (n, m) (torch.mm)."""
    _check_mm(input, mat2)
    return product(input, mat2)


@op(method=True)
def bmm(input, mat2, /):
    """A batch of matrix products (b, n, k) and (b, k, m): (b, n, m) (torch.bmm)."""
    _check_bmm(input, mat2)
    return product(input, mat2)


def _check_mv(mat, vec, bias_rank=1) -> None:
    if mat.ndim != 2 or vec.ndim != 1 or bias_rank > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {bias_rank}, {mat.ndim}, {vec.ndim}")


@op(method=True)
def mv(input, vec, /):
    """A matrix (n, k) times a vector (k): (n) (torch.mv)."""
    _check_mv(input, vec)
    if input.shape[1] != vec.shape[0]:
        raise RuntimeError(f"size mismatch, got input ({input.shape[0]}), mat ({input.shape[0]}x{input.shape[1]}), vec ({vec.shape[0]})")
    if input.dtype != vec.dtype:
        names = [scalar_type_name(d) for d in (vec.dtype, input.dtype, vec.dtype)]
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {names[0]}, {names[1]}, and {names[2]}")
    return product(input, vec, "addmv_impl_cpu")


def _check_dot(a, b, name="dot") -> None:
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.dtype != b.dtype:
        raise RuntimeError(f"{name} : expected both vectors to have same dtype, but found {scalar_type_name(a.dtype)} and "
                           f"{scalar_type_name(b.dtype)}")
    refuse_bool("dot", a.dtype)
    n, m = a.shape[0], b.shape[0]
    if n != m:
        raise RuntimeError(f"inconsistent tensor size, expected tensor [{n}] and src [{m}] to have the same number of elements, but got "
                           f"{n} and {m} elements respectively")


@op(method=True)
def dot(input, tensor, /):
    """The sum of products of two vectors, not conjugated (torch.dot)."""
    _check_dot(input, tensor)
    return product(input, tensor)


@op(method=True)
def vdot(input, other, /):
    """The sum of products of conj(input) and other (torch.vdot)."""
    _check_dot(input, other)
    return product(input.conj(), other)


@function(method=True, out=True)
def outer(input, vec2):
    """All products of two vectors (n) and (m): (n, m) (torch.outer)."""
    for name, x in (("self", input), ("vec2", vec2)):
        if x.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {x.ndim}-D")
    return input.unsqueeze(1) * vec2


@op(name="_unsafe_view", public=False)
def _unsafe_view(input, /, shape):
    """The input in another shape, not as a view: what `matmul` puts around its flattened product."""
    return input.reshape(shape)


@op(name="_batched_matmul", public=False, node="UnsafeViewBackward0")
def _batched_matmul(input, other, /):
    """Products of matrices whose batch dimensions broadcast."""
    batch = broadcast_shapes(input.shape[:-2], other.shape[:-2])
    if input.shape[-1] != other.shape[-2]:
        count = math.prod(batch)
        raise RuntimeError("Expected size for first two dimensions of batch2 tensor to be: "
                           f"{[count, input.shape[-1]]} but got: {[count, other.shape[-2]]}.")
    check_same(input, other)
    return product(input, other, "bmm")


def _flat(input):
    return input.reshape(math.prod(input.shape[:-1]), input.shape[-1])


@op(name="_mm_rows", public=False, node="MmBackward0")
def _mm_rows(input, mat2, /):
    """All rows of an array of rank 3 or more times a matrix, as one flat product."""
    _check_mm(_flat(input), mat2)
    return product(_flat(input), mat2)


@op(name="_mv_rows", public=False, node="MvBackward0")
def _mv_rows(input, vec, /):
    """All rows of an array of rank 3 or more times a vector."""
    return mv.op.fn(_flat(input), vec)


def _rows_times(input, other):
    """input of rank 3 or more times a matrix or vector: a flat product, back in the batch's shape."""
    shape = input.shape
    if other.ndim == 1:
        return _unsafe_view(_mv_rows(input, other), tuple(shape[:-1]))
    return _unsafe_view(_mm_rows(input, other), (*shape[:-1], other.shape[1]))


@function(method=True, out=True)
def matmul(input, other):
    """The matrix product by rank: dot, mv, mm, or batches that broadcast (torch.matmul)."""
    require_tensors("matmul", input=input, other=other)
    if state.casting:
        input, other = cast_arguments("matmul", (input, other))
    n, m = input.ndim, other.ndim
    if n == 2 and m == 2:
        return mm(input, other)
    if n == 0 or m == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {n}D and {m}D")
    if n == 1:
        if m == 1:
            return dot(input, other)
        if m == 2:
            return mm(input.unsqueeze(0), other).squeeze(0)
        return _rows_times(other.transpose(-1, -2), input)
    if m <= 2:
        return mv(input, other) if n == 2 else _rows_times(input, other)
    return _batched_matmul(input, other)


def _bias(input, shape):
    """input broadcast to the product's shape, or PyTorch's error of `expand`."""
    rank = len(shape)
    if input.ndim > rank:
        kind = f"torch.{scalar_type_name(input.dtype)}Tensor{{{list(input.shape)}}}"
        raise RuntimeError(f"expand({kind}, size={list(shape)}): the number of sizes provided ({rank}) must be greater or equal to the number of "
                           f"dimensions in the tensor ({input.ndim})")
    for i in range(1, min(input.ndim, rank) + 1):
        if input.shape[-i] not in (1, shape[-i]):
            raise RuntimeError(f"The expanded size of the tensor ({shape[-i]}) must match the existing size ({input.shape[-i]}) at "
                               f"non-singleton dimension {rank - i}.  Target sizes: {list(shape)}.  Tensor sizes: {list(input.shape)}")
    return jnp.broadcast_to(input, shape)


def _scaled_sum(input, result, beta, alpha):
    """beta * input + alpha * result; input is ignored, NaN included, when beta is 0."""
    bias = _bias(input, result.shape)
    for factor in (beta, alpha):
        if factor is not None and category(factor.dtype) == 3:
            refuse_complex_number(1j, result.dtype)
    if alpha is not None:
        result = result * alpha.astype(result.dtype)
    if beta is not None:
        bias = jnp.where(beta == 0, 0, bias * beta.astype(bias.dtype))
    return bias + result


def _check_dtypes(*named) -> None:
    """RuntimeError unless the named arrays have the dtype of the last, which is called mat2."""
    *others, mat2 = named
    for name, x in others:
        if x.dtype != mat2.dtype:
            raise RuntimeError(f"{name} and mat2 must have the same dtype, but got {scalar_type_name(x.dtype)} and "
                               f"{scalar_type_name(mat2.dtype)}")


@op(name="_addmm", public=False, node="AddmmBackward0")
def _addmm(input, mat1, mat2, beta=None, alpha=None, /):
    """beta * input + alpha * (mat1 @ mat2)."""
    _check_dtypes(("self", input), ("mat1", mat1), mat2)
    _check_mm(mat1, mat2)
    return _scaled_sum(input, product(mat1, mat2), beta, alpha)


@op(name="_addmv", public=False, node="AddmvBackward0")
def _addmv(input, mat, vec, beta=None, alpha=None, /):
    """beta * input + alpha * (mat @ vec)."""
    _check_mv(mat, vec, input.ndim)
    if mat.shape[1] != vec.shape[0] or input.size not in (1, mat.shape[0]):
        size = input.shape[0] if input.ndim else 1
        raise RuntimeError(f"size mismatch, got input ({size}), mat ({mat.shape[0]}x{mat.shape[1]}), vec ({vec.shape[0]})")
    if not input.dtype == mat.dtype == vec.dtype:
        names = [scalar_type_name(x.dtype) for x in (input, mat, vec)]
        raise RuntimeError("addmv input tensors must have the same dtype, but got {}, {}, and {}".format(*names))
    return _scaled_sum(input, product(mat, vec, "addmv_impl_cpu"), beta, alpha)


@op(name="_baddbmm", public=False, node="BaddbmmBackward0")
def _baddbmm(input, batch1, batch2, beta=None, alpha=None, /):
    """beta * input + alpha * (batch1 @ batch2), batch by batch."""
    _check_bmm(batch1, batch2)
    if input.dtype != batch1.dtype:
        names = [type_id_name(x.dtype) for x in (input, batch1, batch2)]
        raise RuntimeError("Input dtypes must be the same, got: input {}, batch1: {}, batch2: {}".format(*names))
    return _scaled_sum(input, product(batch1, batch2), beta, alpha)


@op(name="_addbmm", public=False, node="AddbmmBackward0")
def _addbmm(input, batch1, batch2, beta=None, alpha=None, /):
    """beta * input + alpha * the sum of the batch's products, as one product over batch and inner dimension."""
    if batch1.ndim == batch2.ndim == 3 and batch1.shape[0] != batch2.shape[0]:
        raise RuntimeError(f"batch1 and batch2 must have same number of batches, got {batch1.shape[0]} and {batch2.shape[0]}")
    if batch1.ndim == batch2.ndim == 3 and batch1.shape[2] != batch2.shape[1]:
        raise RuntimeError(f"Incompatible matrix sizes for bmm ({batch1.shape[1]}x{batch1.shape[2]} and "
                           f"{batch2.shape[1]}x{batch2.shape[2]})")
    _check_dtypes(("self", input), batch2)
    _check_bmm(batch1, batch2)
    total = lax.dot_general(batch1, batch2, (((0, 2), (0, 1)), ((), ())), precision=matmul_precision())
    return _scaled_sum(input, total.astype(batch1.dtype), beta, alpha)


@op(name="_addr", public=False, node="AddrBackward0")
def _addr(input, vec1, vec2, beta=None, alpha=None, /):
    """beta * input + alpha * outer(vec1, vec2)."""
    if vec1.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(f"addr: Expected 1-D argument vec{1 if vec1.ndim != 1 else 2}, but got "
                           f"{vec1.ndim if vec1.ndim != 1 else vec2.ndim}-D")
    x, a, b = promote(input, vec1, vec2)
    if category(x.dtype) == 0:
        pairs = a[:, None] & b[None, :]
        return (x if beta is None else x & beta.astype(bool)) | (pairs if alpha is None else pairs & alpha.astype(bool))
    return _scaled_sum(x, a[:, None] * b[None, :], beta, alpha)


def _factors(beta, alpha):
    """Factors of 1 are left out, so that the common call has a kernel without them."""
    return None if beta == 1 else beta, None if alpha == 1 else alpha


@function(method=True, inplace=True, out=True)
def addmm(input, mat1, mat2, *, beta=1, alpha=1):
    """beta * input + alpha * (mat1 @ mat2) (torch.addmm)."""
    return _addmm(input, mat1, mat2, *_factors(beta, alpha))


@function(method=True, inplace=True, out=True)
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """beta * input + alpha * (mat @ vec) (torch.addmv)."""
    return _addmv(input, mat, vec, *_factors(beta, alpha))


@function(method=True, inplace=True, out=True)
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta * input + alpha * (batch1 @ batch2), batch by batch (torch.baddbmm)."""
    return _baddbmm(input, batch1, batch2, *_factors(beta, alpha))


@function(method=True, inplace=True, out=True)
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta * input + alpha * sum over the batch of (batch1 @ batch2) (torch.addbmm)."""
    return _addbmm(input, batch1, batch2, *_factors(beta, alpha))


@function(method=True, inplace=True, out=True)
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """beta * input + alpha * outer(vec1, vec2) (torch.addr)."""
    kinds = {t._aval.dtype.kind for t in (input, vec1, vec2)}
    for name, factor in (("beta", beta), ("alpha", alpha)):
        if isinstance(factor, bool) and kinds != {"b"}:
            raise RuntimeError(f"Boolean {name} only supported for Boolean results.")
        if isinstance(factor, float | complex) and kinds <= set("biu"):
            raise RuntimeError(f"For integral input tensors, argument {name} must not be a floating point number.")
    return _addr(input, vec1, vec2, *_factors(beta, alpha))


alias("ger", of="outer")
alias("spmm", of="mm")

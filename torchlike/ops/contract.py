"""Sums of products named by their dimensions: `einsum`, `tensordot`, `inner`, `kron`, `cross`, `trace`."""

from __future__ import annotations

import warnings

import jax.numpy as jnp
import numpy as np

from ..core.dtype import c_type_name, scalar_type_name
from ..core.op import function, op
from ..core.precision import matmul_precision
from ..core.tensor import Tensor
from .checks import refuse_bool
from .dims import canonical_dim
from .lowering import wide
from .product import check_same, product
from .promotion import category, promote, promote_broadcast


@op(name="_einsum", public=False, node="EinsumBackward0")
def _einsum(*operands, equation):
    """The contraction, in the order of least work."""
    _check_equation(equation, operands)
    inputs, arrow, output = equation.partition("->")
    if len(operands) == 1 and category(operands[0].dtype) < 2 and arrow and set(inputs) - set(output):
        operands = (operands[0].astype(np.int64),)  # a sum of integers
    half = operands[0].dtype if len(operands) == 1 else None
    operands = (wide(operands[0]),) if half is not None else operands
    operands = _one_dtype(operands, inputs.split(","), output if arrow else "".join(s for s in inputs if inputs.count(s) == 1))
    dtype = half or operands[0].dtype
    return jnp.einsum(equation, *operands, precision=matmul_precision(), optimize="optimal").astype(dtype)


def _one_dtype(operands: tuple, terms: list, output: str) -> tuple:
    """The operands in the dtype of the result. From left to right, two whose product is summed must agree; a mere product promotes."""
    result, seen = operands[0], set(terms[0])
    for i, (x, term) in enumerate(zip(operands[1:], terms[1:], strict=True), 2):
        wanted = set(output).union(*terms[i:]) | {"."}
        if (seen & set(term)) - wanted:
            check_same(result, x)
            refuse_bool("bmm", x.dtype)
        result = promote(result, x)[0] if result.dtype != x.dtype else result
        seen = (seen | set(term)) & wanted
    return tuple(x.astype(result.dtype) for x in operands)


def _check_subscripts(equation: str, inputs: str, output: str) -> None:
    """RuntimeError for characters that stand for no dimension, and dots that are no ellipsis."""
    for i, term in enumerate(inputs.split(",")):
        if "." in term.replace("...", "", 1):
            raise RuntimeError(f"einsum(): found '.' for operand {i} that is not part of any ellipsis")
    if "." in output.replace("...", "", 1):
        raise RuntimeError("einsum(): found '.' for output but an ellipsis (...) was already found" if "..." in output else
                           "einsum(): found '.' for output that is not part of any ellipsis (...)")
    for i, c in enumerate(equation):
        arrow = equation.find("->")
        is_arrow = arrow >= 0 and i in (arrow, arrow + 1)
        if not (c.isascii() and c.isalpha()) and c not in ".," and not is_arrow or c == "," and 0 <= arrow < i:
            raise RuntimeError(f"einsum(): invalid subscript given at index {i} in the equation string, subscripts must be in [a-zA-Z]")
    for c in output:
        if c.isalpha() and output.count(c) > 1:
            raise RuntimeError(f"einsum(): output subscript {c} appears more than once in the output")


def _check_ellipsis(i: int, shape: tuple, covered: list[int]) -> None:
    """RuntimeError unless what the ellipsis of operand `i` covers broadcasts with what those before it `covered`, counted from the last."""
    for d, n in enumerate(reversed(shape)):
        if d == len(covered):
            covered.append(n)
        elif covered[d] == 1:
            covered[d] = n
        elif n not in (1, covered[d]):
            raise RuntimeError(f"einsum(): dimension {len(shape) - 1 - d} covered by ellipsis in operand {i}has size {n} which does not broadcast "
                               f"with previously seen ellipsis with size {covered[d]} for the respective dimension")


def _check_equation(equation: str, operands: tuple) -> None:
    inputs, _, output = equation.partition("->")
    _check_subscripts(equation, inputs, output)
    terms = inputs.split(",")
    if len(terms) != len(operands):
        fewer = "fewer" if len(operands) < len(terms) else "more"
        raise RuntimeError(f"einsum(): {fewer} operands were provided than specified in the equation")
    sizes: dict[str, int] = {}
    covered: list[int] = []
    for i, (term, x) in enumerate(zip(terms, operands, strict=True)):
        before, dots, after = term.partition("...")
        if not dots and len(term) != x.ndim:
            raise RuntimeError(f"einsum(): the number of subscripts in the equation ({len(term)}) does not match the number of dimensions "
                               f"({x.ndim}) for operand {i} and no ellipsis was given")
        if dots:
            _check_ellipsis(i, tuple(x.shape[len(before) : x.ndim - len(after)]), covered)
        extents = list(zip(before, x.shape, strict=False)) + list(zip(after, x.shape[x.ndim - len(after) :], strict=True))
        for subscript, n in extents:
            seen = sizes.setdefault(subscript, n)
            if n != seen and term.count(subscript) > 1:
                raise RuntimeError(f"einsum(): subscript {subscript} is repeated for operand {i} but the sizes don't match, {n} != {seen}")
            if n != seen and 1 not in (n, seen):
                raise RuntimeError(f"einsum(): subscript {subscript} has size {n} for operand {i} which does not broadcast with "
                                   f"previously seen size {seen}")
    for subscript in output.replace("...", ""):
        if subscript not in sizes:
            raise RuntimeError(f"einsum(): output subscript {subscript} does not appear in the equation for any input operand")


def _letters(subscripts) -> str:
    """A sublist of numbers and Ellipsis as an equation's term."""
    if any(s is not Ellipsis and not 0 <= s < 52 for s in subscripts):
        raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")
    return "".join("..." if s is Ellipsis else chr(ord("A") + s) if s < 26 else chr(ord("a") + s - 26) for s in subscripts)


def _from_sublists(args: tuple) -> tuple[str, tuple]:
    """einsum(op1, [0, 1], op2, [1, 2], [0, 2]) as an equation and its operands."""
    output = "->" + _letters(args[-1]) if len(args) % 2 else ""
    pairs = args[: len(args) // 2 * 2]
    return ",".join(_letters(s) for s in pairs[1::2]) + output, pairs[0::2]


@function
def einsum(*args):
    """A sum of products by Einstein's notation: `einsum("ij,jk->ik", a, b)`, or with sublists of numbers (torch.einsum)."""
    if len(args) < 2:
        raise ValueError("einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list")
    if isinstance(args[0], str):
        equation, operands = args[0], args[1:]
    else:
        equation, operands = _from_sublists(args)
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = tuple(operands[0])
    if not operands:
        raise ValueError("einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list")
    return _einsum(*operands, equation=equation.replace(" ", ""))


@op(name="_tensordot", public=False, node="ViewBackward0")
def _tensordot(a, b, /, dims_a, dims_b):
    """The contraction of dims_a of a with dims_b of b; an extent of 1 broadcasts."""
    for i, j in zip(dims_a, dims_b, strict=True):
        if a.shape[i] != 1 and b.shape[j] == 1:
            a = a.sum(i, keepdims=True)
        elif a.shape[i] == 1 and b.shape[j] != 1:
            b = b.sum(j, keepdims=True)
        if a.shape[i] != b.shape[j]:
            raise RuntimeError(f"contracted dimensions need to match, but first has size {a.shape[i]} in dim {i} and second has size "
                               f"{b.shape[j]} in dim {j}")
    if a.dtype != b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    refuse_bool("addmm_impl_cpu_", a.dtype)
    return jnp.tensordot(a, b, axes=(dims_a, dims_b), precision=matmul_precision()).astype(a.dtype)


@function
def tensordot(a, b, dims=2, out=None):
    """Contract the last `dims` dimensions of a with the first of b, or two lists of dimensions (torch.tensordot)."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, tuple | list):
        dims_a, dims_b = dims
    else:
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims_a, dims_b = range(-dims, 0), range(dims)
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    result = _tensordot(a, b, dims_a=tuple(dims_a), dims_b=tuple(dims_b))
    return result if out is None else out.copy_(result)


@op(method=True, node="ViewBackward0")
def inner(input, other, /):
    """Products summed over the last dimension of both (torch.inner); a plain product if either is 0-d."""
    if input.ndim == 0 or other.ndim == 0:
        a, b = promote(input, other)
        return a * b
    if input.dtype != other.dtype:
        raise RuntimeError("both inputs should have same dtype")
    refuse_bool("addmm_impl_cpu_", input.dtype)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError("inner() the last dimension must match on both input tensors but got shapes "
                           f"{list(input.shape)} and {list(other.shape)}")
    return jnp.inner(input, other, precision=matmul_precision()).astype(input.dtype)


@op(method=True, node="UnsafeViewBackward0")
def kron(input, other, /):
    """Kronecker's product (torch.kron)."""
    a, b = promote(input, other)
    rank = max(a.ndim, b.ndim)
    a, b = (x.reshape((1,) * (rank - x.ndim) + x.shape) for x in (a, b))
    shape = tuple(n * m for n, m in zip(a.shape, b.shape, strict=True))
    even, odd = tuple(range(0, 2 * rank, 2)), tuple(range(1, 2 * rank, 2))
    return (jnp.expand_dims(a, odd) * jnp.expand_dims(b, even)).reshape(shape)


@op(method=True)
def trace(input, /):
    """The sum of a matrix's diagonal (torch.trace); integers as int64."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    refuse_bool("trace", input.dtype)
    return jnp.trace(input, dtype=jnp.int64 if input.dtype.kind in "iub" else input.dtype)


@op(name="linalg_cross", public=False)
def linalg_cross(input, other, /, *, dim=-1):
    """The cross product along a dimension of extent 3 (torch.linalg.cross)."""
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    if input.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    axis = canonical_dim(dim, input.ndim)
    if input.shape[axis] != 3 or other.shape[axis] != 3:
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[axis]} and {other.shape[axis]}")
    check_same(input, other)
    a, b = promote_broadcast(input, other)
    return jnp.cross(*jnp.broadcast_arrays(a, b), axis=axis)


@function(method=True, out=True)
def cross(input, other, dim=None):
    """`linalg.cross` along dim, or along the first dimension of extent 3 (torch.cross)."""
    if dim is None:
        found = [d for d, n in enumerate(input.shape) if n == 3]
        if not found:
            raise RuntimeError("no dimension of size 3 in input")
        dim = found[0]
    return linalg_cross(input, other, dim=dim)


def _cheapest_order(sizes: list) -> list:
    """Where to split each chain of matrices so that the fewest multiplications are done; sizes are the n+1 dimensions."""
    n = len(sizes) - 1
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i][j], split[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))
    return split


def _multiply_chain(matrices: tuple, split: list, i: int, j: int):
    if i == j:
        return matrices[i]
    k = split[i][j]
    return product(_multiply_chain(matrices, split, i, k), _multiply_chain(matrices, split, k + 1, j))


def _check_chain(matrices: tuple) -> None:
    """RuntimeError unless all are matrices but for the ends, which may be vectors."""
    ends = {0: "the first tensor", len(matrices) - 1: "the last tensor"}
    for i, x in enumerate(matrices):
        if x.ndim != 2 and not (i in ends and x.ndim == 1):
            must = f"{ends[i]} must be 1D or 2D" if i in ends else f"tensor {i} must be 2D"
            raise RuntimeError(f"multi_dot(): {must} but got {x.ndim}D")
        if x.dtype != matrices[0].dtype:
            kinds = (c_type_name(m.dtype) for m in (matrices[0], x))
            raise RuntimeError(f"multi_dot(): all tensors must have be the same dtype but tensor 0 is {next(kinds)} and tensor {i} {next(kinds)}")


@op(name="_multi_dot", public=False, node="MmBackward0")
def _multi_dot(*matrices):
    """The product of a chain of matrices, in the order of least work; the ends may be vectors."""
    _check_chain(matrices)
    first, last = matrices[0].ndim == 1, matrices[-1].ndim == 1
    chain = list(matrices)
    chain[0] = chain[0][None, :] if first else chain[0]
    chain[-1] = chain[-1][:, None] if last else chain[-1]
    for i, (a, b) in enumerate(zip(chain[:-1], chain[1:], strict=True)):
        if a.shape[1] != b.shape[0]:
            shapes = [list(m.shape) for m in matrices[i : i + 2]]
            raise RuntimeError(f"multi_dot(): tensors {i} and {i + 1} with shapes {shapes[0]} and {shapes[1]} cannot be multiplied")
    split = _cheapest_order([x.shape[0] for x in chain] + [chain[-1].shape[1]])
    result = _multiply_chain(tuple(chain), split, 0, len(chain) - 1)
    shape = result.shape[1 if first else 0 : 1 if last else 2]
    return result.reshape(shape)


@function(public=False, out=True)
def multi_dot(tensors):
    """The product of two or more matrices, multiplied in the cheapest order (torch.linalg.multi_dot)."""
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    return _multi_dot(*tensors)


@function
def chain_matmul(*matrices, out=None):
    """The product of one or more matrices (torch.chain_matmul); `linalg.multi_dot` is its successor."""
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    if len(matrices) > 1:
        warnings.warn("torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot instead, "
                      "which accepts a list of two or more tensors rather than multiple parameters.", stacklevel=2)
    for x in matrices:
        if x.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {x.ndim}, expected 2 instead.")
    result = matrices[0] if len(matrices) == 1 else _multi_dot(*matrices)
    return result if out is None else out.copy_(result)


@function(public=False, name="linalg_vecdot", out=True)
def vecdot(x, y, *, dim=-1):
    """The sum of conj(x) * y along dim (torch.linalg.vecdot)."""
    if x.dtype is not y.dtype:
        kinds = (scalar_type_name(a.dtype.np) for a in (x, y))
        raise RuntimeError("linalg.vecdot: Expected x and y to have the same dtype, but found x of type {} and y of type {} instead".format(*kinds))
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        raise RuntimeError(f"linalg.vecdot: Expected a floating point or complex tensor as input. Got {scalar_type_name(x.dtype.np)}")
    return (x.conj() * y).sum(dim)

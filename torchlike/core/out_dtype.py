"""Which ops write to an `out=` of the dtype of their result only, and how each says so. All others convert, within the kinds of numbers."""

from __future__ import annotations

from .dtype import scalar_type_name, type_id_name

_EXACT = (
    "addmm addmv baddbmm bmm cross expand_copy diag diagonal_copy alias_copy lu_unpack lu_solve softmax aminmax as_strided_copy "
    "topk mm view_copy permute_copy qr split_with_sizes_copy slice_scatter triangular_solve svd gather index_copy index_add index_reduce sort "
    "scatter scatter_add unbind_copy unfold_copy msort renorm squeeze_copy take_along_dim unsqueeze_copy transpose_copy tril triu log_softmax t_copy "
    "max.dim min.dim scatter_reduce argmax norm det argmin isin linalg_cross linalg_det linalg_cholesky linalg_cholesky_ex linalg_eigh "
    "linalg_eigvalsh linalg_ldl_factor linalg_ldl_factor_ex linalg_ldl_solve linalg_qr linalg_slogdet linalg_vector_norm linalg_lu_factor "
    "linalg_lu_factor_ex linalg_lu linalg_lu_solve linalg_inv linalg_inv_ex linalg_solve linalg_solve_ex linalg_svd linalg_svdvals"
)
_SAME_AS_INPUT = "abs ceil conj_physical frac floor softshrink hardshrink gelu neg round sign sgn trunc softplus"
# By the words of the refusal, which name the result's dtype {0} ({c0} in C++) and that of `out=`, {1}.
_REFUSALS = {
    "Expected out tensor to have dtype {c0}, but got {c1} instead": _EXACT,
    "Found dtype {1} but expected {0}": _SAME_AS_INPUT,
    "expected scalar_type {0} but found {1}": "cummax cummin diff logcumsumexp",
    "result dtype {1} does not match input dtype {0}": "dot vdot matmul",
    "expected scalar type {0} but found {1}": "log_sigmoid linalg_solve_triangular",
    "quantile() out tensor must be same dtype as the input tensor": "quantile nanquantile",
    "torch.histogram: input tensor and hist tensor should have the same dtype, but got input {c0} and hist {c1}": "histogram histc",
    "tensordot: Expected the output tensor to have dtype {0}, but got an output tensor with dtype {1}": "inner tensordot",
    "Expected the dtype for input and out to match, but got {0} for input's dtype and {1} for out's dtype.": "amax amin",
    "linalg.matrix_norm expected out tensor dtype {0} but got: {1}": "linalg_matrix_norm",
    "linalg.norm expected out tensor dtype {0} but got: {1}": "linalg_norm",
    "linalg.vecdot: Expected out of dtype{0} but found {1}": "linalg_vecdot",
    "multi_dot(): expected out tensor to have dtype {c0} but got {c1}": "multi_dot",
    "torch.frexp() expects mantissa to have dtype {c0} but got {c1}": "frexp",
    "Expected object of scalar type {0} but got scalar type {1} for argument 'out'": "complex polar",
    "the output given to float_power has dtype {1} but the operation's result requires dtype {0}": "float_power",
    "output values must be of same type as input": "kthvalue",
    "masked_select(): self and result must have the same scalar type": "masked_select",
    "index_select(): self and result must have the same scalar type": "index_select",
    "take(): self and out expected to have the same dtype, but got self.dtype = {0} and out.dtype = {1}": "take",
    "expected scalar type '{0}' but got '{1}' for values output": "mode",
    "expected scalar type '{0}' but got '{1}' for indices output": "mode.1",
    "output indices must be of scalar type Long": "kthvalue.1",
    "torch.frexp() expects exponent to have int dtype but got {c1}": "frexp.1",
    "torch.histogram: input tensor and bin_edges tensor should have the same dtype, but got input {c0} and bin_edges {c1} for dimension 0":
        "histogram.1",
    "heaviside is not yet implemented for tensors with different dtypes.": "heaviside",
    "signbit does not support non-boolean outputs.": "signbit",
    "isposinf does not support non-boolean outputs.": "isposinf",
    "isneginf does not support non-boolean outputs.": "isneginf",
    "nan_to_num: dtype of out: {1} should be same as input: {0}": "nan_to_num",
    "multinomial expects {0} tensor out, got: {1}": "multinomial",
    "Expected out type to be {0} but got {1}": "where",
    "nonzero_static: Expected out tensor to have scalar type {0} but got scalar type{1}": "nonzero_static",
    "nonzero: Expected out tensor to have scalar type {0} but got scalar type{1}": "nonzero",
    "all only supports bool tensor for result, got: {1}": "all",
    "any only supports bool tensor for result, got: {1}": "any",
}
# Of results that are written only where no category is lost, as "title: what is written".
_SAFELY = {
    "cholesky": "cholesky: result", "cholesky_inverse": "cholesky_inverse: result", "cholesky_solve": "cholesky_solve: result",
    "linalg_cond": "linalg.cond: result", "linalg_matrix_rank": "torch.linalg.matrix_rank: result", "linalg_matrix_power": "matrix_power: result",
    "matrix_power": "matrix_power: result", "linalg_pinv": "linalg.pinv: result", "pinverse": "linalg.pinv: result",
    "linalg_eig": "torch.linalg.eig: eigenvalues", "linalg_eigvals": "torch.linalg.eigvals: eigenvalues",
    "linalg_tensorinv": "tensorinv: result", "linalg_tensorsolve": "tensorsolve: result",
    "linalg_householder_product": "torch.linalg.householder_product: result", "geqrf": "torch.geqrf: a",
}
_refusal_of = {name: refusal for refusal, names in _REFUSALS.items() for name in names.split()}
_BYTES_TOO = frozenset(["all", "any"])


def title(name: str, position: int) -> str:
    """Under which name the result at a position among several is refused."""
    return f"{name}.{position}" if f"{name}.{position}" in _refusal_of else name


def refuse_other_dtype(name: str, result, out) -> None:
    """RuntimeError when the op `name` does not write its result of one dtype into an `out=` of another one."""
    refusal = _refusal_of.get(name)
    if refusal is not None and result != out and not (name in _BYTES_TOO and out.name == "uint8"):
        names = {f"c{i}": type_id_name(dtype) for i, dtype in enumerate((result, out))}
        raise RuntimeError(refusal.format(scalar_type_name(result), scalar_type_name(out), **names))


def refuse_uncastable(name: str, result, out) -> None:
    """RuntimeError, for the ops that have one of their own, when a result does not go into the dtype of `out=`."""
    title, _, what = _SAFELY.get(name, "").partition(": ")
    if title:
        raise RuntimeError(f"{title}: Expected {what} to be safely castable from {scalar_type_name(result)} dtype, but got {what} with dtype "
                           f"{scalar_type_name(out)}")


def refuse_dtype_beside_out(name: str, asked, out) -> None:
    """RuntimeError when a `dtype` is asked for that is not the one of `out=`."""
    if asked == out:
        return
    if name == "nansum":
        raise RuntimeError(f"nansum: provided dtype must match dtype of result. Got {scalar_type_name(out)} and {scalar_type_name(asked)}.")
    raise RuntimeError(f"Expected out tensor to have dtype {type_id_name(asked)}, but got {type_id_name(out)} instead")

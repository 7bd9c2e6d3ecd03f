"""The named tuples that functions with several results return (torch.return_types)."""

from __future__ import annotations

from operator import itemgetter


def _named(name: str, *fields: str) -> type:
    """A tuple with named items, made from one sequence and printed as PyTorch prints it."""

    def __repr__(self):
        lines = ",\n".join(f"{field}={value!r}" for field, value in zip(fields, self, strict=True))
        return f"torch.return_types.{name}(\n{lines})"

    def __reduce__(self):
        return _rebuild, (name, tuple(self))

    def __new__(cls, items):
        items = tuple(items)
        if len(items) != len(fields):
            raise TypeError(f"torch.return_types.{name}() takes a {len(fields)}-sequence ({len(items)}-sequence given)")
        return tuple.__new__(cls, items)

    body: dict = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    body.update(n_fields=len(fields), n_sequence_fields=len(fields), n_unnamed_fields=0, __new__=__new__)
    body.update(__slots__=(), __repr__=__repr__, __reduce__=__reduce__, _fields=fields, __module__="torch.return_types")
    return type(name, (tuple,), body)


def _rebuild(name: str, items: tuple) -> tuple:
    return globals()[name](items)


max = _named("max", "values", "indices")
min = _named("min", "values", "indices")
median = _named("median", "values", "indices")
nanmedian = _named("nanmedian", "values", "indices")
mode = _named("mode", "values", "indices")
cummax = _named("cummax", "values", "indices")
cummin = _named("cummin", "values", "indices")
aminmax = _named("aminmax", "min", "max")
sort = _named("sort", "values", "indices")
topk = _named("topk", "values", "indices")
kthvalue = _named("kthvalue", "values", "indices")
histogram = _named("histogram", "hist", "bin_edges")
frexp = _named("frexp", "mantissa", "exponent")
slogdet = _named("slogdet", "sign", "logabsdet")
triangular_solve = _named("triangular_solve", "solution", "cloned_coefficient")
qr = _named("qr", "Q", "R")
svd = _named("svd", "U", "S", "V")
linalg_slogdet = _named("linalg_slogdet", "sign", "logabsdet")
linalg_qr = _named("linalg_qr", "Q", "R")
linalg_svd = _named("linalg_svd", "U", "S", "Vh")
linalg_eigh = _named("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_eig = _named("linalg_eig", "eigenvalues", "eigenvectors")
linalg_lstsq = _named("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_inv_ex = _named("linalg_inv_ex", "inverse", "info")
linalg_cholesky_ex = _named("linalg_cholesky_ex", "L", "info")
linalg_solve_ex = _named("linalg_solve_ex", "result", "info")
linalg_lu_factor_ex = _named("linalg_lu_factor_ex", "LU", "pivots", "info")
linalg_lu = _named("linalg_lu", "P", "L", "U")
linalg_lu_factor = _named("linalg_lu_factor", "LU", "pivots")
_lu_with_info = _named("_lu_with_info", "LU", "pivots", "info")
lu_unpack = _named("lu_unpack", "P", "L", "U")
geqrf = _named("geqrf", "a", "tau")
linalg_ldl_factor = _named("linalg_ldl_factor", "LD", "pivots")
linalg_ldl_factor_ex = _named("linalg_ldl_factor_ex", "LD", "pivots", "info")
histogramdd = _named("histogramdd", "hist", "bin_edges")

# What the functions that take `out=` return with it: a type of its own, of the same fields.
_WITH_OUT = (
    "aminmax cummax cummin frexp geqrf histogram kthvalue linalg_cholesky_ex linalg_eig linalg_eigh linalg_inv_ex linalg_ldl_factor "
    "linalg_ldl_factor_ex linalg_lstsq linalg_lu linalg_lu_factor linalg_lu_factor_ex linalg_qr linalg_slogdet linalg_solve_ex linalg_svd "
    "lu_unpack max median min mode nanmedian qr slogdet sort svd topk triangular_solve"
)
_OF_OUT: dict[type, type] = {}
for _name in _WITH_OUT.split():
    _plain = globals()[_name]
    globals()[f"{_name}_out"] = _OF_OUT[_plain] = _named(f"{_name}_out", *_plain._fields)


def of_out(plain: type) -> type:
    """The type of the results that were written to `out=`, where there is one."""
    return _OF_OUT.get(plain, plain)

"""The same op on each Tensor of a list (torch._foreach_add, ...), which optimisers of other libraries are written in.

PyTorch saves kernel launches by these; here a plain loop does, since its ops are compiled together. In-place variants return the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from numbers import Number
from typing import Any

from .core.operand import type_name
from .core.tensor import Tensor
from .linalg import vector_norm

_UNARY = [
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor", "frac", "lgamma", "log", "log10", "log1p",
    "log2", "neg", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
]  # fmt: skip
_BINARY = {"add": "add", "sub": "sub", "mul": "mul", "div": "div", "pow": "pow", "clamp_max": "clamp_max", "clamp_min": "clamp_min",
           "maximum": "clamp_min", "minimum": "clamp_max", "lerp": "lerp", "copy": "copy"}


# Those that have an overload of one Tensor for all; the others take it as a number.
_OF_ONE_TENSOR = frozenset(["foreach_add", "foreach_mul", "foreach_div", "foreach_lerp"])


def _each(other, count: int, name: str) -> Iterable:
    """What each Tensor meets: a list's items in turn, or the same number or Tensor every time."""
    if not isinstance(other, list | tuple):
        if isinstance(other, Tensor) and other._aval.ndim and name.strip("_") not in _OF_ONE_TENSOR:
            raise TypeError(f"{name}() received an invalid combination of arguments - got (list, Tensor)")
        if isinstance(other, Tensor) and other._aval.ndim:
            raise RuntimeError(f"scalar tensor expected to be 0 dim but it has {other._aval.ndim} dimensions and {other._aval.size} elements.")
        if not isinstance(other, Tensor | Number):
            raise TypeError(f"{name}() received an invalid combination of arguments - got (list, {type_name(other)})")
        return [other] * count
    if len(other) != count:
        if other and all(isinstance(x, Tensor) for x in other):
            raise RuntimeError(f"Tensor lists must have the same number of tensors, got {count} and {len(other)}")
        raise RuntimeError("Tensor list must have same number of elements as scalar list.")
    return other


def _listed(name: str, tensors) -> list[Tensor]:
    if isinstance(tensors, Tensor) or not isinstance(tensors, Iterable):
        raise TypeError(f"{name}(): argument 'self' (position 1) must be tuple of Tensors, not {type(tensors).__name__}")
    found = list(tensors)
    if not found:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for i, t in enumerate(found):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(t)}")
    return found


def _mapped(public: str, method: str, in_place: bool) -> Callable:
    """`method` of each Tensor with the matching item of each further argument; keywords are shared."""
    name = f"_foreach_{public}{'_' * in_place}"

    def foreach(self, *others, **settings) -> Any:
        tensors = _listed(name, self)
        rows = zip(tensors, *(_each(other, len(tensors), name) for other in others), strict=True)
        results = [getattr(t, f"{method}_" if in_place else method)(*row, **settings) for t, *row in rows]
        return self if in_place else tuple(results)

    foreach.__name__ = foreach.__qualname__ = name
    foreach.__doc__ = f"Tensor.{method}{'_' * in_place} for each of a list (torch.{name})."
    return foreach


def _packed(scalars: Tensor, count: int) -> list:
    if scalars._aval.ndim != 1:
        raise RuntimeError(f"Expected packed scalar Tensor to be of dimension 1. Got {scalars._aval.ndim} instead.")
    if scalars._aval.size != count:
        raise RuntimeError(f"Expected length of scalars to match input of length {count} but got {scalars._aval.size} instead.")
    return scalars.tolist()  # type: ignore[attr-defined]


def _with_value(public: str, in_place: bool) -> Callable:
    """`addcmul` or `addcdiv`, whose scale is one number, or one for each Tensor."""
    name = f"_foreach_{public}{'_' * in_place}"

    def foreach(self, tensor1, tensor2, value: Any = None, *, scalars=None) -> Any:
        tensors = _listed(name, self)
        scale = scalars if value is None else value
        if isinstance(scale, Tensor):
            scale = _packed(scale, len(tensors))
        scales = _each(1 if scale is None else scale, len(tensors), name)
        rows = zip(tensors, _each(tensor1, len(tensors), name), _each(tensor2, len(tensors), name), scales, strict=True)
        results = [getattr(t, f"{public}_" if in_place else public)(a, b, value=scale) for t, a, b, scale in rows]
        return self if in_place else tuple(results)

    foreach.__name__ = foreach.__qualname__ = name
    foreach.__doc__ = f"Tensor.{public}{'_' * in_place} for each of a list (torch.{name})."
    return foreach


def _foreach_norm(self, ord=2, dtype=None) -> tuple:
    """The vector norm of each Tensor of a list (torch._foreach_norm)."""
    return tuple([vector_norm(t, ord, dtype=dtype) for t in _listed("_foreach_norm", self)])


def _foreach_powsum(self, ord=2, dtype=None) -> tuple:
    """The sum of |x| ** ord of each Tensor of a list (torch._foreach_powsum)."""
    return tuple([t.abs().pow(ord).sum(dtype=dtype) for t in _listed("_foreach_powsum", self)])  # type: ignore[attr-defined]


def _foreach_max(self) -> tuple:
    """The largest element of each Tensor of a list (torch._foreach_max)."""
    return tuple([t.max() for t in _listed("_foreach_max", self)])  # type: ignore[attr-defined]


def _foreach_mm(self, mat2) -> tuple:
    """The products of matrices of two lists (torch._foreach_mm)."""
    tensors = _listed("_foreach_mm", self)
    return tuple([a @ b for a, b in zip(tensors, _each(mat2, len(tensors), "_foreach_mm"), strict=True)])


def _foreach_pow(self, exponent) -> tuple:
    """Powers of each Tensor of a list, or of one number by each Tensor of a list (torch._foreach_pow)."""
    if isinstance(self, bool | int | float | complex):
        return tuple([self**e for e in _listed("_foreach_pow", exponent)])  # type: ignore[operator]
    return _mapped("pow", "pow", False)(self, exponent)


def _all() -> dict[str, Callable]:
    found: dict[str, Callable] = {}
    for in_place in (False, True):
        for public in _UNARY:
            found[public + "_" * in_place] = _mapped(public, public, in_place)
        for public, method in _BINARY.items():
            found[public + "_" * in_place] = _mapped(public, method, in_place)
        for public in ("addcmul", "addcdiv"):
            found[public + "_" * in_place] = _with_value(public, in_place)
    del found["copy"]
    found |= {"zero_": _mapped("zero", "zero", True), "clone": _mapped("clone", "clone", False), "norm": _foreach_norm, "powsum": _foreach_powsum,
              "max": _foreach_max, "mm": _foreach_mm, "pow": _foreach_pow}
    return {f"_foreach_{name}": call for name, call in found.items()}


globals().update(_all())
NAMES = tuple(_all())

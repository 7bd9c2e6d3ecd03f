"""PyTorch's old order of arguments, where numbers stand before the tensors that they scale: `add(x, 2, y)`, `addmm(1, x, 2, a, b)`; and
NumPy's names for them."""

from __future__ import annotations

import sys

from .once import warn_once
from .op import NUMPY_NAMES
from .tensor import Tensor

_FACTOR = {"addcmul": "value", "addcdiv": "value"}
_SUMS_OF_PRODUCTS = frozenset(["addmm", "addmv", "addr", "addbmm", "baddbmm", "sspaddmm"])


def rearranged(name: str, args: tuple) -> tuple[tuple, dict] | None:
    """The arguments of `name` in today's order, with PyTorch's warning, if they are in the old one; None otherwise."""
    if name in ("add", "sub") and len(args) == 3 and isinstance(args[0], Tensor) and _is_one_number(args[1]):
        _warn(name, args, ("alpha",), 2)
        return (args[0], args[2]), {"alpha": args[1].item() if isinstance(args[1], Tensor) else args[1]}
    tensors = tuple(x for x in args if isinstance(x, Tensor))
    numbers = [x for x in args if isinstance(x, int | float | complex)]
    if len(tensors) + len(numbers) < len(args):
        return None
    if name in _FACTOR and len(numbers) == 1 and len(tensors) == 3 and args[1] is numbers[0]:
        factors = {_FACTOR[name]: numbers[0]}
    elif name in _SUMS_OF_PRODUCTS and len(tensors) == 3 and len(numbers) in (1, 2):
        factors = dict(zip(("beta", "alpha"), numbers, strict=False))
    else:
        return None
    _warn(name, args, tuple(factors), len(tensors))
    return tensors, factors


def _is_one_number(x) -> bool:
    return x._aval.ndim == 0 and not x._requires_grad if isinstance(x, Tensor) else isinstance(x, int | float | complex)


def _warn(name: str, args: tuple, factors: tuple, tensors: int) -> None:
    kinds = ", ".join("Tensor" if isinstance(x, Tensor) else "Number" for x in args)
    given = ", ".join(f"{factor}=Number" for factor in factors)
    warn_once("old order", f"This overload of {name} is deprecated:\n\t{name}({kinds})\nConsider using one of the following signatures instead:\n"
              f"\t{name}({', '.join(['Tensor'] * tensors)}, *, {given})", stacklevel=5)


def renamed(kwargs: dict) -> dict | None:
    """The keywords of a call that fails for one it does not know, with NumPy's names replaced by PyTorch's; None if there are none."""
    if "unexpected keyword argument" not in str(sys.exc_info()[1]) or not NUMPY_NAMES.keys() & kwargs.keys():
        return None
    return {NUMPY_NAMES.get(name, name): value for name, value in kwargs.items()}

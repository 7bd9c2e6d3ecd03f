"""Questions about dtypes: what operands promote to, what casts are allowed, the limits of a dtype."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..core.dtype import FROM_NUMPY, get_default_dtype, scalar_type_name
from ..core.dtype import dtype as Dtype
from ..core.inplace import castable
from ..core.op import function
from ..core.operand import operand
from ..core.tensor import Tensor
from .promotion import promote_dtypes, result_dtype


def _abstract(x):
    return x._aval.struct() if isinstance(x, Tensor) else operand(x)[1].struct()


@function
def result_type(tensor1, tensor2):
    """The dtype of an arithmetic result of two operands, Tensors or numbers (torch.result_type)."""
    found = []
    jax.eval_shape(lambda a, b: found.append(result_dtype(a, b)), _abstract(tensor1), _abstract(tensor2))
    return FROM_NUMPY[found[0]]


@function
def promote_types(type1, type2):
    """The smallest dtype that holds both (torch.promote_types)."""
    wide = [t for t in (type1, type2) if t.name in ("uint16", "uint32", "uint64")]
    if type1 is not type2 and wide and not (type1.is_floating_point or type2.is_floating_point):
        kinds = (scalar_type_name(t.np) for t in (type1, type2))
        raise RuntimeError("Promotion for uint16, uint32, uint64 types is not supported, attempted to promote {} and {}".format(*kinds))
    return FROM_NUMPY[promote_dtypes(type1.np, type2.np)]


@function
def can_cast(from_, to):
    """Whether a cast keeps the category (torch.can_cast)."""
    return castable(from_.np, to.np)


def _demand_dtype(name: str, type) -> None:
    if type is not None and not hasattr(type, "is_floating_point"):
        raise TypeError(f"{name}(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}")


class finfo:
    """The limits of a floating point dtype (torch.finfo)."""

    eps: float
    max: float
    min: float
    tiny: float
    smallest_normal: float

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other):
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __init__(self, type: Dtype | None = None):
        _demand_dtype("finfo", type)
        d = type or get_default_dtype()
        if not (d.is_floating_point or d.is_complex):
            raise TypeError("torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'")
        tiny = d.name.startswith("float8")  # of which there are no Tensors here, so that JAX is asked by name
        limits = jnp.finfo(getattr(jnp, d.name) if tiny else d.to_real().np)
        self.bits = limits.bits
        self.dtype = d.name if tiny else d.to_real().name
        for name in ("eps", "max", "min", "tiny", "smallest_normal"):
            setattr(self, name, float(getattr(limits, name)))
        self.resolution = 1.0 if tiny else 10.0**-limits.precision

    def __repr__(self):
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
                f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})")


class iinfo:
    """The limits of an integer dtype (torch.iinfo)."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other):
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __init__(self, type: Dtype):
        _demand_dtype("iinfo", type)
        if type.np.kind == "b":
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if type.np.kind not in "iu":
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        limits = np.iinfo(type.np)
        self.bits, self.max, self.min, self.dtype = limits.bits, int(limits.max), int(limits.min), type.name

    def __repr__(self):
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


function(finfo)
function(iinfo)

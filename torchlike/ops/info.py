"""What a Tensor says about itself: sizes, strides, kinds. No kernels here."""

from __future__ import annotations

from ..core.device import has_accelerator
from ..core.geometry import is_contiguous as _row_major
from ..core.op import function
from ..core.size import size_of
from ..core.tensor import Tensor
from ..core.view import geometry_of
from ..execution import META
from .checks import require_tensor, require_tensors
from .convert import clone
from .create import refuse_format
from .dims import canonical_dim


def size(self, dim=None):
    """The shape, or the extent of one dimension (torch.Tensor.size)."""
    if dim is None:
        return size_of(self._aval.shape)
    if isinstance(dim, str | float):
        raise TypeError(f"size(): argument 'dim' (position 1) must be int, not {type(dim).__name__}")
    return self._aval.shape[canonical_dim(dim, self._aval.ndim)] if self._aval.ndim else _no_dims(dim)


def _no_dims(dim):
    raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")


def dim(self):
    """The number of dimensions."""
    return self._aval.ndim


@function(method=True, bare=True)
def numel(input):
    """The number of elements (torch.numel)."""
    return input._aval.size


def element_size(self):
    """Bytes per element."""
    return self._aval.dtype.itemsize


def stride(self, dim=None):
    """Strides in elements, of all dimensions or one (torch.Tensor.stride)."""
    strides = geometry_of(self)[1]
    return strides if dim is None else strides[canonical_dim(dim, len(strides))]


def storage_offset(self):
    """Where this Tensor begins in its storage, in elements."""
    return geometry_of(self)[2]


def is_contiguous(self, memory_format=None):
    """Whether the elements lie in row-major order (channels-last layouts are never used here)."""
    shape, strides, _ = geometry_of(self)
    return _row_major(shape, strides)


def contiguous(self, memory_format=None):
    """`self` when it lies in row-major order, else such a copy (torch.Tensor.contiguous)."""
    refuse_format(memory_format, self._aval.ndim)
    return self if is_contiguous(self) else clone(self)


def data_ptr(self):
    """A number that two Tensors share exactly when they begin at the same element of one storage; 0 for an empty one."""
    if self._aval.device is META or not self._aval.size:
        return 0
    return id(self._storage) + geometry_of(self)[2] * self._aval.dtype.itemsize


@function(method=True, bare=True)
def is_floating_point(input):
    """Whether the dtype is a float (torch.is_floating_point)."""
    return input.dtype.is_floating_point


@function(method=True, bare=True)
def is_complex(input):
    """Whether the dtype is complex (torch.is_complex)."""
    return input._aval.is_complex


@function(method=True, bare=True)
def is_nonzero(input):
    """Whether the single element is not zero (torch.is_nonzero)."""
    if input._aval.size != 1:
        raise RuntimeError("Boolean value of Tensor with " + ("no values" if not input._aval.size else "more than one value") + " is ambiguous")
    return bool(input.item() != 0)


@function(method=True)
def is_conj(input):
    """Whether conjugation is pending: never, it is computed at once here (torch.is_conj)."""
    require_tensors("is_conj", input=input)
    return False


@function(method=True)
def is_neg(input):
    """Whether negation is pending: never, it is computed at once here (torch.is_neg)."""
    require_tensors("is_neg", input=input)
    return False


@function(method=True)
def resolve_conj(input):
    """`input`: nothing is pending (torch.resolve_conj)."""
    require_tensors("resolve_conj", input=input)
    return input


@function(method=True)
def resolve_neg(input):
    """`input`: nothing is pending (torch.resolve_neg)."""
    require_tensors("resolve_neg", input=input)
    return input


@function(method=True, bare=True)
def is_signed(input):
    """Whether the dtype has negative values (torch.is_signed)."""
    return input.dtype.is_signed


@function(method=True, bare=True)
def is_same_size(input, other):
    """Whether both have the same shape (torch.is_same_size)."""
    return input._aval.shape == require_tensor("is_same_size", other)._aval.shape


def is_set_to(self, tensor):
    """Whether both are the same window on the same storage (torch.Tensor.is_set_to)."""
    return self._storage is require_tensor("is_set_to", tensor, "tensor")._storage and geometry_of(self) == geometry_of(tensor)


def is_pinned(self):
    """Whether the memory is pinned: host memory is not pinned here."""
    return False


def pin_memory(self):
    """`self`: XLA pins what it needs. RuntimeError without an accelerator (torch.Tensor.pin_memory)."""
    if not has_accelerator():
        raise RuntimeError("Cannot access accelerator device when none is available.")
    return self


def share_memory_(self):
    """`self`, from now on said to be shared: accepted for compatibility within one process."""
    self._storage.shared = True
    return self


def is_shared(self):
    """Whether `share_memory_` was called on this memory (torch.Tensor.is_shared)."""
    return self._storage.shared


def __len__(self):
    if not self._aval.ndim:
        raise TypeError("len() of a 0-d tensor")
    return self._aval.shape[0]


def __iter__(self):
    if not self._aval.ndim:
        raise TypeError("iteration over a 0-d tensor")
    return iter(self.unbind(0))


def __contains__(self, element):
    if not isinstance(element, Tensor | int | float | complex | bool):
        raise RuntimeError(
            f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
        )
    return bool((self == element).any())


def __reversed__(self):
    return self.flip(0) if self._aval.ndim else self


def _lives_on(kind: str) -> property:
    return property(lambda t: t.device.type == kind, doc=f"Whether the tensor is a {kind} tensor.")


def install(cls: type) -> None:
    """Attach the queries to Tensor."""
    for method in (size, dim, element_size, stride, storage_offset, is_contiguous, contiguous, data_ptr, is_set_to,
                   is_pinned, pin_memory, share_memory_, is_shared, __len__, __iter__, __contains__, __reversed__):
        setattr(cls, method.__name__, method)
    cls.ndimension = dim  # type: ignore[attr-defined]
    cls.const_data_ptr = data_ptr  # type: ignore[attr-defined]
    cls.nelement = numel  # type: ignore[attr-defined]
    cls.itemsize = property(element_size)  # type: ignore[attr-defined]
    cls.nbytes = property(lambda t: t._aval.size * t._aval.dtype.itemsize)  # type: ignore[attr-defined]
    for kind in ("cpu", "cuda", "mps", "xla", "meta", "sparse", "sparse_csr", "quantized", "nested", "mkldnn", "xpu", "ipu", "vulkan", "maia",
                 "mtia"):
        setattr(cls, f"is_{kind}", _lives_on(kind))
    cls.layout = property(lambda t: strided)  # type: ignore[attr-defined]


class layout:
    """A memory layout (torch.layout); `torch.strided` is the only one here."""

    def __init__(self, name: str):
        self.name = name

    def __repr__(self):
        return f"torch.{self.name}"


class qscheme(layout):
    """A way of quantising (torch.qscheme): names only, as nothing is quantised here."""


QSCHEMES = {
    name: qscheme(name)
    for name in ("per_tensor_affine", "per_channel_affine", "per_tensor_symmetric", "per_channel_symmetric", "per_channel_affine_float_qparams")
}


class memory_format(layout):
    """An order of dimensions in memory (torch.memory_format): accepted everywhere, row-major always."""


strided = layout("strided")
SPARSE_LAYOUTS = {name: layout(name) for name in ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged")}
contiguous_format, preserve_format, channels_last, channels_last_3d = (
    memory_format(name) for name in ("contiguous_format", "preserve_format", "channels_last", "channels_last_3d")
)

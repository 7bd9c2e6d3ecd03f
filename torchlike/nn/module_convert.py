"""Casting and moving a Module's tensors, and switching training, gradients and `requires_grad` for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from warnings import warn

from ..core.device import device as Device
from ..core.dtype import bfloat16, float16, float32, float64
from ..core.dtype import dtype as DType
from ..core.gradient import reset_grad
from ..core.modes import no_grad
from ..core.swap import swap_tensors
from ..core.tensor import Tensor
from ..execution.meta import no_data
from ..ops.create import empty_like
from .parameter import Parameter


def parse_to(device=None, dtype=None, non_blocking=False, copy=False, *, memory_format=None):
    """(device, dtype, non_blocking, memory_format) meant by the arguments of `to`: `(device, dtype)`, `(dtype)` or `(tensor)`."""
    if isinstance(device, DType | Tensor):
        non_blocking, copy = (non_blocking if dtype is None else dtype), (copy or non_blocking if dtype is not None else copy)
        device, dtype = (None, device) if isinstance(device, DType) else (device.device, device.dtype)
    if copy:
        raise RuntimeError(".to() does not accept copy argument")
    if dtype is not None and not isinstance(dtype, DType):
        raise TypeError(f"to() received an invalid combination of arguments: dtype must be torch.dtype, not {type(dtype).__name__}")
    return (None if device is None else Device(device)), dtype, bool(non_blocking), memory_format


class ConversionSwitches:
    """What `torch.__future__` sets."""

    overwrite = False
    swap = False


conversion = ConversionSwitches()


def _converted(param: Tensor, fn: Callable[[Tensor], Tensor]) -> Parameter:
    """A new Parameter with `fn` of the data and of the gradient."""
    with no_grad():
        result = Parameter(fn(param), param.requires_grad)
        if param.grad is not None:
            result.grad = fn(param.grad).requires_grad_(param.grad.requires_grad)  # type: ignore[attr-defined]
    return result


def _swap(param: Parameter, fn: Callable[[Tensor], Tensor], name: str) -> None:
    """Let `param` become `fn` of itself, of whatever class that is, and its gradient likewise."""
    grad = param.grad
    new = _converted(param, fn)
    try:
        swap_tensors(param, new)
    except RuntimeError as error:
        raise RuntimeError(f"_apply(): Couldn't swap {name}") from error
    if grad is not None:
        swap_tensors(grad, param.grad)
        param.grad = grad


class Conversion:
    """Mixed into Module."""

    training: bool
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    children: Callable[[], Iterator]
    parameters: Callable[[], Iterator]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True):
        """Replace every parameter's data, its gradient's data, and every buffer by `fn` of it. Parameters stay the same objects, unless
        `torch.__future__` says otherwise."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for name, param in self._parameters.items():
            if param is not None and conversion.swap:
                _swap(param, fn, f"{type(self).__name__}.{name}")
            elif param is not None and conversion.overwrite:
                self._parameters[name] = _converted(param, fn)
            elif param is not None:
                grad = param.grad
                with no_grad():
                    param.data = fn(param)
                    if grad is not None:
                        grad.data = fn(grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args, **kwargs):
        """Move to a device and cast floating point and complex tensors to a dtype: `to(device, dtype)`, `to(dtype)`, `to(tensor)`."""
        if "tensor" in kwargs:
            args = (kwargs.pop("tensor"), *args)
        device, dtype, _, _ = parse_to(*args, **kwargs)
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}")
            if dtype.is_complex:
                warn(
                    "Complex modules are a new feature under active development whose design may change, and some modules might not work "
                    "as expected when using complex tensors as parameters or buffers. Please file an issue at "
                    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml if a complex module does not work as expected.",
                    stacklevel=2,
                )
        try:
            return self._apply(lambda t: t.to(device, dtype if t.is_floating_point() or t.is_complex() else None))
        except NotImplementedError as error:
            if str(error) != str(no_data()):
                raise
            raise NotImplementedError(f"{error} Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() when moving module from "
                                      "meta to a different device.") from None

    def cpu(self):
        """Move everything to the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device=None):
        """Move everything to the GPU."""
        return self._apply(lambda t: t.cuda(device))

    def xpu(self, device=None):
        """Move everything to an Intel GPU, which JAX does not drive: raises what `Tensor.xpu` does."""
        return self._apply(lambda t: t.xpu(device))

    def type(self, dst_type):
        """Cast everything, integers too."""
        return self._apply(lambda t: t.type(dst_type))

    def _cast(self, dtype: DType):
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self):
        """Cast floating point tensors to float32."""
        return self._cast(float32)

    def double(self):
        """Cast floating point tensors to float64."""
        return self._cast(float64)

    def half(self):
        """Cast floating point tensors to float16."""
        return self._cast(float16)

    def bfloat16(self):
        """Cast floating point tensors to bfloat16."""
        return self._cast(bfloat16)

    def to_empty(self, *, device, recurse: bool = True):
        """Move to a device without copying: the contents become undefined."""
        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    def share_memory(self):
        """`Tensor.share_memory_` for every tensor."""
        return self._apply(lambda t: t.share_memory_())

    def train(self, mode: bool = True):
        """Set training mode here and below: what dropout, batch norm and the like look at."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """The same as `train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True):
        """Set `requires_grad` of every parameter."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradient of every parameter, or fill it with zeros."""
        for param in self.parameters():
            reset_grad(param, set_to_none)


"""The parametrizations of one tensor, in order, together with the tensor or tensors they start from."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from ...core.modes import no_grad
from ...core.tensor import Tensor
from ..container import ModuleList
from ..module import Module
from ..parameter import Parameter


def assign(target: Tensor, source: Tensor) -> None:
    """Let `target`, the same object, be the values of `source` from now on, whatever its shape."""
    target.set_(source)  # type: ignore[attr-defined]


def check_alike(before, after, what: str, first: str, second: str) -> None:
    """ValueError if dtype or shape changed: `what`, then a line for each of the two; `{}` becomes "dtype" or "shape" in all three."""
    for kind in ("dtype", "shape"):
        old, new = getattr(before, kind), getattr(after, kind)
        if old != new:
            raise ValueError(f"{what.format(kind)}\n{first.format(kind)}: {old}\n{second.format(kind)}: {new}")


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor (torch.nn.utils.parametrize.ParametrizationList). Calling it computes the tensor.

    The tensor it starts from is `original`; if `right_inverse` gave several, they are `original0`, `original1`, ...
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor | Parameter, unsafe: bool = False):
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            start = self._inverted(original)
        if not isinstance(start, Tensor | Sequence):
            raise ValueError(f"'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got {type(start).__name__}")
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if isinstance(start, Tensor) else len(start)
        if isinstance(start, Tensor):
            self._keep_one(original, start)
        else:
            self._keep_several(original, start)
        if not unsafe:
            self._check_result(shape, dtype)

    def _inverted(self, value):
        """What to start from so as to get `value`, as far as the parametrizations can tell."""
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                with contextlib.suppress(NotImplementedError):
                    value = module.right_inverse(value)
        return value

    def _keep_one(self, original: Tensor, start: Tensor) -> None:
        for kind in ("dtype", "device"):
            old, new = getattr(original, kind), getattr(start, kind)
            if old != new:
                raise ValueError(
                    f"When `right_inverse` outputs one tensor, it may not change the {kind}.\noriginal.{kind}: {old}\n"
                    f"right_inverse(original).{kind}: {new}"
                )
        with no_grad():
            assign(original, start)
        self._register("original", original)

    def _keep_several(self, original: Tensor, starts: Sequence) -> None:
        for i, start in enumerate(starts):
            if not isinstance(start, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element "
                    f"{i} of the sequence with type {type(start).__name__}."
                )
            kept = Parameter(start, original.requires_grad) if isinstance(original, Parameter) else start
            self._register(f"original{i}", kept.requires_grad_(original.requires_grad))  # type: ignore[attr-defined]

    def _register(self, name: str, tensor: Tensor) -> None:
        if isinstance(tensor, Parameter):
            self.register_parameter(name, tensor)
        else:
            self.register_buffer(name, tensor)

    def _check_result(self, shape, dtype) -> None:
        result = self()
        if not isinstance(result, Tensor):
            raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
        what = "Registering a parametrization may not change the {} of the tensor, unless `unsafe` flag is enabled."
        for kind, old in (("dtype", dtype), ("shape", shape)):
            new = getattr(result, kind)
            if new != old:
                raise ValueError(f"{what.format(kind)}\nunparametrized {kind}: {old}\nparametrized {kind}: {new}")

    def names(self) -> list[str]:
        """The names of what it starts from."""
        return ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Change the originals so that the tensor becomes `value`; RuntimeError if a parametrization has no `right_inverse`."""
        with no_grad():
            found = value
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                found = module.right_inverse(found)
            if self.is_tensor:
                self._restart_one(found)
            else:
                self._restart_several(found)

    def _restart_one(self, value) -> None:
        if not isinstance(value, Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
        if value.dtype != self.original.dtype:
            raise ValueError(
                f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has dtype {self.original.dtype}"
            )
        assign(self.original, value)

    def _restart_several(self, values) -> None:
        if not isinstance(values, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(values).__name__}.")
        if len(values) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of length {len(values)}."
            )
        for i, value in enumerate(values):
            original = getattr(self, f"original{i}")
            if not isinstance(value, Tensor):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors or reference-type opaques. "
                    f"Got element {i} of type {type(value).__name__}."
                )
            if original.dtype != value.dtype:
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {value.dtype} while `original{i}` has dtype {original.dtype}"
                )
            assign(original, value)

    def forward(self) -> Tensor:
        """The tensor: the first parametrization of the originals, then each of the result of the one before."""
        first, *rest = self
        value = first(*(getattr(self, name) for name in self.names()))
        for module in rest:
            value = module(value)
        return value

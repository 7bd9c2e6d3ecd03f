"""What programs use of PyTorch's private autograd bindings (torch._C._autograd): saved Tensors and versions, by hand."""

from __future__ import annotations

from ..autograd.profiler import ProfilerActivity, kineto_available
from ..core.node import Node
from ..core.packed import SavedTensor, defaults, packed, pop, push
from ..core.tape import save
from ..core.tensor import Tensor, value_of


class _Holder(Node):
    """Keeps one saved value that belongs to no op."""

    __slots__ = ("slots",)

    def __init__(self, slots: list):
        super().__init__(())
        self.slots = slots

    def saved_slots(self) -> list:
        return self.slots


def _make_saved_tensor(tensor: Tensor, is_output: bool, is_inplace_on_view: bool = False) -> SavedTensor:
    """A Tensor saved as an op's node would save it, through the hooks of the moment; `unpack()` gives it back."""
    return SavedTensor(_Holder([packed(save(tensor, value_of(tensor)), tensor)]), 0)


def _push_saved_tensors_default_hooks(pack_hook, unpack_hook) -> None:
    push(pack_hook, unpack_hook)


def _pop_saved_tensors_default_hooks() -> None:
    pop()


def _top_saved_tensors_default_hooks(ignore_is_tracing: bool) -> tuple | None:
    return defaults.stack[-1] if defaults.stack else None


def _saved_tensors_hooks_is_enabled() -> bool:
    return defaults.disabled is None


def _saved_tensors_hooks_enable() -> None:
    defaults.disabled = None


def _saved_tensors_hooks_disable(error_message: str, fail_if_non_empty: bool = True) -> None:
    if defaults.stack and fail_if_non_empty:
        raise RuntimeError(error_message)
    defaults.disabled = error_message


def _saved_tensors_hooks_get_disabled_error_message() -> str | None:
    return defaults.disabled


def _unsafe_set_version_counter(tensors: tuple, versions: tuple) -> None:
    """Say how often these Tensors have been written to. RuntimeError below 0."""
    for tensor, version in zip(tensors, versions, strict=True):
        if version < 0:
            raise RuntimeError(f"Cannot set a version_counter to a value below 0: {version}")
        (tensor._counter or tensor._storage).version = version


__all__ = ["ProfilerActivity", "SavedTensor", "kineto_available"]

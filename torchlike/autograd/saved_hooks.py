"""Hooks on what is saved for backward: offload it, compress it, refuse it, or keep it safe from in-place changes."""

from __future__ import annotations

import contextlib

from ..core import packed
from ..core.device import device as Device
from ..core.tensor import Tensor, make, value_of


class saved_tensors_hooks:
    """Within the block, pass every Tensor saved for backward through `pack_hook` and, when it is needed, its result through
    `unpack_hook`, which must give a Tensor of the same content. Thread-local; the innermost pair is used."""

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self):
        packed.push(self.pack_hook, self.unpack_hook)

    def __exit__(self, *error):
        packed.pop()


class save_on_cpu(saved_tensors_hooks):
    """Within the block, keep what is saved for backward in host memory and bring it back when needed. `pin_memory` is accepted: JAX
    manages its own transfer buffers."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda"):
        host = Device("cpu")

        def pack(tensor):
            return tensor.device, tensor.to(host)

        def unpack(saved):
            place, tensor = saved
            return tensor.to(place)

        super().__init__(pack, unpack)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str):
    """Within the block, using saved-tensor hooks raises RuntimeError(error_message)."""
    defaults = packed.defaults
    if defaults.stack:
        raise RuntimeError(error_message)
    previous, defaults.disabled = defaults.disabled, error_message
    try:
        yield
    finally:
        defaults.disabled = previous


# The missing space is PyTorch's.
_OUTSIDE = "Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was originally recorded."


class _Mutation(saved_tensors_hooks):
    """Values are immutable here, so the one that was current when it was saved is all that needs keeping."""

    active = False

    def __init__(self):
        super().__init__(self._keep, self._restore)
        self.open = True

    def _keep(self, tensor):
        return value_of(tensor), tensor._aval

    def _restore(self, kept) -> Tensor:
        if not self.open:
            raise AssertionError(_OUTSIDE)
        return make(*kept)


@contextlib.contextmanager
def allow_mutation_on_saved_tensors():
    """Within the block, Tensors saved for backward may be modified in place: backward sees them as they were. Yields the context."""
    if _Mutation.active:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    context = _Mutation()
    _Mutation.active = True
    try:
        with context:
            yield context
    finally:
        context.open = _Mutation.active = False

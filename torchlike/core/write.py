"""Writing a value into a Tensor's storage, off the tape."""

from __future__ import annotations

from ..execution import Lifted, executor
from .operand import index_avals
from .structural import WRITE
from .tensor import Tensor


def set_value(tensor: Tensor, value) -> None:
    """Overwrite a Tensor's value (same shape and dtype) and bump its version; views of it follow."""
    write_storage(tensor, value)
    (tensor._counter or tensor._storage).version += 1


def write_storage(tensor: Tensor, value) -> None:
    """Put a value into the storage, through the view's recipe when there is one."""
    storage, view = tensor._storage, tensor._view
    if view is not None:
        avals = (storage.aval, tensor._aval, *index_avals(view.index))
        plan = WRITE.plan((view.recipe,), 0, avals)
        value = executor.run(plan, (storage.value, value, *view.index))
    if type(value) is Lifted:
        value = value.level.written(storage, value)
    storage.write(value)

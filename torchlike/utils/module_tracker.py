"""Which modules are running, in the forward and in the backward (torch.utils.module_tracker)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from weakref import WeakKeyDictionary

from ..autograd.multi_hook import register_multi_grad_hook
from ..core.engine import current
from ..core.modes import is_grad_enabled
from ..core.tensor import Tensor
from ..nn.hooks import register_module_forward_hook, register_module_forward_pre_hook
from ..nn.module import Module
from ._pytree import tree_leaves

__all__ = ["ModuleTracker"]
_log = logging.getLogger(__name__)
_ROOT = "Global"


class ModuleTracker:
    """Within its `with` block, `parents` holds the names of the modules whose forward or backward is running, and "Global".

    A module gets its name when it first runs: its class for an outermost one, and its path below that for the modules it contains.
    `is_bw` tells the backward from the forward. The parents of a backward are those of the forward that is being undone; they need the
    module's inputs and outputs to require gradients.
    """

    parents: set[str]

    def __init__(self) -> None:
        self.parents = {_ROOT}
        self._names: WeakKeyDictionary[Module, str] = WeakKeyDictionary()
        self._handles: list = []
        self._awaiting_end = False

    @property
    def is_bw(self) -> bool:
        """Whether a backward pass is running."""
        return current.running is not None

    def __enter__(self) -> ModuleTracker:
        self._handles = [register_module_forward_pre_hook(self._enter_forward), register_module_forward_hook(self._leave_forward)]
        return self

    def __exit__(self, *error) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _name_of(self, module: Module) -> str:
        if module not in self._names:
            self._give_names(module, type(module).__name__)
        return self._names[module]

    def _give_names(self, module: Module, name: str) -> None:
        self._names[module] = name
        for below, child in module.named_children():
            self._give_names(child, f"{name}.{below}")

    def _enter_forward(self, module: Module, args) -> None:
        name = self._name_of(module)
        self._add(name, is_bw=False)
        self._watch(args, lambda: self._remove(name, is_bw=True))

    def _leave_forward(self, module: Module, args, output) -> None:
        name = self._name_of(module)
        self._remove(name, is_bw=False)
        self._watch(output, lambda: self._add(name, is_bw=True))

    def _watch(self, values, act: Callable[[], None]) -> None:
        """Act when a backward pass has all gradients of the Tensors among `values`."""
        tensors = [t for t in tree_leaves(values) if isinstance(t, Tensor) and t.requires_grad]
        if is_grad_enabled() and tensors:
            self._handles.append(register_multi_grad_hook(tensors, lambda grads: act()))

    def _add(self, name: str, is_bw: bool) -> None:
        if is_bw:
            self._reset_at_the_end()
        if name in self.parents:
            _log.debug("The module hierarchy tracking seems to be broken as this Module was already entered. %s during %s", name,
                       "backward" if is_bw else "forward")
        self.parents.add(name)

    def _remove(self, name: str, is_bw: bool) -> None:
        if name not in self.parents:
            _log.debug("The Module hierarchy tracking is confused as we're exiting a Module that was never entered. %s during %s", name,
                       "backward" if is_bw else "forward")
        self.parents.discard(name)

    def _reset_at_the_end(self) -> None:
        """After the running backward pass no module runs, whatever the pass left out."""
        if not self._awaiting_end and current.running is not None:
            self._awaiting_end = True
            current.running.callbacks.append(self._reset)

    def _reset(self) -> None:
        self.parents = {_ROOT}
        self._awaiting_end = False

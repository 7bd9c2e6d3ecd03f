"""Module hooks: the tables of hooks common to all modules, and how a module with hooks is called.

A backward hook needs two marks on the tape, one where the module's inputs enter and one where its outputs leave. Both are the identity
`BackwardHookFunction`, whose backward hands the gradients to a `_BackwardHooks`, which lives for one call of one module.
"""

from __future__ import annotations

import functools
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..autograd import Function
from ..core.modes import is_grad_enabled
from ..core.node import RemovableHandle
from ..core.tensor import Tensor
from .mutations import mutations


class HookTable:
    """The forward and backward hooks of all modules. `full` says of which kind the backward hooks are (None: there are none yet)."""

    def __init__(self):
        self.forward_pre: OrderedDict = OrderedDict()
        self.forward: OrderedDict = OrderedDict()
        self.with_kwargs: OrderedDict = OrderedDict()
        self.always_called: OrderedDict = OrderedDict()
        self.backward_pre: OrderedDict = OrderedDict()
        self.backward: OrderedDict = OrderedDict()
        self.full: bool | None = None
        self.on_buffer: OrderedDict = OrderedDict()
        self.on_module: OrderedDict = OrderedDict()
        self.on_parameter: OrderedDict = OrderedDict()

    def any_call_hook(self) -> bool:
        """Whether a call of any module must run hooks."""
        return bool(self.forward_pre or self.forward or self.backward_pre or self.backward)


every_module = HookTable()


class MarkedHandle(RemovableHandle):
    """A handle that also takes its hook's id out of the tables that mark it."""

    def __init__(self, table: OrderedDict, marks: tuple):
        super().__init__(table)
        self.marks = tuple(weakref.ref(mark) for mark in marks)

    def remove(self) -> None:
        """Take the hook and its marks away; doing it twice is harmless."""
        super().remove()
        for ref in self.marks:
            mark = ref()
            if mark is not None:
                mark.pop(self.id, None)

    def __getstate__(self):
        return super().__getstate__(), [ref() for ref in self.marks]

    def __setstate__(self, state):
        super().__setstate__(state[0])
        self.marks = tuple(weakref.ref(mark) for mark in state[1] if mark is not None)


def add_hook(table: OrderedDict, hook: Callable, *, prepend: bool = False, marks: tuple = ()) -> RemovableHandle:
    """Put a hook into a table, and its id into each of `marks` (tables used as sets)."""
    mutations.count += 1
    handle = MarkedHandle(table, marks)
    table[handle.id] = hook
    for mark in marks:
        mark[handle.id] = True
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle


def registered(table: OrderedDict, module, name: str, value):
    """What the registration hooks make of a value about to be registered."""
    for hook in table.values():
        changed = hook(module, name, value)
        if changed is not None:
            value = changed
    return value


def register_module_buffer_registration_hook(hook) -> RemovableHandle:
    """Call `hook(module, name, buffer)` whenever a buffer is registered; it may return a replacement."""
    return add_hook(every_module.on_buffer, hook)


def register_module_module_registration_hook(hook) -> RemovableHandle:
    """Call `hook(module, name, submodule)` whenever a submodule is registered; it may return a replacement."""
    return add_hook(every_module.on_module, hook)


def register_module_parameter_registration_hook(hook) -> RemovableHandle:
    """Call `hook(module, name, parameter)` whenever a parameter is registered; it may return a replacement."""
    return add_hook(every_module.on_parameter, hook)


def register_module_forward_pre_hook(hook) -> RemovableHandle:
    """Call `hook(module, args)` before every module's forward; it may return new args."""
    return add_hook(every_module.forward_pre, hook)


def register_module_forward_hook(hook, *, with_kwargs: bool = False, always_call: bool = False) -> RemovableHandle:
    """Call `hook(module, args, output)` after every module's forward; it may return a new output."""
    marks = [every_module.with_kwargs] * with_kwargs + [every_module.always_called] * always_call
    return add_hook(every_module.forward, hook, marks=tuple(marks))


def register_module_full_backward_pre_hook(hook) -> RemovableHandle:
    """Call `hook(module, grad_output)` before every module's backward; it may return new gradients."""
    return add_hook(every_module.backward_pre, hook)


def _register_global_backward(hook, full: bool) -> RemovableHandle:
    if every_module.full is (not full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use only one of them."
        )
    every_module.full = full
    return add_hook(every_module.backward, hook)


def register_module_full_backward_hook(hook) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` in every module's backward; it may return a new grad_input."""
    return _register_global_backward(hook, True)


def register_module_backward_hook(hook) -> RemovableHandle:
    """The old kind of backward hook, which sees only the last node of a module (deprecated in PyTorch)."""
    return _register_global_backward(hook, False)


class BackwardHookFunction(Function):
    """The identity on tensors whose backward passes all the gradients through `callback(grads) -> grads`."""

    @staticmethod
    def forward(ctx, callback, materialize, *tensors):
        ctx.callback = callback
        ctx.set_materialize_grads(materialize)
        ctx.mark_non_differentiable(*(t for t in tensors if not t.requires_grad))
        return tensors

    @staticmethod
    def backward(ctx, *grads):
        return (None, None, *ctx.callback(grads))


def _mark(values: tuple, callback: Callable, materialize: bool):
    """`values` with its Tensors passed through the identity, and the positions of those Tensors; None if nothing requires grad."""
    where = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
    if not is_grad_enabled() or not any(values[i].requires_grad for i in where):
        return values, None
    marked = list(values)
    for i, t in zip(where, BackwardHookFunction.apply(callback, materialize, *(values[i] for i in where)), strict=True):
        marked[i] = t
    return (tuple(marked) if type(values) is tuple else type(values)(*marked)), where


def _spread(where: list[int], grads, size: int) -> tuple:
    full: list = [None] * size
    for i, g in zip(where, grads, strict=True):
        full[i] = g
    return tuple(full)


class _BackwardHooks:
    """The backward hooks of one call: remembers the outputs' gradients until those of the inputs arrive."""

    def __init__(self, module, hooks: list, pre_hooks: list):
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_outputs: tuple | None = None
        self.inputs_at: Any = None  # positions of the Tensors among inputs and outputs; None if no gradient flows through them
        self.outputs_at: Any = None

    def enter(self, args: tuple) -> tuple:
        """Mark the inputs."""
        self.n_inputs = len(args)
        args, self.inputs_at = _mark(args, self._on_grad_inputs, True)
        return args

    def leave(self, result):
        """Mark the outputs."""
        values = result if isinstance(result, tuple) else (result,)
        self.n_outputs = len(values)
        values, self.outputs_at = _mark(values, self._on_grad_outputs, False)
        return values if isinstance(result, tuple) else values[0]

    def _on_grad_outputs(self, grads: tuple) -> tuple:
        full = _spread(self.outputs_at, grads, self.n_outputs)
        for hook in self.pre_hooks:
            changed = hook(self.module, full)
            if changed is None:
                continue
            changed = changed if isinstance(changed, tuple) else (changed,)
            if len(changed) != self.n_outputs:
                raise RuntimeError(
                    f"Backward pre hook returned an invalid number of grad_output, got {len(changed)}, but expected {self.n_outputs}"
                )
            full = changed
        if self.inputs_at is None:
            self._run_without_inputs(full)
        else:
            self.grad_outputs = full
        return tuple(full[i] for i in self.outputs_at)

    def _run_without_inputs(self, grad_outputs: tuple) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require gradients. "
            "See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.register_full_backward_hook "
            "for more details.",
            stacklevel=5,
        )
        for hook in self.hooks:
            changed = hook(self.module, (None,) * self.n_inputs, grad_outputs)
            if changed is not None and not (isinstance(changed, tuple) and all(g is None for g in changed)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for all gradients."
                )

    def _on_grad_inputs(self, grads: tuple) -> tuple:
        if self.grad_outputs is None:  # the gradient came by another way than through the outputs
            return grads
        full = _spread(self.inputs_at, grads, self.n_inputs)
        for hook in self.hooks:
            changed = hook(self.module, full, self.grad_outputs)
            if changed is None:
                continue
            changed = tuple(changed) if isinstance(changed, tuple | list) else (changed,)
            if len(changed) != self.n_inputs:
                raise RuntimeError(
                    f"Backward hook returned an invalid number of grad_input, got {len(changed)}, but expected {self.n_inputs}"
                )
            full = changed
        self.grad_outputs = None
        return tuple(full[i] for i in self.inputs_at)


def call_with_hooks(module, args: tuple, kwargs: dict):
    """`module.forward` between all its hooks: global before own, pre-hooks, forward, hooks; always-called hooks run after an error too."""
    call = _HookedCall(module, args, kwargs)
    try:
        return call.run()
    except Exception:
        call.run_remaining()
        raise


class _HookedCall:
    def __init__(self, module, args: tuple, kwargs: dict):
        self.module, self.args, self.kwargs = module, args, kwargs
        self.result = None
        self.called: set[int] = set()

    def run(self):
        module = self.module
        full, plain = _backward_hooks(module)
        pre = [*every_module.backward_pre.values(), *module._backward_pre_hooks.values()]
        self._run_pre_hooks()
        marks = _BackwardHooks(module, full, pre) if full or pre else None
        if marks is not None:
            self.args = marks.enter(self.args)
        self.result = module.forward(*self.args, **self.kwargs)
        for hook_id, hook in (*every_module.forward.items(), *module._forward_hooks.items()):
            self.called.add(hook_id)
            self._run_forward_hook(hook_id, hook)
        if marks is not None:
            if not isinstance(self.result, Tensor | tuple):
                warnings.warn(
                    "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors "
                    f"but received {type(self.result)}",
                    stacklevel=4,
                )
            self.result = marks.leave(self.result)
        if plain:
            _attach_plain_backward_hooks(module, plain, self.args, self.result)
        return self.result

    def _run_pre_hooks(self) -> None:
        module = self.module
        for hook_id, hook in (*every_module.forward_pre.items(), *module._forward_pre_hooks.items()):
            if hook_id in module._forward_pre_hooks_with_kwargs:
                changed = hook(module, self.args, self.kwargs)
                if changed is None:
                    continue
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
                self.args, self.kwargs = changed
            else:
                changed = hook(module, self.args)
                if changed is not None:
                    self.args = changed if isinstance(changed, tuple) else (changed,)

    def _run_forward_hook(self, hook_id: int, hook: Callable) -> None:
        module = self.module
        if hook_id in module._forward_hooks_with_kwargs or hook_id in every_module.with_kwargs:
            changed = hook(module, self.args, self.kwargs, self.result)
        else:
            changed = hook(module, self.args, self.result)
        if changed is not None:
            self.result = changed

    def run_remaining(self) -> None:
        """After an error: the always-called hooks that have not run; their own errors become warnings."""
        module = self.module
        for table, always, whose in (
            (every_module.forward, every_module.always_called, "global module"),
            (module._forward_hooks, module._forward_hooks_always_called, "module"),
        ):
            for hook_id, hook in table.items():
                if hook_id not in always or hook_id in self.called:
                    continue
                try:
                    self._run_forward_hook(hook_id, hook)
                except Exception as error:
                    warnings.warn(
                        f"{whose} forward hook with ``always_call=True`` raised an exception that was silenced as another error "
                        f"was raised in forward: {error}",
                        stacklevel=4,
                    )


def _backward_hooks(module) -> tuple[list, list]:
    """The full and the plain backward hooks, global before own."""
    kinds: dict = {True: [], False: []}
    if every_module.full is not None:
        kinds[every_module.full] += every_module.backward.values()
    if module._is_full_backward_hook is not None:
        kinds[module._is_full_backward_hook] += module._backward_hooks.values()
    return kinds[True], kinds[False]


def _attach_plain_backward_hooks(module, hooks: list, args, result) -> None:
    found = result
    while not isinstance(found, Tensor):
        found = next(v for v in found.values() if isinstance(v, Tensor)) if isinstance(found, dict) else found[0]
    if found.grad_fn is None:
        return
    for hook in hooks:
        found.grad_fn.register_hook(functools.partial(hook, module))
    missing = _what_plain_hooks_miss(args, result, found.grad_fn)
    if missing:
        warnings.warn(missing, FutureWarning, stacklevel=5)


def _what_plain_hooks_miss(args, result, grad_fn) -> str | None:
    """Why a plain backward hook will not see everything, or None."""
    results = (result,) if isinstance(result, Tensor) else result
    if not (isinstance(results, tuple) and all(isinstance(r, Tensor) for r in results)):
        return (
            "Using non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors is deprecated and will be "
            "removed in future versions. This hook will be missing some of the grad_output. Please use register_full_backward_hook to get "
            "the documented behavior."
        )
    if not all(isinstance(a, Tensor) for a in args):
        return (
            "Using non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of Tensors is deprecated and "
            "will be removed in future versions. This hook will be missing some of the grad_input. Please use register_full_backward_hook "
            "to get the documented behavior."
        )
    ends = {r.grad_fn for r in results if r.grad_fn is not None}
    if len(ends) > 1:
        return (
            "Using a non-full backward hook when outputs are generated by different autograd Nodes is deprecated and will be removed in "
            "future versions. This hook will be missing some grad_output. Please use register_full_backward_hook to get the documented "
            "behavior."
        )
    if {a.grad_fn for a in args if a.grad_fn is not None} != {node for node, _ in grad_fn.next_functions}:
        return (
            "Using a non-full backward hook when the forward contains multiple autograd Nodes is deprecated and will be removed in future "
            "versions. This hook will be missing some grad_input. Please use register_full_backward_hook to get the documented behavior."
        )
    return None

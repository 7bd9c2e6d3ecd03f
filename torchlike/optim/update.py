"""One compiled program per step: a rule for one parameter, applied to a whole group.

An optimiser that derives from `RuleOptimizer` gives its defaults, the initial state of a parameter and one pure `rule`. The numbers of a
group (learning rate, betas, ...) are operands of the program, so that a changing learning rate never recompiles; only flags, and whether
a term is there at all, are built into it. Inside the rule, numbers and step counts are weak-typed doubles: they compute in
double precision among themselves and bend to the dtype of the arrays they meet, as Python numbers do in PyTorch's formulas.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.lax.lax import _convert_element_type

from ..core.device import to_jax_device
from ..core.dispatch import dispatch, run_raw
from ..core.dtype import default_dtype
from ..core.inplace import assign, check_writable, set_value
from ..core.modes import enable_grad, set_grad_enabled
from ..core.op import Op
from ..core.tensor import Tensor, from_value, value_of
from ..execution import SCALAR_AVALS, executor, placed
from ..execution.half_sums import HALF
from .optimizer import Optimizer

# State entries that are one number per parameter, whatever the parameter's shape.
SCALARS = frozenset({"step", "eta", "mu", "mu_product"})


class Layout(NamedTuple):
    """One parameter's share of the program: which state goes in and comes out, and which of the step counts is its own."""

    names_in: tuple[str, ...]
    names_out: tuple[str, ...]
    step: int


class Program(NamedTuple):
    """Everything static about the update of one group."""

    rule: Callable
    numbers: tuple[tuple[str, int], ...]  # name, and how many operands it takes: -1 for one, n for a tuple of n
    flags: tuple[tuple[str, Any], ...]
    maximize: bool
    steps: int
    layouts: tuple[Layout, ...]


def _number(x):
    return _convert_element_type(x, np.dtype(np.float64), weak_type=True)


def _working(x):
    """What the rule computes on: complex numbers as pairs, halves as float32 (rounded once, at the end)."""
    if x.dtype.kind == "c":
        return jnp.stack([x.real, x.imag], axis=-1)
    return x.astype(jnp.float32) if x.dtype in HALF else x


def _stored(x, like):
    """The inverse of `_working`."""
    if like.dtype.kind == "c":
        return jax.lax.complex(x[..., 0], x[..., 1])
    return jnp.asarray(x).astype(like.dtype)


def _update_group(*arrays, program: Program):
    """Numbers, step counts, then per parameter (param, grad, *state) in; step counts, then per parameter (param, *state) out."""
    feed = iter(arrays)
    settings: dict[str, Any] = dict(program.flags)
    for name, count in program.numbers:
        settings[name] = _number(next(feed)) if count < 0 else tuple(_number(next(feed)) for _ in range(count))
    steps = [next(feed) + 1 for _ in range(program.steps)]
    outputs = list(steps)
    for layout in program.layouts:
        param, grad = next(feed), next(feed)
        stored = {name: next(feed) for name in layout.names_in}
        state = {name: _number(x) if name in SCALARS else _working(x) for name, x in stored.items()}
        if layout.step >= 0:
            state["step"] = _number(steps[layout.step])
        grad = _working(-grad if program.maximize else grad)
        new_param, new_state = program.rule(_working(param), grad, state, **settings)
        outputs.append(_stored(new_param, param))
        outputs += (_stored(new_state[name], stored.get(name, param)) for name in layout.names_out)
    return tuple(outputs)


UPDATE = Op(_update_group, "optimizer_step", "OptimizerStepBackward0")


class RuleOptimizer(Optimizer):
    """An optimiser made of one pure rule.

    `NUMBERS` name the group entries the rule takes as operands, `OPTIONAL` those of them that are None to the rule when zero,
    `FLAGS` the entries that are settings. `rule(param, grad, state, **numbers_and_flags)` returns the new parameter and state;
    it finds its step count, already raised, in `state["step"]`.
    """

    NUMBERS: tuple[str, ...] = ()
    OPTIONAL: tuple[str, ...] = ()
    FLAGS: tuple[str, ...] = ()

    rule: Callable

    def init_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        """The state of a parameter before its first step."""
        raise NotImplementedError

    @classmethod
    def state_after(cls, names: tuple[str, ...], group: dict[str, Any]) -> tuple[str, ...]:
        """The names of the state the rule returns, given those it receives."""
        return names

    def step(self, closure: Callable | None = None):
        """Update every parameter that has a gradient. `closure`, if given, recomputes the loss first; its value is returned."""
        with set_grad_enabled(bool(self.defaults.get("differentiable"))):
            loss = None
            if closure is not None:
                with enable_grad():
                    loss = closure()
            for group in self.param_groups:
                for params in by_device([p for p in group["params"] if p.grad is not None], lambda p: p):
                    self._update(group, params)
            executor.step_done()
            return loss

    def _update(self, group: dict[str, Any], params: list[Tensor]) -> None:
        states = []
        for param in params:
            state = self.state.get(param)
            if not state:
                state = self.init_state(param, group)
                if state or self.state_after((), group):
                    self.state[param] = state
            states.append(state)
        self.apply(group, params, [param.grad for param in params], states)

    @classmethod
    def apply(cls, group: dict[str, Any], params: list[Tensor], grads: Sequence, states: list[dict[str, Any]]) -> None:
        """Update `params`, all on one device, and their `states`, in place."""
        numbers, operands, flags = cls._settings(group, params[0])
        layouts: list[Layout] = []
        steps: list[Tensor] = []
        tensors: list[Tensor] = []
        targets: list[tuple] = []
        slots: dict[int, int] = {}
        for param, grad, state in zip(params, grads, states, strict=True):
            slot = -1
            step = state.get("step")
            if step is not None:
                # Parameters stepped together share one value for their count, so the program has one operand for it, not one each.
                slot = slots.setdefault(id(value_of(step)), len(slots))
                if slot == len(steps):
                    steps.append(step)
            names = _without_step(tuple(state))
            layout = Layout(names, cls.state_after(names, group), slot)
            layouts.append(layout)
            tensors += (param, grad, *(state[name] for name in names))
            targets.append((param, state, layout))
        program = Program(cls.rule, numbers, flags, bool(group.get("maximize")), len(steps), tuple(layouts))
        inputs = (*operands, *steps, *tensors)
        recording = executor.recording
        if recording is not None:
            recording.lift(group, _names_of(numbers, operands))
        if group.get("differentiable"):
            cls._write(targets, len(steps), dispatch(UPDATE, inputs, (program,)), _assign_recorded)
        else:
            values, avals = _raw(inputs)
            cls._write(targets, len(steps), run_raw(UPDATE, values, (program,), avals), set_value)

    @classmethod
    def _settings(cls, group: dict[str, Any], param: Tensor) -> tuple[tuple, list, tuple]:
        numbers, operands = [], []
        flags = [(name, tuple(group[name]) if isinstance(group[name], list) else group[name]) for name in cls.FLAGS]
        for name in cls.NUMBERS:
            value = group[name]
            if name in cls.OPTIONAL and not isinstance(value, Tensor) and value == 0:
                flags.append((name, None))
                continue
            several = isinstance(value, tuple | list)
            operands += [_operand(v, param) for v in (value if several else (value,))]
            numbers.append((name, len(value) if several else -1))
        return tuple(numbers), operands, tuple(flags)

    @staticmethod
    def _write(targets: list, steps: int, outputs: Sequence, write: Callable) -> None:
        feed = iter(outputs[steps:])
        for param, state, layout in targets:
            write(param, next(feed))
            for name in layout.names_out:
                _write_state(state, name, next(feed), write)
            if layout.step >= 0:
                _write_state(state, "step", outputs[layout.step], write)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)
            for param in group["params"]:
                entry = self.state.get(param) or {}
                for name in SCALARS & entry.keys():
                    if not isinstance(entry[name], Tensor):
                        entry[name] = scalar_state(float(entry[name]), param)


def _names_of(numbers: tuple, operands: list) -> list:
    """Of the operands that are Python numbers, the entries of the group they come from."""
    entries = [(name, k) for name, count in numbers for k in (range(count) if count >= 0 else (-1,))]
    return [entry for entry, x in zip(entries, operands, strict=True) if type(x) is float]


def _write_state(state: dict, name: str, new, write: Callable) -> None:
    if name in state:
        write(state[name], new)
    else:
        state[name] = new if isinstance(new, Tensor) else from_value(new)


def _assign_recorded(target: Tensor, new: Tensor) -> None:
    check_writable(target)
    assign(target, new)


def _operand(value, param: Tensor):
    if not isinstance(value, Tensor):
        return float(value)
    value = value.reshape(()) if value.ndim else value  # type: ignore[attr-defined]
    return value if value.device == param.device else value.to(param.device)  # type: ignore[attr-defined]


def _raw(inputs) -> tuple[list, tuple]:
    """Values and avals of Tensors and numbers, in one pass: this loop sees every parameter at every step."""
    values, avals = [], []
    for x in inputs:
        if type(x) is float:
            values.append(x)
            avals.append(SCALAR_AVALS[float])
        else:
            values.append(x._storage.value if x._view is None else value_of(x))
            avals.append(x._aval)
    return values, tuple(avals)


@functools.lru_cache(maxsize=256)
def _without_step(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name != "step")


def by_device(items: Iterable, param_of: Callable) -> list[list]:
    """The items in groups, each of one device: that of an item's parameter."""
    groups: dict = {}
    for item in items:
        groups.setdefault(param_of(item)._aval.device, []).append(item)
    return list(groups.values())


@functools.lru_cache(maxsize=256)
def _constant(value: float, dtype, device):
    # Shared by all parameters (arrays are immutable), so that their step counts start as one operand.
    return placed(np.asarray(value, dtype), device)


def scalar_state(value: float, param: Tensor) -> Tensor:
    """A 0-d state tensor on the parameter's device: float32, or float64 if that is the default dtype."""
    dtype = np.dtype(np.float64 if default_dtype() == np.float64 else np.float32)
    return from_value(_constant(value, dtype, param._aval.device or to_jax_device()))

"""Counting arithmetic (torch.utils.flop_counter): the multiplications and additions of products, convolutions and attention."""

from __future__ import annotations

import functools
import warnings
from collections import defaultdict
from collections.abc import Callable
from math import prod
from typing import Any

from ..core.interception import push, remove
from ..core.tensor import Tensor
from ..execution import Lifted
from ..library import CustomOpDef, observe, unobserve
from ..ops.overloads import OpOverloadPacket, aten
from ._pytree import tree_leaves, tree_map
from .flop_calls import calls_of
from .flop_table import flop_table
from .module_tracker import ModuleTracker

__all__ = ["FlopCounterMode", "register_flop_formula"]

flop_registry: dict[Any, Callable] = {}


def _shape(x):
    return x.shape if isinstance(x, Tensor) else x


def shape_wrapper(formula: Callable) -> Callable:
    """The formula, given shapes where it is called with Tensors."""

    @functools.wraps(formula)
    def of_tensors(*args, out_val=None, **kwargs):
        args, kwargs, out_shape = tree_map(_shape, (args, kwargs, out_val))
        return formula(*args, out_shape=out_shape, **kwargs)

    return of_tensors


def register_flop_formula(targets, get_raw: bool = False) -> Callable[[Callable], Callable]:
    """A decorator: `formula(*args, out_shape, **kwargs)` counts the calls of `targets`, one or several of `torch.ops`.

    It is given shapes instead of Tensors, or with `get_raw` the Tensors, and then `out_val`.
    """

    def register(formula: Callable) -> Callable:
        formula = formula if get_raw else shape_wrapper(formula)
        for target in tree_leaves(targets):
            if not isinstance(target, OpOverloadPacket | CustomOpDef):
                raise ValueError(
                    "register_flop_formula(targets): expected each target to be OpOverloadPacket (i.e. torch.ops.mylib.foo), JitFunction, or "
                    f"HigherOrderOperator, got {target} which is of type {type(target)}")
            if target in flop_registry:
                raise RuntimeError(f"duplicate registrations for {target}")
            flop_registry[target] = formula
        return formula

    return register


@register_flop_formula(aten.mm)
def mm_flop(a_shape, b_shape, *args, out_shape=None, **kwargs) -> int:
    """A multiplication and an addition for every element of the result and every one that is summed over."""
    (rows, inner), (inner_too, columns) = a_shape, b_shape
    if inner != inner_too:
        raise AssertionError(f"matmul: inner dimensions must match (k == k2), got {inner} and {inner_too}")
    return 2 * rows * inner * columns


@register_flop_formula(aten.addmm)
def addmm_flop(self_shape, a_shape, b_shape, out_shape=None, **kwargs) -> int:
    """Those of the product; the sum is not counted."""
    return mm_flop(a_shape, b_shape)


@register_flop_formula(aten.bmm)
def bmm_flop(a_shape, b_shape, out_shape=None, **kwargs) -> int:
    """Those of one product, for each of the batch."""
    (batch, rows, inner), (batch_too, inner_too, columns) = a_shape, b_shape
    if batch != batch_too:
        raise AssertionError(f"bmm: batch dimensions must match (b == b2), got {batch} and {batch_too}")
    if inner != inner_too:
        raise AssertionError(f"bmm: inner dimensions must match (k == k2), got {inner} and {inner_too}")
    return 2 * batch * rows * inner * columns


@register_flop_formula(aten.baddbmm)
def baddbmm_flop(self_shape, a_shape, b_shape, out_shape=None, **kwargs) -> int:
    """Those of the products; the sum is not counted."""
    return bmm_flop(a_shape, b_shape)


def conv_flop_count(x_shape, w_shape, out_shape, transposed: bool = False) -> int:
    """The whole kernel for every place it is put at, padding included: places of the output, or of the input if transposed."""
    places = prod((x_shape if transposed else out_shape)[2:])
    return 2 * x_shape[0] * places * prod(w_shape)


@register_flop_formula([aten.convolution, aten._convolution])
def conv_flop(x_shape, w_shape, _bias, _stride, _padding, _dilation, transposed, *args, out_shape=None, **kwargs) -> int:
    """Those of `conv_flop_count`; the bias is not counted."""
    return conv_flop_count(x_shape, w_shape, out_shape, transposed)


@register_flop_formula(aten.convolution_backward)
def conv_backward_flop(grad_out_shape, x_shape, w_shape, _bias, _stride, _padding, _dilation, transposed, _output_padding, _groups, output_mask,
                       out_shape, **kwargs) -> int:
    """One convolution for each gradient: of the input, turned around, and of the kernel, where channels and batch change places."""

    def turned(shape) -> list[int]:
        return [shape[1], shape[0], *shape[2:]]

    total = 0
    if output_mask[0]:
        total += conv_flop_count(grad_out_shape, w_shape, out_shape[0], not transposed)
    if output_mask[1]:
        moving, over = (grad_out_shape, x_shape) if transposed else (x_shape, grad_out_shape)
        total += conv_flop_count(turned(moving), turned(over), turned(out_shape[1]))
    return total


class FlopCounterMode:
    """A context that counts the arithmetic in its block, by module and operator (torch.utils.flop_counter.FlopCounterMode).

    `custom_mapping` adds formulas, as `register_flop_formula` does. At its end the table of the modules down to `depth` is printed unless
    `display` is False. What runs in the block runs at once, op by op. What is counted is what is computed here: where a backward computes its
    forward's products again (cells of recurrent nets, `multi_dot`), it is more than in PyTorch.
    """

    def __init__(self, mods=None, depth: int = 2, display: bool = True, custom_mapping: dict[Any, Any] | None = None) -> None:
        if mods is not None:
            warnings.warn("mods argument is not needed anymore, you can stop passing it", stacklevel=2)
        self.flop_counts: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        self.depth, self.display = depth, display
        own = {op: formula if getattr(formula, "_get_raw", False) else shape_wrapper(formula) for op, formula in (custom_mapping or {}).items()}
        self.flop_registry = {**flop_registry, **own}
        self.mod_tracker = ModuleTracker()
        self._counting = False

    def __enter__(self):
        self.flop_counts.clear()
        self.mod_tracker.__enter__()
        push(self._intercept)
        observe(self._count)
        return self

    def __exit__(self, *error) -> None:
        unobserve(self._count)
        remove(self._intercept)
        self.mod_tracker.__exit__(*error)
        if self.display:
            print(self.get_table())

    def get_total_flops(self) -> int:
        """All that has been counted."""
        return sum(self.flop_counts["Global"].values())

    def get_flop_counts(self) -> dict[str, dict[Any, int]]:
        """What has been counted, by module (`"Global"` is everything) and operator."""
        return {module: dict(counts) for module, counts in self.flop_counts.items()}

    def get_table(self, depth: int | None = None) -> str:
        """The counts of the modules down to `depth` as a text."""
        return flop_table(self.flop_counts, self.get_total_flops(), self.depth if depth is None else depth)

    def _intercept(self, plan, values, run):
        result = run(plan, values)
        # A transform sees a call first, and then calls what it makes of it; formulas may call ops of their own.
        if not self._counting and not any(type(v) is Lifted for v in values):
            for call in calls_of(plan, values, result):
                self._count(call.op, call.args, {}, call.out, call.times)
        return result

    def _count(self, op, args: tuple, kwargs: dict, out, times: int = 1) -> None:
        formula = self.flop_registry.get(op)
        if formula is None or self._counting:
            return
        self._counting = True
        try:
            count = formula(*args, **kwargs, out_val=out) * times
        finally:
            self._counting = False
        for module in set(self.mod_tracker.parents):
            self.flop_counts[module][op] += count

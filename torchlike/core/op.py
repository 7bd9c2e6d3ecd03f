"""Declaring ops: `@op` turns one pure `jax.numpy` function into a public function, a Tensor method, an in-place variant and
a differentiable node; `@function` registers a composite written in Python on Tensors. docs/architecture.md tells how to use both.
"""

from __future__ import annotations

import functools
import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..execution.batching import BatchedRule, BatchSpec, run_batched
from ..execution.derive import Rule
from ..execution.kernels import compile_kernel
from ..execution.plan import Plan, run_backward
from ..execution.pushforward import run_jvp
from .dtype import to_numpy_dtype
from .out_dtype import refuse_dtype_beside_out

# NumPy's names for PyTorch's arguments, which PyTorch accepts too.
NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}

# What sums or multiplies many numbers does so in the dtype of `out=`.
_SUMS = frozenset(["cumprod", "cumsum", "nansum", "prod", "sum"])
# Where a `dtype` beside `out=` must be that of `out=`.
_AS_OUT = _SUMS | {"mean"}

_MAX_PLANS = 4096
_WHOLE = frozenset([int])
_PLAIN = frozenset([int, float, str, bool, type(None)])
# Settings that are integers or tuples of them, for which PyTorch takes no bool.
_INTEGERS = frozenset(["dim", "dims", "dim0", "dim1", "dim2", "start_dim", "end_dim", "k", "n", "offset", "diagonal", "shifts", "size",
                       "shape", "chunks"])


@dataclass
class Entry:
    """A name of the public surface and how it is to be attached."""

    name: str
    call: Callable
    method: bool
    inplace: bool
    public: bool


ENTRIES: dict[str, Entry] = {}
_OPS: list[Op] = []


class Op:
    """One pure function `fn(*arrays, **settings)` and everything derived from it. Plans are kept per signature."""

    def __init__(self, fn: Callable, name: str, node_name: str, creates: bool = False, aux_outputs: int = 0,
                 differentiable: bool = True, tensors: int = 0):
        self.fn = fn
        self.tensors = tensors
        self.name = name
        self.node_name = node_name
        self.creates = creates
        self.aux_outputs = aux_outputs
        self.differentiable = differentiable
        self.rule: Rule | BatchedRule | None = None
        self.saves_values = True
        self.plans: dict[tuple, Plan] = {}
        self._kernels: dict[tuple, Callable] = {}
        self._vjp_op: Op | None = None
        self._jvp_op: Op | None = None
        self._batched_op: Op | None = None
        self._batch_specs: dict[tuple, BatchSpec] = {}
        self._node_class: type | None = None
        parameters = inspect.signature(fn).parameters.values()
        arrays = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.array_names = tuple(p.name for p in arrays)
        self.arity = -1 if self.variadic else len(arrays)
        self.required = sum(p.default is p.empty for p in arrays)
        settings = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        self.setting_names = tuple(p.name for p in settings)
        self.positional_settings = tuple(p.name for p in settings if p.kind is p.POSITIONAL_OR_KEYWORD)
        self.default_settings = tuple(p.default for p in settings)
        self.simple = inspect.Parameter.empty not in self.default_settings
        # Types of settings that have been found right; those where all tuples were of plain integers.
        self.fitting: set[tuple] = set()
        self.fitting_tuples: set[tuple] = set()
        _OPS.append(self)

    def __repr__(self):
        return f"<op {self.name}>"

    @property
    def label(self) -> str:
        """The name a user knows the op by: its own, or, for a private kernel, the one its grad_fn shows (MulBackward0 -> mul)."""
        if not self.name.startswith("_"):
            return self.name
        shown = re.sub(r"Backward\d*$", "", self.node_name)
        return re.sub(r"(?<!^)(?=[A-Z])", "_", shown).lower()

    def bound(self, settings: tuple) -> dict[str, Any]:
        """A tuple of settings by name."""
        return dict(zip(self.setting_names, settings, strict=True))

    def kernel(self, settings: tuple, device=None) -> Callable:
        """The jitted function with these settings; `jax.jit` specialises it per shape and dtype."""
        # 2 == 2.0 == True, but they promote differently: the types keep their kernels apart.
        key = (settings, tuple(map(type, settings)), device)
        found = self._kernels.get(key)
        if found is None:
            if len(self._kernels) >= _MAX_PLANS:
                self._kernels.clear()
            found = self._kernels[key] = compile_kernel(self.fn, self.bound(settings), self.name, device)
        return found

    def plan(self, settings: tuple, mask: int, avals: tuple) -> Plan:
        """The plan for one signature, made on first use."""
        key = (settings, mask, *avals)
        found = self.plans.get(key)
        if found is None:
            if len(self.plans) >= _MAX_PLANS:
                # Insertion order approximates age well enough to bound the memory of a program whose shapes never repeat.
                for old in list(self.plans)[: len(self.plans) - _MAX_PLANS * 3 // 4]:
                    del self.plans[old]
            found = self.plans[key] = Plan(self, settings, mask if self.differentiable else 0, avals)
        return found

    @property
    def vjp_op(self) -> Op:
        """The backward of this op, itself an op."""
        if self._vjp_op is None:
            base = self.node_name.rstrip("0123456789")
            self._vjp_op = Op(run_backward, f"{self.name}_backward", f"{base}Backward0")
        return self._vjp_op

    @property
    def jvp_op(self) -> Op:
        """The forward-mode rule of this op, itself an op: one tangent per differentiable output."""
        if self._jvp_op is None:
            self._jvp_op = Op(run_jvp, f"{self.name}_jvp", self.node_name)
        return self._jvp_op

    @property
    def batched_op(self) -> Op:
        """This op mapped over leading dimensions, itself an op."""
        if self._batched_op is None:
            batched = Op(run_batched, self.name, self.node_name, aux_outputs=self.aux_outputs, differentiable=self.differentiable)
            batched.rule = BatchedRule() if self.rule is not None else None
            batched.saves_values = self.saves_values
            self._batched_op = batched
        return self._batched_op

    def batch_spec(self, settings: tuple, axes: tuple) -> BatchSpec:
        """The interned setting of `batched_op` for these settings and mapped arguments."""
        key = (settings, tuple(map(type, settings)), axes)
        found = self._batch_specs.get(key)
        if found is None:
            if len(self._batch_specs) >= _MAX_PLANS:
                self._batch_specs.clear()
            found = self._batch_specs[key] = BatchSpec(self, settings, axes)
        return found

    def bind(self, args: tuple, kwargs: dict) -> tuple[tuple, tuple]:
        """Sort a call's arguments into arrays and a canonical tuple of settings; TypeError in PyTorch's manner if they don't fit."""
        kwargs = {name: value for name, value in kwargs.items() if name != "out"}
        for alias in NUMPY_NAMES.keys() & kwargs.keys():
            name = NUMPY_NAMES[alias]
            if alias not in self.array_names + self.setting_names and name not in kwargs:
                kwargs[name] = kwargs.pop(alias)
        if self.variadic:
            arrays, extra = args, ()
        else:
            arrays, extra = args[: self.arity], args[self.arity :]
        if len(extra) > len(self.positional_settings):
            most = self.arity + len(self.positional_settings)
            raise TypeError(
                f"{self.name}() takes {most} positional argument{'s' * (most != 1)} but {len(args)} were given"
            )
        bound: dict[str, Any] = dict(zip(self.positional_settings, extra, strict=False))
        for name in self.array_names[len(arrays) :]:
            if name in kwargs:
                arrays = (*arrays, kwargs.pop(name))
            elif len(arrays) >= self.required:
                arrays = (*arrays, None)
            else:
                raise TypeError(f'{self.name}() missing 1 required positional arguments: "{name}"')
        for name, value in kwargs.items():
            if name not in self.setting_names:
                raise TypeError(f"{self.name}() got an unexpected keyword argument '{name}'")
            if name in bound:
                raise TypeError(f"{self.name}() got multiple values for argument '{name}'")
            bound[name] = value
        settings = tuple(
            freeze(bound[n]) if n in bound else d for n, d in zip(self.setting_names, self.default_settings, strict=True)
        )
        for n, value in zip(self.setting_names, settings, strict=True):
            if value is inspect.Parameter.empty:
                raise TypeError(f'{self.name}() missing 1 required positional arguments: "{n}"')
        self._check_kinds(settings)
        return arrays, settings

    def _check_kinds(self, settings: tuple) -> None:
        kinds = tuple(map(type, settings))
        if kinds in self.fitting:
            return
        whole = tuple in kinds and _WHOLE.issuperset([x.__class__ for s in settings if s.__class__ is tuple for x in s])
        if whole and kinds in self.fitting_tuples:
            return
        self._check_numbers(settings)
        if _PLAIN.issuperset(kinds):
            self.fitting.add(kinds)
        elif whole:
            self.fitting_tuples.add(kinds)

    def _check_numbers(self, settings: tuple) -> None:
        for name, default, value in zip(self.setting_names, self.default_settings, settings, strict=True):
            if type(default) is bool and type(value) in (int, float):
                raise TypeError(f"{self.name}(): argument '{name}' must be bool, not {type(value).__name__}")
            if name in _INTEGERS and type(default) is not bool and any(
                    type(v) in (bool, float) for v in (value if type(value) is tuple else (value,))):
                raise TypeError(f"{self.name}(): argument '{name}' must be int")


def freeze(value):
    """A hashable stand-in for a setting: lists become tuples, one-element Tensors and NumPy scalars Python numbers."""
    cls = type(value)
    if cls in _PLAIN:
        return value
    if isinstance(value, list | tuple):
        return tuple(freeze(v) for v in value)
    if isinstance(value, np.generic) or hasattr(value, "_storage"):
        return value.item()
    return value


def all_ops() -> tuple[Op, ...]:
    """Every op declared so far."""
    return tuple(_OPS)


def forget_plans() -> None:
    """Drop every plan and kernel: a process-wide default they were traced under (dtype, matmul precision) has changed."""
    for each in _OPS:
        each.plans.clear()
        each._kernels.clear()
        each._vjp_op = each._jvp_op = each._batched_op = None


def camel(name: str) -> str:
    """expm1 -> Expm1, log_softmax -> LogSoftmax, _softmax -> Softmax."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def op(fn: Callable | None = None, *, name: str | None = None, method: bool = False, inplace: bool = False, public: bool = True,
       node: str | None = None, creates: bool = False, aux_outputs: int = 0, differentiable: bool = True, tensors: int = 0):
    """Declare an op from a pure function of arrays (before the slash) and settings (after it).

    The returned function takes Tensors. `method`/`inplace` attach it to Tensor (as `name` and `name_`), `public=False` keeps it out of
    the namespace, `node` overrides the grad_fn's name, `creates` says it has no array argument and a `device` setting,
    `aux_outputs` how many trailing outputs exist only for the backward (the caller never sees them), `tensors` how many of the first
    arguments cannot be Python numbers.
    """
    if fn is None:
        return functools.partial(op, name=name, method=method, inplace=inplace, public=public, node=node, creates=creates,
                                 aux_outputs=aux_outputs, differentiable=differentiable, tensors=tensors)
    public_name = name or fn.__name__
    declared = Op(fn, public_name, node or f"{camel(public_name)}Backward0", creates, aux_outputs, differentiable, tensors)
    call = _public_function(declared)
    functools.update_wrapper(call, fn)
    call.__name__ = public_name
    _register(public_name, call, method, inplace, public)
    return call


def _sum_as_out(name: str, kwargs: dict) -> None:
    out, dtype = kwargs.get("out"), kwargs.get("dtype")
    if out is None:
        return
    if dtype is not None:
        refuse_dtype_beside_out(name, to_numpy_dtype(dtype), out._aval.dtype)
    elif name in _SUMS:
        kwargs["dtype"] = out.dtype


def _public_function(declared: Op) -> Callable:
    from .dispatch import dispatch
    from .faces import failed
    from .inplace import write_out

    arity, default, simple, fitting = declared.arity, declared.default_settings, declared.simple, declared.fitting
    sums = declared.name in _AS_OUT
    # Settings given in full by position, as composites give them, need no sorting out either.
    full = arity + len(default) if len(declared.positional_settings) == len(default) and not declared.variadic else -2

    def call(*args, **kwargs):
        try:
            if not kwargs:
                if len(args) == arity and simple:
                    return dispatch(declared, args, default)
                if len(args) == full and tuple(map(type, args[arity:])) in fitting:
                    return dispatch(declared, args[:arity], args[arity:])
            if sums:
                _sum_as_out(declared.name, kwargs)
            arrays, settings = declared.bind(args, kwargs)
            result = dispatch(declared, arrays, settings)
        except Exception:
            return failed(call, args, kwargs)
        out = kwargs.get("out")
        return result if out is None else write_out(declared.name, out, result, arrays)

    def vjp(rule: Callable) -> Callable:
        """Attach a hand-written backward."""
        declared.rule = Rule(rule)
        return rule

    call.op = declared  # type: ignore[attr-defined]
    call.vjp = vjp  # type: ignore[attr-defined]
    return call


def function(fn: Callable | None = None, *, name: str | None = None, method: bool = False, inplace: bool = False,
             public: bool = True, out: bool = False, bare: bool = False):
    """Register a composite: Python code on Tensors. `out=True` gives it PyTorch's `out=` argument. `bare=True` spares it the time (0.1 us) of
    the wrapper that turns errors about arguments into PyTorch's."""
    if fn is None:
        return functools.partial(function, name=name, method=method, inplace=inplace, public=public, out=out, bare=bare)
    public_name = name or fn.__name__
    if isinstance(fn, types.FunctionType):
        fn.__name__ = fn.__qualname__ = public_name  # what Python's own TypeErrors call it
    call = _with_out(fn) if out else _guarded(fn) if isinstance(fn, types.FunctionType) and not bare else fn
    _register(public_name, call, method, inplace, public)
    return call


def _guarded(fn: Callable) -> Callable:
    from .faces import failed

    @functools.wraps(fn)
    def call(*args, **kwargs):
        try:
            return fn(*args, **kwargs)
        except Exception:
            return failed(call, args, kwargs)

    return call


def _with_out(fn: Callable) -> Callable:
    from .faces import failed
    from .inplace import write_out

    sums = fn.__name__ in _AS_OUT

    @functools.wraps(fn)
    def call(*args, **kwargs):
        try:
            if "out" not in kwargs:
                return fn(*args, **kwargs)
            if sums:
                _sum_as_out(fn.__name__, kwargs)
            result = fn(*args, **{name: value for name, value in kwargs.items() if name != "out"})
        except Exception:
            return failed(call, args, kwargs)
        out = kwargs.pop("out")
        return result if out is None else write_out(fn.__name__, out, result, (*args, *kwargs.values()))

    return call


def alias(name: str, of: str) -> None:
    """Give an entry a second public name (torch.multiply is torch.mul)."""
    entry = ENTRIES[of]
    _register(name, entry.call, entry.method, entry.inplace, entry.public)


def _register(name: str, call: Callable, method: bool, inplace: bool, public: bool) -> None:
    if name in ENTRIES:
        raise ValueError(f"op {name!r} is declared twice")
    ENTRIES[name] = Entry(name, call, method, inplace, public)

"""What a compiled function can reach: the Tensors, modules and optimisers it works on and the Python values it may depend on.

PyTorch reads this off the byte code; here the objects are walked, from the function's closure, globals and arguments, before it is recorded; and
once more afterwards, when it is known which names the user code that ran mentions. What that finds are the guards of the recording.
"""

from __future__ import annotations

import functools
import sys
import types
from collections import deque
from collections.abc import Callable
from typing import Any

from ..core.pytree import tree_flatten
from ..core.tensor import Tensor
from ..execution.report import is_internal
from ..nn.module import Module
from ..nn.mutations import mutations
from ..optim.optimizer import Optimizer

_MAX_OBJECTS = 20_000
SIMPLE = frozenset([int, float, bool, str, bytes, complex, type(None)])
_MISSING: Any = object()


class Names:
    """The names and constant strings that the executed user code mentions; everything when it could not be watched."""

    def __init__(self, codes: set | None):
        self.everything = codes is None
        self.known: set = set()
        for code in codes or ():
            self.known.update(code.co_names, code.co_freevars, (c for c in code.co_consts if isinstance(c, str)))

    def __contains__(self, name) -> bool:
        return self.everything or not isinstance(name, str) or name in self.known


class Census:
    """All that was found from some roots; with `names`, by way of these alone: what user code never named it cannot have touched."""

    def __init__(self, roots: list, names: Names | None = None):
        self._names = names
        self.tensors: list[Tensor] = []
        self.optimizers: list[Optimizer] = []
        # (mapping, key, value): what a dictionary or an object's attributes said; those of modules apart, whose changes are counted.
        self.entries: list[tuple[dict, Any, Any]] = []
        self.module_entries: list[tuple[dict, Any, Any]] = []
        self.sizes: list[tuple[Any, int]] = []
        self.module_sizes: list[tuple[dict, int]] = []
        self.lists: list[tuple[list, tuple]] = []
        self.cells: list[tuple[Any, Any]] = []
        self.lifted: list[tuple[dict, str, Any]] = []
        self.mutations = mutations.count
        self._kept: list = []
        self._seen: set[int] = set()
        self._stack = list(roots)
        while self._stack and len(self._seen) < _MAX_OBJECTS:
            self._visit(self._stack.pop())

    def _visit(self, x) -> None:
        if type(x) in SIMPLE or id(x) in self._seen:
            return
        self._seen.add(id(x))
        self._kept.append(x)
        if isinstance(x, Tensor):
            self.tensors.append(x)
            if x._grad is not None:
                self._stack.append(x._grad)
        elif isinstance(x, Module):
            self._module(x)
        elif isinstance(x, Optimizer):
            self._optimizer(x)
        elif isinstance(x, dict):
            self._mapping(x, self.entries, self._names)
        elif isinstance(x, list):
            self.lists.append((x, tuple(x)))
            self._stack.extend(x)
        elif isinstance(x, tuple | set | frozenset | deque):
            self._stack.extend(x)
        elif isinstance(x, types.FunctionType):
            self._function(x)
        elif isinstance(x, types.MethodType):
            self._stack += (x.__self__, x.__func__)
        elif isinstance(x, functools.partial):
            self._stack += (x.func, *x.args, *x.keywords.values())
        elif not isinstance(x, type | types.ModuleType):
            self._object(x)

    def _object(self, x) -> None:
        """Any other object: what it wraps, and its attributes, read past whatever its class makes of the look-up."""
        try:
            attributes = object.__getattribute__(x, "__dict__")
        except AttributeError:
            return
        if isinstance(attributes, dict):
            self._mapping(attributes, self.entries, None if "__wrapped__" in attributes else self._names)

    def _mapping(self, d: dict, into: list, names: Names | None = None) -> None:
        self._kept.append(d)
        for key, value in d.items():
            if names is not None and key not in names:
                continue
            into.append((d, key, value))
            self._stack.append(value)

    def _module(self, m: Module) -> None:
        self._mapping(m.__dict__, self.module_entries)
        for name in ("_parameters", "_buffers", "_modules"):
            table = m.__dict__[name]
            self._seen.add(id(table))
            self.module_entries += ((table, k, v) for k, v in table.items())
            self._stack += table.values()
        self.module_sizes.append((m.__dict__, len(m.__dict__)))
        for table in m.__dict__.values():
            # Adding to one is counted as a change of the module, removing a hook is not.
            if isinstance(table, dict):
                (self.sizes if table else self.module_sizes).append((table, len(table)))

    def _optimizer(self, o: Optimizer) -> None:
        self.optimizers.append(o)
        lifted = frozenset(getattr(o, "NUMBERS", ()))
        for key, value in o.__dict__.items():
            self.entries.append((o.__dict__, key, value))
            if key not in ("param_groups", "state", "defaults"):
                self._stack.append(value)
        self._seen.update((id(o.param_groups), id(o.state), id(o.defaults)))
        self.lists.append((o.param_groups, tuple(o.param_groups)))
        self.sizes.append((o.state, len(o.state)))
        for group in o.param_groups:
            self._seen.add(id(group))
            self.sizes.append((group, len(group)))
            for key, value in group.items():
                if key in lifted:
                    self.lifted.append((group, key, kind_of(value)))
                else:
                    self.entries.append((group, key, value))
                self._stack.append(value)
        for param, entry in o.state.items():
            self.entries.append((o.state, param, entry))
            self._seen.add(id(entry))
            if isinstance(entry, dict):
                self.sizes.append((entry, len(entry)))
                self._mapping(entry, self.entries)
            self._stack.append(param)

    def _function(self, fn: types.FunctionType) -> None:
        self._stack += fn.__defaults__ or ()
        self._stack += (fn.__kwdefaults__ or {}).values()
        for cell in fn.__closure__ or ():
            value = _contents(cell)
            self.cells.append((cell, value))
            self._stack.append(value)
        for name in _names_in(fn.__code__):
            value = fn.__globals__.get(name, _MISSING)
            if value is not _MISSING and not _is_library(value):
                self.entries.append((fn.__globals__, name, value))
                self._stack.append(value)

    def knows(self, x) -> bool:
        """Whether an object was met."""
        return id(x) in self._seen

    def rebound(self) -> list[tuple[dict, Any, Any]]:
        """The places (mapping, key, former value) that held Tensors, bare or in containers, and hold others now, in containers of the same kind."""
        found = []
        for mapping, key, value in (*self.entries, *self.module_entries):
            now = mapping.get(key, _MISSING)
            if now is not value and _holds_tensors(value) and _holds_tensors(now) and tree_flatten(value)[1] == tree_flatten(now)[1]:
                found.append((mapping, key, value))
        return found

    def forget(self, places: list[tuple[dict, Any, Any]]) -> None:
        """Drop the guards on what is at these places."""
        known = {(id(mapping), key) for mapping, key, _ in places}
        self.entries = [e for e in self.entries if (id(e[0]), e[1]) not in known]
        self.module_entries = [e for e in self.module_entries if (id(e[0]), e[1]) not in known]
        inside = {id(x) for mapping, key, _ in places for x in _containers(mapping[key])}
        self.lists = [entry for entry in self.lists if id(entry[0]) not in inside]
        self.entries = [e for e in self.entries if id(e[0]) not in inside]

    def changed(self, apart: list[tuple[dict, Any, Any]]) -> str | None:
        """What is not any more as it was found, in words, but for these places; None if all is."""
        known = {(id(mapping), key) for mapping, key, _ in apart}
        for mapping, key, value in (*self.entries, *self.module_entries):
            if (id(mapping), key) not in known and not _same(mapping.get(key, _MISSING), value):
                return f"the value of {key!r} changed" if isinstance(key, str) else "the state of an optimiser changed"
        return None if _unchanged(self.module_sizes) and self._rest_holds() else "what the function works on changed"

    def holds(self) -> bool:
        """Whether all is as it was found."""
        for mapping, key, value in self.entries:
            found = mapping.get(key, _MISSING)
            if found is not value and not _same(found, value):
                return False
        if mutations.count != self.mutations:
            before, self.mutations = self.mutations, mutations.count
            if not self._modules_hold():
                self.mutations = before
                return False
        return self._rest_holds()

    def _modules_hold(self) -> bool:
        return _unchanged(self.module_sizes) and all(_same(mapping.get(key, _MISSING), value) for mapping, key, value in self.module_entries)

    def _rest_holds(self) -> bool:
        if not _unchanged(self.sizes):
            return False
        for group, key, kind in self.lifted:
            if kind_of(group.get(key)) != kind:
                return False
        for found, items in self.lists:
            if len(found) != len(items) or not all(map(_same, found, items)):
                return False
        return all(_same(_contents(cell), value) for cell, value in self.cells)


def _holds_tensors(x) -> bool:
    leaves = tree_flatten(x)[0]
    return bool(leaves) and all(isinstance(leaf, Tensor) for leaf in leaves)


def _containers(x) -> list:
    """The containers of a nested value."""
    if isinstance(x, dict):
        return [x, *(c for item in x.values() for c in _containers(item))]
    return [x, *(c for item in x for c in _containers(item))] if isinstance(x, list | tuple) else []


def kind_of(value) -> tuple:
    """Of a number that a program takes as an operand: its type, and whether it is zero (then a term may be left out)."""
    if isinstance(value, tuple | list):
        return tuple(map(kind_of, value))
    return (type(value), value == 0) if type(value) in (int, float) else (type(value), id(value))


def _unchanged(sizes: list) -> bool:
    return all(len(container) == size for container, size in sizes)


def _same(found, value) -> bool:
    return found is value or (type(found) is type(value) and type(value) in SIMPLE and found == value)


def _contents(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return _MISSING


def _names_in(code: types.CodeType) -> set:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names_in(constant)
    return names


def _is_library(value) -> bool:
    """Whether a global is a module, a class, or a function of the library: nothing that changes."""
    if isinstance(value, types.ModuleType | type | types.BuiltinFunctionType):
        return True
    return callable(value) and str(getattr(value, "__module__", "")).startswith(("torchlike.", "jax.", "numpy"))


def user_codes(run: Callable) -> tuple[Any, set | None]:
    """`run()`, and the code objects of the user's functions that ran in it; None when a profiler is in the way."""
    if sys.getprofile() is not None:
        return run(), None
    codes: set = set()

    def watch(frame, event, _):
        if event == "call" and frame.f_code not in codes and not is_internal(frame.f_code):
            codes.add(frame.f_code)

    sys.setprofile(watch)
    try:
        result = run()
    finally:
        sys.setprofile(None)
    return result, codes

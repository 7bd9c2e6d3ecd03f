"""`jax_op`: any JAX function as a differentiable op on Tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable

import jax
import numpy as np

from ..core.dispatch import dispatch
from ..core.op import Op, camel
from ..core.tensor import Tensor


class _Hole:
    """Marks the place of an operand among the static leaves."""

    def __repr__(self):
        return "*"


_HOLE = _Hole()


class Call:
    """One way to call the function: the tree of its arguments and the static leaves. The setting of the op, compared by what it holds."""

    __slots__ = ("tree", "leaves", "results", "_key")

    def __init__(self, tree, leaves: tuple):
        self.tree, self.leaves = tree, leaves
        # The tree of the result, by the operands' shapes and dtypes.
        self.results: dict[tuple, jax.tree_util.PyTreeDef] = {}
        self._key = tree, leaves, tuple(map(type, leaves))

    def __eq__(self, other):
        return isinstance(other, Call) and self._key == other._key

    def __hash__(self):
        return hash(self._key)

    def arguments(self, operands: tuple) -> tuple[tuple, dict]:
        """The function's arguments with these operands in their places."""
        given = iter(operands)
        return jax.tree.unflatten(self.tree, [next(given) if leaf is _HOLE else leaf for leaf in self.leaves])


def jax_op(fn: Callable, *, name: str | None = None) -> Callable:
    """`fn`, a function of JAX arrays, as a function of Tensors that the tape records as one node.

    Arguments and results may be pytrees (nested tuples, lists, dicts, registered classes). Tensors and arrays anywhere, and floats
    among the positional arguments, are operands; everything else is static and must be hashable: a new value is a new trace.
    Gradients are `jax.vjp`'s, of any order, so that rules given with `jax.custom_vjp` hold; the backward computes `fn` again from
    its operands. `fn` must be pure: it is traced once for each combination of shapes, dtypes and static values.
    """
    label = name or getattr(fn, "__name__", type(fn).__name__).strip("<>")

    def run(*operands, call: Call):
        args, kwargs = call.arguments(operands)
        leaves, tree = jax.tree.flatten(fn(*args, **kwargs))
        call.results[_signature(operands)] = tree
        return tuple(map(jax.numpy.asarray, leaves))

    declared = Op(run, f"jax_{label}", f"{camel(label)}Backward0")
    calls: dict[Call, Call] = {}

    def apply(*args, **kwargs):
        operands, call = _sorted(args, kwargs, label)
        call = calls.setdefault(call, call)
        results = dispatch(declared, operands, (call,))
        return jax.tree.unflatten(_result_tree(call, operands), results)

    functools.update_wrapper(apply, fn, assigned=("__doc__", "__module__"), updated=())
    apply.__name__ = apply.__qualname__ = label
    return apply


def _is_leaf(x) -> bool:
    return isinstance(x, Tensor)


def _sorted(args: tuple, kwargs: dict, label: str) -> tuple[list, Call]:
    leaves, tree = jax.tree.flatten((args, kwargs), is_leaf=_is_leaf)
    positional = len(jax.tree.leaves(args, is_leaf=_is_leaf))
    operands: list = []
    static: list = []
    for i, leaf in enumerate(leaves):
        if isinstance(leaf, Tensor | jax.Array | np.ndarray | np.generic) or i < positional and type(leaf) in (float, complex):
            operands.append(_checked(leaf, label))
            static.append(_HOLE)
        elif isinstance(leaf, Hashable):
            static.append(leaf)
        else:
            raise TypeError(f"{label}(): a static argument must be hashable, but got {type(leaf).__name__}")
    return operands, Call(tree, tuple(static))


def _checked(leaf, label: str):
    if isinstance(leaf, jax.Array) and jax.numpy.issubdtype(leaf.dtype, jax.dtypes.extended):
        raise TypeError(f"{label}(): a Tensor cannot hold {leaf.dtype}; pass jax.random.key_data(key) and wrap it inside the function")
    return leaf


def _signature(operands) -> tuple:
    return tuple((tuple(x.shape), str(x.dtype)) if hasattr(x, "shape") else type(x).__name__ for x in operands)


def _result_tree(call: Call, operands: list):
    """The tree of the result. It is one and the same for all shapes, unless `fn` decides by shape what to return."""
    trees = set(call.results.values())
    if len(trees) == 1:
        return trees.pop()
    seen = tuple((tuple(x.shape), str(x.jax().dtype)) if isinstance(x, Tensor) else _signature((x,))[0] for x in operands)
    return call.results[seen]

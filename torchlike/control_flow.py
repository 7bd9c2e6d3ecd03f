"""Branches and loops that PyTorch's exporter would keep as such (torch.cond, torch.while_loop, scans): here they run as the Python they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .core.pytree import tree_flatten, tree_leaves, tree_map, tree_unflatten
from .core.tensor import Tensor
from .func.vmap import vmap
from .ops.joining import cat, stack
from .ops.views import movedim


def cond(pred, true_fn: Callable, false_fn: Callable, operands: tuple | list = ()) -> Any:
    """true_fn(*operands) if `pred`, a bool or a Tensor of one, else false_fn(*operands) (torch.cond)."""
    if not isinstance(pred, bool | Tensor):
        raise RuntimeError(f"Expected pred to be bool or tensor, but got {pred}.")
    if isinstance(pred, Tensor) and pred.numel() != 1:  # type: ignore[attr-defined]
        raise RuntimeError(f"Expected pred to be bool or single-element tensor, but got {pred}.")
    if not (callable(true_fn) and callable(false_fn)):
        raise RuntimeError("Expect both branches to be callable.")
    if not isinstance(operands, tuple | list) or not all(isinstance(x, Tensor | int) for x in tree_leaves(operands)):
        raise RuntimeError(
            "Expect operands to be a tuple of possibly nested dict/list/tuple that only consists of tensor leaves, but got "
            f"{operands}."
        )
    return (true_fn if pred else false_fn)(*operands)


def while_loop(cond_fn: Callable, body_fn: Callable, carried_inputs: tuple | list) -> tuple:
    """`carried_inputs`, replaced by body_fn(*carried_inputs) as long as cond_fn(*carried_inputs) holds (torch.while_loop)."""
    if not (callable(cond_fn) and callable(body_fn)):
        raise RuntimeError("Expect cond_fn and body_fn to be callable.")
    if not isinstance(carried_inputs, tuple | list) or not all(isinstance(x, Tensor | int) for x in tree_leaves(carried_inputs)):
        raise RuntimeError(
            f"Expect carried_inputs to be a tuple of possibly nested dict/list/tuple that only consists of tensor or int leaves, but got "
            f"{carried_inputs}."
        )
    carried = tuple(carried_inputs)
    while cond_fn(*carried):
        result = body_fn(*carried)
        carried = tuple(result) if isinstance(result, tuple | list) else (result,)
        if len(carried) != len(carried_inputs):
            raise RuntimeError(f"body_fn should return as many elements as it is given, {len(carried_inputs)}, but gave {len(carried)}.")
    return carried


def map(f: Callable, xs, *args) -> Any:
    """`f(x, *args)` for each x along the first dimension of the Tensors in `xs`, the results stacked."""
    leaves, spec = tree_flatten(xs)
    if not leaves:
        raise RuntimeError("map() requires at least one Tensor in xs.")
    sizes = [leaf.shape for leaf in leaves]
    if len({shape[0] for shape in sizes}) != 1:
        raise RuntimeError(f"Leading dimensions of mapped xs must be consistent. Got shapes {sizes}.")
    return _stacked([f(tree_unflatten(list(row), spec), *args) for row in zip(*(leaf.unbind() for leaf in leaves), strict=True)], 0)


def _stacked(results: list, dim: int) -> Any:
    return tree_map(lambda *rows: stack(rows, dim), *results)


def scan(combine_fn: Callable, init, xs, *, dim: int = 0, reverse: bool = False) -> tuple[Any, Any]:
    """(last carry, all y stacked along a first dimension): `carry, y = combine_fn(carry, x)` for each x along `dim`, from the last one on with
    `reverse`."""
    if not callable(combine_fn):
        raise RuntimeError(f"Combine_fn must be a callable, but got {combine_fn}")
    if not isinstance(dim, int):
        raise RuntimeError(f"Dim must be an int, but got {type(dim)}")
    if not isinstance(reverse, bool):
        raise RuntimeError(f"Reverse must be a bool, but got {type(reverse)}")
    starts = tree_leaves(init)
    if not starts:
        raise RuntimeError("scan() operator requires init leaves.")
    for leaf in starts:
        if not isinstance(leaf, Tensor):
            raise RuntimeError(f"All init leaves must be a Tensor but got {leaf}")
    leaves, spec = tree_flatten(xs)
    if not leaves:
        return init, []
    rows = list(zip(*(leaf.unbind(dim) for leaf in leaves), strict=True))
    carry, found = init, []
    for row in reversed(rows) if reverse else rows:
        new, y = combine_fn(carry, tree_unflatten(list(row), spec))
        _check_carry(carry, new)
        carry = new
        found.append(y)
    return carry, _stacked(found[::-1] if reverse else found, 0)


def _check_carry(before, after) -> None:
    old, new = tree_leaves(before), tree_leaves(after)
    if len(old) != len(new):
        raise RuntimeError(f"The number of leaves of the carry changed in combine_fn, from {len(old)} to {len(new)}.")
    for i, (a, b) in enumerate(zip(old, new, strict=True)):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise RuntimeError(
                f"Expected init and carry to have same metadata but found:\npair[{i}] differ: {a.shape}, {a.dtype} vs {b.shape}, {b.dtype}"
            )


def associative_scan(combine_fn: Callable, xs, dim: int, reverse: bool = False, combine_mode: str = "pointwise") -> Any:
    """All partial results along `dim`: x0, combine_fn(x0, x1), ... of an associative `combine_fn` of two elements, in logarithmically many
    steps. Both `combine_mode`s are the same here."""
    if not callable(combine_fn):
        raise ValueError(f"Combine_fn must be a callable, but got {combine_fn}")
    if combine_mode not in ("pointwise", "generic"):
        raise ValueError(f"Combine_mode must either 'pointwise' or 'generic', but got {combine_mode}")
    leaves, spec = tree_flatten(xs)
    if not leaves:
        raise ValueError("Expected at least 1 xs leaf")
    rows = [movedim(leaf, dim, 0) for leaf in leaves]

    def combine(a: list, b: list) -> list:
        results, shape = tree_flatten(vmap(combine_fn)(tree_unflatten(a, spec), tree_unflatten(b, spec)))
        if shape != spec:
            raise AssertionError(f"combine_fn is to return what it is given, {spec}, but returned {shape}")
        return results

    rows = [row.flip(0) for row in rows] if reverse else rows
    found = _prefixes(rows, combine)
    return tree_unflatten([movedim(row.flip(0) if reverse else row, 0, dim) for row in found], spec)


def _prefixes(rows: list, combine: Callable) -> list:
    """The partial results along the first dimension: those of the pairs give every second one, one more step each the others."""
    n = rows[0].shape[0]
    if n < 2:
        return rows
    pairs = combine([row[: n - 1 : 2] for row in rows], [row[1::2] for row in rows])
    odd = _prefixes(pairs, combine)
    between = combine([row[: (n - 1) // 2] for row in odd], [row[2::2] for row in rows]) if n > 2 else [row[:0] for row in rows]
    return [_interleaved(cat([row[:1], e]), o) for row, e, o in zip(rows, between, odd, strict=True)]


def _interleaved(even: Tensor, odd: Tensor) -> Tensor:
    n = odd.shape[0]
    woven = stack([even[:n], odd], 1).flatten(0, 1)
    return cat([woven, even[n:]])

"""Which arguments to differentiate (`argnums`), and what a function's results must look like, in PyTorch's words."""

from __future__ import annotations

from ..core.pytree import tree_leaves
from ..core.tensor import Tensor


def select(args: tuple, argnums) -> tuple:
    """The arguments that `argnums` (an int or a tuple of ints) names, as a tuple."""
    return tuple(args[i] for i in positions(argnums, len(args)))


def as_asked(chosen: tuple, argnums):
    """The chosen arguments in the form of `argnums`: one int, one argument."""
    return chosen[0] if isinstance(argnums, int) else chosen


def positions(argnums, count: int) -> tuple:
    """`argnums` as a tuple of positions; RuntimeError for one that is out of range, repeated or no int."""
    if not isinstance(argnums, int | tuple):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    wrapped = tuple(_position(n, count) for n in numbers)
    if not wrapped:
        raise RuntimeError("argnums must be non-empty")
    if len(set(wrapped)) != len(wrapped):
        raise RuntimeError(f"argnums elements must be unique, got {wrapped}")
    return wrapped


def _position(number, count: int) -> int:
    if not isinstance(number, int):
        raise RuntimeError(f"argnum must be int, got: {type(number)}")
    if -count <= number < count:
        return number % count
    raise RuntimeError(f"Got argnum={number}, but only {count} positional inputs")


def replaced(args: tuple, new: tuple, argnums) -> tuple:
    """`args` with the ones that `argnums` names replaced."""
    result = list(args)
    for i, x in zip(positions(argnums, len(args)), new, strict=True):
        result[i] = x
    return tuple(result)


def split_aux(output, has_aux: bool, where: str) -> tuple:
    """(output, aux) of a function; aux is None without `has_aux`."""
    if not has_aux:
        return output, None
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(f"{where}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return output


def check_outputs(leaves: list, where: str) -> None:
    """RuntimeError unless a function returned Tensors, at least one."""
    if not leaves or len(leaves) == 1 and leaves[0] is None:
        raise RuntimeError(f"{where}: Expected f to be a function that has non-empty output (got output = {leaves})")
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise RuntimeError(f"{where}: expected f(*primals) to return only tensors, got unsupported type {type(leaf)}")


def check_tensors(leaves: list, where: str, name: str) -> None:
    """RuntimeError unless the argument `name` holds Tensors, at least one."""
    if not leaves:
        raise RuntimeError(f"{where}: Expected {name} to contain at least one Tensor.")
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise RuntimeError(f"{where}: Expected {name} to only contain Tensors, got {type(leaf)}")


def check_real(tree, where: str, kind: str) -> None:
    """RuntimeError for a complex Tensor among the `kind` (inputs, outputs)."""
    for i, leaf in enumerate(tree_leaves(tree)):
        if isinstance(leaf, Tensor) and leaf._aval.is_complex:
            raise RuntimeError(f"{where}: Expected all {kind} to be real but received complex tensor at flattened input idx: {i}")

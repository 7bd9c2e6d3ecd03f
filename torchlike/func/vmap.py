"""vmap: a function of one example as a function of a batch of them (torch.func.vmap).

The function runs once, on Tensors of a `VmapLevel` that look like single examples; each op runs as its batched rule.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

from ..core.levels import VmapLevel
from ..core.pytree import _broadcast_to_and_flatten, tree_flatten, tree_leaves, tree_unflatten
from ..core.random import get_rng_state, set_rng_state
from ..core.tensor import Tensor
from ..ops.joining import cat
from ..ops.views import movedim
from .borrowed import Borrowed
from .windows import window_on


def vmap(func, in_dims=0, out_dims=0, randomness: str = "error", *, chunk_size: int | None = None):
    """The function that maps `func` over dimension `in_dims` of its Tensor arguments and stacks the results along `out_dims`.

    `in_dims`/`out_dims` may be nested like the arguments/results; None in `in_dims` passes an argument as it is. `randomness` says whether
    random ops draw "different" numbers per example, the "same", or raise ("error"). `chunk_size` maps that many examples at a time.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapped(*args, **kwargs):
        _check_out_dims(out_dims, func)
        call = _Call(func, in_dims, args, kwargs, out_dims, randomness)
        return call.run(call.leaves) if chunk_size is None else call.run_in_chunks(chunk_size)

    return wrapped


class _Call:
    """One call of a mapped function: its arguments as leaves, and which dimension of each is mapped."""

    def __init__(self, func, in_dims, args: tuple, kwargs: dict, out_dims, randomness: str):
        self.func, self.kwargs, self.out_dims, self.randomness = func, kwargs, out_dims, randomness
        self.name = name_of(func)
        self.where = f"vmap({self.name}, in_dims={in_dims}, ...)(<inputs>)"
        if not isinstance(in_dims, int | tuple):
            raise ValueError(
                f"{self.where}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, got: "
                f"{type(in_dims)}."
            )
        if not args:
            raise ValueError(
                f"vmap({self.name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a function with "
                "no inputs. The latter is unsupported."
            )
        self.leaves, self.spec = tree_flatten(args)
        dims = _broadcast_to_and_flatten(in_dims, self.spec)
        if dims is None:
            raise ValueError(
                f"{self.where}: in_dims is not compatible with the structure of `inputs`. in_dims has structure {tree_flatten(in_dims)[1]} but "
                f"inputs has structure {self.spec}."
            )
        self.dims = [self._checked(leaf, dim) for leaf, dim in zip(self.leaves, dims, strict=True)]
        self.size = _batch_size(self.leaves, self.dims)

    def _checked(self, leaf, dim):
        if dim is None:
            return None
        if not isinstance(dim, int):
            raise ValueError(f"{self.where}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None.")
        if not isinstance(leaf, Tensor):
            raise ValueError(
                f"{self.where}: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap over non-Tensor arguments, "
                "please use None as the respective in_dim"
            )
        n = leaf.ndim
        if not -n <= dim < n:
            raise ValueError(
                f"{self.where}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {n} so expected in_dim to "
                f"satisfy -{n} <= in_dim < {n}."
            )
        return dim % n

    def run(self, leaves: list) -> Any:
        """Map over all examples in these leaves at once."""
        level = VmapLevel(_batch_size(leaves, self.dims), self.randomness)
        with level:
            borrowed = Borrowed()
            given = [
                leaf if dim is None else borrowed.lend(first(leaf, dim), level.wrap_at(leaf, dim))
                for leaf, dim in zip(leaves, self.dims, strict=True)
            ]
            results = self.func(*tree_unflatten(given, self.spec), **self.kwargs)
            flat, spec = tree_flatten(results)
            dims = self._out_dims(results, spec)
            outputs = [self._result(r, dim, level, borrowed) for r, dim in zip(flat, dims, strict=True)]
        borrowed.give_back(lambda t: level.unwrap(t)[0])
        return tree_unflatten(outputs, spec)

    def run_in_chunks(self, chunk_size: int) -> Any:
        """Map over `chunk_size` examples at a time and concatenate the results."""
        ends = list(itertools.accumulate([chunk_size] * (self.size // chunk_size)))
        bounds = list(zip([0, *ends], [*ends, self.size], strict=True))
        state = get_rng_state() if self.randomness == "same" else None
        parts = []
        for start, stop in bounds:
            if start == stop:
                continue
            if state is not None:
                set_rng_state(state)
            parts.append(
                self.run([x if dim is None else x.narrow(dim, start, stop - start) for x, dim in zip(self.leaves, self.dims, strict=True)])
            )
        spec = tree_flatten(parts[0])[1]
        dims = _broadcast_to_and_flatten(self.out_dims, spec) or []
        columns = zip(*(tree_leaves(p) for p in parts), strict=True)
        return tree_unflatten([cat(list(column), dim) for column, dim in zip(columns, dims, strict=True)], spec)

    def _out_dims(self, results, spec) -> list:
        if isinstance(results, Tensor) and isinstance(self.out_dims, tuple) and len(self.out_dims) == 1:
            return list(self.out_dims)
        dims = _broadcast_to_and_flatten(self.out_dims, spec)
        if dims is None or isinstance(results, Tensor) and not (self.out_dims is None or isinstance(self.out_dims, int)):
            raise ValueError(
                f"vmap({self.name}, ..., out_dims={self.out_dims})(<inputs>): out_dims is not compatible with the structure of `outputs`. "
                f"out_dims has structure {tree_flatten(self.out_dims)[1]} but outputs has structure {spec}."
            )
        return dims

    def _result(self, result, dim, level: VmapLevel, borrowed: Borrowed):
        if dim is None:
            if isinstance(result, Tensor) and level.unwrap(result)[1]:
                raise ValueError(f"vmap({self.name}, ...): `{self.name}` can not return a BatchedTensor when out_dim is None")
            return level.unwrap(result)[0] if isinstance(result, Tensor) else result
        if not isinstance(result, Tensor):
            raise ValueError(
                f"vmap({self.name}, ...): `{self.name}` must only return Tensors, got type {type(result)}. Did you mean to set out_dims= to "
                "None for output?"
            )
        argument, given = borrowed.behind(result)
        shown = None if argument is None else window_on(argument, given, result)
        return placed(level.stacked(result) if shown is None else shown, dim)


def placed(physical: Tensor, dim: int) -> Tensor:
    """A result with the mapped dimension moved from the front to `dim`."""
    n = physical.ndim
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return movedim(physical, 0, dim) if dim % n else physical


def first(tensor: Tensor, dim: int) -> Tensor:
    """The Tensor with dimension `dim` moved to the front."""
    return movedim(tensor, dim, 0) if dim else tensor


def _batch_size(leaves: list, dims: list) -> int:
    sizes = [leaf.shape[dim] for leaf, dim in zip(leaves, dims, strict=True) if dim is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if any(n != sizes[0] for n in sizes):
        raise ValueError(f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the mapped dimension")
    return sizes[0]


def _check_out_dims(out_dims, func) -> None:
    for dim in tree_leaves(out_dims):
        if not (dim is None or isinstance(dim, int)):
            raise ValueError(
                f"vmap({name_of(func)}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints representing "
                "where in the outputs the vmapped dimension should appear."
            )


def name_of(func) -> str:
    """What messages call a function."""
    if hasattr(func, "__name__"):
        return func.__name__
    if isinstance(func, functools.partial):
        return f"functools.partial({name_of(func.func)}, ...)"
    return repr(func)

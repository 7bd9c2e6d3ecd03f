"""Collective operations in a world of one: every reduction is of one value, and what is gathered or scattered is the process' own."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any
from warnings import warn

from ..core.modes import no_grad
from ..core.tensor import Tensor
from .groups import get_backend, is_member


class RedOpType(enum.Enum):
    """The kinds of reduction."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7


class ReduceOp:
    """How values of several processes are combined (torch.distributed.ReduceOp)."""

    RedOpType = RedOpType
    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR = RedOpType

    def __new__(cls, kind):
        return kind


_BITWISE = frozenset([RedOpType.BAND, RedOpType.BOR, RedOpType.BXOR])


class Work:
    """What `async_op=True` returns: a collective that is done already (torch.distributed.Work)."""

    def wait(self, timeout=None) -> bool:
        """True, at once."""
        return True

    def is_completed(self) -> bool:
        """True."""
        return True

    def is_success(self) -> bool:
        """True."""
        return True

    def exception(self):
        """None."""
        return None


def _done(async_op: bool) -> Work | None:
    return Work() if async_op else None


def _misfit(x, name: str, kind: str) -> TypeError:
    return TypeError(f"Invalid function argument. Expected parameter `{name}` of type {kind}\n             but got {type(x)} instead.")


def _check_tensor(x, name: str) -> None:
    if not isinstance(x, Tensor):
        raise _misfit(x, name, "torch.Tensor")


def _check_list(x, name: str) -> None:
    if not isinstance(x, Sequence) or not all(isinstance(t, Tensor) for t in x):
        raise _misfit(x, name, "List[torch.Tensor]")


def _check_dtypes(*tensors: Tensor) -> None:
    for t in tensors[1:]:
        if t.dtype != tensors[0].dtype:
            raise ValueError(f"Invalid usage of tensors with different dtypesFound {tensors[0].dtype} and  {t.dtype}")


def _check_root(what: str, root: int | None, of_group: int | None, group) -> None:
    asked = 0 if root is None and of_group is None else root if of_group is None else of_group
    if asked != 0:
        raise RuntimeError(f"ProcessGroup{get_backend(group).capitalize()}::{what}: invalid root rank: {asked}")


def _check_reduction(op, *tensors: Any) -> None:
    if not isinstance(op, RedOpType):
        raise TypeError(f"the reduction is one of torch.distributed.ReduceOp's, not {op!r}")
    if op in _BITWISE and any(t.is_floating_point() or t.is_complex() for t in tensors):
        raise RuntimeError(f"Cannot use ReduceOp.{op.name} with non-integral dtype")


def _put(target: Any, source: Any, what: str) -> None:
    if target.numel() != source.numel():
        expected, got = (f"({', '.join(map(str, t.shape))})" for t in (source, target))
        raise RuntimeError(f"ProcessGroupGloo::{what}: invalid tensor size at index 0 (expected {expected}, got {got})")
    with no_grad():
        target.copy_(source.reshape(target.shape))


def _warn_of(old: str, new: str) -> None:
    warn(f"`torch.distributed.{old}` is deprecated. Please use `torch.distributed.{new}` instead.", FutureWarning, stacklevel=3)


def _single(found: Sequence, what: str, kind: str) -> Any:
    if len(found) != 1:
        raise RuntimeError(f"ProcessGroupGloo::{what}: invalid {kind} tensor list at index 0 (expected length 1, got {len(found)})")
    return found[0]


def all_reduce(tensor, op=ReduceOp.SUM, group=None, async_op: bool = False):
    """Combine `tensor` over the group, in place: it stays as it is (torch.distributed.all_reduce)."""
    _check_tensor(tensor, "tensor")
    if is_member(group):
        _check_reduction(op, tensor)
        return _done(async_op)
    return None


def reduce(tensor, dst: int | None = None, op=ReduceOp.SUM, group=None, async_op: bool = False, group_dst: int | None = None):
    """Combine `tensor` for the process `dst`: it stays as it is (torch.distributed.reduce)."""
    _check_tensor(tensor, "tensor")
    if is_member(group):
        _check_root("reduce", dst, group_dst, group)
        _check_reduction(op, tensor)
        return _done(async_op)
    return None


def broadcast(tensor, src: int | None = None, group=None, async_op: bool = False, group_src: int | None = None):
    """Take over the `tensor` of the process `src`: one's own (torch.distributed.broadcast)."""
    _check_tensor(tensor, "tensor")
    if is_member(group):
        _check_root("broadcast", src, group_src, group)
        return _done(async_op)
    return None


def all_gather(tensor_list, tensor, group=None, async_op: bool = False):
    """Write the `tensor` of every process into a list of Tensors (torch.distributed.all_gather)."""
    _check_list(tensor_list, "tensor_list")
    _check_tensor(tensor, "tensor")
    _check_dtypes(*tensor_list, tensor)
    if is_member(group):
        _put(_single(tensor_list, "allgather", "output"), tensor, "allgather")
        return _done(async_op)
    return None


def all_gather_single(output_tensor, input_tensor, group=None, async_op: bool = False):
    """Write the Tensors of all processes into one (torch.distributed.all_gather_single)."""
    _check_tensor(input_tensor, "input_tensor")
    _check_tensor(output_tensor, "output_tensor")
    if is_member(group):
        _put(output_tensor, input_tensor, "allgather")
        return _done(async_op)
    return None


def all_gather_into_tensor(output_tensor, input_tensor, group=None, async_op: bool = False):
    """The old name of `all_gather_single`."""
    _warn_of("all_gather_into_tensor", "all_gather_single")
    return all_gather_single(output_tensor, input_tensor, group, async_op)


def gather(tensor, gather_list=None, dst: int | None = None, group=None, async_op: bool = False, group_dst: int | None = None):
    """Write the `tensor` of every process into `gather_list` at `dst` (torch.distributed.gather)."""
    _check_tensor(tensor, "tensor")
    if not is_member(group):
        return None
    _check_root("gather", dst, group_dst, group)
    if not gather_list:
        raise ValueError("Argument ``gather_list`` must be specified on destination rank.")
    _check_list(gather_list, "gather_list")
    _check_dtypes(tensor, *gather_list)
    _put(_single(gather_list, "gather", "output"), tensor, "gather")
    return _done(async_op)


def scatter(tensor, scatter_list=None, src: int | None = None, group=None, async_op: bool = False, group_src: int | None = None):
    """Write each process' share of the list of `src` into its `tensor` (torch.distributed.scatter)."""
    _check_tensor(tensor, "tensor")
    if not is_member(group):
        return None
    _check_root("scatter", src, group_src, group)
    if not scatter_list:
        raise ValueError("Argument ``scatter_list`` must be specified on source rank.")
    _check_list(scatter_list, "scatter_list")
    _check_dtypes(tensor, *scatter_list)
    if len(scatter_list) != 1:
        raise RuntimeError(f"ProcessGroupGloo::scatter: Incorrect input list size {len(scatter_list)}. Input list size should be 1, same as size of "
                           "the process group.")  # fmt: skip
    _put(tensor, scatter_list[0], "scatter")
    return _done(async_op)


def reduce_scatter(output, input_list, op=ReduceOp.SUM, group=None, async_op: bool = False):
    """Combine lists of Tensors and write this process' share into `output` (torch.distributed.reduce_scatter)."""
    _check_tensor(output, "output")
    _check_list(input_list, "input_list")
    _check_dtypes(output, *input_list)
    if is_member(group):
        _check_reduction(op, output)
        _put(output, _single(input_list, "reduce_scatter", "input"), "reduce_scatter")
        return _done(async_op)
    return None


def reduce_scatter_single(output, input, op=ReduceOp.SUM, group=None, async_op: bool = False):
    """Combine Tensors and write this process' share into `output` (torch.distributed.reduce_scatter_single)."""
    _check_tensor(output, "output")
    _check_tensor(input, "input")
    if is_member(group):
        _check_reduction(op, output)
        _put(output, input, "reduce_scatter")
        return _done(async_op)
    return None


def reduce_scatter_tensor(output, input, op=ReduceOp.SUM, group=None, async_op: bool = False):
    """The old name of `reduce_scatter_single`."""
    _warn_of("reduce_scatter_tensor", "reduce_scatter_single")
    return reduce_scatter_single(output, input, op, group, async_op)


def all_to_all(output_tensor_list, input_tensor_list, group=None, async_op: bool = False):
    """Each process sends one Tensor of its list to each other (torch.distributed.all_to_all)."""
    _check_list(output_tensor_list, "output_tensor_list")
    _check_list(input_tensor_list, "input_tensor_list")
    _check_dtypes(*output_tensor_list, *input_tensor_list)
    if is_member(group):
        _put(_single(output_tensor_list, "alltoall", "output"), _single(input_tensor_list, "alltoall", "input"), "alltoall")
        return _done(async_op)
    return None


def all_to_all_single(output, input, output_split_sizes=None, input_split_sizes=None, group=None, async_op: bool = False):
    """Each process sends a slice of its `input` to each other (torch.distributed.all_to_all_single)."""
    _check_tensor(output, "output")
    _check_tensor(input, "input")
    _check_dtypes(output, input)
    if is_member(group):
        _put(output, input, "alltoall")
        return _done(async_op)
    return None


def barrier(group=None, async_op: bool = False, device_ids=None, timeout=None):
    """Wait for the other processes: there are none (torch.distributed.barrier)."""
    return _done(async_op) if is_member(group) else None


def monitored_barrier(group=None, timeout=None, wait_all_ranks: bool = False) -> None:
    """As `barrier` (torch.distributed.monitored_barrier)."""
    is_member(group)


def _to_somebody(name: str, role: str) -> Callable:
    def call(tensor, peer: int | None = None, group=None, tag: int = 0, **group_peer):
        _check_tensor(tensor, "tensor")
        if not is_member(group):
            return None
        raise ValueError(f"Invalid {role} rank: {role} rank should not be the same as the rank of the current process.")

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"ValueError: there is no other process (torch.distributed.{name})."
    return call


send, isend = _to_somebody("send", "destination"), _to_somebody("isend", "destination")
recv, irecv = _to_somebody("recv", "source"), _to_somebody("irecv", "source")

"""Collective operations on picklable objects, in a world of one. What arrives is a copy, as it would be from another process."""

from __future__ import annotations

import pickle
from typing import Any

from .groups import is_member


def _sent(obj: Any) -> Any:
    return pickle.loads(pickle.dumps(obj))


def all_gather_object(object_list: list, obj, group=None) -> None:
    """Put the object of every process into a list (torch.distributed.all_gather_object)."""
    if is_member(group):
        object_list[0] = _sent(obj)


def gather_object(obj, object_gather_list: list | None = None, dst: int | None = None, group=None, group_dst: int | None = None) -> None:
    """Put the object of every process into the list of `dst` (torch.distributed.gather_object)."""
    if is_member(group):
        if not object_gather_list:
            raise ValueError("Argument ``object_gather_list`` must be specified on destination rank.")
        object_gather_list[0] = _sent(obj)


def broadcast_object_list(object_list: list, src: int | None = None, group=None, device=None, group_src: int | None = None) -> None:
    """Take over the objects of `src`: one's own (torch.distributed.broadcast_object_list)."""
    if is_member(group):
        object_list[:] = _sent(list(object_list))


def scatter_object_list(scatter_object_output_list: list, scatter_object_input_list: list | None = None, src: int | None = None, group=None,
                        group_src: int | None = None) -> None:
    """Put this process' share of the list of `src` into the first place of a list (torch.distributed.scatter_object_list)."""
    if not is_member(group):
        return
    if not isinstance(scatter_object_output_list, list) or len(scatter_object_output_list) < 1:
        raise ValueError("Expected argument scatter_object_output_list to be a list of size at least 1.")
    if not scatter_object_input_list or len(scatter_object_input_list) != 1:
        raise ValueError("Argument ``scatter_object_input_list`` must be a list of the group's size on the source rank.")
    scatter_object_output_list[0] = _sent(scatter_object_input_list[0])

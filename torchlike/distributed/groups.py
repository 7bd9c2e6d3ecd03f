"""Process groups of one process: what a program that was written for several asks about them, and gets the answers of a world of one."""

from __future__ import annotations

import datetime
import os
from typing import Any

default_pg_timeout = datetime.timedelta(seconds=1800)
_NO_GROUP = "Default process group has not been initialized, please make sure to call init_process_group."
_ALONE = "torchlike runs in one process: a world has one member (jax.distributed and jax.shard_map are JAX's way to several)"


class Backend(str):
    """The name of a backend, in lower case (torch.distributed.Backend). None is needed here; any that PyTorch knows will do."""

    UNDEFINED = "undefined"
    GLOO = "gloo"
    NCCL = "nccl"
    UCC = "ucc"
    MPI = "mpi"
    XCCL = "xccl"

    def __new__(cls, name: str):
        if not isinstance(name, str):
            raise ValueError(f"Backend constructor parameter must be string-ish, got {type(name)}")
        return name.lower()


_BACKENDS = frozenset([Backend.GLOO, Backend.NCCL, Backend.UCC, Backend.MPI, Backend.XCCL, "fake"])


class ProcessGroup:
    """A group whose one member is this process (torch.distributed.ProcessGroup)."""

    def __init__(self, backend: str = Backend.UNDEFINED):
        self._backend = backend
        self.bound_device_id = None

    def rank(self) -> int:
        """The number of this process in the group: 0."""
        return 0

    def size(self) -> int:
        """How many processes the group has: 1."""
        return 1

    def name(self) -> str:
        """The name of the backend."""
        return self._backend


class GroupMember:
    """The group of all processes, and what stands for a group that this process is no member of (torch.distributed.GroupMember)."""

    WORLD: ProcessGroup | None = None
    NON_GROUP_MEMBER = -100


class _Group(type):
    @property
    def WORLD(cls) -> ProcessGroup | None:
        """The group of all processes; None before `init_process_group`."""
        return GroupMember.WORLD


class group(metaclass=_Group):
    """The group of all processes, as `group.WORLD` (torch.distributed.group)."""


_groups: list[ProcessGroup] = []


def is_initialized() -> bool:
    """Whether `init_process_group` was called."""
    return GroupMember.WORLD is not None


def world() -> ProcessGroup:
    """The group of all processes; ValueError before `init_process_group`."""
    if GroupMember.WORLD is None:
        raise ValueError(_NO_GROUP)
    return GroupMember.WORLD


def is_member(chosen) -> bool:
    """Whether this process belongs to a group (None: the world); ValueError where there is none."""
    if chosen is GroupMember.NON_GROUP_MEMBER:
        return False
    if chosen is None or chosen is GroupMember.WORLD:
        world()
    elif chosen not in _groups:
        raise ValueError(f"Group {chosen} is not registered, please create group with torch.distributed.new_group API")
    return True


def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise ValueError(
            f"Error initializing torch.distributed using env:// rendezvous: environment variable {name} expected, but not set")
    return os.environ[name]


def _asked_for(init_method: str | None, world_size: int, rank: int, store) -> tuple[int, int]:
    """The world's size and this process' rank, from the environment where they are not given."""
    if store is not None:
        if world_size <= 0:
            raise AssertionError("world_size must be positive if using store")
        if rank < 0:
            raise AssertionError("rank must be non-negative if using store")
        return world_size, rank
    if init_method is None or init_method.startswith("env://"):
        rank = int(_from_environment("RANK")) if rank < 0 else rank
        world_size = int(_from_environment("WORLD_SIZE")) if world_size < 0 else world_size
        _from_environment("MASTER_ADDR")
        _from_environment("MASTER_PORT")
    return world_size, rank


def init_process_group(backend: str | None = None, init_method: str | None = None, timeout=None, world_size: int = -1, rank: int = -1,
                       store: Any = None, group_name: str = "", pg_options: Any = None, device_id: Any = None) -> None:
    """Make this process a world of one (torch.distributed.init_process_group): arguments or environment have to say size 1 and rank 0.
    Nothing is opened or waited for. NotImplementedError for a larger world."""
    if GroupMember.WORLD is not None:
        raise ValueError("trying to initialize the default process group twice!")
    if store is not None and init_method is not None:
        raise AssertionError("Cannot specify both init_method and store.")
    names = [part.rpartition(":")[2].lower() for part in (backend or Backend.GLOO).split(",")]
    unknown = next((name for name in names if name not in _BACKENDS), None)
    if unknown is not None:
        raise AssertionError(f"Unknown backend type {unknown}")
    size, mine = _asked_for(init_method, world_size, rank, store)
    if size != 1 or mine != 0:
        raise NotImplementedError(f"{_ALONE}, not rank {mine} of {size}")
    GroupMember.WORLD = ProcessGroup(Backend.UNDEFINED if backend is None else names[0])
    _groups.append(GroupMember.WORLD)


def destroy_process_group(group: ProcessGroup | None = None) -> None:
    """Forget a group; the world, and with it all groups, when none is named."""
    if group is GroupMember.NON_GROUP_MEMBER:
        return
    chosen = GroupMember.WORLD if group is None else group
    if chosen is None:
        raise AssertionError("Process group cannot be None")
    if chosen not in _groups:
        raise ValueError("Invalid process group specified or has been destroyed")
    if chosen is GroupMember.WORLD:
        GroupMember.WORLD = None
        _groups.clear()
    else:
        _groups.remove(chosen)


def new_group(ranks: list[int] | None = None, timeout=None, backend: str | None = None, pg_options=None, use_local_synchronization: bool = False,
              group_desc: str | None = None, device_id=None, sort_ranks: bool = True):
    """Another group of this process (torch.distributed.new_group); `GroupMember.NON_GROUP_MEMBER` for one without members."""
    everybody = world()
    if ranks is not None and len(ranks) > 1:
        raise ValueError("the new group's world size should be less or equal to the world size set by init_process_group")
    if ranks and ranks[0] != 0:
        raise ValueError("The new group's rank should be within the world_size set by init_process_group")
    if ranks is not None and not ranks:
        return GroupMember.NON_GROUP_MEMBER
    made = ProcessGroup(everybody.name() if backend is None else Backend(backend))
    _groups.append(made)
    return made


def new_subgroups(group_size: int | None = None, group=None, timeout=None, backend: str | None = None, pg_options=None, group_desc=None):
    """The subgroup of this process, and all subgroups: one of one (torch.distributed.new_subgroups)."""
    world()
    if group_size not in (None, 1):
        raise ValueError(f"The arg 'group_size' ({group_size}) must not exceed the world size (1)")
    made = new_group([0], backend=backend)
    return made, [made]


def get_rank(group=None) -> int:
    """The number of this process in a group: 0, or -1 where it is no member."""
    return 0 if is_member(group) else -1


def get_world_size(group=None) -> int:
    """How many processes a group has: 1, or -1 where this one is no member."""
    return 1 if is_member(group) else -1


def get_backend(group=None) -> str:
    """The name of a group's backend, in lower case."""
    if not is_member(group):
        raise ValueError("Invalid process group specified")
    return (world() if group is None else group).name()


def get_process_group_ranks(group=None) -> list[int]:
    """The ranks, in the world, of a group's members."""
    is_member(group)
    return [0]


def get_global_rank(group, group_rank: int) -> int:
    """The rank in the world of a group's member."""
    if not is_member(group) or group_rank != 0:
        raise ValueError(f"Group rank {group_rank} is not part of group {group}")
    return 0


def get_group_rank(group, global_rank: int) -> int:
    """The rank in a group of a member of the world."""
    if not is_member(group) or global_rank != 0:
        raise ValueError(f"Global rank {global_rank} is not part of group {group}")
    return 0


def get_pg_count() -> int:
    """How many groups there are."""
    return len(_groups)


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """The number of this process on its machine, from LOCAL_RANK."""
    if "LOCAL_RANK" in os.environ:
        return int(os.environ["LOCAL_RANK"])
    if fallback_rank is not None:
        return int(fallback_rank)
    raise RuntimeError(
        "LOCAL_RANK is not in the environment. Consider passing fallback_rank to allow `get_node_local_rank` to work, assuming you are not "
        "running in a multi-device context and want the code to run locally instead."
    )

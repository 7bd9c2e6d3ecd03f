"""What a function must not write in place inside a function transform, in PyTorch's words."""

from __future__ import annotations

from typing import NamedTuple

from .modes import state
from .storage import Storage

_BROADCASTING = frozenset(["add_", "atan2_"])
_ARITHMETIC = frozenset(["copy_", "mul_", "sub_", "div_", "masked_fill_"])
_WITH_A_RULE = frozenset(["index_add_", "index_copy_", "index_put_", "fill_", "index_fill_"])
_OVERLOADED = frozenset(["add_", "sub_", "mul_", "div_", "pow_"])

RUNNING_STATISTICS = (
    "Batch norm got a batched tensor as input while the running_mean or running_var, which will be updated in place, were not batched.\n"
    "If you are using a module and do not need eval mode, please set `track_running_stats` to be False.If you are using a prebuilt module and "
    "do not need eval mode, please see the functorch website for resources on how to patch your module to work with vmap"
)
DRAWN_NUMBERS = (
    "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like same randomness. If this is necessary for "
    "your usage, please file an issue with functorch."
)


def check_captured(storage: Storage, name: str) -> None:
    """RuntimeError when a derivative is being taken of a function that is younger than the storage which the op `name` would change."""
    for transform in reversed(state.transforms):
        if transform.differentiates:
            name = plain_name(name)
            if storage.born < transform.serial:
                raise RuntimeError(
                    f"During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to call in-place operation "
                    f"(aten::{name}{'.Tensor' if name in _OVERLOADED else ''}) that would mutate a captured Tensor. This is not supported; "
                    "please rewrite the function being transformed to explicitly accept the mutated Tensor(s) as inputs."
                )
            return


class SharedWrite(NamedTuple):
    """What is to be known of a write of values that differ between the examples of a vmap into a Tensor that they share."""

    level: int
    size: int

    def error(self) -> RuntimeError:
        """The error where the op is not known yet."""
        error = RuntimeError(_shared("inplace arithmetic", "in a vmap"))
        error.write = self  # type: ignore[attr-defined]
        return error

    def error_of(self, name: str, shape: tuple) -> RuntimeError:
        """The error for the op of that name on a Tensor of that shape."""
        name = plain_name(name)
        if name in _BROADCASTING:
            return RuntimeError(f"output with shape {list(shape)} doesn't match the broadcast shape {[self.size, *shape]}")
        if name in _ARITHMETIC:
            return RuntimeError(_shared("inplace arithmetic", "in a vmap"))
        if name in _WITH_A_RULE:
            return RuntimeError(_shared(name, "in a vmap"))
        return RuntimeError(_shared(f"aten::{name}", f"at level {self.level}"))


def plain_name(name: str) -> str:
    """`add_` for `__iadd__`, and any other name as it is."""
    return f"{name[3:-2]}_" if name.startswith("__i") else name


class rewording:
    """The block in which a refused write is raised as the error that PyTorch has for that kind of write."""

    def __init__(self, message: str):
        self.message = message

    def __enter__(self):
        pass

    def __exit__(self, kind, error, trace):
        if hasattr(error, "write"):
            raise RuntimeError(self.message) from None


def _shared(name: str, where: str) -> str:
    return (
        f"vmap: {name}(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args that has more elements than "
        f"`self`. This happened due to `other` being vmapped over but `self` not being vmapped over {where}. Please try to use out-of-place "
        f"operators instead of {name}. If said operator is being called inside the PyTorch framework, please file a bug report instead."
    )

"""Checkpointing without re-entering the engine: a region whose saved values are dropped, and computed again when the first is needed.

During forward each saved Tensor is replaced by a Token. The first Token that backward asks for runs the function again under hooks that
fill all the Tokens still alive, and stops as soon as the last is filled.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable
from typing import Any

from ..autograd.graph import saved_tensors_hooks
from ..core.engine import current
from ..core.modes import enable_grad
from ..core.packed import packed
from ..core.saved import Saved
from ..core.tape import save
from ..core.tensor import Tensor, value_of


class CheckpointError(RuntimeError):
    """The recomputation did not save what the forward pass had saved."""


_TIP = (
    "\nTip: To see a more detailed error message, either pass `debug=True` to\n"
    "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block\n"
    "with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to\n"
    "enable checkpoint‑debug mode globally.\n"
)
_outside = itertools.count(-1, -1).__next__


class _Group(threading.local):
    current: GraphExecGroup | None = None


_group = _Group()


class GraphExecGroup:
    """Backward passes within one such block recompute each checkpointed region once between them; no two may need the same value."""

    def __enter__(self):
        if _group.current is not None:
            raise RuntimeError(f"GraphExecGroup contexts cannot be nested. Already inside group {_group.current}")
        _group.current = self
        return self

    def __exit__(self, *error):
        _group.current = None

    @classmethod
    def _get_current_group(cls) -> GraphExecGroup | None:
        return _group.current


class _Stop(Exception):
    """All that was needed has been computed."""


class _Token:
    """Stands in the graph for one saved Tensor."""

    __slots__ = ("__weakref__",)


class Region:
    """One checkpointed call: how to run it again, and the Tokens it left in the graph."""

    def __init__(self, rerun: Callable, args: tuple, early_stop: bool, describe: Callable):
        self.rerun = rerun
        # Inputs go through the hooks of an enclosing region, which then need not hold them either.
        self.args = [packed(save(a, value_of(a)), a) if isinstance(a, Tensor) else a for a in args]
        self.early_stop = early_stop
        self.describe = describe
        self.tokens: list[weakref.ref] = []
        self.descriptions: list = []
        self.complete = False
        self.log: Any = None
        # Who asks for values (a backward pass, or a group of them) and what it has not asked for yet.
        self.passes: dict[Any, weakref.WeakKeyDictionary] = {}

    def forward_hooks(self) -> saved_tensors_hooks:
        """The hooks under which forward runs."""
        return saved_tensors_hooks(self._drop, self._restore)

    def _drop(self, tensor: Tensor) -> _Token:
        token = _Token()
        self.tokens.append(weakref.ref(token))
        self.descriptions.append(self.describe(tensor))
        return token

    def _restore(self, token: _Token) -> Tensor:
        try:
            return self._value_of(token)
        except CheckpointError as error:
            if self.log is None:
                raise
            raise CheckpointError(self.log.report()) from error

    def _value_of(self, token: _Token) -> Tensor:
        asker = _group.current or (current.running.id if current.running is not None else _outside())
        values = self.passes.get(asker)
        if values is None:
            values = self._recompute(asker)
        try:
            return values.pop(token)
        except KeyError:
            overlap = (
                "Performing two backward calls that overlap (i.e. require the same saved activation in order to compute gradients) is not "
                "allowed while under the torch.utils.checkpoint.GraphExecGroup context. "
            )
            raise CheckpointError(
                "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. "
                f"{overlap if _group.current is not None else ''}If you are calling ctx.saved_tensors in backward, make sure to do so only "
                "once. Otherwise please open an issue with details on your use case."
            ) from None

    def _recompute(self, asker) -> weakref.WeakKeyDictionary:
        # An input has no owner: it was not made by the node that saved it.
        args = [a.tensor(None) if isinstance(a, Saved) else a for a in self.args]  # type: ignore[arg-type]
        filler = _Filler(self)
        self.passes[asker] = filler.values
        try:
            with saved_tensors_hooks(filler.fill, lambda tensor: tensor), enable_grad():
                self.rerun(*args)
        except _Stop:
            pass
        filler.check()
        return filler.values


class _Filler:
    """Fills a region's Tokens in the order in which they were made."""

    def __init__(self, region: Region):
        self.region = region
        self.values: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
        self.count = 0
        self.lenient = False

    def fill(self, tensor: Tensor) -> Tensor:
        """The pack hook of a recomputation."""
        tensor = tensor.detach() if tensor.requires_grad else tensor
        region, index = self.region, self.count
        self.count += 1
        if index >= len(region.tokens):
            if region.complete:
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward pass.\n"
                    f"{_TIP}"
                )
            # Backward inside the region's own forward: what comes later has no Token yet.
            self.lenient = True
            return tensor
        token = region.tokens[index]()
        if token is not None:
            self.values[token] = tensor
        if region.early_stop and self.count == len(region.tokens):
            raise _Stop
        return tensor

    def check(self) -> None:
        """CheckpointError unless the recomputation saved as many Tensors as forward did, and the same kinds of them."""
        region = self.region
        if self.lenient:
            return
        if self.count != len(region.tokens):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and recomputation.\n"
                f"Number of tensors saved during forward: {len(region.tokens)}\n"
                f"Number of tensors saved during recomputation: {self.count}.\n"
                f"{_TIP}"
            )
        different = ""
        for i, (ref, before) in enumerate(zip(region.tokens, region.descriptions, strict=True)):
            token = ref()
            if token is not None and region.describe(self.values[token]) != before:
                different += (
                    f"tensor at position {i}:\nsaved metadata: {before}\nrecomputed metadata: {region.describe(self.values[token])}\n"
                )
        if different:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the forward pass.\n"
                f"{different}.\n{_TIP}"
            )

"""LRScheduler: counts epochs, asks the subclass for the learning rates, and writes them into the optimiser's groups."""

from __future__ import annotations

import functools
from typing import Any
from warnings import warn

from ...core.tensor import Tensor
from ..optimizer import Optimizer

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use `scheduler.step()` to "
    "step the scheduler. During the deprecation, if epoch is different from None, the closed form is used instead of the new chainable "
    "form, where available. Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)
_HOW_TO = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


def check_optimizer(optimizer) -> None:
    """TypeError unless it is an Optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def group_values(optimizer: Optimizer, name: str) -> list:
    """One entry of every group; Tensors are copied, so that a list kept for later does not change with the group."""
    return [copied(group[name]) for group in optimizer.param_groups]


def copied(value):
    """A Tensor's clone, or the number itself."""
    return value.clone() if isinstance(value, Tensor) else value  # type: ignore[attr-defined]


def write_lr(group: dict[str, Any], lr) -> None:
    """Set a group's learning rate, in place if it is a Tensor."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(float(lr))
    else:
        group["lr"] = lr


def per_group(name: str, optimizer: Optimizer, value) -> list:
    """A list with one value per group, from such a list or from one value for all."""
    n = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [copied(value) for _ in range(n)]
    if len(value) != n:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups has {n}."
        )
    return [copied(v) for v in value]


def _track_steps(optimizer: Optimizer) -> None:
    """From now on `optimizer._opt_called` tells whether it has stepped, and `_step_seen` whether its step has been replaced."""
    if "_step_seen" in vars(optimizer):
        return
    replaced = vars(optimizer).get("step")
    if replaced is not None:

        @functools.wraps(replaced)
        def step(*args, **kwargs):
            optimizer._opt_called = True
            return replaced(*args, **kwargs)

        optimizer.step = step  # type: ignore[method-assign]
    optimizer._opt_called = False
    optimizer._step_seen = vars(optimizer).get("step")  # type: ignore[attr-defined]


class LRScheduler:
    """Base class of all schedules (torch.optim.lr_scheduler.LRScheduler): subclasses define `get_lr()`.

    `last_epoch` counts the calls of `step`; -1 starts from the beginning. Where a closed form exists, `_get_closed_form_lr()` gives
    the rates of an epoch directly.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with last_epoch >= 0.\n"
                    "This typically happens when:\n"
                    "1. You're trying to resume training from a checkpoint but haven't properly loaded the optimizer state\n"
                    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                )
        self.base_lrs = group_values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _track_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Count the epoch before the first one, and set the rates it starts with."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list:
        """The learning rates of `self.last_epoch`, one per group; called by `step`."""
        raise NotImplementedError

    def get_last_lr(self) -> list:
        """The learning rates `step` set last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch (or to `epoch`, deprecated) and set the learning rates. Call it after the optimiser's `step`."""
        if self._step_count == 1:
            self._warn_about_order()
        self._step_count += 1
        if epoch is not None:
            warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _warn_about_order(self) -> None:
        if vars(self.optimizer).get("step") is not vars(self.optimizer).get("_step_seen"):
            warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make sure to call "
                f"`optimizer.step()` before `lr_scheduler.step()`. {_HOW_TO}",
                UserWarning,
                stacklevel=3,
            )
        elif not self.optimizer._opt_called:
            warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call them in the "
                "opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in PyTorch skipping the "
                f"first value of the learning rate schedule. {_HOW_TO}",
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = getattr(self, "_get_closed_form_lr", None) if epoch is not None else None
        self._write(closed or self.get_lr)

    def _write(self, get_lr) -> None:
        self._get_lr_called_within_step = True
        try:
            values = get_lr()
        finally:
            self._get_lr_called_within_step = False
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            write_lr(group, lr)
        self._last_lr = group_values(self.optimizer, "lr")

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        vars(self).update(state_dict)

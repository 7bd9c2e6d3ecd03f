"""SWALR: go over to a constant learning rate, for averaging weights along the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .base import LRScheduler, per_group


def _linear(t: float) -> float:
    return t


def _cosine(t: float) -> float:
    return (1 - math.cos(math.pi * t)) / 2


_ANNEALING: dict[str, Callable] = {"cos": _cosine, "linear": _linear}


class SWALR(LRScheduler):
    """From the current rates to `swa_lr` in `anneal_epochs` epochs, and on at that (torch.optim.swa_utils.SWALR)."""

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        for group, lr in zip(optimizer.param_groups, per_group("swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = lr
        if anneal_strategy not in _ANNEALING:
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._set_anneal_func(anneal_strategy)
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _set_anneal_func(self, anneal_strategy: str) -> None:
        self._anneal_strategy = anneal_strategy
        self.anneal_func = _ANNEALING[anneal_strategy]

    def get_lr(self) -> list:
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._progress(step - 1), self._progress(step)
        return [
            group["swa_lr"] * now + _start(group["lr"], group["swa_lr"], before) * (1 - now) for group in self.optimizer.param_groups
        ]

    def _progress(self, step: int) -> float:
        return self.anneal_func(max(0, min(1, step / max(1, self.anneal_epochs))))

    def state_dict(self) -> dict[str, Any]:
        state = super().state_dict()
        state.pop("anneal_func")
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._set_anneal_func(self._anneal_strategy)


def _start(lr, swa_lr, progress: float):
    """The rate from which annealing has come to `lr`."""
    return swa_lr if progress == 1 else (lr - progress * swa_lr) / (1 - progress)

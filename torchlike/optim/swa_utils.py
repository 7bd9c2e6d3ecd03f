"""Averages of weights along training (torch.optim.swa_utils): equal or exponential, kept in a second model.

This is where optimisation meets modules, so it is imported when it is asked for.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from ..core.dtype import int64
from ..core.modes import no_grad
from ..core.tensor import Tensor
from ..nn.module import Module
from ..nn.modules.batchnorm import _BatchNorm
from ..ops.convert import tensor
from .lr_scheduler.swa import SWALR

__all__ = ["AveragedModel", "SWALR", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn", "update_bn"]


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _lerps(t) -> bool:
    return t.is_floating_point() or t.is_complex()


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable:
    """A `multi_avg_fn` for exponential averages: what was there counts `decay`, what is new the rest."""
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param_list, current_param_list, _):
        for ema, current in zip(ema_param_list, current_param_list, strict=True):
            if _lerps(ema):
                ema.lerp_(current, 1 - decay)
            else:
                ema.copy_(ema * decay + current * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> Callable:
    """A `multi_avg_fn` for equal averages of all models so far."""

    @no_grad()
    def swa_update(averaged_param_list, current_param_list, num_averaged):
        for averaged, current in zip(averaged_param_list, current_param_list, strict=True):
            if _lerps(averaged):
                averaged.lerp_(current, 1 / (num_averaged + 1))
            else:
                averaged.add_((current - averaged).div(num_averaged + 1, rounding_mode="trunc"))

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Callable:
    """An `avg_fn` for exponential averages, one parameter at a time."""
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param, current_param, num_averaged):
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Callable:
    """An `avg_fn` for equal averages, one parameter at a time."""

    @no_grad()
    def swa_update(averaged_param, current_param, num_averaged):
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model, `module`, whose parameters are averages of those of the original (torch.optim.swa_utils.AveragedModel).

    `avg_fn(averaged, current, n_averaged)` gives one new average; `multi_avg_fn` changes lists of them in place; the default is the mean
    of all. Buffers are copied, or averaged with `use_buffers`.
    """

    n_averaged: Tensor

    def __init__(self, model: Module, device=None, avg_fn=None, multi_avg_fn=None, use_buffers: bool = False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def _averaged(self, own: Module, model: Module) -> tuple[list, list]:
        """The Tensors to be averaged, and what they are to be averaged with, on the same devices."""
        sides: list = [own.parameters(), model.parameters()]
        if self.use_buffers:
            sides = [[*m.parameters(), *m.buffers()] for m in (self.module, model)]
        pairs = zip(*sides, strict=False)
        kept = [(mine.detach(), theirs.detach().to(mine.device)) for mine, theirs in pairs]  # type: ignore[attr-defined]
        return [mine for mine, _ in kept], [theirs for _, theirs in kept]

    def update_parameters(self, model: Module) -> None:
        """Take the model's parameters, as they are now, into the average."""
        mine, theirs = self._averaged(self, model)
        if self.n_averaged == 0:
            for average, current in zip(mine, theirs, strict=True):
                average.copy_(current)
        elif self.avg_fn is not None:
            for average, current in zip(mine, theirs, strict=True):
                average.copy_(self.avg_fn(average, current, self.n_averaged.to(average.device)))  # type: ignore[attr-defined]
        else:
            update = self.multi_avg_fn or get_swa_multi_avg_fn()
            for averages, currents in _alike(mine, theirs):
                update(averages, currents, self.n_averaged.to(averages[0].device))  # type: ignore[attr-defined]
        if not self.use_buffers:
            for own, buffer in zip(self.module.buffers(), model.buffers(), strict=True):
                own.detach().copy_(buffer.detach().to(own.device))  # type: ignore[attr-defined]
        self.n_averaged += 1  # type: ignore[operator]


def _alike(mine: list, theirs: list) -> list[tuple[list, list]]:
    """The pairs in groups of one device and dtype."""
    groups: dict = {}
    for pair in zip(mine, theirs, strict=True):
        averages, currents = groups.setdefault((pair[0].device, pair[0].dtype), ([], []))
        averages.append(pair[0])
        currents.append(pair[1])
    return list(groups.values())


@no_grad()
def update_bn(loader, model: Module, device=None) -> None:
    """Compute the running statistics of the model's batch norms anew, as means over the batches of `loader` (torch.optim.swa_utils.update_bn).

    A batch that is a list or tuple stands for its first element.
    """
    momenta = {module: module.momentum for module in model.modules() if isinstance(module, _BatchNorm)}
    if not momenta:
        return
    for module in momenta:
        module.reset_running_stats()
        module.momentum = None
    was_training = model.training
    model.train()
    for batch in loader:
        input = batch[0] if isinstance(batch, list | tuple) else batch
        model(input if device is None else input.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)

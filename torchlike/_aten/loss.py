"""Losses whose reduction is a number (0 none, 1 mean, 2 sum), and their backward kernels."""

from __future__ import annotations

from collections.abc import Callable

from ..nn import functional as F
from .pullback import pulled

_REDUCTIONS = ("none", "mean", "sum")


def _forward(loss: Callable, setting: str | None = None) -> Callable:
    """`loss(input, target, reduction, setting)` for numbered reductions."""
    def forward(self, target, reduction=1, *settings, **named):
        named.update(zip((setting,), settings, strict=False))
        return loss(self, target, reduction=_REDUCTIONS[reduction], **named)

    return forward


def _backward(loss: Callable, setting: str | None = None) -> Callable:
    forward = _forward(loss, setting)

    def backward(grad_output, self, target, reduction, *settings, **named):
        return pulled(lambda x: forward(x, target, reduction, *settings, **named), grad_output, self)[0]

    return backward


def binary_cross_entropy(self, target, weight=None, reduction=1):
    """aten::binary_cross_entropy."""
    return F.binary_cross_entropy(self, target, weight, reduction=_REDUCTIONS[reduction])


def binary_cross_entropy_backward(grad_output, self, target, weight=None, reduction=1):
    """The gradient of binary_cross_entropy."""
    return pulled(lambda x: binary_cross_entropy(x, target, weight, reduction), grad_output, self)[0]


def multi_margin_loss(self, target, p=1, margin=1, weight=None, reduction=1):
    """aten::multi_margin_loss."""
    return F.multi_margin_loss(self, target, p, margin, weight, reduction=_REDUCTIONS[reduction])


def multi_margin_loss_backward(grad_output, self, target, p, margin, weight=None, reduction=1):
    """The gradient of multi_margin_loss."""
    return pulled(lambda x: multi_margin_loss(x, target, p, margin, weight, reduction), grad_output, self)[0]


def nll_loss(self, target, weight=None, reduction=1, ignore_index=-100):
    """aten::nll_loss."""
    return F.nll_loss(self, target, weight, ignore_index=ignore_index, reduction=_REDUCTIONS[reduction])


def nll_loss_forward(self, target, weight, reduction, ignore_index):
    """nll_loss and the sum of the weights of all targets that count; zero where nothing is reduced (aten::nll_loss_forward)."""
    out = nll_loss(self, target, weight, reduction, ignore_index)
    if reduction == 0 and target.ndim:
        return out, self.new_zeros(())
    counts = target != ignore_index
    weights = counts.to(self.dtype) if weight is None else weight[target.where(counts, 0)] * counts
    return out, weights.sum()


def nll_loss_backward(grad_output, self, target, weight, reduction, ignore_index, total_weight):
    """The gradient of nll_loss."""
    return pulled(lambda x: nll_loss(x, target, weight, reduction, ignore_index), grad_output, self)[0]


def cross_entropy_loss(self, target, weight=None, reduction=1, ignore_index=-100, label_smoothing=0.0):
    """aten::cross_entropy_loss."""
    return F.cross_entropy(self, target, weight, ignore_index=ignore_index, reduction=_REDUCTIONS[reduction], label_smoothing=label_smoothing)


def multilabel_margin_loss_forward(self, target, reduction):
    """multilabel_margin_loss, and 1 for each class that is a target: those before the first -1 (aten::multilabel_margin_loss_forward)."""
    named = (target < 0).cumsum(-1) == 0
    marks = self.new_zeros(self.shape).scatter_add(-1, target.where(named, 0), named.to(self.dtype))
    return F.multilabel_margin_loss(self, target, reduction=_REDUCTIONS[reduction]), (marks > 0).to(self.dtype)


def multilabel_margin_loss_backward(grad_output, self, target, reduction, is_target):
    """The gradient of multilabel_margin_loss."""
    return _backward(F.multilabel_margin_loss)(grad_output, self, target, reduction)


KERNELS: dict[str, Callable] = {
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_backward": binary_cross_entropy_backward,
    "cross_entropy_loss": cross_entropy_loss,
    "huber_loss": _forward(F.huber_loss, "delta"),
    "huber_loss_backward": _backward(F.huber_loss, "delta"),
    "l1_loss": _forward(F.l1_loss),
    "mse_loss": _forward(F.mse_loss),
    "mse_loss_backward": _backward(F.mse_loss),
    "multi_margin_loss": multi_margin_loss,
    "multi_margin_loss_backward": multi_margin_loss_backward,
    "multilabel_margin_loss": _forward(F.multilabel_margin_loss),
    "multilabel_margin_loss_forward": multilabel_margin_loss_forward,
    "multilabel_margin_loss_backward": multilabel_margin_loss_backward,
    "nll_loss": nll_loss,
    "nll_loss2d": nll_loss,
    "nll_loss_nd": nll_loss,
    "nll_loss_forward": nll_loss_forward,
    "nll_loss2d_forward": nll_loss_forward,
    "nll_loss_backward": nll_loss_backward,
    "nll_loss2d_backward": nll_loss_backward,
    "smooth_l1_loss": _forward(F.smooth_l1_loss, "beta"),
    "smooth_l1_loss_backward": _backward(F.smooth_l1_loss, "beta"),
    "soft_margin_loss": _forward(F.soft_margin_loss),
    "soft_margin_loss_backward": _backward(F.soft_margin_loss),
}

"""Losses as `torch.*` has them: those of `torch.nn.functional` in the order of PyTorch's C++, with an integer for the reduction.

PyTorch declares the mean as their default, and its Python bindings read that default as 0: without a reduction nothing is reduced.
"""

from __future__ import annotations

from ..core.op import function
from . import loss, loss_margin

_REDUCTIONS = {1: "mean", 2: "sum"}


def _named(name: str, reduction) -> str:
    """The reduction behind PyTorch's number: 0 none, 1 mean, 2 sum."""
    if not isinstance(reduction, int):
        raise TypeError(f"{name}(): argument 'reduction' must be int, not {type(reduction).__name__}")
    return _REDUCTIONS.get(reduction, "none")


@function
def kl_div(input, target, reduction=0, *, log_target=False):
    """Kullback and Leibler's divergence from log-probabilities `input` (torch.kl_div)."""
    how, each = _named("kl_div", reduction), loss.kl_div(input, target, reduction="none", log_target=log_target)
    # Unlike the function of nn.functional, this one does not warn of its mean.
    return each if how == "none" else each.mean() if how == "mean" else each.sum()


@function
def poisson_nll_loss(input, target, log_input, full, eps, reduction):
    """Poisson's negative log likelihood (torch.poisson_nll_loss)."""
    return loss.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=_named("poisson_nll_loss", reduction))


@function
def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction=0):
    """Binary cross entropy of the sigmoid of `input` (torch.binary_cross_entropy_with_logits)."""
    how = _named("binary_cross_entropy_with_logits", reduction)
    return loss.binary_cross_entropy_with_logits(input, target, weight, pos_weight=pos_weight, reduction=how)


@function
def hinge_embedding_loss(input, target, margin=1.0, reduction=0):
    """The input for target 1, the margin less the input for -1 (torch.hinge_embedding_loss)."""
    return loss_margin.hinge_embedding_loss(input, target, margin, reduction=_named("hinge_embedding_loss", reduction))


@function
def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=0):
    """How far input1 fails to rank above (or below) input2 by the margin (torch.margin_ranking_loss)."""
    return loss_margin.margin_ranking_loss(input1, input2, target, margin, reduction=_named("margin_ranking_loss", reduction))


@function
def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=0):
    """A loss on the cosine between rows that should agree (1) or not (-1) (torch.cosine_embedding_loss)."""
    return loss_margin.cosine_embedding_loss(input1, input2, target, margin, reduction=_named("cosine_embedding_loss", reduction))


@function
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction=0):
    """How far the anchor fails to be nearer to the positive than to the negative by the margin (torch.triplet_margin_loss)."""
    how = _named("triplet_margin_loss", reduction)
    return loss_margin.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=how)

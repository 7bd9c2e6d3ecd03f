"""The gradient of a function as a function: what a backward kernel computes."""

from __future__ import annotations

from collections.abc import Callable

from ..func import vjp


def pulled(function: Callable, grad_output, *inputs) -> tuple:
    """The gradients of function(*inputs), one per input; differentiable in `grad_output` and in the inputs."""
    return vjp(function, *inputs)[1](grad_output)


def elementwise(function: Callable) -> Callable:
    """The backward kernel `(grad_output, input, *settings)` of `function(input, *settings)`."""
    def backward(grad_output, self, *settings, **named):
        return pulled(lambda x: function(x, *settings, **named), grad_output, self)[0]

    return backward


def masked(function: Callable, grad_output, inputs: tuple, mask) -> tuple:
    """The gradients of function(*inputs) that `mask` asks for; None for the others."""
    chosen = [i for i, wanted in enumerate(mask[: len(inputs)]) if wanted and inputs[i] is not None]

    def of_chosen(*given):
        filled = list(inputs)
        for i, x in zip(chosen, given, strict=True):
            filled[i] = x
        return function(*filled)

    found = dict(zip(chosen, pulled(of_chosen, grad_output, *(inputs[i] for i in chosen)), strict=True)) if chosen else {}
    return tuple(found.get(i) for i in range(len(inputs)))

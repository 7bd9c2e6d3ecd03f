"""Activation checkpointing (torch.utils.checkpoint): drop what forward saved, and compute it again in backward."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable

from ..autograd import backward
from ..autograd.function import Function
from ..core.autocast import as_now
from ..core.engine import current
from ..core.modes import enable_grad, is_grad_enabled, no_grad
from ..core.random import fork_rng, get_rng_state, set_rng_state
from ..core.tensor import Tensor
from .checkpoint_device import DefaultDeviceType, get_device_states, set_device_states
from .checkpoint_device import _infer_device_type as _infer_device_type
from .checkpoint_log import OpLog
from .recompute import CheckpointError, GraphExecGroup, Region
from .selective import SAC_IGNORED_OPS, CheckpointPolicy, SelectiveCheckpointContext, create_selective_checkpoint_contexts

# What the two context managers below set; None leaves it to each checkpoint.
_early_stop: bool | None = None
_debug: bool | None = None


def noop_context_fn() -> tuple:
    """Two contexts that do nothing: the default `context_fn`."""
    return contextlib.nullcontext(), contextlib.nullcontext()


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool):
    """Within the block, decide for all checkpoints whether recomputation stops once all that is needed has been computed."""
    global _early_stop
    previous, _early_stop = _early_stop, enable
    try:
        yield
    finally:
        _early_stop = previous


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None):
    """Within the block, decide for all checkpoints whether a CheckpointError tells which ops ran; None leaves it to their `debug`."""
    global _debug
    previous, _debug = _debug, enabled
    try:
        yield
    finally:
        _debug = previous


def detach_variable(inputs: tuple) -> tuple:
    """The inputs with every Tensor detached, keeping its requires_grad."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs)


def check_backward_validity(inputs) -> None:
    """Warn when no input requires grad: backward would then have nothing to do."""
    if not any(x.requires_grad for x in inputs if isinstance(x, Tensor)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


@contextlib.contextmanager
def _random_state(state):
    """Run with the random state of the first run, and leave the present one untouched."""
    with fork_rng(enabled=state is not None):
        if state is not None:
            set_rng_state(state)
        yield


class CheckpointFunction(Function):
    """The re-entrant variant: forward runs off the tape, backward runs it again on the tape and backpropagates through that."""

    @staticmethod
    def forward(ctx, run_function, preserve_rng_state, *args):
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.rng_state = get_rng_state() if preserve_rng_state else None
        ctx.autocast = as_now()
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.others = [None if isinstance(a, Tensor) else a for a in args]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx, *grads):
        if current.running is not None and current.running.needed is not None:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to .backward()."
                " To resolve this error, you can either set use_reentrant=False, or call .backward() without passing the `inputs` argument."
            )
        inputs = list(ctx.others)
        for i, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            inputs[i] = tensor
        detached = detach_variable(tuple(inputs))
        with _random_state(ctx.rng_state), enable_grad(), ctx.autocast():
            outputs = ctx.run_function(*detached)
        outputs = (outputs,) if isinstance(outputs, Tensor) else outputs
        pairs = [(o, g) for o, g in zip(outputs, grads, strict=False) if isinstance(o, Tensor) and o.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward(*zip(*pairs, strict=True))
        return None, None, *(x.grad if isinstance(x, Tensor) else None for x in detached)


def _unstated(name: str, default: str) -> None:
    warnings.warn(
        f"{name}: the use_reentrant parameter should be passed explicitly. {default} use_reentrant=False is recommended, but if you need to "
        "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the differences between "
        "the two variants.",
        stacklevel=3,
    )


_DESCRIPTIONS: dict[str, Callable] = {
    "default": lambda x: {"shape": x.shape, "dtype": x.dtype, "device": x.device},
    "none": lambda x: None,
}


def checkpoint(
    function, *args, use_reentrant=None, context_fn=noop_context_fn, determinism_check="default", debug=False, early_stop=True, **kwargs
):  # fmt: skip
    """Call `function(*args)` without keeping what its backward needs; backward computes it again.

    `preserve_rng_state` (default True) makes the second run draw the same random numbers. With `use_reentrant=False`: `context_fn` gives
    two contexts, for the two runs; `determinism_check` compares what they save ("default": shape, dtype and device; "none"); `early_stop`
    ends the second run when all that is needed is there; with `debug` a CheckpointError also lists the ops of both runs and where they
    were called from.
    """
    if use_reentrant is None:
        _unstated("torch.utils.checkpoint", "Starting in PyTorch 2.9, calling checkpoint without use_reentrant will raise an exception.")
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        return _checkpoint_by_hooks(function, args, kwargs, preserve, context_fn, determinism_check, debug, early_stop)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug is not False:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    return CheckpointFunction.apply(function, preserve, *args)


def _checkpoint_by_hooks(function, args, kwargs, preserve, context_fn, determinism_check, debug, early_stop):
    log = OpLog() if (debug if _debug is None else _debug) else None
    if log is not None:
        if context_fn is not noop_context_fn:
            raise ValueError("debug=True is incompatible with non-default context_fn")
        context_fn = log.contexts
    if determinism_check not in _DESCRIPTIONS:
        raise ValueError(f"determinism_check should be one of {list(_DESCRIPTIONS)}, but got {determinism_check}")
    forward_context, recompute_context = context_fn()
    if not is_grad_enabled():
        return function(*args, **kwargs)
    rng_state, autocast = get_rng_state() if preserve else None, as_now()
    count, names = len(args), list(kwargs)

    def rerun(*values):
        positional, named = values[:count], dict(zip(names, values[count:], strict=True))
        with _random_state(rng_state), autocast(), recompute_context:
            function(*positional, **named)

    # `rerun` must not hold the arguments: the region keeps them, by way of the hooks of an enclosing one.
    region = Region(rerun, (*args, *kwargs.values()), early_stop if _early_stop is None else _early_stop, _DESCRIPTIONS[determinism_check])
    region.log = log
    with region.forward_hooks(), forward_context:
        result = function(*args, **kwargs)
        region.complete = True
        return result
    raise RuntimeError(
        "torch.utils.checkpoint: the forward context provided by context_fn suppressed an exception raised during the checkpointed forward. "
        "This is not supported because checkpoint cannot return a value for a failed forward."
    )


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """Call the functions (a Sequential or a list of callables) one after another, checkpointing all but the last of `segments` segments."""
    if use_reentrant is None:
        _unstated(
            "torch.utils.checkpoint.checkpoint_sequential",
            "In version 2.9 we will raise an exception if use_reentrant is not passed.",
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions.children()) if hasattr(functions, "children") else functions
    size = len(functions) // segments
    done = size * (segments - 1)
    for start in range(0, done, size):
        segment = _chain(functions[start : start + size])
        input = checkpoint(segment, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _chain(functions[done:])(input)


def _chain(functions) -> Callable:
    def run(input):
        for f in functions:
            input = f(input)
        return input

    return run


__all__ = [
    "SAC_IGNORED_OPS", "CheckpointError", "CheckpointFunction", "CheckpointPolicy", "DefaultDeviceType", "GraphExecGroup",
    "SelectiveCheckpointContext", "check_backward_validity", "checkpoint", "checkpoint_sequential", "create_selective_checkpoint_contexts",
    "detach_variable", "get_device_states", "noop_context_fn", "set_checkpoint_debug_enabled", "set_checkpoint_early_stop",
    "set_device_states",
]  # fmt: skip

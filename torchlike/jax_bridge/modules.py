"""`to_jax`: a module as a pure function for JAX's transformations."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import jax
import numpy as np

from ..core.random import default_generator
from ..core.tensor import Tensor
from ..func.stateless import functional_call
from ..nn.module import Module
from ..ops.convert import from_jax


def to_jax(module: Module) -> tuple[Callable, dict[str, jax.Array]]:
    """(apply, params): `apply(params, *inputs, rng=None, **kwargs)` computes what `module(*inputs, **kwargs)` does, on JAX arrays and
    without side effects, so that jax.jit, jax.grad and jax.vmap apply; `params` are the parameters by name, not copied.

    Inputs and outputs may be pytrees of arrays. Buffers are those of the module when it is called, or traced; `params` may name
    them too, to replace them. What the module writes into its buffers, such as the running statistics of a batch norm in training,
    is dropped. Train or eval is what the module is in when it is called, or traced. Random numbers come from `rng`, a key of
    jax.random; without one, dropout under `jax.jit` would draw the same mask for ever, so that it raises RuntimeError.
    """

    def apply(params: dict, *inputs, rng=None, **kwargs):
        state = {name: from_jax(buffer.detach().jax()) for name, buffer in module.named_buffers()}
        state |= {name: from_jax(jax.numpy.asarray(value)) for name, value in params.items()}
        with _drawing_from(rng):
            return _arrays(functional_call(module, state, _tensors(inputs), _tensors(kwargs)))

    return apply, {name: parameter.detach().jax() for name, parameter in module.named_parameters()}


def _tensors(tree):
    return jax.tree.map(lambda x: from_jax(jax.numpy.asarray(x)) if isinstance(x, jax.Array | np.ndarray) else x, tree)


def _arrays(tree):
    return jax.tree.map(lambda x: x.jax() if isinstance(x, Tensor) else x, tree, is_leaf=lambda x: isinstance(x, Tensor))


@contextlib.contextmanager
def _drawing_from(rng):
    """Within the block the default generator's draws are derived from a JAX key: its words, and a count."""
    if rng is None:
        draw = _refuse_under_trace(default_generator.draw)
    else:
        words = rng if not jax.numpy.issubdtype(rng.dtype, jax.dtypes.prng_key) else jax.random.key_data(rng)
        words, count = jax.numpy.asarray(words, np.uint32).reshape(-1)[-2:], iter(range(1 << 32))

        def draw():
            return jax.numpy.concatenate([words, jax.numpy.asarray([next(count), 0], np.uint32)])

    default_generator.draw = draw  # type: ignore[method-assign]
    try:
        yield
    finally:
        del default_generator.draw


def _refuse_under_trace(draw: Callable) -> Callable:
    def checked():
        from ..execution.kernels import trace_state_clean

        if not trace_state_clean():
            raise RuntimeError("the module draws random numbers while JAX traces it: pass apply(..., rng=key), or put it in eval mode")
        return draw()

    return checked

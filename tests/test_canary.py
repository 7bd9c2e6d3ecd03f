"""XLA computes what it should on this machine. jaxlib 0.10.2 does not, without a word, which is why pyproject.toml excludes it."""

import jax
import jax.numpy as jnp
import numpy as np


def test_vmapped_matrix_vector_reduction():
    n = 32769
    matrix = jnp.ones((2, n), jnp.float32) * 2
    vector = jnp.arange(n, dtype=jnp.float32)
    got = jax.jit(jax.vmap(lambda row: (row * vector).sum()))(matrix)
    expected = float(2 * np.arange(n, dtype=np.float64).sum())
    assert np.allclose(np.asarray(got), expected, rtol=1e-5)


def test_dot_then_reduce():
    n = 32769
    a = jnp.ones((n,), jnp.float32)
    got = jax.jit(jax.vmap(lambda s: jnp.dot(a * s, a).sum()))(jnp.array([1.0, 2.0], jnp.float32))
    assert np.allclose(np.asarray(got), [n, 2 * n], rtol=1e-6)

"""The bridge to JAX in both directions: a JAX function as an op of the tape, and a module as a pure JAX function. docs/jax.md tells more."""

from .functions import jax_op
from .modules import to_jax

__all__ = ["jax_op", "to_jax"]

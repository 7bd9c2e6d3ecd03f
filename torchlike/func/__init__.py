"""Function transforms (torch.func): derivatives and batching of functions, nested in each other and in the tape at will."""

from .forward import hessian, jacfwd, jvp, linearize
from .functionalize import debug_unwrap, functionalize
from .rearrange import rearrange
from .reverse import grad, grad_and_value, jacrev, vjp
from .stateless import functional_call, replace_all_batch_norm_modules_, stack_module_state
from .vmap import vmap

__all__ = [
    "debug_unwrap", "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize",
    "rearrange", "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip

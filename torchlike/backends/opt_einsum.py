"""Finding a good order of products for einsum (torch.backends.opt_einsum): JAX brings opt_einsum along and uses it."""

import importlib.util as _util

enabled = True
strategy = "auto"


def is_available() -> bool:
    """Whether the package is installed."""
    return _util.find_spec("opt_einsum") is not None


def get_opt_einsum():
    """The package opt_einsum, or None."""
    if not is_available():
        return None
    import opt_einsum

    return opt_einsum

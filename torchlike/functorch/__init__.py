"""The package functorch, before it became torch.func: its names, each with the warning that says where it is now."""

from __future__ import annotations

import functools
import warnings

from .. import func as _func
from .._functorch import make_functional as _modules
from .._functorch.make_functional import FunctionalModule, FunctionalModuleWithBuffers
from ..fx.experimental.proxy_tensor import make_fx  # type: ignore[attr-defined]


def _moved(function, replacement: str):
    text = (
        "We've integrated functorch into PyTorch. As the final step of the integration, `functorch.{name}` is deprecated as of PyTorch 2.0 and "
        "will be deleted in a future version of PyTorch >= 2.3. Please use `{replacement}` instead; see the PyTorch 2.0 release notes and/or the "
        "`torch.func` migration guide for more details https://pytorch.org/docs/main/func.migrating.html"
    )

    @functools.wraps(function)
    def moved(*args, **kwargs):
        warnings.warn(text.format(name=function.__name__, replacement=replacement), FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    return moved


vmap = _moved(_func.vmap, "torch.vmap")
for _name in ("grad", "grad_and_value", "vjp", "jvp", "jacrev", "jacfwd", "hessian", "functionalize"):
    globals()[_name] = _moved(getattr(_func, _name), f"torch.func.{_name}")
make_functional = _moved(_modules.make_functional, "torch.func.functional_call")
make_functional_with_buffers = _moved(_modules.make_functional_with_buffers, "torch.func.functional_call")
combine_state_for_ensemble = _moved(_modules.combine_state_for_ensemble, "torch.func.stack_module_state")

__all__ = ["FunctionalModule", "FunctionalModuleWithBuffers", "combine_state_for_ensemble", "functionalize", "grad", "grad_and_value",  # noqa: F822
           "hessian", "jacfwd", "jacrev", "jvp", "make_functional", "make_functional_with_buffers", "make_fx", "vjp", "vmap"]

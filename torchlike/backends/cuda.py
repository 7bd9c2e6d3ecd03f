"""CUDA's switches (torch.backends.cuda). `matmul.allow_tf32` is the one that acts: it sets float32 matmul precision."""

from ..core.precision import get_float32_matmul_precision as _get
from ..core.precision import set_float32_matmul_precision as _set


class _Matmul:
    @property
    def allow_tf32(self) -> bool:
        """Whether float32 products may round their operands to TF32."""
        return _get() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, allowed: bool):
        _set("high" if allowed else "highest")


matmul = _Matmul()


def is_built() -> bool:
    """Whether GPU support is compiled in: that is up to the installed jaxlib."""
    from ..core.device import has_platform

    return has_platform("cuda")

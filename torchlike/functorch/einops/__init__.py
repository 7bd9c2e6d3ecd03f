"""functorch.einops: the old path of `torch.func`'s rearrange."""

from ...func.rearrange import rearrange

__all__ = ["rearrange"]

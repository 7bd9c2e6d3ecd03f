"""Small helpers around modes (torch.utils._mode_utils)."""

from contextlib import nullcontext

# There is no dispatcher whose modes could be left out.
no_dispatch = nullcontext


def all_same_mode(modes) -> bool:
    """Whether all of these are one mode."""
    return all(mode == modes[0] for mode in modes)


__all__ = ["all_same_mode", "no_dispatch"]

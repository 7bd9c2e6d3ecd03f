"""cuDNN's switches (torch.backends.cudnn), accepted: XLA picks and tunes convolutions itself."""

from ..core.device import has_platform as _has

enabled = True
benchmark = False
deterministic = False
allow_tf32 = False


def is_available() -> bool:
    """Whether there is a GPU whose convolutions go through cuDNN."""
    return _has("cuda")


def version():
    """XLA's cuDNN version is not exposed: None."""
    return None

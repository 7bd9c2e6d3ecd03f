"""Apple's Metal backend (torch.backends.mps): never here."""


def is_available() -> bool:
    """False: torchlike runs on what JAX sees, as `cpu`, `cuda` or `tpu`."""
    return False


def is_built() -> bool:
    """False."""
    return False


def is_macos_or_newer(major: int, minor: int) -> bool:
    """Raises RuntimeError: only Apple's backend knows."""
    raise RuntimeError("Cannot execute isOnMacOSorNewer() without MPS backend.")

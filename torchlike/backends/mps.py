"""Apple's Metal backend (torch.backends.mps): never here."""


def is_available() -> bool:
    """False: torchlike runs on what JAX sees, as `cpu`, `cuda` or `tpu`."""
    return False


is_built = is_available

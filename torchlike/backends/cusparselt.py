"""NVIDIA's library for structured sparsity (torch.backends.cusparselt): not used here."""


def is_available() -> bool:
    """False."""
    return False


def version() -> None:
    """None."""
    return None

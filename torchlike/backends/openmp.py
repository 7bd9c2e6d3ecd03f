"""OpenMP (torch.backends.openmp): XLA has its own threads."""


def is_available() -> bool:
    """False."""
    return False

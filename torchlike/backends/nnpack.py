"""NNPACK (torch.backends.nnpack): not used here."""


def is_available() -> bool:
    """False."""
    return False


def set_flags(_enabled: bool) -> tuple[bool]:
    """Accepted; returns what was set before: False."""
    return (False,)

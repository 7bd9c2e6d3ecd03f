"""oneDNN (torch.backends.mkldnn): not used here."""

enabled = False


def is_available() -> bool:
    """False: XLA compiles for the CPU."""
    return False

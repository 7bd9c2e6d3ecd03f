"""Arm's KleidiAI (torch.backends.kleidiai): not used here."""


def is_available() -> bool:
    """False."""
    return False

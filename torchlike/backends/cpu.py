"""The CPU (torch.backends.cpu)."""


def get_cpu_capability() -> str:
    """XLA targets the machine it runs on."""
    return "NATIVE"

"""Questions about compiling (torch._dynamo.utils)."""


def is_compile_supported(device_type: str) -> bool:
    """True: `compile` works on every device."""
    return True

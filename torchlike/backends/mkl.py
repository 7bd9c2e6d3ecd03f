"""Intel's MKL (torch.backends.mkl): not used here."""


def is_available() -> bool:
    """False."""
    return False


VERBOSE_OFF, VERBOSE_ON = 0, 1


class verbose:
    """A block in which MKL would report what it runs; nothing runs in it (torch.backends.mkl.verbose)."""

    def __init__(self, enable: int):
        self.enable = enable

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False

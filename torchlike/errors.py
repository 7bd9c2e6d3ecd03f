"""Exceptions of PyTorch's that programs name in an `except`."""


class AcceleratorError(RuntimeError):
    """A device has failed (torch.AcceleratorError)."""


class FatalError(RuntimeError):
    """An error that cannot be recovered from (torch.FatalError)."""

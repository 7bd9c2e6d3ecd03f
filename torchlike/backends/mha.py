"""The short cut of multi-head attention at inference (torch.backends.mha): XLA fuses it anyway, the switch is kept."""

_fastpath = {"enabled": True}


def get_fastpath_enabled() -> bool:
    """What was set."""
    return _fastpath["enabled"]


def set_fastpath_enabled(value: bool) -> None:
    """Keep the switch."""
    _fastpath["enabled"] = value

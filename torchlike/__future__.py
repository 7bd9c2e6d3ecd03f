"""Switches for how modules convert their parameters (torch.__future__)."""

from __future__ import annotations

from .nn.module_convert import conversion


def set_overwrite_module_params_on_conversion(value: bool) -> None:
    """Whether `module.to()` and the like put new Parameters into the module instead of giving new data to those it has."""
    conversion.overwrite = value


def get_overwrite_module_params_on_conversion() -> bool:
    """Whether converting a module makes new Parameters."""
    return conversion.overwrite


def set_swap_module_params_on_conversion(value: bool) -> None:
    """Whether converting or loading keeps the Parameter objects and swaps what they are, class included (`torch.utils.swap_tensors`)."""
    conversion.swap = value


def get_swap_module_params_on_conversion() -> bool:
    """What `set_swap_module_params_on_conversion` was told last."""
    return conversion.swap

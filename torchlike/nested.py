"""Nested tensors (torch.nested): there are none here."""

from .core.missing import missing as _missing
from .core.unsupported import refusing as _refusing
from .ops.refused import NESTED as _NESTED

globals().update(_refusing(
    ("as_nested_tensor", "masked_select", "narrow", "nested_tensor", "nested_tensor_from_jagged", "to_padded_tensor"), _NESTED))
__getattr__ = _missing(__name__)

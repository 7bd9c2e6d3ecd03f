"""The older path of torch.ao.quantization (torch.quantization)."""

from .ao.quantization import REFUSED as _REFUSED
from .ao.quantization import DeQuantStub, QuantStub
from .core.missing import missing as _missing

__all__ = ["DeQuantStub", "QuantStub"]
globals().update(_REFUSED)
__getattr__ = _missing(__name__)

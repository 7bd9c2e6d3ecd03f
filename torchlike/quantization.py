"""Quantised models (torch.quantization): there are no quantised tensors here."""

from .core.missing import missing as _missing
from .core.unsupported import refusing as _refusing
from .ops.refused import QUANTISED as _QUANTISED

_NAMES = """convert fuse_modules get_default_qat_qconfig get_default_qconfig prepare prepare_qat quantize quantize_dynamic quantize_qat DeQuantStub
QConfig QuantStub QuantWrapper"""
globals().update(_refusing(_NAMES.split(), _QUANTISED))
__getattr__ = _missing(__name__)

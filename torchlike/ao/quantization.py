"""Quantised models (torch.ao.quantization): there are no quantised tensors here, but models that could be quantised can be built and run."""

from ..core.missing import missing as _missing
from ..core.unsupported import refusing as _refusing
from ..nn.module import Module
from ..ops.refused import QUANTISED as _QUANTISED


class QuantStub(Module):
    """Where a model's input would be quantised: the identity until then (torch.ao.quantization.QuantStub)."""

    def __init__(self, qconfig=None):
        super().__init__()
        if qconfig:
            self.qconfig = qconfig

    def forward(self, x):
        return x


class DeQuantStub(QuantStub):
    """Where a model's output would be made floating again: the identity until then (torch.ao.quantization.DeQuantStub)."""


_NAMES = """convert fuse_modules fuse_modules_qat get_default_qat_qconfig get_default_qconfig prepare prepare_qat quantize quantize_dynamic
quantize_qat QConfig QuantWrapper"""
REFUSED = _refusing(_NAMES.split(), _QUANTISED)
globals().update(REFUSED)
__getattr__ = _missing(__name__)

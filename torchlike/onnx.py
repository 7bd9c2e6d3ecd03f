"""ONNX export (torch.onnx) is refused with a sentence: there is no exporter here."""

from .core.missing import missing as _missing
from .core.unsupported import refusing as _refusing


class OnnxExporterError(RuntimeError):
    """An export has failed (torch.onnx.OnnxExporterError)."""


def is_in_onnx_export() -> bool:
    """False."""
    return False


globals().update(_refusing(
    ("export", "dynamo_export", "ONNXProgram", "ExportableModule"),
    "torchlike does not write ONNX files; save the model's state_dict with torch.save, load it into the same module in PyTorch and export there"))
__getattr__ = _missing(__name__)

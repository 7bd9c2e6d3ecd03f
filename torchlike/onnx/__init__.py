"""ONNX export (torch.onnx) is refused with a sentence: there is no exporter here."""

from ..core.missing import missing as _missing
from ..core.unsupported import refusing as _refusing


class OnnxExporterError(RuntimeError):
    """An export has failed (torch.onnx.OnnxExporterError)."""


def is_in_onnx_export() -> bool:
    """False."""
    return False


def register_custom_op_symbolic(symbolic_name: str, symbolic_fn, opset_version: int) -> None:
    """Accepted: how an op would be exported, if anything were."""


def unregister_custom_op_symbolic(symbolic_name: str, opset_version: int) -> None:
    """Accepted."""


globals().update(_refusing(
    ("export", "dynamo_export", "ONNXProgram", "ExportableModule"),
    "torchlike does not write ONNX files; save the model's state_dict with torch.save, load it into the same module in PyTorch and export there"))
__getattr__ = _missing(__name__)

"""ONNX export (torch.onnx) is refused with a sentence: there is no exporter here."""


def export(*args, **kwargs):
    """Raises NotImplementedError: export the model's `state_dict` and let PyTorch write the ONNX file."""
    raise NotImplementedError(
        "torchlike does not write ONNX files; save the model's state_dict with torch.save, load it into the same module in PyTorch and export there"
    )

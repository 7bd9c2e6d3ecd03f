"""Engines for quantised tensors (torch.backends.quantized): there are none here."""

engine = "none"
supported_engines = ["none"]

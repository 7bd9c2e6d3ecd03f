"""Architecture optimisation (torch.ao): of quantisation, the parts of a model that has not been quantised."""

from . import quantization

__all__ = ["quantization"]

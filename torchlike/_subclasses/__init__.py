"""Tensors of other kinds that PyTorch's own tools make; there are none here."""

from . import fake_tensor
from .fake_tensor import FakeTensor, FakeTensorMode

__all__ = ["FakeTensor", "FakeTensorMode", "fake_tensor"]

"""Parameters as one flat vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ... import cat
from ...core.tensor import Tensor
from ...core.typename import typename


def _check_device(param: Tensor, first: Tensor) -> None:
    if param.device != first.device:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters flattened and concatenated, differentiably (torch.nn.utils.parameters_to_vector)."""
    parameters = list(parameters)
    for param in parameters:
        _check_device(param, parameters[0])
    return cat([param.view(-1) for param in parameters])  # type: ignore[attr-defined]


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Cut a vector into the parameters' shapes and make them their data (torch.nn.utils.vector_to_parameters)."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    parameters = list(parameters)
    start = 0
    for param in parameters:
        _check_device(param, parameters[0])
        end = start + param._aval.size
        param.data = vec[start:end].view_as(param).data  # type: ignore[index]
        start = end

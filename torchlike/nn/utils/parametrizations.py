"""Ready-made parametrizations (torch.nn.utils.parametrizations): orthogonal, weight_norm, spectral_norm."""

from __future__ import annotations

from ... import _weight_norm, norm_except_dim, vdot
from ...core.modes import no_grad
from ...core.tensor import Tensor
from .. import functional as F
from ..module import Module
from ..modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .orthogonal import OrthogonalMap, _Orthogonal
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def _tensor_of(module: Module, name: str) -> Tensor:
    found = getattr(module, name, None)
    if not isinstance(found, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return found


def orthogonal(module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True) -> Module:
    """Keep a matrix of the module orthogonal (unitary if complex); returns the module (torch.nn.utils.parametrizations.orthogonal).

    `orthogonal_map`: "matrix_exp" (the default for square or complex matrices), "cayley" or "householder" (the default otherwise).
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"  # type: ignore[attr-defined]
    found = getattr(OrthogonalMap, orthogonal_map, None)
    if found is None:
        raise ValueError(f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}')
    return register_parametrization(module, name, _Orthogonal(weight, found, use_trivialization=use_trivialization), unsafe=True)


class _WeightNorm(Module):
    """A tensor from the norms of its slices along `dim` and their direction."""

    def __init__(self, dim: int | None = 0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g, weight_v):
        return _weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight):
        """(norms, direction): the direction is the tensor itself."""
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn the magnitude of each slice along `dim` apart from its direction; None takes all as one slice. Returns the module.

    The originals are `original0` (magnitudes) and `original1` (directions); state dicts of the older `torch.nn.utils.weight_norm`, with
    `{name}_g` and `{name}_v`, can be loaded (torch.nn.utils.parametrizations.weight_norm).
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def from_older_names(state_dict, prefix, *_):
        old = (f"{prefix}{name}_g", f"{prefix}{name}_v")
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(from_older_names)
    return module


class _SpectralNorm(Module):
    """A tensor divided by its largest singular value, which power iteration follows from one forward in training to the next."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12):
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._as_matrix(weight)
            for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, F.normalize(matrix.new_empty(size).normal_(0, 1), dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _as_matrix(self, weight):
        return weight.movedim(self.dim, 0).flatten(1)

    @no_grad()
    def _iterate(self, matrix, times: int) -> None:
        """Bring the two singular vectors nearer, in place."""
        for _ in range(times):
            self._u.copy_(F.normalize(matrix.mv(self._v), dim=0, eps=self.eps))  # type: ignore[attr-defined]
            self._v.copy_(F.normalize(matrix.mH.mv(self._u), dim=0, eps=self.eps))  # type: ignore[attr-defined]

    def forward(self, weight):
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._as_matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Copies: a second forward before the backward of the first must not change what that backward needs.
        u, v = self._u.clone(), self._v.clone()  # type: ignore[attr-defined]
        return weight / vdot(u, matrix.mv(v))

    def right_inverse(self, value):
        """The value itself, which is only divided by its own norm."""
        return value


def spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None) -> Module:
    """Divide a tensor of the module by its spectral norm, as a matrix with `dim` first; returns the module.

    `dim` is by default that of the outputs: 1 in transposed convolutions, 0 elsewhere (torch.nn.utils.parametrizations.spectral_norm).
    """
    weight = _tensor_of(module, name)
    if dim is None:
        dim = 1 if isinstance(module, ConvTranspose1d | ConvTranspose2d | ConvTranspose3d) else 0
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))

"""Instance normalisation layers."""

from __future__ import annotations

import warnings

from .. import functional as F
from .batchnorm import _NormBase


class _InstanceNorm(_NormBase):
    """Normalisation of each channel of each sample."""

    rank = 0

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
                 track_running_stats: bool = False, device=None, dtype=None, *, bias: bool = True):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs):
        if local_metadata.get("version") is None and not self.track_running_stats:
            _explain_running_stats(self, state_dict, prefix, error_msgs)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)

    def forward(self, input):
        if input.ndim not in (self.rank + 1, self.rank + 2):
            raise ValueError(f"expected {self.rank + 1}D or {self.rank + 2}D input (got {input.ndim}D input)")
        channels = input.size(-self.rank - 1)
        if channels != self.num_features:
            if self.affine:
                raise ValueError(f"expected input's size at dim={input.ndim - self.rank - 1} to match num_features ({self.num_features}), "
                                 f"but got: {channels}.")
            warnings.warn(f"input's size at dim={input.ndim - self.rank - 1} does not match num_features. You can silence this warning "
                          "by not passing in num_features, which is not used because affine=False", stacklevel=2)
        if input.ndim == self.rank + 1:
            return self._normalised(input.unsqueeze(0)).squeeze(0)
        return self._normalised(input)

    def _normalised(self, input):
        return F.instance_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, self.training or not self.track_running_stats,
            self.momentum if self.momentum is not None else 0.0, self.eps,
        )


def _explain_running_stats(layer, state_dict, prefix: str, error_msgs: list) -> None:
    """A checkpoint of before 0.4.0 may hold statistics that the layer no longer keeps: take them out and say so."""
    keys = [prefix + name for name in ("running_mean", "running_var") if prefix + name in state_dict]
    if not keys:
        return
    kind = type(layer).__name__
    error_msgs.append(
        "Unexpected running stats buffer(s) {names} for {kind} with track_running_stats=False. If state_dict is a checkpoint saved before "
        "0.4.0, this may be expected because {kind} does not track running stats by default since 0.4.0. Please remove these keys from "
        "state_dict. If the running stats are actually needed, instead set track_running_stats=True in {kind} to enable them. See the "
        "documentation of {kind} for details.".format(names=" and ".join(f'"{k}"' for k in keys), kind=kind)
    )
    for key in keys:
        state_dict.pop(key)


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation of (N, C, L) or (C, L) (torch.nn.InstanceNorm1d)."""

    rank = 1


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of (N, C, H, W) or (C, H, W) (torch.nn.InstanceNorm2d)."""

    rank = 2


class InstanceNorm3d(_InstanceNorm):
    """Instance normalisation of (N, C, D, H, W) or (C, D, H, W) (torch.nn.InstanceNorm3d)."""

    rank = 3

"""Anomaly detection (torch.autograd.anomaly_mode): find the forward call behind a failing or NaN backward."""

from __future__ import annotations

import warnings

from ..core.node import anomaly
from ..execution import executor


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return anomaly.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode also looks for NaN."""
    return anomaly.check_nan


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Switch anomaly mode, for all threads."""
    if mode != anomaly.enabled:
        executor.run_at_once(mode)
    anomaly.enabled, anomaly.check_nan = mode, check_nan


class detect_anomaly:
    """Within the block, nodes remember where they were made; a backward that fails, or with `check_nan` gives NaN, warns with that place."""

    def __init__(self, check_nan: bool = True):
        self.prev, self.prev_check_nan = anomaly.enabled, anomaly.check_nan
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.", stacklevel=2
        )

    def __enter__(self):
        set_anomaly_enabled(True, self.check_nan)

    def __exit__(self, *error):
        set_anomaly_enabled(self.prev, self.prev_check_nan)


class set_detect_anomaly:
    """Switch anomaly detection: at once when called as a function, and for a block as a context manager."""

    def __init__(self, mode: bool, check_nan: bool = True):
        self.prev, self.prev_check_nan = anomaly.enabled, anomaly.check_nan
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self):
        pass

    def __exit__(self, *error):
        set_anomaly_enabled(self.prev, self.prev_check_nan)

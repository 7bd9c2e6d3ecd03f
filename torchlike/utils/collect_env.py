"""The facts a bug report needs (torch.utils.collect_env; `python -m torchlike.utils.collect_env`)."""

from __future__ import annotations

import os
import platform


def get_pretty_env_info() -> str:
    """Versions, devices and settings as lines of text."""
    import jax
    import jaxlib
    import numpy

    from ..execution import executor
    from ..version import __version__

    settings = {name: value for name, value in sorted(os.environ.items()) if name.startswith(("TORCHLIKE_", "JAX_", "XLA_"))}
    rows = {
        "torchlike version": __version__, "JAX version": jax.__version__, "jaxlib version": jaxlib.__version__, "NumPy version": numpy.__version__,
        "Python version": platform.python_version(), "OS": platform.platform(), "Processor": f"{platform.machine()}, {os.cpu_count()} cores",
        "Devices": ", ".join(f"{d} ({d.device_kind})" for d in jax.devices()), "Execution": executor.mode,
    }  # fmt: skip
    return "\n".join([*(f"{name}: {value}" for name, value in rows.items()), *(f"{name}={value}" for name, value in settings.items())])


def main() -> None:
    """Print them."""
    print("Collecting environment information...")
    print(get_pretty_env_info())


if __name__ == "__main__":
    main()

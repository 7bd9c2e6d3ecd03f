"""Tracing into FX graphs (torch.fx.experimental.proxy_tensor): never on here."""

from ...core.unsupported import refusing as _refusing


def get_proxy_mode() -> None:
    """None: nothing is traced."""


globals().update(_refusing(("make_fx",), "torchlike makes no FX graphs; jax.make_jaxpr of torchlike.to_jax(module) shows a program"))

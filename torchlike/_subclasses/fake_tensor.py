"""Fake tensors (torch._subclasses.fake_tensor): programs ask whether they have been given one."""

from __future__ import annotations


class FakeTensor:
    """A Tensor without values in PyTorch's compiler; nothing is one here."""


class FakeTensorMode:
    """Refused: NotImplementedError says what to use."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError('torchlike has no fake tensors; Tensors of device="meta" know shape and dtype and have no values')


def is_fake(x) -> bool:
    """False."""
    return isinstance(x, FakeTensor)

"""The keyword arguments with which modules make their tensors."""

from __future__ import annotations

_SIMPLE = ("device", "dtype", "memory_format")


def factory_kwargs(kwargs: dict | None) -> dict:
    """`device`, `dtype` and `memory_format` from a constructor's keyword arguments, or from its `factory_kwargs` (torch.nn.factory_kwargs).

    TypeError for any other argument, and for one given in both places.
    """
    if kwargs is None:
        return {}
    unexpected = kwargs.keys() - {*_SIMPLE, "factory_kwargs"}
    if unexpected:
        raise TypeError(f"unexpected kwargs {unexpected}")
    result = dict(kwargs.get("factory_kwargs", {}))
    for name in _SIMPLE:
        if name in kwargs:
            if name in result:
                raise TypeError(f"{name} specified twice, in **kwargs and in factory_kwargs")
            result[name] = kwargs[name]
    return result

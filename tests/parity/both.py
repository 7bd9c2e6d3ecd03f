"""Run one scenario under torch and under torchlike, and compare what came out: values, texts, errors and warnings."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

_PATH = re.compile(r"\btorch(?:like)?(?:\.\w+)*\.(\w+)")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+|0x[0-9a-f]+")


def plain(value):
    """A value as plain data: Tensors become (dtype, requires_grad, array), texts lose module paths and addresses."""
    if type(value).__name__ == "Size":
        return tuple(value)
    if hasattr(value, "detach") and hasattr(value, "numel"):
        array = value.detach()
        if str(value.dtype) == "torch.bfloat16":
            array = array.float()
        return str(value.dtype), value.requires_grad, np.array(array.tolist(), dtype=object if value.numel() == 0 else None)
    if isinstance(value, str):
        return _ADDRESS.sub("", _PATH.sub(r"\1", value))
    if isinstance(value, dict):
        return {k if isinstance(k, str | int) else plain(str(k)): plain(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return {plain(v) for v in value}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if value is None or isinstance(value, bool | int | float | complex | np.ndarray | Exception):
        return value
    return plain(str(value))


def outcome(scenario, torch, *args):
    """What the scenario returns or raises, with the warnings it gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = plain(scenario(torch, *args))
        except Exception as error:
            result = ["raised", type(error).__name__, plain(str(error))]
    return [result, sorted(f"{w.category.__name__}: {plain(str(w.message))}" for w in caught if "jax" not in str(w.filename))]


def check_same(mine, theirs, where="", rtol=1e-5, atol=1e-6):
    if isinstance(theirs, np.ndarray) and theirs.dtype != object:
        assert mine.shape == theirs.shape, where
        np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=atol, err_msg=where)
    elif isinstance(theirs, np.ndarray):
        assert mine.tolist() == theirs.tolist(), where
    elif isinstance(theirs, dict):
        assert list(mine) == list(theirs), where
        for key in theirs:
            check_same(mine[key], theirs[key], f"{where}[{key!r}]", rtol, atol)
    elif isinstance(theirs, list | tuple):
        assert isinstance(mine, list | tuple) and len(mine) == len(theirs), f"{where}: {mine!r} against {theirs!r}"
        for i, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            check_same(a, b, f"{where}[{i}]", rtol, atol)
    elif isinstance(theirs, float):
        assert mine == pytest.approx(theirs, rel=rtol, abs=atol, nan_ok=True), where
    else:
        assert mine == theirs, where


def assert_same(scenario, *args, rtol=1e-5, atol=1e-6):
    """The scenario, given the framework's module, ends the same under both."""
    import torch

    import torchlike

    theirs = outcome(scenario, torch, *args)
    mine = outcome(scenario, torchlike, *args)
    check_same(mine, theirs, rtol=rtol, atol=atol)


def scenarios():
    """A decorator that collects scenarios, and the list to parametrize over."""
    found: list = []

    def scenario(fn):
        found.append(pytest.param(fn, id=fn.__name__))
        return fn

    return scenario, found

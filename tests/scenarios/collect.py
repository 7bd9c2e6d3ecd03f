"""Helpers of the scenario files: collecting the cases of a subject, and errors as texts that read the same in torch and torchlike."""

from __future__ import annotations

import re

_PATH = re.compile(r"\btorch(?:like)?(?:\.\w+)*\.(\w+)")
_ADDRESS = re.compile(r"0x[0-9a-f]+")


def collect():
    """A dictionary of cases, and the decorator that fills it."""
    cases: dict = {}

    def scenario(fn):
        cases[fn.__name__] = fn
        return fn

    return cases, scenario


def doubling(torch):
    """A custom Function x * 2 with a right backward, for cases that add a rule or spoil one."""

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    return Double


def readable(text: str) -> str:
    """A text without the module paths of classes and without addresses."""
    return _ADDRESS.sub("0x", _PATH.sub(r"\1", text))


def attempts(*calls):
    """What each call returns, or the type and text of what it raises."""
    results = []
    for call in calls:
        try:
            results.append(call())
        except Exception as error:
            results.append([type(error).__name__, readable(str(error))])
    return results

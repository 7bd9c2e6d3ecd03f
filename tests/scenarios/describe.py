"""Turns what a scenario returns into plain data that can be compared between torch and torchlike, or stored as JSON."""

from __future__ import annotations

import math


def describe(value):
    """Tensors become their values and attributes, nodes their names, exceptions their type and text."""
    if isinstance(value, BaseException):
        return {"raises": type(value).__name__, "message": str(value).split("\n")[0]}
    if hasattr(value, "requires_grad") and hasattr(value, "tolist"):
        node = value.grad_fn
        return {
            "values": _numbers(value.detach().tolist()),
            "dtype": str(value.dtype),
            "shape": list(value.shape),
            "requires_grad": value.requires_grad,
            "grad_fn": None if node is None else type(node).__name__,
        }
    if hasattr(value, "next_functions"):
        return {"node": type(value).__name__, "next": [None if n is None else type(n).__name__ for n, _ in value.next_functions]}
    if isinstance(value, dict):
        return {str(k): describe(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [describe(v) for v in value]
    if isinstance(value, float | int | bool | str) or value is None:
        return _numbers(value)
    return str(value)


def _numbers(x):
    if isinstance(x, list):
        return [_numbers(v) for v in x]
    if isinstance(x, complex):
        return [_numbers(x.real), _numbers(x.imag)]
    if isinstance(x, float):
        return str(x) if math.isnan(x) or math.isinf(x) else float(f"{x:.5g}") + 0.0
    return x


# What is said once in a process, whichever scenario comes first.
_SAID_ONCE = "Warning: Profiler clears events at the end of each cycle."


def outcome(case, torch):
    """Run one scenario; an exception is an outcome like any other."""
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = describe(case(torch))
        except Exception as error:
            result = describe(error)
    texts = [str(w.message) for w in caught if issubclass(w.category, UserWarning | FutureWarning)]
    own = [text.split("\n")[0].split(" (Triggered")[0] for text in texts if not text.startswith(_SAID_ONCE)]
    return {"result": result, "warnings": own} if own else {"result": result}


def same(a, b) -> bool:
    """Equality of outcomes, with room for float32 rounding."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-6)
    return type(a) is type(b) and a == b

"""Which formula serves a pair of distributions: a table by classes, the most specific match wins."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

_KL_REGISTRY: dict[tuple[type, type], Callable] = {}
_KL_MEMOIZE: dict[tuple[type, type], Callable] = {}


def register_kl(type_p, type_q):
    """Decorates a function of (p, q) as the divergence of instances of these classes and their subclasses."""
    for kind in (type_p, type_q):
        # Any class, as in PyTorch: that of a library which wraps distributions need not be one itself. TypeError for what is none.
        issubclass(kind, object)

    def enter(fun):
        _KL_REGISTRY[type_p, type_q] = fun
        _KL_MEMOIZE.clear()
        return fun

    return enter


def _more_specific(a: tuple, b: tuple) -> bool:
    """Whether classes `a` come before `b`: subclasses first, the first place counting before the second."""
    for x, y in zip(a, b, strict=True):
        if x is not y:
            return issubclass(x, y)
    return False


def _most_specific(matches: list) -> tuple:
    return functools.reduce(lambda best, m: m if _more_specific(m, best) else best, matches)


def _dispatch_kl(type_p, type_q):
    """The formula for two classes, or NotImplemented. Warns when left-to-right and right-to-left order disagree."""
    matches = [(p, q) for p, q in _KL_REGISTRY if issubclass(type_p, p) and issubclass(type_q, q)]
    if not matches:
        return NotImplemented
    left = _most_specific(matches)
    right = _most_specific([(q, p) for p, q in matches])[::-1]
    if _KL_REGISTRY[left] is not _KL_REGISTRY[right]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). Please register_kl({left[0].__name__}, {right[1].__name__})",
            RuntimeWarning,
        )
    return _KL_REGISTRY[left]


def kl_divergence(p, q):
    """The Kullback-Leibler divergence KL(p || q), over the batch; NotImplementedError for pairs without a formula."""
    key = type(p), type(q)
    if key not in _KL_MEMOIZE:
        _KL_MEMOIZE[key] = _dispatch_kl(*key)
    fun = _KL_MEMOIZE[key]
    if fun is NotImplemented:
        raise NotImplementedError(f"No KL(p || q) is implemented for p type {key[0].__name__} and q type {key[1].__name__}")
    return fun(p, q)

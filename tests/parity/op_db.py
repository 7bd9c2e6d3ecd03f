"""PyTorch's own table of ops and sample inputs (`op_db`), made to run torchlike: which entries torchlike has, and how to compare one.

A level is one question about an entry. `LEVELS` says which dtype's samples it takes, how many, and what is compared.
"""

from __future__ import annotations

import functools
import importlib
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from unittest import mock

import jax.numpy as jnp
import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

import torchlike
import torchlike.linalg
import torchlike.special
from torchlike.core.tensor import from_value

# Results that are random or uninitialised: only their shape and dtype are compared.
RANDOM = frozenset([
    "bernoulli", "cauchy", "empty", "empty_like", "empty_permuted", "empty_strided", "exponential", "geometric", "log_normal",
    "multinomial", "new_empty", "new_empty_strided", "nn.functional.alpha_dropout", "nn.functional.dropout", "nn.functional.dropout2d",
    "nn.functional.dropout3d", "nn.functional.feature_alpha_dropout", "nn.functional.fractional_max_pool2d",
    "nn.functional.fractional_max_pool3d", "nn.functional.multi_head_attention_forward", "nn.functional.rrelu", "normal", "rand",
    "rand_like", "randint", "randint_like", "randn", "randn_like", "resize_", "resize_as_", "svd_lowrank", "uniform",
])
# Which of several equal elements an index names is left open; their samples have ties in these dtypes.
TIES_ARE_OPEN = frozenset(["sort", "argsort", "topk", "kthvalue", "median", "nanmedian", "mode"])
_TIED = (torch.int64, torch.int32, torch.uint8, torch.bool, torch.bfloat16, torch.float16)
# Factorisations determined up to signs or phases, and the position of the result that is determined fully.
GAUGES = {"svd": 1, "linalg.svd": 1, "linalg.eigh": 0, "linalg.eig": 0, "pca_lowrank": 1}
# (rtol, atol) where one framework rounds more often than the other on the way.
TOLERANCES = {
    ("matrix_exp", torch.float32): (3e-3, 1e-5),
    ("addbmm", torch.bfloat16): (4e-2, 0.3),
}
# Not functions of torch's public surface (internal, sparse, quantised, compiled helpers), nor meant for this table.
OUTSIDE = ("_", "torch.", "sparse.", "jiterator_")

# Of those under torch.ops.aten alone, the ones that torchlike.ops.aten can call.
ATEN = frozenset(["slice", "cauchy", "exponential", "geometric", "log_normal", "uniform", "torch.ops.aten._safe_softmax.default"])

_DTYPES = {
    getattr(torch, name): getattr(torchlike, name)
    for name in ["bool", "uint8", "int8", "int16", "int32", "int64", "uint64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"]
}


@dataclass(frozen=True)
class Level:
    """One question about an entry of the table."""

    dtype: torch.dtype
    samples: int
    grad: bool = False


LEVELS = {
    "forward": Level(torch.float32, 4),
    "grad": Level(torch.float64, 2, grad=True),
    "grad2": Level(torch.float64, 2, grad=True),
    "int64": Level(torch.int64, 2),
    "bool": Level(torch.bool, 2),
    "complex64": Level(torch.complex64, 2),
    "bfloat16": Level(torch.bfloat16, 2),
    "float16": Level(torch.float16, 2),
    "uint8": Level(torch.uint8, 2),
    "int32": Level(torch.int32, 1),
    "method": Level(torch.float32, 2),
    "inplace": Level(torch.float32, 2),
    "out": Level(torch.float32, 1),
    "errors": Level(torch.float32, 0),
}
_TOLERANCES = {torch.bfloat16: (4e-2, 6e-2), torch.float16: (2e-2, 2e-2), torch.float32: (3e-5, 2e-5), torch.complex64: (3e-5, 2e-5),
               torch.float64: (1e-6, 1e-8), torch.complex128: (1e-6, 1e-8)}


def name_of(entry) -> str:
    """The entry's name with its variant: div.floor_rounding is `div:floor_rounding`."""
    return f"{entry.name}:{entry.variant_test_name}" if entry.variant_test_name else entry.name


def in_torchlike(function):
    """A Python function of PyTorch's test table with the name `torch` in it standing for torchlike."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        with mock.patch.dict(function.__globals__, {"torch": torchlike}):
            return function(*args, **kwargs)

    return call


def _named(entry):
    """What torchlike has under the entry's name, as a function or as a method; None if nothing."""
    if entry.name.startswith("__"):
        return getattr(torchlike.Tensor, entry.name, None)
    if entry.name in ATEN:
        return getattr(torchlike.ops.aten, entry.name.removeprefix("torch.ops.aten.").removesuffix(".default")).default
    if entry.name.startswith(OUTSIDE):
        return None
    *path, last = entry.name.split(".")
    method = getattr(torchlike.Tensor, entry.name, None)
    try:
        owner = importlib.import_module(".".join(["torchlike", *path])) if path else torchlike
        found = getattr(owner, last)
    except (ImportError, AttributeError):
        return method
    return method if isinstance(found, torchlike.dtype) else found


def ours(entry):
    """torchlike's function for an entry, or None where it has none. A function written for the table is run with torchlike in it."""
    found = _named(entry)
    if hasattr(found, "refusal"):
        return None
    of_the_table = getattr(entry.op, "__module__", "").startswith("torch.testing")
    return in_torchlike(entry.op) if found is not None and of_the_table and hasattr(entry.op, "__globals__") else found


def entries() -> list:
    """The entries whose function torchlike has."""
    return [entry for entry in op_db if ours(entry) is not None]


def applies(entry, level: str) -> bool:
    """Whether a level asks anything of an entry."""
    spec = LEVELS[level]
    if level != "errors" and not entry.supports_dtype(spec.dtype, "cpu"):
        return False
    if level == "grad":
        return entry.supports_autograd and entry.name not in RANDOM
    if level == "grad2":
        return entry.supports_autograd and entry.supports_gradgrad and entry.name not in RANDOM
    if level == "method":
        return _is_named(entry.get_method()) and not entry.name.startswith("__")
    if level == "inplace":
        return _is_named(entry.get_inplace()) and entry.name not in RANDOM
    if level == "out":
        return entry.supports_out and entry.name not in RANDOM
    if level == "errors":
        return entry.error_inputs_func is not None
    return True


def _is_named(method) -> bool:
    return getattr(method, "__name__", "<lambda>") != "<lambda>"


def samples(entry, level: str) -> Iterator:
    """Up to four of the entry's sample inputs, spread over all it has, the same in every run and the first of them at every level."""
    spec = LEVELS[level]
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    everything = list(entry.sample_inputs("cpu", spec.dtype, requires_grad=spec.grad))
    spread = [len(everything) * i // 4 for i in (0, 2, 1, 3)]
    return (everything[i] for i in list(dict.fromkeys(spread))[: spec.samples])


def to_ours(x, leaf: bool = True, memory: dict | None = None):
    """A torch value as torchlike's: Tensors copied as fresh leaves, dtypes and containers mapped. With a `memory` for what belongs together,
    Tensors that lie in one storage do so in torchlike as well."""
    if isinstance(x, torch.Tensor):
        mine = _copied(x) if memory is None else _in_memory(x, memory)
        if x.requires_grad and leaf:
            mine.requires_grad_()
        return mine
    if isinstance(x, torch.dtype):
        return _DTYPES[x]
    if isinstance(x, torch.device):
        return torchlike.device(str(x))
    if isinstance(x, torch.nn.Module):
        return getattr(torchlike.nn, type(x).__name__)()
    if callable(x) and hasattr(torchlike.nn.functional, getattr(x, "__name__", "")):
        return getattr(torchlike.nn.functional, x.__name__)
    if isinstance(x, dict):
        return {k: to_ours(v, leaf, memory) for k, v in x.items()}
    if isinstance(x, list | tuple) and not isinstance(x, torch.Size):
        items = [to_ours(v, leaf, memory) for v in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return tuple(x) if isinstance(x, torch.Size) else x


def _copied(x: torch.Tensor):
    return torchlike.empty(x.shape, dtype=_DTYPES[x.dtype], device="meta") if x.is_meta else from_value(to_jax(x))


def _in_memory(x: torch.Tensor, memory: dict):
    """The same window on a copy of the storage; `memory` has the copies made so far."""
    if x.ndim > 64:  # more than NumPy has
        return from_value(to_jax(x.flatten())).reshape(tuple(x.shape))
    if x.is_meta or x.layout is not torch.strided or x.is_conj() or x.is_neg():
        return _copied(x)
    storage = x.untyped_storage()
    whole = x.is_contiguous() and x.numel() * x.element_size() == storage.nbytes()
    base = memory.get((storage._cdata, x.dtype))
    if base is None:
        base = memory[storage._cdata, x.dtype] = from_value(to_jax(x if whole else torch.empty(0, dtype=x.dtype).set_(storage)))
    if base.numel() <= x.storage_offset() + sum((n - 1) * s for n, s in zip(x.shape, x.stride(), strict=True)) and x.numel():
        return torchlike.empty(x.shape, dtype=_DTYPES[x.dtype])  # a failed call has left it without memory
    same = whole and base.shape == tuple(x.shape)
    return base if same else base.as_strided(x.shape, x.stride(), x.storage_offset()).detach()


def to_jax(x: torch.Tensor):
    """A torch Tensor's value as a jax.Array of the same dtype."""
    plain = x.detach().resolve_conj().resolve_neg()
    if x.dtype == torch.bfloat16:
        return jnp.asarray(plain.float().numpy()).astype(jnp.bfloat16)
    return jnp.array(plain.contiguous().numpy())


def to_theirs(x) -> torch.Tensor:
    """A torchlike Tensor's value as a torch Tensor of the same dtype."""
    array = x.jax()
    if array.dtype == jnp.bfloat16:
        return torch.from_numpy(np.array(array.astype(np.float32))).bfloat16()
    return torch.from_numpy(np.array(array))


def leaves(x) -> list:
    """The Tensors in a nested result, in order."""
    if isinstance(x, torch.Tensor | torchlike.Tensor):
        return [x]
    if isinstance(x, dict):
        return [y for v in x.values() for y in leaves(v)]
    if isinstance(x, list | tuple):
        return [y for v in x for y in leaves(v)]
    return []


def compare_entry(entry, mine, theirs, where: str, dtype: torch.dtype) -> None:
    """`compare` with what an entry leaves open: random values, indices among equal elements, a coarser tolerance."""
    if entry.name in TIES_ARE_OPEN and dtype in _TIED:
        mine, theirs = (mine[:1], theirs[:1]) if isinstance(theirs, tuple) else (mine.sort()[0], theirs.sort()[0])
    if entry.name in GAUGES:
        for a, b in zip(mine, theirs, strict=True):
            compare(a, b, where, shape_only=True)
        mine, theirs = mine[GAUGES[entry.name]], theirs[GAUGES[entry.name]]
    compare(mine, theirs, where, entry.name in RANDOM, TOLERANCES.get((entry.name, dtype)))


def compare(mine, theirs, where: str, shape_only: bool = False, tolerance: tuple | None = None) -> None:
    """AssertionError unless values, dtypes and shapes of two results agree."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(mine, torchlike.Tensor), f"{where}: {type(mine).__name__} in place of a Tensor"
        assert mine.dtype is _DTYPES[theirs.dtype], f"{where}: dtype {mine.dtype} in place of {theirs.dtype}"
        assert tuple(mine.shape) == tuple(theirs.shape), f"{where}: shape {tuple(mine.shape)} in place of {tuple(theirs.shape)}"
        if not shape_only:
            rtol, atol = tolerance or _TOLERANCES.get(theirs.dtype, (0, 0))
            plain = theirs.detach().resolve_conj().resolve_neg()
            torch.testing.assert_close(to_theirs(mine), plain, rtol=rtol, atol=atol, equal_nan=True, msg=lambda m: f"{where}: {m}")
    elif isinstance(theirs, list | tuple) and not isinstance(theirs, torch.Size):
        assert isinstance(mine, list | tuple) and len(mine) == len(theirs), f"{where}: {mine!r} in place of {theirs!r}"
        for i, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            compare(a, b, f"{where}[{i}]", shape_only, tolerance)
    elif isinstance(theirs, float):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5)
    elif isinstance(theirs, torch.dtype):
        assert mine is _DTYPES[theirs], where
    else:
        assert shape_only or mine == theirs, f"{where}: {mine!r} in place of {theirs!r}"


def _arguments(entry, sample, errors: bool = False) -> list:
    """The sample's input, args and kwargs in torchlike; where it matters, as they lie in memory."""
    return to_ours([sample.input, sample.args, sample.kwargs], memory={} if errors or entry.name.startswith("as_strided") else None)


def _call(entry, function, sample):
    """torchlike's function at a sample."""
    input, args, kwargs = _arguments(entry, sample)
    return function(input, *args, **kwargs)


def _call_theirs(function, sample):
    return function(sample.input, *sample.args, **sample.kwargs)


def check_forward(entry, function, sample, dtype: torch.dtype) -> None:
    """The values of one sample."""
    try:
        theirs = _call_theirs(entry.op, sample)
    except (RuntimeError, TypeError, ValueError):
        return
    dropping = sample.kwargs.get("dropout_p", 0) > 0
    mine = _call(entry, function, sample)
    compare(mine, theirs, "result", shape_only=True) if dropping else compare_entry(entry, mine, theirs, "result", dtype)


def check_method(entry, sample) -> None:
    """The Tensor method gives what the function gives."""
    name = entry.get_method().__name__
    method = getattr(torchlike.Tensor, name)
    if not isinstance(sample.input, torch.Tensor):
        return
    compare_entry(entry, _call(entry, method, sample), _call_theirs(entry.get_method(), sample), name, torch.float32)


def check_inplace(entry, sample) -> None:
    """The in-place method changes its Tensor as PyTorch's does, or refuses as it does."""
    name = entry.get_inplace().__name__
    if not isinstance(sample.input, torch.Tensor) or sample.broadcasts_input:
        return
    theirs, mine = sample.input.clone(), to_ours(sample.input)
    try:
        entry.get_inplace()(theirs, *sample.args, **sample.kwargs)
    except RuntimeError:
        return
    result = getattr(torchlike.Tensor, name)(mine, *to_ours(sample.args), **to_ours(sample.kwargs))
    assert result is mine
    compare_entry(entry, mine, theirs, name, torch.float32)


def check_out(entry, function, sample) -> None:
    """`out=` is filled, and is what is returned, if anything is."""
    theirs = _call_theirs(entry.op, sample)
    if not isinstance(theirs, torch.Tensor | tuple):
        return
    outs = [torchlike.empty(t.shape, dtype=_DTYPES[t.dtype]) for t in leaves(theirs)]
    given = outs[0] if isinstance(theirs, torch.Tensor) else tuple(outs)
    args = _arguments(entry, sample)
    result = function(args[0], *args[1], **args[2], out=given)
    compare_entry(entry, given, theirs, "out", torch.float32)
    if entry.name in ("split_copy", "split_with_sizes_copy", "unbind_copy"):
        assert result is None
    else:
        assert all(a is b for a, b in zip(leaves(result), outs, strict=True)), "what is returned is not out="


def check_errors(entry, function) -> None:
    """Bad input raises what it raises in PyTorch."""
    wrong = []
    for case in entry.error_inputs("cpu"):
        sample = case.sample_input
        raised = []
        arguments = _arguments(entry, sample, errors=True)
        for called, (input, args, kwargs) in ((entry.op, [sample.input, sample.args, sample.kwargs]), (function, arguments)):
            try:
                called(input, *args, **kwargs)
                raised.append(None)
            except Exception as error:
                raised.append(error)
        if raised[0] is not None and type(raised[0]).__name__ != type(raised[1]).__name__:
            wrong.append(f"{raised[1]!r} in place of {raised[0]!r}")
    assert not wrong, "\n".join(wrong)


def _differentiable(results) -> list:
    return [r for r in leaves(results) if r.requires_grad]


def _inputs(arguments) -> list:
    return [x for x in leaves(arguments) if x.requires_grad]


def _cotangents(results) -> list:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(r.shape, dtype=r.dtype, generator=generator) for r in results]


def _gradients(module, results, inputs, cotangents) -> list:
    return list(module.autograd.grad(results, inputs, cotangents, create_graph=True, allow_unused=True))


def _compare_gradients(mine: list, theirs: list, inputs: list, where: str) -> None:
    for i, (a, b, x) in enumerate(zip(mine, theirs, inputs, strict=True)):
        if a is None or b is None:
            present = b if a is None else to_theirs(a)
            assert present is None or not present.detach().any(), f"{where} of input {i}: {a!r} in place of {b!r}"
            continue
        assert tuple(b.shape) == tuple(x.shape)
        compare(a, b, f"{where} of input {i}")


def check_gradients(entry, function, sample, order: int) -> None:
    """First (and second) derivatives of one sample, for random cotangents."""
    mine_args = _arguments(entry, sample)
    process = sample.output_process_fn_grad or (lambda x: x)
    wrapped = entry.gradcheck_wrapper
    theirs = _differentiable(process(wrapped(entry.op, sample.input, *sample.args, **sample.kwargs)))
    mine = _differentiable(in_torchlike(process)(in_torchlike(wrapped)(function, mine_args[0], *mine_args[1], **mine_args[2])))
    inputs, mine_inputs = _inputs([sample.input, sample.args, sample.kwargs]), _inputs(mine_args)
    for step in range(order):
        if not theirs:
            return
        cotangents = _cotangents(theirs)
        count = len(theirs)
        try:
            theirs = _gradients(torch, theirs, inputs, cotangents)
        except RuntimeError:
            return
        assert len(mine) == count, f"{len(mine)} differentiable results in place of {count}"
        mine = _gradients(torchlike, mine, mine_inputs, to_ours(cotangents))
        _compare_gradients(mine, theirs, inputs, f"derivative {step + 1}")
        both = [(a, b) for a, b in zip(mine, theirs, strict=True) if b is not None and b.requires_grad and a is not None and a.requires_grad]
        mine, theirs = [a for a, _ in both], [b for _, b in both]


def check(entry, level: str) -> None:
    """Ask one level's question of an entry, for each of its samples."""
    function = ours(entry)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if level == "errors":
            check_errors(entry, function)
            return
        for sample in samples(entry, level):
            if level in ("grad", "grad2"):
                check_gradients(entry, function, sample, 2 if level == "grad2" else 1)
            elif level == "method":
                check_method(entry, sample)
            elif level == "inplace":
                check_inplace(entry, sample)
            elif level == "out":
                check_out(entry, function, sample)
            else:
                check_forward(entry, function, sample, LEVELS[level].dtype)

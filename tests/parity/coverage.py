"""How much of PyTorch is there, as a page: `python -m tests.parity.coverage > docs/coverage.md`.

Names are counted against the installed torch; the table of ops counts what `test_op_db.py` runs, whose list of gaps is kept exact by strict xfails.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import warnings
from pathlib import Path

import torch
from torch.testing._internal.common_methods_invocations import op_db

import torchlike

from ..programs import HERE
from .op_db import LEVELS, applies, entries, name_of
from .op_db_gaps import GAPS

PROGRAMS = Path(__file__).parents[2] / "benchmarks" / "results" / "programs.json"

NAMESPACES = [
    "torch", "torch.Tensor", "torch.autograd", "torch.autograd.functional", "torch.autograd.forward_ad", "torch.autograd.graph", "torch.func",
    "torch.linalg", "torch.fft", "torch.special", "torch.signal.windows", "torch.masked", "torch.nn", "torch.nn.functional", "torch.nn.init",
    "torch.nn.utils", "torch.nn.utils.parametrize", "torch.nn.utils.parametrizations", "torch.nn.utils.prune", "torch.nn.utils.rnn",
    "torch.nn.attention", "torch.optim", "torch.optim.lr_scheduler", "torch.optim.swa_utils", "torch.amp", "torch.distributions",
    "torch.distributions.constraints", "torch.distributions.transforms", "torch.random", "torch.testing", "torch.utils.data",
    "torch.utils.checkpoint", "torch.profiler", "torch.compiler", "torch.cuda", "torch.serialization",
]  # fmt: skip
# Parts of PyTorch that torchlike does not mean to have: its compiler's and runtime's own objects, and other kinds of tensor.
OUTSIDE = ("sparse", "quant", "mkldnn", "miopen", "cudnn", "jit", "Script", "Storage", "Type", "nested", "vulkan", "xla", "ipu", "sym_", "Sym",
           "fbgemm", "qint", "quint", "batch_norm_", "int_repr", "q_", "float8", "float4", "bits", "hpu", "mtia", "maia", "coalesce", "_indices",
           "crow", "ccol", "CUDA", "nccl", "nvtx", "MemPool", "graph")


def public(owner, name: str) -> list[str]:
    """The names that a namespace offers."""
    if name == "torch.Tensor":
        return [n for n in dir(owner) if not n.startswith("_")]
    names = getattr(owner, "__all__", None) or [n for n, v in vars(owner).items() if not inspect.ismodule(v)]
    if name == "torch":
        names = [n for n in dir(owner) if not inspect.ismodule(getattr(owner, n)) and (n in owner.__all__ or callable(getattr(owner, n)))]
        names = [n for n in names if n in torch.__all__ or n in dir(torch._C._VariableFunctions)]
    return [n for n in names if not n.startswith("_") and hasattr(owner, n)]


def missing(name: str) -> tuple[list[str], list[str]]:
    """(the names in scope, those of them that torchlike lacks)."""
    path = name.split(".")[1:]
    theirs = torch.Tensor if name == "torch.Tensor" else importlib.import_module(name)
    names = [n for n in public(theirs, name) if not any(word in n for word in OUTSIDE)]
    try:
        ours = torchlike.Tensor if name == "torch.Tensor" else importlib.import_module(".".join(["torchlike", *path]))
    except ImportError:
        return names, names
    return names, [n for n in names if not hasattr(ours, n)]


def names_table() -> list[str]:
    """A line per namespace."""
    lines = ["| namespace | PyTorch's public names in scope | there | lacking |", "| --- | ---: | ---: | --- |"]
    for name in NAMESPACES:
        names, lacking = missing(name)
        shown = ", ".join(f"`{n}`" for n in sorted(lacking)[:12]) + (f" and {len(lacking) - 12} more" if len(lacking) > 12 else "")
        lines.append(f"| `{name}` | {len(names)} | {len(names) - len(lacking)} | {shown} |")
    return lines


def ops_table() -> list[str]:
    """A line per level of the table of ops."""
    there = entries()
    lines = ["| question | entries it applies to | passing | |", "| --- | ---: | ---: | --- |"]
    for level in LEVELS:
        asked = [e for e in there if applies(e, level)]
        failing = [name_of(e) for e in asked if (name_of(e), level) in GAPS]
        share = 100 * (1 - len(failing) / len(asked))
        lines.append(f"| {level} | {len(asked)} | {len(asked) - len(failing)} | {share:.1f} % |")
    return lines


def programs_table() -> list[str]:
    """A line per program, from the last committed run of benchmarks/programs.py."""
    measured = json.loads(PROGRAMS.read_text())
    lines = ["| program | what it is | torch eager | deferred | compile | torch/deferred |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for name, row in measured["programs"].items():
        times = " | ".join(f"{row['ms'][column]:.0f}" for column in ("torch", "deferred", "compile"))
        lines.append(f"| `{name}` | {about(name)} | {times} | {row['ratios']['deferred']:.2f} |")
    return [*lines, "", f"({'; '.join(measured['header'])}; `python benchmarks/programs.py`)"]


def about(name: str) -> str:
    """The first sentence of a program."""
    return (ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text())) or "").splitlines()[0]


def main() -> None:
    """Print the page."""
    warnings.simplefilter("ignore")
    there = {id(e) for e in entries()}
    absent = sorted({name_of(e) for e in op_db if id(e) not in there})
    print(f"""# What of PyTorch is there

Written by `python -m tests.parity.coverage` against torch {torch.__version__}; do not edit.

## Names

Left out of the count: sparse, quantised and nested tensors, storages and types of the C++ runtime, TorchScript, and other vendors' backends.
""")
    print("\n".join(names_table()))
    print(f"""
## PyTorch's table of ops (`op_db`)

{len(there)} of {len(op_db)} entries are there. Each question is asked of up to four of PyTorch's sample inputs; what does not pass is listed
with its reason in `tests/parity/op_db_gaps.py`, and a test fails when an entry of that list begins to pass. `grad2` is the second derivative.
""")
    print("\n".join(ops_table()))
    print(f"""
Not there: {', '.join(f'`{n}`' for n in absent)}.

PyTorch's tables of modules (`module_db`) and optimisers (`optim_db`) are covered whole: `tests/parity/test_nn.py`, `test_optim_db.py`.

## On other devices

No op is known that XLA lacks on CPUs or GPUs. For TPUs it has none for the eigenvalues of general matrices (`linalg.eig`, `linalg.eigvals`): NumPy
computes them on the host (`jax.pure_callback`), differentiable all the same. Ops whose results have a shape that depends on values (`nonzero`,
`unique`, boolean masks) read the value on the host.

## Programs

The programs of `tests/programs/`, as users write them, whole: milliseconds, with everything compiled before. CI compares their losses with
PyTorch's in both ways to run. `compile`: every module is compiled in place (`model.compile()`). These are some twenty steps of tiny models, made
anew in each run, so that Python and set-up are most of the time; steady steps of larger ones are in docs/performance.md.
""")
    print("\n".join(programs_table()))


if __name__ == "__main__":
    main()

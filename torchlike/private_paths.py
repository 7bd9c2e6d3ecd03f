"""Where PyTorch keeps names that programs import from its private modules, and where they live here: one table for all such paths.

A path that is in the table and no file is made into a module when it is first imported.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from types import ModuleType

# path: the modules (and, after a colon, the names) it shows. A package is a path that others begin with.
TABLE = """
_functorch.apis                        func: grad grad_and_value vmap
_functorch.vmap                        func: vmap; func.restored: restore_vmap
_functorch.eager_transforms            func: debug_unwrap functionalize hessian jacfwd jacrev jvp linearize vjp; func.argnums: select=_slice_argnums
_functorch.functional_call             func: functional_call stack_module_state
_functorch.batch_norm_replacement      func: replace_all_batch_norm_modules_
_functorch.deprecated                  functorch
_higher_order_ops                      control_flow: associative_scan cond map scan while_loop
_higher_order_ops.associative_scan     control_flow: associative_scan
_higher_order_ops.cond                 control_flow: cond
_higher_order_ops.map                  control_flow: map
_higher_order_ops.scan                 control_flow: scan
_higher_order_ops.while_loop           control_flow: while_loop
_tensor                                core.tensor: Tensor
_vmap_internals                        func: vmap vmap=_vmap
return_types                           core.return_types
utils.benchmark.utils                  utils.benchmark
utils.benchmark.utils.common           utils.benchmark
utils.benchmark.utils.compare          utils.benchmark
utils.benchmark.utils.timer            utils.benchmark
"""


def _parsed(text: str) -> dict[str, list[tuple[str, list[str]]]]:
    paths = {}
    for line in text.strip().splitlines():
        path, _, sources = line.partition(" ")
        pairs = [source.partition(":")[::2] for source in sources.split(";")]
        paths[path] = [(module.strip(), names.split()) for module, names in pairs]
    return paths


PATHS = _parsed(TABLE)
_ROOT = __name__.rpartition(".")[0]


class _Shown(importlib.abc.Loader):
    """Fills a module of the table."""

    def __init__(self, sources: list[tuple[str, list[str]]]):
        self.sources = sources

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        for source, names in self.sources:
            found = vars(importlib.import_module(f"{_ROOT}.{source}"))
            for name in names or [n for n in found if not n.startswith("__")]:
                own, _, shown = name.partition("=")
                setattr(module, shown or own, found[own])
        module.__doc__ = f"Names of `torch.{module.__name__.partition('.')[2]}`, from {', '.join(source for source, _ in self.sources)}."


class _Paths(importlib.abc.MetaPathFinder):
    """Finds the modules of the table."""

    def find_spec(self, fullname: str, path=None, target=None) -> importlib.machinery.ModuleSpec | None:
        root, _, own = fullname.partition(".")
        if root != _ROOT or own not in PATHS:
            return None
        inner = any(other.startswith(f"{own}.") for other in PATHS)
        return importlib.machinery.ModuleSpec(fullname, _Shown(PATHS[own]), is_package=inner)


def install() -> None:
    """Let the table's modules be imported."""
    if not any(isinstance(finder, _Paths) for finder in sys.meta_path):
        sys.meta_path.append(_Paths())

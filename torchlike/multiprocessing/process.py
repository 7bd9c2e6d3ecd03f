"""How processes are started."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
from multiprocessing import process, spawn

_method: list[str | None] = [None]
_DEFAULT = "spawn"


def get_start_method(allow_none: bool = False) -> str | None:
    """The start method in use: "spawn" until another was set."""
    return _method[0] or (None if allow_none else _DEFAULT)


def set_start_method(method: str | None, force: bool = False) -> None:
    """Start processes in that way; RuntimeError when one was set before, unless forced."""
    if _method[0] is not None and not force:
        raise RuntimeError("context has already been set")
    if method is not None:
        multiprocessing.get_context(method)
    _method[0] = method


def get_context(method: str | None = None):
    """Python's context of a start method, the one in use unless given."""
    return multiprocessing.get_context(method or get_start_method())




class _Alias:
    """Unpickled in a new process before its program is imported: makes `import torch` mean torchlike there as here."""

    def __reduce__(self):
        from ..alias import install

        return install, ()


@contextlib.contextmanager
def alias_carried_over():
    """The block in which new processes are told of the alias, if this program runs under it."""
    from ..alias import TorchFinder

    if not any(isinstance(finder, TorchFinder) for finder in sys.meta_path):
        yield
        return
    prepare = spawn.get_preparation_data
    spawn.get_preparation_data = lambda name: {"torchlike": _Alias(), **prepare(name)}
    try:
        yield
    finally:
        spawn.get_preparation_data = prepare


class Process(process.BaseProcess):
    """`multiprocessing.Process`, started by the method in use (torch.multiprocessing.Process)."""

    _start_method = None

    @staticmethod
    def _Popen(process_obj):
        with alias_carried_over():
            return get_context().Process._Popen(process_obj)

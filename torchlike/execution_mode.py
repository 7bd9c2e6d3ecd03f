"""Choosing when ops run (`torchlike.set_execution`) and waiting for them."""

from __future__ import annotations

from .execution import executor


class set_execution:
    """Run ops at once ("immediate") or many as one program when a value is looked at ("deferred"): from now on when called, or for a block
    as a context manager. For the whole process; `TORCHLIKE_EXECUTION` gives the first mode."""

    def __init__(self, mode: str):
        self.previous = executor.mode
        executor.use(mode)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        executor.use(self.previous)


def get_execution() -> str:
    """The execution mode: "immediate" or "deferred"."""
    return executor.mode


def synchronize() -> None:
    """Run what this thread has pending."""
    executor.flush()

"""Anomaly mode: nodes remember where they were made, and the engine names the one that failed or gave NaN.

Off, it costs one attribute look-up per node made and one per backward pass.
"""

from __future__ import annotations

import sys
import threading
import traceback
import warnings
from pathlib import Path

import jax

from ..execution import executor
from .node import Node, anomaly
from .tensor import Tensor, value_of

_HOME = str(Path(__file__).parent.parent)


class _Running(threading.local):
    node: Node | None = None


_running = _Running()


def remember(node: Node) -> None:
    """Note the user's stack, and the node whose backward is making this one, in the node's metadata."""
    frames = [f for f in traceback.extract_stack() if not f.filename.startswith(_HOME)]
    node.metadata["traceback_"] = traceback.format_list(frames)
    if _running.node is not None:
        node.metadata["parent_"] = _running.node


anomaly.remember = remember


class Watch:
    """Follows one backward pass: which node is running, whether it gave NaN, and where a failing one came from."""

    def __init__(self):
        self.outer = _running.node

    def start(self, node: Node) -> None:
        """`node` is about to run; nodes made from now on are its work."""
        _running.node = node

    def check(self, node: Node, results) -> None:
        """RuntimeError when the node gave NaN."""
        if anomaly.check_nan:
            for i, r in enumerate(results):
                if _has_nan(r):
                    raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")

    def end(self, error) -> None:
        """The pass is over; after an error, warn with the place the failing node's forward was called from."""
        node, _running.node = _running.node, self.outer
        if isinstance(error, Exception) and node is not None and node is not self.outer:
            _report(node)


# Who else follows backward passes: each gives a watch of the pass about to run, or None.
observers: list = []


class _Several:
    """Some watches as one."""

    def __init__(self, watches: list):
        self.watches = watches

    def start(self, node: Node) -> None:
        for watch in self.watches:
            watch.start(node)

    def check(self, node: Node, results) -> None:
        for watch in self.watches:
            watch.check(node, results)

    def end(self, error) -> None:
        for watch in self.watches:
            watch.end(error)


def watch_pass():
    """What is to follow the pass about to run: anomaly mode, an observer, several, or (nearly always) None."""
    if not (anomaly.enabled or observers):
        return None
    watches = [watch for watch in (observe() for observe in observers) if watch is not None]
    if anomaly.enabled:
        watches.append(Watch())
    return _Several(watches) if len(watches) > 1 else watches[0] if watches else None


def _has_nan(result) -> bool:
    value = value_of(result) if isinstance(result, Tensor) else result
    return value is not None and not isinstance(value, jax.core.Tracer) and bool(jax.numpy.isnan(executor.force(value)).any())


def _warn(text: str) -> None:
    """Warn; where warnings are errors, print it, so that the error of the pass stays the one raised."""
    try:
        warnings.warn(text, UserWarning, stacklevel=5)
    except UserWarning as warning:
        print(f"UserWarning: {warning}", file=sys.stderr)


def _report(node: Node) -> None:
    made = node.metadata.get("traceback_")
    if made is None:
        text = "No forward pass information available. Enable detect anomaly during forward pass for more information."
        _warn(f"Error detected in {node.name()}. {text}")
        return
    text = "Traceback of forward call that caused the error:\n"
    _warn(f"Error detected in {node.name()}. {text}{''.join(made)}")
    parent = node.metadata.get("parent_")
    while parent is not None:
        made = parent.metadata.get("traceback_")
        text = f"Traceback of forward call that induced the previous calculation:\n{''.join(made)}" if made else (
            "No forward pass information available."
        )
        _warn(f"\n\nPrevious calculation was induced by {parent.name()}. {text}")
        parent = parent.metadata.get("parent_")

"""Pictures of the tape: `draw(loss)` gives an SVG or DOT drawing of the graph behind a Tensor. Nothing but Python is needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .dot import as_dot
from .graph import Graph, read_graph
from .layout import arrange
from .svg import as_svg


class Picture(str):
    """The text of a drawing; a notebook shows an SVG as an image."""

    __slots__ = ()

    def _repr_svg_(self):
        return str(self) if self.startswith("<svg") else None


def draw(result, params: Mapping | None = None, path=None, format: str | None = None, show_saved: bool = False) -> Picture:
    """Draw the graph behind `result`, a Tensor or any nesting of lists, tuples and dictionaries of Tensors, such as a module returns.

    Data flows down, from leaves to results; backward runs up. `params` maps names to Tensors, for instance
    `dict(model.named_parameters())`. `show_saved` adds what each node saved for its backward. `format` is "svg" or "dot"; left out, it is
    that of `path`, or "svg". The drawing is returned and, given a `path`, written there.
    """
    if format is None:
        format = "dot" if path is not None and Path(path).suffix in (".dot", ".gv") else "svg"
    if format not in ("svg", "dot"):
        raise ValueError(f"format should be 'svg' or 'dot', but got {format!r}")
    graph = read_graph(result, params or {}, show_saved)
    picture = Picture(as_dot(graph) if format == "dot" else as_svg(graph, arrange(graph)))
    if path is not None:
        Path(path).write_text(picture)
    return picture


__all__ = ["Graph", "Picture", "arrange", "draw", "read_graph"]

"""A graph with a layout as SVG text."""

from __future__ import annotations

from xml.sax.saxutils import escape

from .graph import Graph
from .layout import LINE, PADDING, Layout

_FILL = {"result": "#d7efd9", "node": "#e6edf8", "leaf": "#fce6c4", "saved": "#f4eefa"}
_STROKE = {"result": "#3f8f4b", "node": "#5a7bb0", "leaf": "#c68a1d", "saved": "#9a7fb8"}
_HEAD = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0,0.8 L8,4 L0,7.2 z" fill="#666"/></marker></defs>\n'
    '<rect width="100%" height="100%" fill="white"/>\n'
)


def as_svg(graph: Graph, layout: Layout) -> str:
    """The picture: rounded boxes for nodes, square ones for Tensors, dashed ones for what was saved."""
    size = f'width="{layout.width:.0f}" height="{layout.height:.0f}" viewBox="0 0 {layout.width:.1f} {layout.height:.1f}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="12" text-anchor="middle">\n', _HEAD]
    parts += [_arrow(graph, layout, arrow) for arrow in graph.arrows]
    parts += [_box(graph, layout, number) for number in range(len(graph.boxes))]
    return "".join(parts) + "</svg>\n"


def _arrow(graph: Graph, layout: Layout, arrow: tuple[int, int]) -> str:
    """Straight down through each layer, where the boxes are, and in a curve through each gap between two."""
    source, target = arrow
    (x, _, y), *between, (end_x, gap_end, _) = layout.paths[arrow]
    steps = [f"M{x:.1f},{layout.centres[source][1] + layout.sizes[source][1] / 2:.1f} L{x:.1f},{y:.1f}"]
    for next_x, upper, lower in [*between, (end_x, gap_end, layout.centres[target][1] - layout.sizes[target][1] / 2)]:
        middle = (y + upper) / 2
        steps.append(f"C{x:.1f},{middle:.1f} {next_x:.1f},{middle:.1f} {next_x:.1f},{upper:.1f} L{next_x:.1f},{lower:.1f}")
        x, y = next_x, lower
    dashed = ' stroke-dasharray="4 3"' if graph.boxes[source].kind == "saved" else ""
    line = f'<path d="{" ".join(steps)}" fill="none" stroke="#666"{dashed} marker-end="url(#tip)"/>\n'
    times = graph.arrows[arrow]
    return line if times == 1 else f'{line}<text x="{x + 14:.1f}" y="{y - 8:.1f}" fill="#666">×{times}</text>\n'


def _box(graph: Graph, layout: Layout, number: int) -> str:
    box, (x, y), (width, height) = graph.boxes[number], layout.centres[number], layout.sizes[number]
    round_, dashed = (8 if box.kind == "node" else 0), (' stroke-dasharray="4 3"' if box.kind == "saved" else "")
    rectangle = (
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{round_}" '
        f'fill="{_FILL[box.kind]}" stroke="{_STROKE[box.kind]}"{dashed}/>'
    )
    first = y - height / 2 + PADDING / 2 + LINE * 0.75
    texts = [
        f'<text x="{x:.1f}" y="{first + k * LINE:.1f}"{" font-weight=" + chr(34) + "bold" + chr(34) if k == 0 else ""}>{escape(line)}</text>'
        for k, line in enumerate(box.lines)
    ]
    return f'<g class="{box.kind}">{rectangle}{"".join(texts)}</g>\n'

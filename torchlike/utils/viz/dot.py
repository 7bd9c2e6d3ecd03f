"""A graph as DOT text, for Graphviz and the tools that read its language."""

from __future__ import annotations

from .graph import Graph

_STYLE = {
    "result": 'shape=box, style=filled, fillcolor="#d7efd9"',
    "node": 'shape=box, style="filled,rounded", fillcolor="#e6edf8"',
    "leaf": 'shape=box, style=filled, fillcolor="#fce6c4"',
    "saved": 'shape=box, style="filled,dashed", fillcolor="#f4eefa"',
}


def as_dot(graph: Graph) -> str:
    """A `digraph`, boxes numbered from the results up, arrows in the direction of the data."""
    lines = ["digraph tape {", "  rankdir=TB;", '  node [fontname="monospace", fontsize=11];']
    for number, box in enumerate(graph.boxes):
        label = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in box.lines)
        lines.append(f'  n{number} [label="{label}", {_STYLE[box.kind]}];')
    for (source, target), times in graph.arrows.items():
        notes = [f'label="×{times}"'] if times > 1 else []
        notes += ["style=dashed"] if graph.boxes[source].kind == "saved" else []
        lines.append(f"  n{source} -> n{target}{' [' + ', '.join(notes) + ']' if notes else ''};")
    return "\n".join([*lines, "}"]) + "\n"

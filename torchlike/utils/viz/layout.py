"""Where the boxes go: layers from leaves at the top to results at the bottom, few crossings, and each box near its neighbours.

The classical way of drawing directed graphs in layers (Sugiyama, Tagawa and Toda 1981): every box gets a layer below all its sources,
arrows that skip layers pass through invisible points, sweeps order each layer by the places of its neighbours, and coordinates are
the least-squares solution that keeps the order and the distances. All of it is loops, so graphs of any depth can be drawn.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from .graph import Graph

CHARACTER, LINE, PADDING = 7.3, 16.0, 9.0
GAP_X, GAP_Y, MARGIN = 22.0, 34.0, 20.0
_THIN = 4.0
_SWEEPS = 6
# An arrow over more layers than this goes straight from end to end: its points would outnumber the boxes.
_LONGEST = 40


@dataclass
class Layout:
    """Per box its centre and size; per arrow, for each layer it meets, the x and the upper and lower end of the layer; the whole's size."""

    centres: list[tuple[float, float]]
    sizes: list[tuple[float, float]]
    paths: dict[tuple[int, int], list[tuple[float, float, float]]]
    width: float
    height: float


def arrange(graph: Graph) -> Layout:
    """Lay out a graph; the same graph always gets the same layout."""
    sizes = [(max(map(len, b.lines)) * CHARACTER + 2 * PADDING, len(b.lines) * LINE + PADDING) for b in graph.boxes]
    layer = _layers(len(sizes), list(graph.arrows))
    chains = _chains(graph, layer, sizes)
    count = len(layer)
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for chain in chains.values():
        for upper, lower in zip(chain, chain[1:], strict=False):
            below[upper].append(lower)
            above[lower].append(upper)
    rows: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for item in range(count):
        rows[layer[item]].append(item)
    _order(rows, above, below)
    widths = [w for w, _ in sizes] + [_THIN] * (count - len(sizes))
    x = _columns(rows, above, below, widths)
    bands, height = _bands(rows, sizes)
    left = min(x[i] - widths[i] / 2 for i in range(count)) - MARGIN
    x = [place - left for place in x]
    width = max(place + w / 2 for place, w in zip(x, widths, strict=True)) + MARGIN
    centres = [(x[i], sum(bands[layer[i]]) / 2) for i in range(len(sizes))]
    paths = {arrow: [(x[i], *bands[layer[i]]) for i in chain] for arrow, chain in chains.items()}
    return Layout(centres, sizes, paths, width, height)


def _layers(count: int, arrows: list[tuple[int, int]]) -> list[int]:
    """The layer of each box: as low as its targets allow, so that a leaf stands right above the first that reads it."""
    sources: list[list[int]] = [[] for _ in range(count)]
    targets_left = [0] * count
    for source, target in arrows:
        sources[target].append(source)
        targets_left[source] += 1
    height = [0] * count
    ready = deque(i for i in range(count) if not targets_left[i])
    while ready:
        box = ready.popleft()
        for source in sources[box]:
            height[source] = max(height[source], height[box] + 1)
            targets_left[source] -= 1
            if not targets_left[source]:
                ready.append(source)
    top = max(height)
    return [top - h for h in height]


def _chains(graph: Graph, layer: list[int], sizes: list) -> dict[tuple[int, int], list[int]]:
    """Per arrow what it passes: its ends and, in each layer between, a point of its own (appended to `layer`)."""
    chains = {}
    for source, target in graph.arrows:
        chain = [source]
        if layer[target] - layer[source] <= _LONGEST:
            for between in range(layer[source] + 1, layer[target]):
                chain.append(len(layer))
                layer.append(between)
        chains[source, target] = [*chain, target]
    return chains


def _order(rows: list[list[int]], above: list[list[int]], below: list[list[int]]) -> None:
    """Order each row by the mean place of its neighbours, sweeping down and up."""
    place = {item: float(i) for row in rows for i, item in enumerate(row)}
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        for row in rows if down else reversed(rows):
            wanted = {i: _mean([place[n] for n in neighbours[i]], place[i]) for i in row}
            row.sort(key=lambda i: (wanted[i], place[i]))
            place.update({item: float(i) for i, item in enumerate(row)})


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _columns(rows: list[list[int]], above: list[list[int]], below: list[list[int]], widths: list[float]) -> list[float]:
    """The x of each item: as near to its neighbours as order and distances allow."""
    x = [0.0] * len(widths)
    for row in rows:
        _spread(row, [0.0] * len(row), widths, x)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        for row in rows if down else reversed(rows):
            _spread(row, [_mean([x[n] for n in neighbours[i]], x[i]) for i in row], widths, x)
    return x


def _spread(row: list[int], wanted: list[float], widths: list[float], x: list[float]) -> None:
    """Place a row's items in order, without overlap, with the least sum of squared distances from the wanted places."""
    offset, offsets = 0.0, []
    for k, item in enumerate(row):
        if k:
            offset += (widths[row[k - 1]] + widths[item]) / 2 + GAP_X
        offsets.append(offset)
    # Without the offsets the task is to fit a sequence that never falls: neighbours that would cross are pooled at their mean.
    pools: list[list[float]] = []  # [sum, number]
    for want, shift in zip(wanted, offsets, strict=True):
        pools.append([want - shift, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            total, number = pools.pop()
            pools[-1][0] += total
            pools[-1][1] += number
    k = 0
    for total, number in pools:
        for _ in range(int(number)):
            x[row[k]] = total / number + offsets[k]
            k += 1


def _bands(rows: list[list[int]], sizes: list) -> tuple[list[tuple[float, float]], float]:
    """The upper and lower end of each row, and the height of the whole."""
    bands, y = [], MARGIN
    for row in rows:
        tallest = max((sizes[i][1] for i in row if i < len(sizes)), default=0.0)
        bands.append((y, y + tallest))
        y += tallest + GAP_Y
    return bands, y - GAP_Y + MARGIN

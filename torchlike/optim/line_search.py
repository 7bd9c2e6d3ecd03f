"""A line search for steps that satisfy the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, section 3.5)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

_DECREASE, _CURVATURE = 1e-4, 0.9


class Point(NamedTuple):
    """A step length, and loss, gradient and slope along the direction there."""

    t: float
    loss: float
    grad: Any
    slope: float


def cubic_minimum(a: Point, b: Point, low: float, high: float) -> float:
    """Where the cubic through two points with their slopes is least, within [low, high]; the middle if it has no minimum."""
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if square < 0 or math.isnan(square):
        return (low + high) / 2.0
    d2 = math.sqrt(square)
    found = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(found, low), high)


def strong_wolfe(
    evaluate: Callable, t: float, direction_size: float, loss: float, grad, slope: float, slope_of: Callable, *,
    max_evaluations: int = 25, tolerance_change: float = 1e-9,
) -> tuple[float, Any, float, int]:  # fmt: skip
    """Loss, gradient and length of the step found, and how many evaluations it took.

    `evaluate(t)` gives loss and gradient at a step length, `slope_of(grad)` the gradient's component along the direction.
    """
    search = _Search(evaluate, slope_of, Point(0.0, loss, grad, slope), max_evaluations)
    bracket = search.bracket(t)
    if len(bracket) == 2:
        bracket = [search.zoom(bracket, direction_size, tolerance_change)]
    best = bracket[0]
    return best.loss, best.grad, best.t, search.evaluations


class _Search:
    def __init__(self, evaluate: Callable, slope_of: Callable, origin: Point, limit: int):
        self.evaluate, self.slope_of, self.origin, self.limit = evaluate, slope_of, origin, limit
        self.evaluations = 0
        self.iterations = 0

    def at(self, t: float) -> Point:
        loss, grad = self.evaluate(t)
        self.evaluations += 1
        return Point(t, loss, grad, self.slope_of(grad))

    def too_high(self, p: Point) -> bool:
        return p.loss > self.origin.loss + _DECREASE * p.t * self.origin.slope

    def flat_enough(self, p: Point) -> bool:
        return abs(p.slope) <= -_CURVATURE * self.origin.slope

    def bracket(self, t: float) -> list[Point]:
        """Grow the step until it is acceptable (one point) or two points enclose an acceptable one."""
        before, now = self.origin, self.at(t)
        while self.iterations < self.limit:
            if self.too_high(now) or (self.iterations > 1 and now.loss >= before.loss):
                return [before, now]
            if self.flat_enough(now):
                return [now]
            if now.slope >= 0:
                return [before, now]
            longer = cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10)
            before, now = now, self.at(longer)
            self.iterations += 1
        return [self.origin, now]

    def zoom(self, bracket: list[Point], direction_size: float, tolerance_change: float) -> Point:
        """Narrow the bracket down; returns its better end."""
        low, high = sorted(bracket, key=lambda p: p.loss)
        stalled = False
        while self.iterations < self.limit and abs(high.t - low.t) * direction_size >= tolerance_change:
            left, right = min(low.t, high.t), max(low.t, high.t)
            t = cubic_minimum(low, high, left, right)
            margin = 0.1 * (right - left)
            if min(right - t, t - left) < margin:
                # Too near an end: allow it once, then move inwards.
                if stalled or t >= right or t <= left:
                    t = right - margin if abs(t - right) < abs(t - left) else left + margin
                    stalled = False
                else:
                    stalled = True
            else:
                stalled = False
            now = self.at(t)
            self.iterations += 1
            if self.too_high(now) or now.loss >= low.loss:
                high = now
                low, high = sorted((low, high), key=lambda p: p.loss)
                continue
            if self.flat_enough(now):
                return now
            if now.slope * (high.t - low.t) >= 0:
                high = low
            low = now
        return low
